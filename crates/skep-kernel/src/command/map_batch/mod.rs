//! MAP_LOOKUP_BATCH, MAP_LOOKUP_AND_DELETE_BATCH, MAP_UPDATE_BATCH, MAP_DELETE_BATCH: many elements in one call.
//!
//! The count says how much room the client's arrays have, and afterwards how many elements were dealt with, also where
//! the call ends with an error: the end of a map is ENOENT, with elements in the arrays. Only a bad address loses
//! track: the count is 0 then, whatever was done.

mod arrays;
mod by_bucket;
mod by_key;

use skep_catalog::MapOp;
use skep_maps::batch::AndThen;
use skep_maps::{Map, syscall};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::ElemFlags;
use skep_uapi::attr::MapBatchAttr;

use super::map_update_elem::wait_for_programs;
use super::{Call, DONE, Reply};
use crate::Fd;

/// The batch commands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Batch {
    Lookup,
    LookupAndDelete,
    Update,
    Delete,
}

/// What the parts of a command share.
struct Work<'c> {
    call: &'c Call<'c>,
    map: &'c dyn Map,
    attr: MapBatchAttr,
}

pub(super) fn lookup(call: &Call<'_>) -> SysResult<Reply> {
    run(call, Batch::Lookup)
}

pub(super) fn lookup_and_delete(call: &Call<'_>) -> SysResult<Reply> {
    run(call, Batch::LookupAndDelete)
}

pub(super) fn update(call: &Call<'_>) -> SysResult<Reply> {
    run(call, Batch::Update)
}

pub(super) fn delete(call: &Call<'_>) -> SysResult<Reply> {
    run(call, Batch::Delete)
}

fn run(call: &Call<'_>, batch: Batch) -> SysResult<Reply> {
    let attr: MapBatchAttr = call.parse()?;
    let (object, access) = call.fds().map_access(Fd::from_attr(attr.map_fd))?;
    let map = object.map();
    let writing = match batch {
        Batch::Lookup => None,
        Batch::LookupAndDelete | Batch::Update | Batch::Delete => {
            if !access.writes() {
                return SysError::err(Errno::EPERM, "map fd is read-only");
            }
            Some(map.base().begin_write()?)
        }
    };
    match batch {
        Batch::Lookup | Batch::LookupAndDelete if !access.reads() => {
            return SysError::err(Errno::EPERM, "map fd is write-only");
        }
        _ => {}
    }
    let done = carry_out(&Work { call, map, attr }, batch);
    if writing.is_some() {
        wait_for_programs(call, map);
    }
    done.map(|()| DONE)
}

fn carry_out(work: &Work<'_>, batch: Batch) -> SysResult<()> {
    let op = match batch {
        Batch::Lookup => MapOp::LookupBatch,
        Batch::LookupAndDelete => MapOp::LookupAndDeleteBatch,
        Batch::Update => MapOp::UpdateBatch,
        Batch::Delete => MapOp::DeleteBatch,
    };
    let info = skep_catalog::map_type(work.map.base().attr().map_type);
    if !info.is_some_and(|info| info.op(op).is_served()) {
        return SysError::err(Errno::ENOTSUPP, "map type has no such batches");
    }
    if work.attr.elem_flags & !ElemFlags::LOCK.bits() != 0 {
        return SysError::err(Errno::EINVAL, "batches take no element flag but BPF_F_LOCK");
    }
    syscall::check_lock(work.map, work.attr.elem_flags)?;
    match (batch, work.map.bucket_walk()) {
        (Batch::Lookup, Some(walk)) => by_bucket::run(work, walk, AndThen::Keep),
        (Batch::LookupAndDelete, Some(walk)) => by_bucket::run(work, walk, AndThen::Remove),
        (Batch::Lookup, None) => by_key::lookup(work),
        // No type has these without buckets.
        (Batch::LookupAndDelete, None) => {
            SysError::err(Errno::ENOTSUPP, "map type has no such batches")
        }
        (Batch::Update, _) => by_key::update(work),
        (Batch::Delete, _) => by_key::delete(work),
    }
}

impl Work<'_> {
    /// How many elements the client has room for; its count is 0 until the end. EFAULT.
    fn begin(&self) -> SysResult<Option<usize>> {
        if self.attr.count == 0 {
            return Ok(None);
        }
        self.write_count(0)?;
        Ok(Some(self.attr.count as usize))
    }

    /// Tells the client how many elements were dealt with. EFAULT.
    fn write_count(&self, count: usize) -> SysResult<()> {
        let at = core::mem::offset_of!(MapBatchAttr, count);
        self.call.write_back(at, count as u32)
    }

    /// EINTR once nobody waits for the answer any more.
    fn check_cancelled(&self) -> SysResult<()> {
        if self.call.task.cancel().is_cancelled() {
            return SysError::err(Errno::EINTR, "the caller is gone");
        }
        Ok(())
    }
}
