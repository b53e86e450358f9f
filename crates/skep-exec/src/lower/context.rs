//! Accesses to contexts and to objects reached from them, by their layouts.

use skep_catalog::ObjectKind;
use skep_isa::{AluOp, Extend, Reg, Size, SxFrom, Width};

use super::emitter::Emitter;
use super::{LowerError, Op, Place, Sharing, Value};
use crate::context_layout::{ContextLayout, Place as Field};

impl Emitter<'_> {
    /// Where an access of the context goes.
    pub(super) fn context_place(&self, off: i16, size: Size) -> Result<Field, LowerError> {
        self.field(self.bindings.context(), "context", off, size)
    }

    /// Where an access of an object goes.
    pub(super) fn object_place(
        &self,
        kind: ObjectKind,
        off: i16,
        size: Size,
    ) -> Result<Field, LowerError> {
        match self.bindings.object(kind) {
            Some(layout) => self.field(layout, "object", off, size),
            None => Err(self.unsupported("an access to a socket")),
        }
    }

    fn field(
        &self,
        layout: &ContextLayout,
        object: &'static str,
        off: i16,
        size: Size,
    ) -> Result<Field, LowerError> {
        let offset = i32::from(off);
        let missing = LowerError::NoField {
            at: self.here,
            object,
            offset,
            size: size.bytes(),
        };
        layout.place(offset, size).ok_or(missing)
    }

    /// Loads a field: all of it, or the part that a narrower access sees.
    pub(super) fn load_field(
        &mut self,
        field: Field,
        size: Size,
        extend: Extend,
        dst: Reg,
        base: Reg,
    ) {
        let from = Place {
            base,
            off: field.native,
            sharing: Sharing::Shared,
        };
        let whole = !field.narrow;
        let direct = whole && field.width == size;
        let load_extend = if direct { extend } else { Extend::Zero };
        self.push(Op::Load {
            size: field.width,
            extend: load_extend,
            dst,
            from,
        });
        if direct {
            return;
        }
        if field.narrow {
            if field.shift > 0 {
                let src = Value::Const(u64::from(field.shift & 63));
                self.push(Op::Alu {
                    op: AluOp::Rsh,
                    width: Width::W64,
                    dst,
                    src,
                });
            }
            let bits = bits(size);
            if bits < 64 {
                self.push(Op::Truncate {
                    dst,
                    src: dst,
                    bits,
                });
            }
        }
        if let (Extend::Sign, Some(from)) = (extend, sign_part(size)) {
            self.push(Op::MovSx {
                width: Width::W64,
                from,
                dst,
                src: dst,
            });
        }
    }

    /// Stores a whole field; what the object has beyond the field's width becomes zero.
    pub(super) fn store_field(
        &mut self,
        field: Field,
        size: Size,
        base: Reg,
        src: Value,
    ) -> Result<(), LowerError> {
        if field.narrow {
            return Err(self.unsupported("a store to a part of a context field"));
        }
        let place = |off| Place {
            base,
            off,
            sharing: Sharing::Shared,
        };
        if field.width <= size {
            self.push(Op::Store {
                size: field.width,
                to: place(field.native),
                src,
            });
            return Ok(());
        }
        self.push(Op::Store {
            size,
            to: place(field.native),
            src,
        });
        let mut upper = size;
        while upper < field.width {
            let off = field.native.saturating_add(upper.bytes().cast_signed());
            self.push(Op::Store {
                size: upper,
                to: place(off),
                src: Value::Const(0),
            });
            upper = doubled(upper);
        }
        Ok(())
    }
}

const fn bits(size: Size) -> u8 {
    match size {
        Size::B => 8,
        Size::H => 16,
        Size::W => 32,
        Size::DW => 64,
    }
}

const fn doubled(size: Size) -> Size {
    match size {
        Size::B => Size::H,
        Size::H => Size::W,
        Size::W | Size::DW => Size::DW,
    }
}

const fn sign_part(size: Size) -> Option<SxFrom> {
    match size {
        Size::B => Some(SxFrom::S8),
        Size::H => Some(SxFrom::S16),
        Size::W => Some(SxFrom::S32),
        Size::DW => None,
    }
}
