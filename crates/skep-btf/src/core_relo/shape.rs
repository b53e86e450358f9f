//! Whether a type matches in shape (`bpf_core_type_matches`): all local members and enumerators exist alike.

use super::error::CoreError;
use super::{BUDGET, DEPTH};
use crate::btf::Btf;
use crate::id::BtfTypeId;
use crate::names::essential;
use crate::types::{Composite, Enum, Type};

/// Compares two types of one name.
pub(super) fn matches(
    local: &Btf,
    local_id: BtfTypeId,
    target: &Btf,
    target_id: BtfTypeId,
) -> Result<bool, CoreError> {
    let mut compare = Compare {
        local,
        target,
        budget: BUDGET,
    };
    compare.types(local_id, target_id, Reach::Direct, DEPTH)
}

/// Behind a pointer only names and kinds of structs count, not their members.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Direct,
    BehindPointer,
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
        reach: Reach,
        levels: u32,
    ) -> Result<bool, CoreError> {
        let levels = levels.checked_sub(1).ok_or(CoreError::TooComplex)?;
        let (mut local_id, mut target_id, mut reach) = (local_id, target_id, reach);
        for _ in 0..DEPTH {
            self.budget = self.budget.checked_sub(1).ok_or(CoreError::TooComplex)?;
            let one = self.local.resolve(local_id).ok_or(CoreError::TooComplex)?;
            let other = self
                .target
                .resolve(target_id)
                .ok_or(CoreError::TooComplex)?;
            if !names_match(one.name_bytes(), other.name_bytes()) {
                return Ok(false);
            }
            match (one, other) {
                (Type::Void, other) => return Ok(matches!(other, Type::Void)),
                (Type::Fwd(one), Type::Fwd(other)) => {
                    return Ok(one.is_union() == other.is_union());
                }
                (Type::Fwd(one), Type::Struct(_)) => {
                    return Ok(reach == Reach::BehindPointer && !one.is_union());
                }
                (Type::Fwd(one), Type::Union(_)) => {
                    return Ok(reach == Reach::BehindPointer && one.is_union());
                }
                (Type::Enum(one) | Type::Enum64(one), Type::Enum(other) | Type::Enum64(other)) => {
                    return Ok(enums(&one, &other));
                }
                (
                    Type::Struct(one) | Type::Union(one),
                    Type::Struct(other) | Type::Union(other),
                ) => {
                    if one.is_union() != other.is_union() {
                        return Ok(false);
                    }
                    return match reach {
                        Reach::BehindPointer => Ok(true),
                        Reach::Direct => self.composites(&one, &other, levels),
                    };
                }
                (Type::Struct(one) | Type::Union(one), Type::Fwd(other)) => {
                    return Ok(reach == Reach::BehindPointer && one.is_union() == other.is_union());
                }
                (Type::Int(one), Type::Int(other)) => {
                    return Ok(one.size() == other.size() && one.is_signed() == other.is_signed());
                }
                (Type::Ptr(one), Type::Ptr(other)) => {
                    reach = Reach::BehindPointer;
                    (local_id, target_id) = (one.target(), other.target());
                }
                (Type::Array(one), Type::Array(other)) => {
                    if one.len() != other.len() {
                        return Ok(false);
                    }
                    (local_id, target_id) = (one.element(), other.element());
                }
                (Type::FuncProto(one), Type::FuncProto(other)) => {
                    if one.param_count() != other.param_count() {
                        return Ok(false);
                    }
                    for (one, other) in one.params().zip(other.params()) {
                        if !self.types(one.type_id(), other.type_id(), reach, levels)? {
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

    fn composites(
        &mut self,
        one: &Composite<'_>,
        other: &Composite<'_>,
        levels: u32,
    ) -> Result<bool, CoreError> {
        if one.member_count() > other.member_count() {
            return Ok(false);
        }
        for member in one.members() {
            let mut found = false;
            for candidate in other.members() {
                if names_match(member.name_bytes(), candidate.name_bytes())
                    && self.types(member.type_id(), candidate.type_id(), Reach::Direct, levels)?
                {
                    found = true;
                    break;
                }
            }
            if !found {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn enums(one: &Enum<'_>, other: &Enum<'_>) -> bool {
    one.size() == other.size()
        && one.value_count() <= other.value_count()
        && one.values().all(|value| {
            other
                .values()
                .any(|candidate| names_match(value.name_bytes(), candidate.name_bytes()))
        })
}

fn names_match(one: &[u8], other: &[u8]) -> bool {
    essential(one) == essential(other)
}
