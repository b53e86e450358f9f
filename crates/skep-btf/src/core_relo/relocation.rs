//! [`Relocator`]: from a record to a [`Relocation`], over all candidates.

use alloc::vec::Vec;

use hashbrown::HashMap;
use skep_uapi::btf::{CoreRelo, CoreReloKind};

use super::compat::same_kind;
use super::error::CoreError;
use super::path::{Path, subject};
use super::search;
use super::value::{self, Answer, Check, may_change_size};
use crate::btf::Btf;
use crate::id::{BtfIdentity, BtfTypeId};

/// Relocates the instructions of one object against a kernel.
pub struct Relocator<'a> {
    local: &'a Btf,
    kernel: &'a Btf,
    modules: Vec<&'a Btf>,
    /// By local type; those that an earlier relocation ruled out are gone, as in libbpf.
    candidates: HashMap<BtfTypeId, Vec<Candidate<'a>>>,
}

#[derive(Clone, Copy)]
struct Candidate<'a> {
    btf: &'a Btf,
    id: BtfTypeId,
}

/// A type of the target kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetType {
    /// The BTF it is in (kernel or module).
    pub btf: BtfIdentity,
    /// The type.
    pub id: BtfTypeId,
}

/// What an instruction must become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relocation {
    /// What was asked.
    pub kind: CoreReloKind,
    /// The answer for the local type: what the compiler put there.
    pub original: u64,
    /// The answer for the target.
    pub outcome: Outcome,
    /// The first candidate that matched.
    pub target: Option<TargetType>,
    pub(super) check: Check,
    /// Bytes of a load of the field: local, target.
    pub(super) access_sizes: (u32, u32),
    pub(super) resize: Resize,
}

/// The answer for the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This number.
    Value(u64),
    /// None: the instruction must not run.
    Poison,
}

/// Whether a load may be narrowed or widened to the target's field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resize {
    Allowed,
    /// It would read another number: poison loads and stores.
    Forbidden,
}

impl<'a> Relocator<'a> {
    /// Relocates `local` types against those of `kernel`.
    pub fn new(local: &'a Btf, kernel: &'a Btf) -> Self {
        Self::with_modules(local, kernel, Vec::new())
    }

    /// As [`Relocator::new`]; modules are searched for what the kernel itself has no candidate for.
    pub fn with_modules(local: &'a Btf, kernel: &'a Btf, modules: Vec<&'a Btf>) -> Self {
        Self {
            local,
            kernel,
            modules,
            candidates: HashMap::new(),
        }
    }

    /// Answers one record; `access` is its access string.
    pub fn relocate(&mut self, record: &CoreRelo, access: &str) -> Result<Relocation, CoreError> {
        let kind =
            CoreReloKind::from_raw(record.kind).ok_or(CoreError::UnknownKind(record.kind))?;
        let id = BtfTypeId(record.type_id);
        self.resolve(kind, id, access)
    }

    /// Answers a question about a local type.
    pub fn resolve(
        &mut self,
        kind: CoreReloKind,
        id: BtfTypeId,
        access: &str,
    ) -> Result<Relocation, CoreError> {
        self.local
            .type_by_id(id)
            .ok_or(CoreError::UnknownType(id))?;
        let path = Path::parse(self.local, id, access, subject(kind))?;
        if kind == CoreReloKind::TypeIdLocal {
            let value = u64::from(id.0);
            return Ok(Relocation {
                kind,
                original: value,
                outcome: Outcome::Value(value),
                target: None,
                check: Check::Nothing,
                access_sizes: (0, 0),
                resize: Resize::Allowed,
            });
        }
        if self.local.name_bytes(id).is_empty() {
            return Err(CoreError::Anonymous(id));
        }
        self.resolve_over_candidates(kind, id, &path)
    }

    fn resolve_over_candidates(
        &mut self,
        kind: CoreReloKind,
        id: BtfTypeId,
        path: &Path<'_>,
    ) -> Result<Relocation, CoreError> {
        let (local, kernel, modules) = (self.local, self.kernel, &self.modules);
        let candidates = self
            .candidates
            .entry(id)
            .or_insert_with(|| find(local, id, kernel, modules));
        let mut kept: Vec<Candidate<'_>> = Vec::new();
        let mut chosen: Option<(Relocation, u32)> = None;
        for candidate in candidates.iter() {
            let Some(target) = search::follow(path, kind, candidate.btf, candidate.id)? else {
                continue;
            };
            let one = compute(kind, path, Some(&target))?;
            match &chosen {
                None => chosen = Some((one, target.bit_offset)),
                Some((first, bit_offset))
                    if *bit_offset != target.bit_offset || first.outcome != one.outcome =>
                {
                    let first = first.target.map_or(BtfTypeId::VOID, |target| target.id);
                    return Err(CoreError::Ambiguous {
                        first,
                        second: candidate.id,
                    });
                }
                Some(_) => {}
            }
            kept.push(*candidate);
        }
        match chosen {
            Some((relocation, _)) => {
                *candidates = kept;
                Ok(relocation)
            }
            None => compute(kind, path, None),
        }
    }
}

/// Types of the local type's kind and name up to flavours.
fn find<'a>(
    local: &Btf,
    id: BtfTypeId,
    kernel: &'a Btf,
    modules: &[&'a Btf],
) -> Vec<Candidate<'a>> {
    let Some(wanted) = local.type_by_id(id) else {
        return Vec::new();
    };
    let in_btf = |btf: &'a Btf| {
        btf.ids_by_essential_name(wanted.name_bytes())
            .filter(|&id| btf.type_by_id(id).is_some_and(|ty| same_kind(&ty, &wanted)))
            .filter(|&id| !btf.name_bytes(id).is_empty())
            .map(|id| Candidate { btf, id })
            .collect::<Vec<_>>()
    };
    let in_kernel = in_btf(kernel);
    if in_kernel.is_empty() {
        modules.iter().flat_map(|&module| in_btf(module)).collect()
    } else {
        in_kernel
    }
}

fn compute(
    kind: CoreReloKind,
    local: &Path<'_>,
    target: Option<&Path<'_>>,
) -> Result<Relocation, CoreError> {
    let original = value::answer(kind, Some(local))?.unwrap_or_default();
    let answer = value::answer(kind, target)?;
    let (one, other) = (original.access, answer.and_then(|answer| answer.access));
    let resize = match (one, other, target) {
        (Some((local_size, local_type)), Some((size, ty)), Some(target))
            if local_size != size && !may_change_size(local.btf, local_type, target.btf, ty) =>
        {
            Resize::Forbidden
        }
        _ => Resize::Allowed,
    };
    let outcome = |answer: Answer| Outcome::Value(answer.value);
    Ok(Relocation {
        kind,
        original: original.value,
        outcome: answer.map_or(Outcome::Poison, outcome),
        target: target.map(|path| TargetType {
            btf: path.btf.identity(),
            id: path.root,
        }),
        check: original.check,
        access_sizes: (
            one.map_or(0, |access| access.0),
            other.map_or(0, |access| access.0),
        ),
        resize,
    })
}
