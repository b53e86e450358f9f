//! [`StructRecords`]: the structs of one BTF that have special fields, found at BTF_LOAD.

use alloc::sync::Arc;
use alloc::vec::Vec;

use skep_uapi::Errno;
use skep_uapi::btf::BtfKind;

use super::find::{Budget, tagged_pointer};
use super::kernel_types::KernelTypes;
use super::kind::{FieldKind, FieldSet};
use super::record::FieldRecord;
use crate::btf::Btf;
use crate::id::BtfTypeId;
use crate::types::Type;

/// Records by struct, ascending.
#[derive(Default)]
pub(crate) struct StructRecords(Vec<(BtfTypeId, Arc<FieldRecord>)>);

/// A struct with a direct member of one of these gets a record (locks of the second kind, timers and the like do not count).
const TRIGGERS: [FieldKind; 6] = [
    FieldKind::SpinLock,
    FieldKind::ListHead,
    FieldKind::ListNode,
    FieldKind::RbRoot,
    FieldKind::RbNode,
    FieldKind::Refcount,
];

impl StructRecords {
    /// Parses every struct that has a special field; a wrong one fails the load.
    pub(crate) fn collect(btf: &Btf, kernel: &dyn KernelTypes) -> Result<Self, Errno> {
        let triggers = triggers(btf);
        if triggers.is_empty() {
            return Ok(Self::default());
        }
        let mut records = Vec::new();
        let mut budget = Budget::new();
        for (id, ty) in btf.types() {
            let Type::Struct(composite) = ty else {
                continue;
            };
            let has_trigger = composite
                .members()
                .any(|member| triggers.binary_search(&member.type_id()).is_ok());
            if !has_trigger {
                continue;
            }
            let record = FieldRecord::parse_within(
                btf,
                id,
                FieldSet::STRUCT,
                composite.size(),
                kernel,
                &mut budget,
            )?;
            records.push((id, Arc::new(record.ok_or(Errno::EFAULT)?)));
        }
        let all = Self(records);
        for (_, record) in all.iter() {
            record.check_ownership_in(btf, |id| all.get(id).map(|held| held.kinds()))?;
        }
        Ok(all)
    }

    pub(crate) fn get(&self, id: BtfTypeId) -> Option<&Arc<FieldRecord>> {
        let at = self.0.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.0.get(at).map(|(_, record)| record)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (BtfTypeId, &Arc<FieldRecord>)> {
        self.0.iter().map(|(id, record)| (*id, record))
    }
}

/// Types that make a struct worth a search, ascending.
fn triggers(btf: &Btf) -> Vec<BtfTypeId> {
    let mut ids: Vec<BtfTypeId> = TRIGGERS
        .iter()
        .filter_map(|kind| btf.find_by_name_kind(kind.name(), BtfKind::Struct))
        .collect();
    for (id, ty) in btf.types() {
        if matches!(tagged_pointer(btf, &ty, FieldSet::KPTR), Ok(Some(_))) {
            ids.push(id);
        }
    }
    ids.sort_unstable();
    ids
}
