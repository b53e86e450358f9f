//! [`MapRecord`]: what a map knows of special fields in its values.

use skep_uapi::Errno;

use super::kernel_types::KernelTypes;
use super::kind::FieldSet;
use super::record::FieldRecord;
use crate::btf::Btf;
use crate::id::BtfTypeId;
use crate::types::Type;

/// What a map knows of special fields in its values.
///
/// In Linux a value type whose fields are wrong still makes a map; only their use fails later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MapRecord {
    /// No special fields, or no BTF.
    #[default]
    None,
    /// The value type has fields that could not be made sense of (or is no struct).
    Invalid(Errno),
    /// These fields.
    Valid(FieldRecord),
}

impl MapRecord {
    /// Looks at the value type of a map being created; modifiers before it are skipped.
    pub fn of_value(
        btf: &Btf,
        value: BtfTypeId,
        value_size: u32,
        kernel: &dyn KernelTypes,
    ) -> Self {
        let id = btf.resolve(value).as_ref().map_or(value, Type::id);
        match FieldRecord::parse(btf, id, FieldSet::MAP_VALUE, value_size, kernel) {
            Ok(None) => Self::None,
            Ok(Some(record)) => Self::Valid(record),
            Err(errno) => Self::Invalid(errno),
        }
    }

    /// The fields, if there are usable ones.
    pub fn valid(&self) -> Option<&FieldRecord> {
        if let Self::Valid(record) = self {
            Some(record)
        } else {
            None
        }
    }

    /// Whether a map with one record may stand in for a map with the other (map-in-map).
    pub fn is_same(&self, other: &Self) -> bool {
        self.valid() == other.valid()
    }
}
