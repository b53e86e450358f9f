//! [`Path`]: what a relocation is about, in local terms and then in those of a candidate.

use alloc::vec::Vec;

use skep_uapi::btf::CoreReloKind;

use super::MAX_PATH;
use super::error::CoreError;
use crate::btf::Btf;
use crate::id::BtfTypeId;
use crate::types::{Array, Composite, Type};

/// A root type and the way to a field or enumerator in it.
#[derive(Clone)]
pub(super) struct Path<'a> {
    pub(super) btf: &'a Btf,
    pub(super) root: BtfTypeId,
    /// Named members and array indices; members without name are passed through silently.
    pub(super) steps: Vec<Step<'a>>,
    /// Steps including silent ones.
    pub(super) raw_len: usize,
    pub(super) bit_offset: u32,
}

/// One step of a path.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    /// The struct or enum stepped into; the element for an array.
    pub(super) ty: BtfTypeId,
    /// Member, enumerator or element.
    pub(super) index: u32,
    /// The name; `None` for elements.
    pub(super) name: Option<&'a [u8]>,
}

/// What a relocation kind is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Field,
    Type,
    Enumerator,
}

pub(super) fn subject(kind: CoreReloKind) -> Subject {
    match kind {
        CoreReloKind::FieldByteOffset
        | CoreReloKind::FieldByteSize
        | CoreReloKind::FieldExists
        | CoreReloKind::FieldSigned
        | CoreReloKind::FieldLshiftU64
        | CoreReloKind::FieldRshiftU64 => Subject::Field,
        CoreReloKind::TypeIdLocal
        | CoreReloKind::TypeIdTarget
        | CoreReloKind::TypeExists
        | CoreReloKind::TypeSize
        | CoreReloKind::TypeMatches => Subject::Type,
        CoreReloKind::EnumvalExists | CoreReloKind::EnumvalValue => Subject::Enumerator,
    }
}

impl<'a> Path<'a> {
    pub(super) fn new(btf: &'a Btf, root: BtfTypeId) -> Self {
        Self {
            btf,
            root,
            steps: Vec::new(),
            raw_len: 0,
            bit_offset: 0,
        }
    }

    /// Reads a local access string (`0:1:2`).
    pub(super) fn parse(
        btf: &'a Btf,
        root: BtfTypeId,
        access: &str,
        subject: Subject,
    ) -> Result<Self, CoreError> {
        let mut path = Self::new(btf, root);
        if subject == Subject::Type {
            return if access == "0" {
                Ok(path)
            } else {
                Err(CoreError::AccessString)
            };
        }
        let mut indices = Vec::new();
        for part in access.split(':') {
            if indices.len() == MAX_PATH {
                return Err(CoreError::TooDeep);
            }
            indices.push(part.parse::<u32>().map_err(|_| CoreError::AccessString)?);
        }
        path.raw_len = indices.len();
        let mut indices = indices.into_iter();
        let first = indices.next().ok_or(CoreError::AccessString)?;
        let ty = btf.resolve(root).ok_or(CoreError::AccessString)?;
        if subject == Subject::Enumerator {
            let value = ty.as_enum().and_then(|it| it.value(first));
            let name = value
                .filter(|_| path.raw_len == 1)
                .map(|value| value.name_bytes());
            let name = name.ok_or(CoreError::AccessString)?;
            path.steps.push(Step {
                ty: ty.id(),
                index: first,
                name: Some(name),
            });
            return Ok(path);
        }
        path.step_element(ty.id(), first)?;
        let mut at = ty.id();
        for index in indices {
            at = path.step_local(at, index)?;
        }
        Ok(path)
    }

    fn step_local(&mut self, at: BtfTypeId, index: u32) -> Result<BtfTypeId, CoreError> {
        match self.btf.resolve(at).ok_or(CoreError::AccessString)? {
            Type::Struct(composite) | Type::Union(composite) => {
                let member = composite.member(index).ok_or(CoreError::AccessString)?;
                self.bit_offset = self.bit_offset.wrapping_add(member.bit_offset());
                let name = member.name_bytes();
                if !name.is_empty() {
                    self.steps.push(Step {
                        ty: composite.id(),
                        index,
                        name: Some(name),
                    });
                }
                Ok(member.type_id())
            }
            Type::Array(array) => {
                let element = self
                    .btf
                    .resolve(array.element())
                    .ok_or(CoreError::AccessString)?;
                if !self.is_flexible(&array) && index >= array.len() {
                    return Err(CoreError::AccessString);
                }
                self.step_element(element.id(), index)?;
                Ok(element.id())
            }
            _ => Err(CoreError::AccessString),
        }
    }

    /// Goes to the `index`-th of several values of a type.
    pub(super) fn step_element(&mut self, ty: BtfTypeId, index: u32) -> Result<(), CoreError> {
        self.steps.push(Step {
            ty,
            index,
            name: None,
        });
        let size = self.btf.size_of(ty).ok_or(CoreError::Unsized(ty))?;
        let bits = index.wrapping_mul(size).wrapping_mul(8);
        self.bit_offset = self.bit_offset.wrapping_add(bits);
        Ok(())
    }

    /// Whether an array reached by the last step is the open end of its struct.
    pub(super) fn is_flexible(&self, array: &Array<'_>) -> bool {
        let Some(step) = self
            .steps
            .last()
            .filter(|step| step.name.is_some() && array.is_empty())
        else {
            return false;
        };
        self.composite(step.ty)
            .is_some_and(|composite| composite.member_count().checked_sub(1) == Some(step.index))
    }

    pub(super) fn composite(&self, id: BtfTypeId) -> Option<Composite<'a>> {
        self.btf
            .type_by_id(id)
            .as_ref()
            .and_then(Type::as_composite)
    }
}
