//! Following a local path in a candidate type.

use skep_uapi::btf::CoreReloKind;

use super::error::CoreError;
use super::path::{Path, Step, Subject, subject};
use super::{BUDGET, MAX_PATH, compat, shape};
use crate::btf::Btf;
use crate::id::BtfTypeId;
use crate::names::essential;
use crate::types::Type;

/// The path in the candidate; `Ok(None)` if it does not lead anywhere there.
pub(super) fn follow<'a>(
    local: &Path<'_>,
    kind: CoreReloKind,
    target: &'a Btf,
    root: BtfTypeId,
) -> Result<Option<Path<'a>>, CoreError> {
    let mut search = Search {
        path: Path::new(target, root),
        budget: BUDGET,
    };
    let found = match subject(kind) {
        Subject::Type if kind == CoreReloKind::TypeMatches => {
            shape::matches(local.btf, local.root, target, root)?
        }
        Subject::Type => compat::types(local.btf, local.root, target, root)?,
        Subject::Enumerator => search.enumerator(local),
        Subject::Field => search.field(local)?,
    };
    Ok(found.then_some(search.path))
}

struct Search<'a> {
    path: Path<'a>,
    budget: u32,
}

impl<'a> Search<'a> {
    fn enumerator(&mut self, local: &Path<'_>) -> bool {
        let Some(wanted) = local
            .steps
            .first()
            .and_then(|step| step.name)
            .map(essential)
        else {
            return false;
        };
        let Some(ty) = self.path.btf.resolve(self.path.root) else {
            return false;
        };
        let Some(values) = ty.as_enum().map(|it| it.values()) else {
            return false;
        };
        for (index, value) in (0..).zip(values) {
            if essential(value.name_bytes()) == wanted {
                let name = Some(value.name_bytes());
                self.path.steps.push(Step {
                    ty: ty.id(),
                    index,
                    name,
                });
                self.path.raw_len = 1;
                return true;
            }
        }
        false
    }

    fn field(&mut self, local: &Path<'_>) -> Result<bool, CoreError> {
        let mut at = self.path.root;
        for (position, step) in local.steps.iter().enumerate() {
            let ty = self
                .path
                .btf
                .resolve(at)
                .ok_or(CoreError::UnknownType(at))?;
            if step.name.is_some() {
                match self.member(local, step, at)? {
                    Some(next) => at = next,
                    None => return Ok(false),
                }
                continue;
            }
            at = ty.id();
            // The first step counts whole values, the others go into an array.
            if position > 0 {
                let Type::Array(array) = ty else {
                    return Ok(false);
                };
                if !self.path.is_flexible(&array) && step.index >= array.len() {
                    return Ok(false);
                }
                let element = array.element();
                at = self
                    .path
                    .btf
                    .resolve(element)
                    .ok_or(CoreError::UnknownType(element))?
                    .id();
            }
            self.count_step()?;
            self.path.step_element(at, step.index)?;
        }
        Ok(true)
    }

    fn count_step(&mut self) -> Result<(), CoreError> {
        if self.path.raw_len >= MAX_PATH {
            return Err(CoreError::TooDeep);
        }
        self.path.raw_len = self.path.raw_len.saturating_add(1);
        Ok(())
    }

    /// Finds the member of the step's name, also inside anonymous members; gives its type.
    fn member(
        &mut self,
        local: &Path<'_>,
        step: &Step<'_>,
        at: BtfTypeId,
    ) -> Result<Option<BtfTypeId>, CoreError> {
        let Some(composite) = self
            .path
            .btf
            .resolve(at)
            .as_ref()
            .and_then(Type::as_composite)
        else {
            return Ok(None);
        };
        let wanted = local
            .composite(step.ty)
            .and_then(|it| it.member(step.index));
        let Some(wanted) = wanted else {
            return Err(CoreError::AccessString);
        };
        for (index, member) in (0..).zip(composite.members()) {
            self.budget = self.budget.checked_sub(1).ok_or(CoreError::TooComplex)?;
            let name = member.name_bytes();
            let anonymous = name.is_empty();
            if !anonymous && name != wanted.name_bytes() {
                continue;
            }
            self.count_step()?;
            let before = self.path.bit_offset;
            self.path.bit_offset = before.wrapping_add(member.bit_offset());
            if anonymous {
                if let Some(next) = self.member(local, step, member.type_id())? {
                    return Ok(Some(next));
                }
                self.path.bit_offset = before;
                self.path.raw_len = self.path.raw_len.saturating_sub(1);
                continue;
            }
            self.path.steps.push(Step {
                ty: composite.id(),
                index,
                name: Some(name),
            });
            let fits = compat::fields(local.btf, wanted.type_id(), self.path.btf, member.type_id());
            // A member of the name but not of the kind ends the search, as in libbpf.
            return Ok(fits.then_some(member.type_id()));
        }
        Ok(None)
    }
}
