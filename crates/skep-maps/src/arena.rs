//! BPF_MAP_TYPE_ARENA: pages that a program and its client share at addresses both use.
//!
//! The pages are reserved when the map is made and cost memory only where they are touched. Clients cannot
//! map them yet, and no page has been allocated by anyone: `bpf_arena_alloc_pages` is not there.

use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, Region, SpanSource};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::limits::PAGE_SIZE;
use skep_uapi::{MapFlags, MapType};

use crate::attr::no_memory;
use crate::kind::{AsInner, Holds, MapKind};
use crate::{FdResolver, Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::Arena,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

/// Most bytes: pointers into an arena have 32 bits.
const BYTES_MAX: u64 = 4 << 30;

/// An arena.
pub struct Arena {
    base: MapBase,
    pages: Region,
}

fn check(_attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    // Linux checks arenas while it makes them, after capabilities.
    Ok(())
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    attr.check_flags(MapFlags::MMAPABLE | MapFlags::SEGV_ON_FAULT | MapFlags::NO_USER_CONV)?;
    let page = PAGE_SIZE as u64;
    if attr.key_size != 0
        || attr.value_size != 0
        || attr.max_entries == 0
        || !attr.flags.contains(MapFlags::MMAPABLE)
        || !attr.map_extra.is_multiple_of(page)
    {
        return SysError::err(
            Errno::EINVAL,
            "an arena needs MMAPABLE, pages, no key and value, and a page-aligned address or none",
        );
    }
    let bytes = u64::from(attr.max_entries) * page;
    if bytes > BYTES_MAX {
        return SysError::err(Errno::E2BIG, "an arena has 4 GiB at most");
    }
    let last = attr.map_extra.wrapping_add(bytes - 1);
    if attr.map_extra >> 32 != last >> 32 {
        return SysError::err(Errno::ERANGE, "the user addresses cross a 4 GiB boundary");
    }
    // Linux accounts an arena by its allocated pages: none yet, so no limit applies.
    let size = usize::try_from(bytes).map_err(|_| no_memory())?;
    Ok(Box::new(Arena {
        base: MapBase::new(attr, &env),
        pages: Region::pages(size).map_err(|_| no_memory())?,
    }))
}

impl Arena {
    /// The reserved pages.
    pub fn pages(&self) -> &Region {
        &self.pages
    }
}

impl SpanSource for Arena {
    fn bytes_at(&self, addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        self.pages.offset_of(addr, 1)?;
        Some((self.pages.bytes(), self.base.prog_permissions()))
    }
}

impl Map for Arena {
    fn base(&self) -> &MapBase {
        &self.base
    }

    fn memlock(&self) -> u64 {
        0
    }

    fn lookup(&self, _key: &[u8], _value: &mut [u8], _flags: u64) -> SysResult<()> {
        SysError::err(Errno::EINVAL, "an arena has no elements")
    }

    fn update(
        &self,
        _key: &[u8],
        _value: &[u8],
        _flags: u64,
        _fds: &dyn FdResolver,
    ) -> SysResult<()> {
        no_elements()
    }

    fn delete(&self, _key: &[u8]) -> SysResult<()> {
        no_elements()
    }

    fn next_key(&self, _key: Option<&[u8]>, _next: &mut [u8]) -> SysResult<()> {
        no_elements()
    }
}

fn no_elements() -> SysResult<()> {
    SysError::err(Errno::EOPNOTSUPP, "an arena has no elements")
}
