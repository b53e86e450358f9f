//! Info of a map.

use sha2::{Digest, Sha256};
use skep_maps::Map;
use skep_object::{Errno, Ref, SysError, SysResult};
use skep_uapi::MapType;
use skep_uapi::info::MapInfo;

use super::{Args, Call, Reply, read_info, write_info};
use crate::memory;
use crate::object::MapObject;

/// Bytes of the hash of an array's content.
const HASH_SIZE: u32 = 32;

pub(super) fn run(call: &Call<'_>, args: &Args, object: &Ref<MapObject>) -> SysResult<Reply> {
    let asked: MapInfo = read_info(call, args)?;
    if asked.pad != [0; 4] {
        // The padding behind the last field is no field.
        return SysError::err(Errno::E2BIG, "struct has fields this kernel does not know");
    }
    let attr = object.map().base().attr();
    let mut info = MapInfo {
        map_type: attr.map_type.raw(),
        id: object.id().map_or(0, |id| id.get()),
        key_size: attr.key_size,
        value_size: attr.value_size,
        max_entries: attr.max_entries,
        map_flags: attr.flags.bits(),
        name: object.name().bytes(),
        btf_vmlinux_value_type_id: 0,
        map_extra: attr.map_extra,
        // Linux leaves the rest as the client had it: device, namespace, struct_ops BTF.
        ..asked
    };
    if let Some(btf) = object.btf() {
        info.btf_id = btf.object.id().map_or(0, |id| id.get());
        info.btf_key_type_id = btf.key.get();
        info.btf_value_type_id = btf.value.get();
    }
    if asked.hash.is_null() {
        if asked.hash_size != 0 {
            return SysError::err(Errno::EINVAL, "hash_size without hash");
        }
    } else {
        let hash = content_hash(object.map(), asked.hash_size)?;
        call.task.memory().write(asked.hash, &hash)?;
    }
    write_info(call, args, &info)
}

/// SHA-256 over all elements of a frozen array, padding included. EINVAL, EPERM.
fn content_hash(map: &dyn Map, size: u32) -> SysResult<Vec<u8>> {
    let attr = map.base().attr();
    if attr.map_type != MapType::Array {
        return SysError::err(Errno::EINVAL, "map type has no content hash");
    }
    if size != HASH_SIZE {
        return SysError::err(Errno::EINVAL, "hash_size is not 32");
    }
    if !map.base().is_frozen() {
        return SysError::err(Errno::EPERM, "map is not frozen");
    }
    let stride = usize::try_from(attr.value_stride())
        .map_err(|_| SysError::new(Errno::ENOMEM, "values are too large"))?;
    let mut element = memory::zeroed(stride)?;
    let mut hash = Sha256::new();
    for index in 0..attr.max_entries {
        let value = element
            .get_mut(..attr.value_size as usize)
            .unwrap_or_default();
        map.lookup(&index.to_ne_bytes(), value, 0)?;
        hash.update(&element);
    }
    Ok(hash.finalize().to_vec())
}
