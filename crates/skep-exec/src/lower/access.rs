//! Loads, stores and atomics: what kind of memory the verifier saw there.

use skep_catalog::ObjectKind;
use skep_isa::{Extend, Reg, Size};
use skep_verifier::verified::{AccessKind, Fact};

use super::emitter::Emitter;
use super::{LowerError, Op, Place, Sharing, Value};

/// How an access is done.
enum Route {
    /// At the address in the register.
    Plain,
    /// By the layout of the context.
    Context,
    /// By the layout of an object.
    Object(ObjectKind),
    /// Not at all: no path gets here.
    Dead,
}

impl Emitter<'_> {
    /// How an access of `size` at `off` is done.
    fn route(&self, off: i16, size: Size) -> Result<Route, LowerError> {
        let Fact::Access(kind) = self.source.fact(self.here) else {
            return Err(self.inconsistent("an access without a fact"));
        };
        Ok(match kind {
            AccessKind::None => Route::Dead,
            AccessKind::Memory => Route::Plain,
            AccessKind::Ctx => Route::Context,
            AccessKind::Sock => Route::Object(ObjectKind::Socket),
            AccessKind::TcpSock => Route::Object(ObjectKind::TcpSock),
            AccessKind::XdpSock => Route::Object(ObjectKind::XdpSock),
            AccessKind::Probe => {
                return Err(self.unsupported("a load through a pointer that may be invalid"));
            }
            // The verifier knows the struct of the map's type, which goes on where the common part ends.
            AccessKind::MapStruct => {
                let end = u32::try_from(off)
                    .ok()
                    .and_then(|off| off.checked_add(size.bytes()));
                if end.is_none_or(|end| end > self.bindings.map_struct_size()) {
                    return Err(self.unsupported("a field of a map's kernel struct"));
                }
                Route::Plain
            }
            AccessKind::Btf => return Err(self.unsupported("a kernel object")),
            AccessKind::Arena => return Err(self.unsupported("arena memory")),
        })
    }

    pub(super) fn load(
        &mut self,
        size: Size,
        extend: Extend,
        dst: Reg,
        src: Reg,
        off: i16,
    ) -> Result<(), LowerError> {
        match self.route(off, size)? {
            Route::Plain => self.push(Op::Load {
                size,
                extend,
                dst,
                from: place(src, off),
            }),
            Route::Context => {
                let field = self.context_place(off, size)?;
                self.load_field(field, size, extend, dst, src);
            }
            Route::Object(kind) => {
                let field = self.object_place(kind, off, size)?;
                self.load_field(field, size, extend, dst, src);
            }
            Route::Dead => self.push(Op::Unreachable),
        }
        Ok(())
    }

    pub(super) fn store(
        &mut self,
        size: Size,
        dst: Reg,
        off: i16,
        src: Value,
    ) -> Result<(), LowerError> {
        match self.route(off, size)? {
            Route::Plain => self.push(Op::Store {
                size,
                to: place(dst, off),
                src,
            }),
            Route::Context => {
                let field = self.context_place(off, size)?;
                self.store_field(field, size, dst, src)?;
            }
            Route::Object(kind) => {
                let field = self.object_place(kind, off, size)?;
                self.store_field(field, size, dst, src)?;
            }
            Route::Dead => self.push(Op::Unreachable),
        }
        Ok(())
    }

    /// The place of an atomic access, which is plain memory always.
    pub(super) fn plain_place(
        &mut self,
        base: Reg,
        off: i16,
        size: Size,
    ) -> Result<Place, LowerError> {
        match self.route(off, size)? {
            Route::Plain | Route::Dead => Ok(place(base, off)),
            Route::Context | Route::Object(_) => {
                Err(self.inconsistent("an atomic access to a context"))
            }
        }
    }
}

fn place(base: Reg, off: i16) -> Place {
    let sharing = if base == Reg::FP {
        Sharing::Stack
    } else {
        Sharing::Shared
    };
    Place {
        base,
        off: i32::from(off),
        sharing,
    }
}
