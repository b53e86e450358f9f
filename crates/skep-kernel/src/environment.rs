//! What the verifier may ask of a session while it looks at one program.
//!
//! # Safety
//!
//! A verified program runs unchecked, so the answers must stay true: a map's shape never changes and the program holds
//! every map it was told of ([`LoadEnvironment::held_map`]); a map reported constant is frozen, read-only for programs
//! and without a write in flight, all of which last; addresses of kernel variables are memory the session's symbols
//! keep, which the program holds; those of functions are read by nothing.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use skep_btf::{Btf, BtfKind};
use skep_catalog::kfunc;
use skep_object::{Clock, Errno, Ref, SysError, SysResult};
use skep_uapi::{HelperId, UserPtr};
use skep_verifier::Environment;
use skep_verifier::env::{Capabilities, Machine, MapToken, MapView};

use crate::fd::TaskFds;
use crate::object::{BtfObject, MapObject};
use crate::{Alignment, Fd, Jit, Kernel, Task};

/// The environment of one load.
pub(crate) struct LoadEnvironment<'l> {
    kernel: &'l Kernel,
    task: &'l Task<'l>,
    fd_array: UserPtr,
    deadline: Option<Instant>,
    /// Every map the verifier was told of: fds may be closed while it works.
    maps: RefCell<BTreeMap<MapToken, Ref<MapObject>>>,
    btfs: RefCell<Vec<Ref<BtfObject>>>,
}

impl<'l> LoadEnvironment<'l> {
    pub(crate) fn new(kernel: &'l Kernel, task: &'l Task<'l>, fd_array: UserPtr) -> Self {
        Self {
            kernel,
            task,
            fd_array,
            deadline: Instant::now().checked_add(kernel.limits().load_time),
            maps: RefCell::default(),
            btfs: RefCell::default(),
        }
    }

    /// A map the verifier was told of.
    pub(crate) fn held_map(&self, token: MapToken) -> Option<Ref<MapObject>> {
        self.maps.borrow().get(&token).cloned()
    }

    /// The BTF objects the verifier was told of.
    pub(crate) fn held_btfs(&self) -> Vec<Ref<BtfObject>> {
        self.btfs.borrow().clone()
    }

    fn fds(&self) -> TaskFds<'_> {
        TaskFds(self.task.fds())
    }

    fn find_map(&self, fd: i32) -> SysResult<MapView> {
        let map = self.fds().map(Fd(fd))?;
        let Some(id) = map.id() else {
            return SysError::err(Errno::EINVAL, "map has no id");
        };
        let token = MapToken(u64::from(id.get()));
        let view = MapView {
            token,
            // Frozen first: what is constant then stays so.
            constant: map.map().base().is_constant(),
            meta: map.meta(),
        };
        self.maps.borrow_mut().insert(token, map);
        Ok(view)
    }

    fn find_btf(&self, fd: i32) -> SysResult<Arc<Btf>> {
        let object = self.fds().btf(Fd(fd))?;
        let btf = Arc::clone(object.btf());
        let mut held = self.btfs.borrow_mut();
        if !held.iter().any(|other| other.same(&object)) {
            held.push(object);
        }
        Ok(btf)
    }
}

fn errno(error: SysError) -> Errno {
    error.errno
}

// SAFETY: see the header.
unsafe impl Environment for LoadEnvironment<'_> {
    fn capabilities(&self) -> Capabilities {
        self.task.caps()
    }

    fn machine(&self) -> Machine {
        Machine {
            possible_cpus: self.kernel.slots().possible(),
            efficient_unaligned: self.kernel.identity().alignment == Alignment::Efficient,
            jit: self.kernel.identity().jit == Jit::On,
        }
    }

    fn kernel_btf(&self) -> Option<&Arc<Btf>> {
        self.kernel.identity().btf.as_ref()
    }

    fn map(&self, fd: i32) -> Result<MapView, Errno> {
        self.find_map(fd).map_err(errno)
    }

    fn btf(&self, fd: i32) -> Result<Arc<Btf>, Errno> {
        self.find_btf(fd).map_err(errno)
    }

    fn fd_array(&self, index: u32) -> Result<i32, Errno> {
        let mut fd = [0; 4];
        let at = self.fd_array.wrapping_add(u64::from(index).wrapping_mul(4));
        match self.task.memory().read(at, &mut fd) {
            Ok(()) => Ok(i32::from_ne_bytes(fd)),
            Err(_) => Err(Errno::EFAULT),
        }
    }

    fn read_constant(&self, map: MapToken, offset: u32, size: u32) -> Option<u64> {
        let map = self.held_map(map)?;
        let map = map.map();
        if !map.base().is_constant() || !matches!(size, 1 | 2 | 4 | 8) {
            return None;
        }
        // One element of an array: its bytes begin at the address programs see.
        let address = map.direct_value(offset).ok()?;
        let (bytes, _) = map.bytes_at(address)?;
        let from = usize::try_from(address.offset_from(bytes.start())?).ok()?;
        let mut value = [0; 8];
        let part = value.get_mut(..size as usize)?;
        bytes.copy_out(from, part).ok()?;
        Some(u64::from_le_bytes(value))
    }

    fn kernel_symbol(&self, name: &str) -> Option<u64> {
        self.kernel.symbols().address(name)
    }

    fn interrupted(&self) -> Option<Errno> {
        if self.task.cancel().is_cancelled() {
            return Some(Errno::EAGAIN);
        }
        let late = self
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline);
        late.then_some(Errno::EINTR)
    }

    fn has_helper(&self, helper: HelperId) -> bool {
        self.kernel.availability().helper(helper)
    }

    fn now_ns(&self) -> u64 {
        self.kernel.platform().now_ns(Clock::Monotonic)
    }

    fn has_kfunc(&self, name: &str) -> bool {
        let in_btf = self
            .kernel_btf()
            .is_some_and(|btf| btf.find_by_name_kind(name, BtfKind::Func).is_some());
        in_btf && kfunc(name).is_some()
    }
}
