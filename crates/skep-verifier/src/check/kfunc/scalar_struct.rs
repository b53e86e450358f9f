//! Memory without pointers: numbers, and structs of nothing but numbers.

use crate::reject::{Check, KfuncReject};
use crate::verifier::Verifier;
use skep_btf::{Btf, Composite, Type};

/// Structs in structs that are looked into.
const MAX_NESTING: u32 = 4;

/// Whether `void` counts as plain memory (where a size says how much).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voids {
    Allowed,
    Refused,
}

/// What a struct turned out to be.
enum Members {
    Numbers,
    Others,
    TooDeep,
}

impl Verifier<'_> {
    /// Whether a pointee is memory that may be handed over byte by byte.
    pub(super) fn is_plain_memory(
        &mut self,
        btf: &Btf,
        target: Option<Type<'_>>,
        voids: Voids,
    ) -> Check<bool> {
        match target {
            None | Some(Type::Void) => Ok(voids == Voids::Allowed),
            Some(Type::Int(_) | Type::Enum(_) | Type::Enum64(_)) => Ok(true),
            Some(Type::Struct(composite) | Type::Union(composite)) => {
                self.is_scalar_struct(btf, &composite)
            }
            Some(_) => Ok(false),
        }
    }

    /// Whether a struct has only numbers in it.
    pub(super) fn is_scalar_struct(&mut self, btf: &Btf, composite: &Composite<'_>) -> Check<bool> {
        match members(btf, composite, 0) {
            Members::Numbers => Ok(true),
            Members::Others => Ok(false),
            Members::TooDeep => {
                // Linux says so and goes on.
                let _ = self.reject(KfuncReject::NestedTooDeep);
                Ok(false)
            }
        }
    }
}

fn members(btf: &Btf, composite: &Composite<'_>, depth: u32) -> Members {
    for member in composite.members() {
        let found = match btf.resolve(member.type_id()) {
            Some(Type::Int(_) | Type::Enum(_) | Type::Enum64(_)) => Members::Numbers,
            Some(Type::Struct(_) | Type::Union(_)) if depth >= MAX_NESTING - 1 => Members::TooDeep,
            Some(Type::Struct(inner) | Type::Union(inner)) => members(btf, &inner, depth + 1),
            Some(Type::Array(array)) if !array.is_empty() => match btf.resolve(array.element()) {
                Some(Type::Int(_) | Type::Enum(_) | Type::Enum64(_)) => Members::Numbers,
                Some(_) | None => Members::Others,
            },
            Some(_) | None => Members::Others,
        };
        if !matches!(found, Members::Numbers) {
            return found;
        }
    }
    Members::Numbers
}
