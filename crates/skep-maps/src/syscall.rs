//! The checks that the element commands make for every type, in Linux's order.
//!
//! A command checks the fd and its permissions, calls `check_*` here, copies key and value from the client,
//! and calls the operation. (A key is copied before a value; sizes are the map's.)

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::ElemFlags;

use crate::{FdResolver, Map};

/// MAP_LOOKUP_ELEM's flags, before the fd is looked at: only `BPF_F_LOCK`. EINVAL.
pub fn check_lookup_flags(flags: u64) -> SysResult<()> {
    if flags & !ElemFlags::LOCK.bits() != 0 {
        return SysError::err(Errno::EINVAL, "look-up takes no flag but BPF_F_LOCK");
    }
    Ok(())
}

/// `BPF_F_LOCK` is for maps whose values have a `bpf_spin_lock`, before anything is copied. EINVAL.
pub fn check_lock(map: &dyn Map, flags: u64) -> SysResult<()> {
    if flags & ElemFlags::LOCK.bits() != 0 && map.base().fields().spin_lock().is_none() {
        return SysError::err(Errno::EINVAL, "BPF_F_LOCK on values without bpf_spin_lock");
    }
    Ok(())
}

/// MAP_LOOKUP_ELEM after the copies.
pub fn lookup(map: &dyn Map, key: &[u8], value: &mut [u8], flags: u64) -> SysResult<()> {
    check_lookup_flags(flags)?;
    check_lock(map, flags)?;
    check_key(map, key)?;
    map.lookup(key, value, flags)
}

/// MAP_UPDATE_ELEM after the copies. EPERM: frozen.
pub fn update(
    map: &dyn Map,
    key: &[u8],
    value: &[u8],
    flags: u64,
    fds: &dyn FdResolver,
) -> SysResult<()> {
    let _writing = map.base().begin_write()?;
    check_lock(map, flags)?;
    check_key(map, key)?;
    map.update(key, value, flags, fds)
}

/// MAP_DELETE_ELEM after the copies. EPERM: frozen.
pub fn delete(map: &dyn Map, key: &[u8]) -> SysResult<()> {
    let _writing = map.base().begin_write()?;
    check_key(map, key)?;
    map.delete(key)
}

/// MAP_GET_NEXT_KEY after the copies.
pub fn next_key(map: &dyn Map, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
    if let Some(key) = key {
        check_key(map, key)?;
    }
    map.next_key(key, next)
}

/// MAP_LOOKUP_AND_DELETE_ELEM after the copies. EPERM: frozen.
pub fn lookup_and_delete(map: &dyn Map, key: &[u8], value: &mut [u8], flags: u64) -> SysResult<()> {
    check_lookup_flags(flags)?;
    let _writing = map.base().begin_write()?;
    check_lock(map, flags)?;
    check_key(map, key)?;
    map.lookup_and_delete(key, value, flags)
}

/// Keys come in the map's key size; anything else is a mistake of the caller, not of a client.
fn check_key(map: &dyn Map, key: &[u8]) -> SysResult<()> {
    if key.len() as u64 != u64::from(map.base().attr().key_size) {
        return SysError::err(Errno::EINVAL, "key of another size than the map's");
    }
    Ok(())
}
