//! BPF_MAP_TYPE_PROG_ARRAY: programs to tail-call.
//!
//! The first program that is inserted, or loaded while using the map, owns it: later ones must be like it,
//! even when the map is emptied. When the last user reference goes, the map empties itself; otherwise
//! programs that tail-call each other through it would keep each other alive.

use std::sync::Arc;

use parking_lot::Mutex;
use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, SpanSource};
use skep_object::{Errno, HeldProg, ProgCompat, SysError, SysResult};
use skep_uapi::{MapFlags, MapType};

use crate::array::{HEADER_BYTES, allocated_entries, check_array, index_of, next_index};
use crate::held::{HeldSlots, NO_PROG_RIGHTS, read_fd, write_id};
use crate::kind::{AsInner, Holds, MapKind};
use crate::{FdResolver, InlineLookup, Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::ProgArray,
    check,
    create,
    as_inner: AsInner::Refused(Errno::ENOTSUPP),
    holds: Holds::Progs,
};

/// An array of programs.
pub struct ProgArray {
    base: MapBase,
    slots: HeldSlots<dyn HeldProg>,
    owner: Mutex<Option<ProgCompat>>,
}

fn check(attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    check_slots(attr)
}

/// The rules of arrays whose values are fds.
pub(crate) fn check_slots(attr: &MapAttr) -> SysResult<()> {
    if attr.value_size != 4 {
        return SysError::err(Errno::EINVAL, "values are fds of 4 bytes");
    }
    if attr
        .flags
        .intersects(MapFlags::RDONLY_PROG | MapFlags::WRONLY_PROG)
    {
        return SysError::err(Errno::EINVAL, NO_PROG_RIGHTS);
    }
    check_array(attr)
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    allocated_entries(&attr, env.caps)?;
    let slots = HeldSlots::new(attr.max_entries, &env)?;
    Ok(Box::new(ProgArray {
        base: MapBase::new(attr, &env),
        slots,
        owner: Mutex::new(None),
    }))
}

impl ProgArray {
    /// The handle of the program at `index`, null if there is none; valid while the caller is inside RCU.
    #[inline]
    pub fn handle(&self, index: u32) -> Addr {
        self.slots.handle(index)
    }

    /// The program at `index`, with a reference of its own.
    pub fn get(&self, index: u32) -> Option<Arc<dyn HeldProg>> {
        self.slots.get(index)
    }

    /// What programs here are like, once one was inserted or loaded; stays when the map is emptied.
    pub fn owner(&self) -> Option<ProgCompat> {
        *self.owner.lock()
    }

    /// Binds the map to programs like `compat`, or checks that it is bound to such. EINVAL. PROG_LOAD calls
    /// this for each prog array a program uses.
    pub fn bind(&self, compat: &ProgCompat) -> SysResult<()> {
        let mut owner = self.owner.lock();
        match owner.as_ref() {
            None => *owner = Some(*compat),
            Some(bound) if compat.joins(bound) => {}
            Some(_) => {
                return SysError::err(Errno::EINVAL, "program is not like those of the prog array");
            }
        }
        Ok(())
    }

    /// Everything held, by index.
    pub fn progs(&self) -> Vec<(u32, Arc<dyn HeldProg>)> {
        self.slots.all()
    }
}

impl SpanSource for ProgArray {
    fn bytes_at(&self, _addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        None
    }
}

impl Map for ProgArray {
    fn base(&self) -> &MapBase {
        &self.base
    }

    fn memlock(&self) -> u64 {
        HEADER_BYTES + u64::from(self.base.attr().max_entries) * 8
    }

    fn lookup(&self, key: &[u8], value: &mut [u8], _flags: u64) -> SysResult<()> {
        write_id(self.slots.id(index_of(key))?, value)
    }

    fn update(&self, key: &[u8], value: &[u8], flags: u64, fds: &dyn FdResolver) -> SysResult<()> {
        let index = index_of(key);
        if flags != 0 {
            return SysError::err(Errno::EINVAL, "prog arrays take no update flag");
        }
        self.slots.check_index(index)?;
        let prog = fds.prog(read_fd(value)?)?;
        match prog.compat() {
            Some(compat) => self.bind(&compat)?,
            None => return SysError::err(Errno::EINVAL, "program cannot be tail-called"),
        }
        self.slots.set(index, prog)
    }

    fn delete(&self, key: &[u8]) -> SysResult<()> {
        let index = index_of(key);
        self.slots.check_index(index)?;
        self.slots.clear(index)
    }

    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
        next_index(self.base.attr().max_entries, key, next)
    }

    fn on_last_user_ref(&self) {
        self.slots.clear_all();
    }

    fn inline_lookup(&self) -> InlineLookup {
        self.slots.inline_lookup()
    }

    fn as_prog_array(&self) -> Option<&ProgArray> {
        Some(self)
    }
}
