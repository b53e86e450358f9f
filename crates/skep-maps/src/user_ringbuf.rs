//! BPF_MAP_TYPE_USER_RINGBUF: records from a client to programs.
//!
//! The ring of [`crate::ringbuf`] with the roles swapped: the client produces, `bpf_user_ringbuf_drain` consumes.

use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, RingMemory, SpanSource};
use skep_object::SysResult;
use skep_uapi::MapType;

use crate::attr::no_memory;
use crate::kind::{AsInner, Holds, MapKind};
use crate::ringbuf::{check_ring, ring_memlock};
use crate::{Map, MapAttr, MapBase, MapEnv};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::UserRingbuf,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

/// A ring that clients fill.
pub struct UserRingBuf {
    base: MapBase,
    memory: RingMemory,
}

fn check(_attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    // Linux checks ring buffers while it makes them, after capabilities.
    Ok(())
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    let size = check_ring(&attr, &env)?;
    Ok(Box::new(UserRingBuf {
        base: MapBase::new(attr, &env),
        memory: RingMemory::new(size).map_err(|_| no_memory())?,
    }))
}

impl UserRingBuf {
    /// The memory that clients map.
    pub fn memory(&self) -> &RingMemory {
        &self.memory
    }
}

impl SpanSource for UserRingBuf {
    /// Programs see samples through dynptrs, which carry their own bounds.
    fn bytes_at(&self, _addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        None
    }
}

impl Map for UserRingBuf {
    fn base(&self) -> &MapBase {
        &self.base
    }

    fn memlock(&self) -> u64 {
        ring_memlock(&self.memory)
    }
}
