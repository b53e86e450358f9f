//! From fd numbers to objects, with the errno each way of asking has.

use std::sync::Arc;

use skep_maps::perf_event::PerfEvent;
use skep_maps::{FdResolver, HeldMap};
use skep_object::{Errno, HeldProg, Ref, SysError, SysResult, UserRef};

use crate::object::{BtfObject, InnerMap, Link, MapObject, Prog, TailCallee};
use crate::{Fd, FdEntry, FdObject, FdTable, MapAccess};

/// A task's descriptors, as commands ask for them.
#[derive(Clone, Copy)]
pub(crate) struct TaskFds<'t>(pub(crate) &'t dyn FdTable);

impl TaskFds<'_> {
    /// The map behind an fd, and what the fd allows. EBADF, EINVAL.
    pub(crate) fn map_access(self, fd: Fd) -> SysResult<(UserRef<MapObject>, MapAccess)> {
        match self.object(fd)? {
            FdObject::Map { map, access } => Ok((map, access)),
            FdObject::Prog(_)
            | FdObject::Btf(_)
            | FdObject::Link { .. }
            | FdObject::Statistics(_)
            | FdObject::PerfEvent(_) => wrong("fd is not a map"),
        }
    }

    /// The map behind an fd. EBADF, EINVAL.
    pub(crate) fn map(self, fd: Fd) -> SysResult<Ref<MapObject>> {
        Ok(self.map_access(fd)?.0.reference().clone())
    }

    /// The program behind an fd. EBADF, EINVAL.
    pub(crate) fn prog(self, fd: Fd) -> SysResult<Ref<Prog>> {
        match self.object(fd)? {
            FdObject::Prog(prog) => Ok(prog.reference().clone()),
            FdObject::Map { .. }
            | FdObject::Btf(_)
            | FdObject::Link { .. }
            | FdObject::Statistics(_)
            | FdObject::PerfEvent(_) => wrong("fd is not a program"),
        }
    }

    /// The BTF object behind an fd. EBADF, EINVAL.
    pub(crate) fn btf(self, fd: Fd) -> SysResult<Ref<BtfObject>> {
        match self.object(fd)? {
            FdObject::Btf(btf) => Ok(btf.reference().clone()),
            FdObject::Map { .. }
            | FdObject::Prog(_)
            | FdObject::Link { .. }
            | FdObject::Statistics(_)
            | FdObject::PerfEvent(_) => wrong("fd is not a BTF object"),
        }
    }

    /// The link behind an fd. EBADF, EINVAL.
    pub(crate) fn link(self, fd: Fd) -> SysResult<Ref<Link>> {
        match self.object(fd)? {
            FdObject::Link { link, .. } => Ok(link.reference().clone()),
            FdObject::Map { .. }
            | FdObject::Prog(_)
            | FdObject::Btf(_)
            | FdObject::Statistics(_)
            | FdObject::PerfEvent(_) => wrong("fd is not a link"),
        }
    }

    /// A token behind an fd: there are none, so whatever is open is something else. EBADF, EINVAL.
    pub(crate) fn token(self, fd: Fd) -> SysResult<()> {
        self.object(fd)?;
        wrong("fd is not a token")
    }

    fn object(self, fd: Fd) -> SysResult<FdObject> {
        match self.0.get(fd) {
            FdEntry::Object(object) => Ok(object),
            FdEntry::Foreign => wrong("fd is no bpf object"),
            FdEntry::Closed => SysError::err(Errno::EBADF, "no such fd"),
        }
    }
}

fn wrong<T>(why: &'static str) -> SysResult<T> {
    SysError::err(Errno::EINVAL, why)
}

impl FdResolver for TaskFds<'_> {
    fn prog(&self, fd: u32) -> SysResult<Arc<dyn HeldProg>> {
        let prog = TaskFds::prog(*self, Fd::from_attr(fd))?;
        Ok(Arc::new(TailCallee::new(prog)?))
    }

    fn map(&self, fd: u32) -> SysResult<Arc<dyn HeldMap>> {
        let map = TaskFds::map(*self, Fd::from_attr(fd))?;
        Ok(Arc::new(InnerMap::new(map)?))
    }

    fn perf_event(&self, fd: u32) -> SysResult<Arc<PerfEvent>> {
        match self.0.get(Fd::from_attr(fd)) {
            FdEntry::Object(FdObject::PerfEvent(event)) => Ok(event),
            FdEntry::Object(_) | FdEntry::Foreign | FdEntry::Closed => {
                SysError::err(Errno::EBADF, "no such fd of a perf event")
            }
        }
    }
}
