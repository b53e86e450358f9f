//! Where the fields of a context live at run time.
//!
//! A program loads from the struct that user space knows (`struct __sk_buff`); the object behind R1 is ours. A
//! [`ContextLayout`] says, per field, where its value is in that object:
//!
//! ```text
//! *(u32 *)(r1 + 76)   ->  CtxField { offset: 76, size: 4, native: 8, storage: Value(DW) }   data, 64 bits
//! *(u8 *)(r1 + 17)    ->  CtxField { offset: 16, size: 4, native: 40, storage: Value(H) }   protocol, byte 1
//! *(u64 *)(r1 + 56)   ->  CtxField { offset: 48, size: 20, native: 96, storage: Bytes }     cb[2..4]
//! ```

use skep_isa::Size;

/// Where one field lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CtxField {
    /// Offset in the struct programs know, in bytes.
    pub offset: u32,
    /// Bytes it takes there; of one element for [`CtxStorage::Value`].
    pub size: u32,
    /// Offset in the run-time object, in bytes.
    pub native: u32,
    /// In what form.
    pub storage: CtxStorage,
}

/// In what form a field is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CtxStorage {
    /// Byte for byte as programs see it: any access inside the field goes to the same bytes.
    Bytes,
    /// A number of this width. A load of the whole field gives all of it, even if it is wider than the field
    /// (packet pointers); a narrower load gives the bytes at its distance from the field's start.
    Value(Size),
}

/// The layout of a context, or of an object reached from one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContextLayout {
    rule: Rule,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Rule {
    Identity,
    Fields(Vec<CtxField>),
}

/// What an access turns into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    /// Offset in the run-time object.
    pub(crate) native: i32,
    /// How wide the value is there.
    pub(crate) width: Size,
    /// How far a loaded value is shifted right before it is cut to the access.
    pub(crate) shift: u32,
    /// Whether the access sees less than the whole field.
    pub(crate) narrow: bool,
}

impl ContextLayout {
    /// A context that programs see as it is: offsets and widths are kept (syscall, tracing, raw tracepoints).
    pub const fn identity() -> Self {
        Self {
            rule: Rule::Identity,
        }
    }

    /// A context of these fields, in any order; they must not overlap.
    pub fn new(mut fields: Vec<CtxField>) -> Self {
        fields.sort_by_key(|field| field.offset);
        Self {
            rule: Rule::Fields(fields),
        }
    }

    /// The place of an access; `None` if no field holds all of it.
    pub(crate) fn place(&self, offset: i32, size: Size) -> Option<Place> {
        let fields = match &self.rule {
            Rule::Identity => {
                return Some(Place {
                    native: offset,
                    width: size,
                    shift: 0,
                    narrow: false,
                });
            }
            Rule::Fields(fields) => fields,
        };
        let start = u32::try_from(offset).ok()?;
        let end = start.checked_add(size.bytes())?;
        let after = fields.partition_point(|field| field.offset <= start);
        let field = fields.get(after.checked_sub(1)?)?;
        if end > field.offset.checked_add(field.size)? {
            return None;
        }
        let within = start - field.offset;
        match field.storage {
            CtxStorage::Bytes => {
                let native = i32::try_from(field.native.checked_add(within)?).ok()?;
                Some(Place {
                    native,
                    width: size,
                    shift: 0,
                    narrow: false,
                })
            }
            CtxStorage::Value(width) => {
                let native = i32::try_from(field.native).ok()?;
                let narrow = size.bytes() < field.size;
                Some(Place {
                    native,
                    width,
                    shift: within * 8,
                    narrow,
                })
            }
        }
    }
}
