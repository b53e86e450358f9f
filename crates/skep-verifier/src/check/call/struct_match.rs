//! Whether a pointer to one struct is also a pointer to another: equal types, or the other one stands at that offset inside.

use crate::register::{BtfRef, TypeRef};
use crate::verifier::Verifier;
use skep_btf::Access;

/// How exactly the types must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// The same type at offset 0.
    Exact,
    /// Also an inner struct at the offset, and first members of it, all the way down.
    FirstMember,
}

/// Nested structs that are looked into at most; BTF of the kernel stays far below.
const MAX_DEPTH: usize = 32;

impl Verifier<'_> {
    /// Whether `have` at byte `off` is a `want`.
    pub(crate) fn struct_ids_match(
        &mut self,
        have: TypeRef,
        off: i32,
        want: TypeRef,
        strictness: Strictness,
    ) -> bool {
        if off == 0 && self.same_type(have, want) {
            return true;
        }
        if strictness == Strictness::Exact {
            return false;
        }
        let Some(btf) = self.btf(have.btf).cloned() else {
            return false;
        };
        let Ok(mut off) = u32::try_from(off) else {
            return false;
        };
        let mut id = have.id;
        for _ in 0..MAX_DEPTH {
            let inner = match btf.walk_struct(id, off, 1) {
                Ok(Access::Struct(inner, _)) => inner,
                Ok(Access::Scalar | Access::Pointer { .. } | Access::OpaquePointer) => {
                    return false;
                }
                Err(error) => {
                    // Linux says what stands there instead, and goes on.
                    let _ = self.walk_refused(&btf, error);
                    return false;
                }
            };
            if self.same_type(
                TypeRef {
                    btf: have.btf,
                    id: inner,
                },
                want,
            ) {
                return true;
            }
            (id, off) = (inner, 0);
        }
        false
    }

    /// Whether two references mean one type; types of the base are the same in every BTF that extends it.
    pub(crate) fn same_type(&self, a: TypeRef, b: TypeRef) -> bool {
        a.id == b.id && (a.btf == b.btf || self.is_same_object(a.btf, b.btf))
    }

    fn is_same_object(&self, a: BtfRef, b: BtfRef) -> bool {
        match (self.btf(a), self.btf(b)) {
            (Some(a), Some(b)) => a.identity() == b.identity(),
            (_, _) => false,
        }
    }
}
