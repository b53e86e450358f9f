//! Whether types are alike enough: kinds, fields that may stand for each other, types that exist alike.

use skep_uapi::btf::BtfKind;

use super::DEPTH;
use super::error::CoreError;
use crate::btf::Btf;
use crate::id::BtfTypeId;
use crate::names::essential;
use crate::types::Type;

/// Equal kinds, or enums of either width.
pub(super) fn same_kind(one: &Type<'_>, other: &Type<'_>) -> bool {
    let class = |ty: &Type<'_>| match ty.kind() {
        Some(BtfKind::Enum64) => Some(BtfKind::Enum),
        kind => kind,
    };
    class(one) == class(other)
}

/// Whether a field may be found as one of another type: any ints, any pointers, enums and declarations by name.
pub(super) fn fields(local: &Btf, local_id: BtfTypeId, target: &Btf, target_id: BtfTypeId) -> bool {
    let (mut local_id, mut target_id) = (local_id, target_id);
    for _ in 0..DEPTH {
        let (Some(one), Some(other)) = (local.resolve(local_id), target.resolve(target_id)) else {
            return false;
        };
        if one.as_composite().is_some() && other.as_composite().is_some() {
            return true;
        }
        if !same_kind(&one, &other) {
            return false;
        }
        match (&one, &other) {
            (Type::Ptr(_), _) | (Type::Float(_), _) => return true,
            (Type::Fwd(_) | Type::Enum(_) | Type::Enum64(_), _) => {
                let (one, other) = (essential(one.name_bytes()), essential(other.name_bytes()));
                return one.is_empty() || other.is_empty() || one == other;
            }
            (Type::Int(one), Type::Int(other)) => {
                return one.bit_offset() == 0 && other.bit_offset() == 0;
            }
            (Type::Array(one), Type::Array(other)) => {
                (local_id, target_id) = (one.element(), other.element());
            }
            _ => return false,
        }
    }
    false
}

/// Whether types of one name exist alike (`bpf_core_type_exists`): the same kind, prototypes in every part.
pub(super) fn types(
    local: &Btf,
    local_id: BtfTypeId,
    target: &Btf,
    target_id: BtfTypeId,
) -> Result<bool, CoreError> {
    let (Some(one), Some(other)) = (local.type_by_id(local_id), target.type_by_id(target_id))
    else {
        return Ok(false);
    };
    if !same_kind(&one, &other) {
        return Ok(false);
    }
    let mut compare = Compare {
        local,
        target,
        budget: super::BUDGET,
    };
    compare.types(local_id, target_id, DEPTH)
}

struct Compare<'a> {
    local: &'a Btf,
    target: &'a Btf,
    budget: u32,
}

impl Compare<'_> {
    fn types(
        &mut self,
        local_id: BtfTypeId,
        target_id: BtfTypeId,
        levels: u32,
    ) -> Result<bool, CoreError> {
        let levels = levels.checked_sub(1).ok_or(CoreError::TooComplex)?;
        let (mut local_id, mut target_id) = (local_id, target_id);
        for _ in 0..DEPTH {
            self.budget = self.budget.checked_sub(1).ok_or(CoreError::TooComplex)?;
            let one = self.local.resolve(local_id).ok_or(CoreError::TooComplex)?;
            let other = self
                .target
                .resolve(target_id)
                .ok_or(CoreError::TooComplex)?;
            if !same_kind(&one, &other) {
                return Ok(false);
            }
            match (one, other) {
                (
                    Type::Void
                    | Type::Struct(_)
                    | Type::Union(_)
                    | Type::Enum(_)
                    | Type::Enum64(_)
                    | Type::Fwd(_),
                    _,
                ) => return Ok(true),
                (Type::Int(one), Type::Int(other)) => {
                    return Ok(one.bit_offset() == 0 && other.bit_offset() == 0);
                }
                (Type::Ptr(one), Type::Ptr(other)) => {
                    (local_id, target_id) = (one.target(), other.target());
                }
                (Type::Array(one), Type::Array(other)) => {
                    (local_id, target_id) = (one.element(), other.element());
                }
                (Type::FuncProto(one), Type::FuncProto(other)) => {
                    if one.param_count() != other.param_count() {
                        return Ok(false);
                    }
                    for (one, other) in one.params().zip(other.params()) {
                        if !self.types(one.type_id(), other.type_id(), levels)? {
                            return Ok(false);
                        }
                    }
                    (local_id, target_id) = (one.return_type(), other.return_type());
                }
                _ => return Ok(false),
            }
        }
        Err(CoreError::TooComplex)
    }
}
