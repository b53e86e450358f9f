//! From a map's field record to what its values need at run time, and which map types may have which fields.

use std::sync::Arc;

use skep_btf::{FieldKind, FieldRecord, KptrMode};
use skep_catalog::SpecialField as CatalogField;
use skep_catalog::{FieldAnswer, map_type};
use skep_maps::ValueFields;
use skep_object::{SysError, SysResult};
use skep_uapi::MapType;

/// What a map needs to know of its values' fields.
pub(crate) fn value_fields(record: Option<&Arc<FieldRecord>>) -> ValueFields {
    record.map_or_else(ValueFields::default, |record| {
        ValueFields::of(Arc::clone(record))
    })
}

/// EOPNOTSUPP for a record with a field that maps of the type may not have.
pub(crate) fn check_allowed(map: MapType, record: &FieldRecord) -> SysResult<()> {
    for field in record.fields() {
        let answer =
            catalog_field(field.kind()).and_then(|field| Some(map_type(map)?.special_field(field)));
        match answer {
            Some(FieldAnswer::Ok | FieldAnswer::Ignored) => {}
            Some(FieldAnswer::Errno(errno)) => {
                return SysError::err(
                    errno,
                    format!("{map} values may not have {:?}", field.kind()),
                );
            }
            // Nodes belong to objects, not to map values, where they are not looked for.
            None => {}
        }
    }
    Ok(())
}

fn catalog_field(kind: FieldKind) -> Option<CatalogField> {
    match kind {
        FieldKind::SpinLock => Some(CatalogField::SpinLock),
        FieldKind::ResSpinLock => Some(CatalogField::ResSpinLock),
        FieldKind::Timer => Some(CatalogField::Timer),
        FieldKind::Wq => Some(CatalogField::Workqueue),
        FieldKind::TaskWork => Some(CatalogField::TaskWork),
        FieldKind::Kptr(KptrMode::Unref) => Some(CatalogField::KptrUntrusted),
        FieldKind::Kptr(KptrMode::Ref) => Some(CatalogField::Kptr),
        FieldKind::Kptr(KptrMode::Percpu) => Some(CatalogField::PercpuKptr),
        FieldKind::Refcount => Some(CatalogField::Refcount),
        FieldKind::Uptr => Some(CatalogField::Uptr),
        FieldKind::ListHead => Some(CatalogField::ListHead),
        FieldKind::RbRoot => Some(CatalogField::RbRoot),
        FieldKind::ListNode | FieldKind::RbNode => None,
    }
}
