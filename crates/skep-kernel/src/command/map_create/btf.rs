//! BTF of a map's keys and values: whether it fits, and which special fields it tells of.

use std::sync::Arc;

use skep_btf::{
    Btf, BtfTypeId, FieldRecord, KernelTypes, MapRecord, NoKernelTypes, Type, VmlinuxTypes,
};
use skep_catalog::{BtfCheck, Caps, map_type};
use skep_maps::MapAttr;
use skep_object::{Errno, Ref, SysError, SysResult};
use skep_uapi::MapFlags;

use super::super::Call;
use super::refuse;
use crate::Fd;
use crate::load::fields::check_allowed;
use crate::object::{BtfObject, BtfOwner, MapBtf};

/// What the client said.
pub(super) struct BtfIds {
    pub(super) fd: Fd,
    pub(super) key: BtfTypeId,
    pub(super) value: BtfTypeId,
}

/// What it means.
pub(super) struct ValueBtf {
    object: Ref<BtfObject>,
    pub(super) key: BtfTypeId,
    pub(super) value: BtfTypeId,
    record: Option<Arc<FieldRecord>>,
}

impl ValueBtf {
    pub(super) fn record(&self) -> Option<&Arc<FieldRecord>> {
        self.record.as_ref()
    }

    pub(super) fn types(&self) -> Arc<Btf> {
        Arc::clone(self.object.btf())
    }

    pub(super) fn into_map_btf(self) -> MapBtf {
        MapBtf {
            object: self.object,
            key: self.key,
            value: self.value,
        }
    }
}

impl BtfIds {
    /// Are there types of both key and value? Local storage asks for them before anything else.
    pub(super) fn has_both(&self) -> bool {
        !self.key.is_void() && !self.value.is_void()
    }

    /// Finds the types and checks them against the map. EBADF, EINVAL, EACCES, EPERM, EOPNOTSUPP, ENOTSUPP.
    pub(super) fn find(&self, call: &Call<'_>, attr: &MapAttr) -> SysResult<ValueBtf> {
        let object = call.fds().btf(self.fd)?;
        if object.owner() == BtfOwner::Kernel {
            return SysError::err(Errno::EACCES, "map BTF is the kernel's");
        }
        let found = ValueBtf {
            record: self.check(call, attr, object.btf())?,
            object,
            key: self.key,
            value: self.value,
        };
        Ok(found)
    }

    fn check(
        &self,
        call: &Call<'_>,
        attr: &MapAttr,
        btf: &Btf,
    ) -> SysResult<Option<Arc<FieldRecord>>> {
        let rule = map_type(attr.map_type).map_or(BtfCheck::Refused, |info| info.btf_check);
        if self.key.is_void() {
            match rule {
                // Types that have a rule of their own may do without a key; it is asked below.
                BtfCheck::Generic => return refuse("value type without key type"),
                BtfCheck::Refused
                | BtfCheck::Array
                | BtfCheck::Trie
                | BtfCheck::CgroupStorage
                | BtfCheck::LocalStorage
                | BtfCheck::VoidKey
                | BtfCheck::Any => {}
            }
        } else if btf.size_of(self.key) != Some(attr.key_size) {
            return refuse("key type is not of the key's size");
        }
        if btf.size_of(self.value) != Some(attr.value_size) {
            return refuse("value type is not of the value's size");
        }
        let record = find_record(call, attr, btf, self.value)?;
        self.check_rule(rule, attr, btf)?;
        Ok(record)
    }

    /// What the type itself asks of its BTF.
    fn check_rule(&self, rule: BtfCheck, attr: &MapAttr, btf: &Btf) -> SysResult<()> {
        match rule {
            BtfCheck::Generic | BtfCheck::Any => Ok(()),
            BtfCheck::Refused => SysError::err(Errno::ENOTSUPP, "map type takes no BTF"),
            BtfCheck::Array if self.key.is_void() => {
                let is_section = matches!(btf.resolve(self.value), Some(Type::Datasec(_)));
                if attr.max_entries == 1 && is_section {
                    Ok(())
                } else {
                    refuse("only a data section of one element needs no key type")
                }
            }
            BtfCheck::Array | BtfCheck::LocalStorage => {
                if is_plain_u32(btf, self.key) {
                    Ok(())
                } else {
                    refuse("key type is no 32-bit integer")
                }
            }
            BtfCheck::Trie => match btf.resolve(self.key) {
                Some(Type::Struct(_)) => Ok(()),
                _ => refuse("key type is no struct"),
            },
            BtfCheck::CgroupStorage if is_storage_key(btf, self.key, attr.key_size) => Ok(()),
            BtfCheck::CgroupStorage => refuse("key type is no cgroup storage key"),
            BtfCheck::VoidKey if self.key.is_void() => Ok(()),
            BtfCheck::VoidKey => refuse("values have no key"),
        }
    }
}

/// An integer of all its 32 bits, at offset 0.
fn is_plain_u32(btf: &Btf, id: BtfTypeId) -> bool {
    is_plain_int(btf, id, 4)
}

fn is_plain_int(btf: &Btf, id: BtfTypeId, size: u32) -> bool {
    match btf.resolve(id) {
        Some(Type::Int(int)) => {
            int.size() == size && int.bits() == size * 8 && int.bit_offset() == 0
        }
        _ => false,
    }
}

/// A cgroup's id, or a struct of it and an attach type.
fn is_storage_key(btf: &Btf, id: BtfTypeId, key_size: u32) -> bool {
    if key_size == 8 {
        return is_plain_int(btf, id, 8);
    }
    let Some(Type::Struct(key)) = btf.resolve(id) else {
        return false;
    };
    let fields = [(0, 8), (64, 4)];
    key.member_count() == 2
        && key.members().zip(fields).all(|(member, (at, size))| {
            member.bit_offset() == at && is_plain_int(btf, member.type_id(), size)
        })
}

/// The special fields of the values. Fields that make no sense make a plain map, as in Linux; fields that do, but not
/// here, are refused.
fn find_record(
    call: &Call<'_>,
    attr: &MapAttr,
    btf: &Btf,
    value: BtfTypeId,
) -> SysResult<Option<Arc<FieldRecord>>> {
    let kernel_btf = call.kernel.identity().btf.as_deref().map(VmlinuxTypes);
    let kernel: &dyn KernelTypes = match &kernel_btf {
        Some(types) => types,
        None => &NoKernelTypes,
    };
    let record = match MapRecord::of_value(btf, value, attr.value_size, kernel) {
        MapRecord::None | MapRecord::Invalid(_) => return Ok(None),
        MapRecord::Valid(record) => record,
    };
    call.task
        .require(Caps::BPF, "special fields need CAP_BPF")?;
    if attr
        .flags
        .intersects(MapFlags::RDONLY_PROG | MapFlags::WRONLY_PROG)
    {
        return SysError::err(Errno::EACCES, "special fields need full access by programs");
    }
    check_allowed(attr.map_type, &record)?;
    record
        .check_ownership(btf)
        .map_err(|errno| SysError::new(errno, "special fields own each other wrongly"))?;
    Ok(Some(Arc::new(record)))
}
