//! BPF_MAP_TYPE_CPUMAP: CPUs that XDP may hand packets to.
//!
//! An element is a queue size and maybe a program. No thread stands behind it: packets are never queued.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, SpanSource};
use skep_object::{Errno, HeldProg, SysError, SysResult};
use skep_uapi::{AttachType, ElemFlags, MapFlags, MapType, ProgType};

use crate::array::{index_of, next_index};
use crate::kind::{AsInner, Holds, MapKind};
use crate::{FdResolver, Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::Cpumap,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

/// `struct bpf_cpu_map` in memlock figures.
const MAP_BYTES: u64 = 304;
/// CPUs that Linux is built for here.
const NR_CPUS: u32 = 256;
/// Most packets of a queue.
const QUEUE_MAX: u32 = 16384;

/// A CPU map.
pub struct Cpumap {
    base: MapBase,
    entries: Mutex<BTreeMap<u32, Entry>>,
}

struct Entry {
    queue_size: u32,
    prog: Option<Arc<dyn HeldProg>>,
}

fn check(_attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    // Linux checks CPU maps while it makes them, after capabilities.
    Ok(())
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    attr.check_flags(MapFlags::NUMA_NODE)?;
    if attr.max_entries == 0 || attr.key_size != 4 || (attr.value_size != 4 && attr.value_size != 8)
    {
        return SysError::err(
            Errno::EINVAL,
            "a CPU map needs a 4-byte key, a value of 4 or 8 bytes and entries",
        );
    }
    if attr.max_entries > NR_CPUS {
        return SysError::err(Errno::E2BIG, "more entries than CPUs");
    }
    Ok(Box::new(Cpumap {
        base: MapBase::new(attr, &env),
        entries: Mutex::new(BTreeMap::new()),
    }))
}

/// The program of an element: an XDP program made for CPU maps. EINVAL.
fn entry_prog(fd: i32, fds: &dyn FdResolver) -> SysResult<Option<Arc<dyn HeldProg>>> {
    // Negative numbers and 0 mean none.
    let Some(fd) = u32::try_from(fd).ok().filter(|fd| *fd != 0) else {
        return Ok(None);
    };
    let prog = fds.prog(fd)?;
    let fits = prog.compat().is_some_and(|compat| {
        compat.prog_type == ProgType::Xdp
            && compat.expected_attach_type == AttachType::XdpCpumap.raw()
    });
    if fits {
        Ok(Some(prog))
    } else {
        SysError::err(Errno::EINVAL, "program is not for CPU maps")
    }
}

impl SpanSource for Cpumap {
    fn bytes_at(&self, _addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        None
    }
}

impl Map for Cpumap {
    fn base(&self) -> &MapBase {
        &self.base
    }

    fn memlock(&self) -> u64 {
        MAP_BYTES + u64::from(self.base.attr().max_entries) * 8
    }

    /// Queue size, and the program's id where values have 8 bytes.
    fn lookup(&self, key: &[u8], value: &mut [u8], _flags: u64) -> SysResult<()> {
        let entries = self.entries.lock();
        let Some(entry) = entries.get(&index_of(key)) else {
            return SysError::err(Errno::ENOENT, "no queue for this CPU");
        };
        let prog = entry.prog.as_ref().map_or(0, |prog| prog.id().get());
        let words = [entry.queue_size, prog];
        for (out, word) in value.as_chunks_mut::<4>().0.iter_mut().zip(words) {
            *out = word.to_ne_bytes();
        }
        Ok(())
    }

    fn update(&self, key: &[u8], value: &[u8], flags: u64, fds: &dyn FdResolver) -> SysResult<()> {
        let cpu = index_of(key);
        if flags > ElemFlags::EXIST.bits() {
            return SysError::err(Errno::EINVAL, "unknown update flag");
        }
        if cpu >= self.base.attr().max_entries {
            return SysError::err(Errno::E2BIG, "CPU is beyond the map");
        }
        if flags == ElemFlags::NOEXIST.bits() {
            return SysError::err(Errno::EEXIST, "all elements of a CPU map exist");
        }
        let mut words = value.as_chunks::<4>().0.iter();
        let queue_size = words.next().map_or(0, |word| u32::from_ne_bytes(*word));
        let prog_fd = words.next().map_or(0, |word| i32::from_ne_bytes(*word));
        if queue_size > QUEUE_MAX {
            return SysError::err(Errno::EOVERFLOW, "queue is too long");
        }
        if cpu >= self.base.possible_cpus() {
            return SysError::err(Errno::ENODEV, "no such CPU");
        }
        // The old program goes outside the lock.
        let _old = if queue_size == 0 {
            self.entries.lock().remove(&cpu)
        } else {
            let prog = entry_prog(prog_fd, fds)?;
            self.entries.lock().insert(cpu, Entry { queue_size, prog })
        };
        Ok(())
    }

    /// Removing nothing is fine.
    fn delete(&self, key: &[u8]) -> SysResult<()> {
        let cpu = index_of(key);
        if cpu >= self.base.attr().max_entries {
            return SysError::err(Errno::EINVAL, "CPU is beyond the map");
        }
        let _old = self.entries.lock().remove(&cpu);
        Ok(())
    }

    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
        next_index(self.base.attr().max_entries, key, next)
    }
}
