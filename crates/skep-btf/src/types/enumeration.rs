//! Views of ENUM and ENUM64 and their values.

use alloc::boxed::Box;

use skep_uapi::btf::{BtfEnum, BtfEnum64, BtfKind};

use super::{View, view};
use crate::btf::{Btf, text};

/// An ENUM or ENUM64.
#[derive(Clone, Copy, Debug)]
pub struct Enum<'a>(pub(crate) View<'a>);
view!(Enum);

/// One enumerator.
#[derive(Clone, Copy, Debug)]
pub struct EnumValue<'a> {
    btf: &'a Btf,
    name_off: u32,
    /// The value; sign-extended to 64 bits for ENUM, as it stands for ENUM64.
    pub value: i64,
}

impl<'a> EnumValue<'a> {
    /// Name.
    pub fn name(&self) -> &'a str {
        text(self.name_bytes())
    }

    /// Name as bytes.
    pub fn name_bytes(&self) -> &'a [u8] {
        self.btf.string(self.name_off).unwrap_or_default()
    }
}

impl<'a> Enum<'a> {
    /// Bytes.
    pub fn size(&self) -> u32 {
        self.0.record.head.size_or_type
    }

    /// Whether values are signed.
    pub fn is_signed(&self) -> bool {
        self.0.record.kind_flag()
    }

    /// Number of enumerators.
    pub fn value_count(&self) -> u32 {
        self.0.record.vlen()
    }

    /// Enumerators in declared order.
    pub fn values(&self) -> Box<dyn Iterator<Item = EnumValue<'a>> + 'a> {
        let btf = self.0.btf;
        if self.0.record.kind() == BtfKind::Enum64 {
            Box::new(
                self.0
                    .record
                    .items::<BtfEnum64>()
                    .map(move |raw| from_wide(btf, raw)),
            )
        } else {
            Box::new(
                self.0
                    .record
                    .items::<BtfEnum>()
                    .map(move |raw| from_narrow(btf, raw)),
            )
        }
    }

    /// The enumerator at an index.
    pub fn value(&self, index: u32) -> Option<EnumValue<'a>> {
        let record = &self.0.record;
        if record.kind() == BtfKind::Enum64 {
            Some(from_wide(self.0.btf, record.item(index)?))
        } else {
            Some(from_narrow(self.0.btf, record.item(index)?))
        }
    }

    /// The first enumerator of this name.
    pub fn value_by_name(&self, name: &str) -> Option<EnumValue<'a>> {
        self.values()
            .find(|value| value.name_bytes() == name.as_bytes())
    }
}

fn from_narrow(btf: &Btf, raw: BtfEnum) -> EnumValue<'_> {
    EnumValue {
        btf,
        name_off: raw.name_off,
        value: i64::from(raw.value),
    }
}

fn from_wide(btf: &Btf, raw: BtfEnum64) -> EnumValue<'_> {
    let value = (u64::from(raw.value_hi32) << 32) | u64::from(raw.value_lo32);
    EnumValue {
        btf,
        name_off: raw.name_off,
        value: value as i64,
    }
}
