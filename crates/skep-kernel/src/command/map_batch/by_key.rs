//! Batches that are one element operation after the other, until the first that fails.

use skep_maps::syscall;
use skep_object::{Errno, SysResult};

use super::Work;
use super::arrays::{Incoming, Outgoing, Sizes};
use crate::memory;

/// MAP_LOOKUP_BATCH of types that go by key: a client hands the last key from call to call.
pub(super) fn lookup(work: &Work<'_>) -> SysResult<()> {
    let Some(room) = work.begin()? else {
        return Ok(());
    };
    let attr = &work.attr;
    let sizes = Sizes::of(work)?;
    let client = work.call.task.memory();
    let mut key = memory::zeroed(sizes.key)?;
    let mut last = None;
    if !attr.in_batch.is_null() {
        last = Some(client.read_vec(attr.in_batch, sizes.key)?);
    }
    let mut out = Outgoing::new(work, sizes)?;
    let mut empty = 0_u32;
    let end = loop {
        if out.count() == room {
            break Ok(());
        }
        if let Err(error) = syscall::next_key(work.map, last.as_deref(), &mut key) {
            break Err(error);
        }
        let (key_out, value) = out.waiting.add();
        key_out.copy_from_slice(&key);
        if let Err(error) = syscall::lookup(work.map, &key, value, attr.elem_flags) {
            out.waiting.undo();
            if error.errno != Errno::ENOENT {
                return Err(error);
            }
            // A slot that holds nothing; there may be millions.
            empty = empty.wrapping_add(1);
            if empty.is_multiple_of(1 << 16) {
                work.check_cancelled()?;
            }
        }
        match &mut last {
            Some(last) => core::mem::swap(last, &mut key),
            None => last = Some(core::mem::replace(&mut key, memory::zeroed(sizes.key)?)),
        }
        out.write_if_many()?;
    };
    out.write()?;
    work.write_count(out.count())?;
    if let Some(last) = last.filter(|_| out.count() > 0) {
        client.write(attr.out_batch, &last)?;
    }
    end
}

/// MAP_UPDATE_BATCH.
pub(super) fn update(work: &Work<'_>) -> SysResult<()> {
    let flags = work.attr.elem_flags;
    let fds = work.call.fds();
    each(work, Sizes::of(work)?, |key, value| {
        syscall::update(work.map, key, value, flags, &fds)
    })
}

/// MAP_DELETE_BATCH.
pub(super) fn delete(work: &Work<'_>) -> SysResult<()> {
    each(work, Sizes::of(work)?.keys_only(), |key, _| {
        syscall::delete(work.map, key)
    })
}

/// Does something with each of the client's elements; the count is of those it was done with, whatever came then.
fn each(
    work: &Work<'_>,
    sizes: Sizes,
    mut act: impl FnMut(&[u8], &[u8]) -> SysResult<()>,
) -> SysResult<()> {
    let Some(all) = work.begin()? else {
        return Ok(());
    };
    let mut incoming = Incoming::new(work, sizes);
    let mut done = 0;
    let end = loop {
        if done == all {
            break Ok(());
        }
        let acted = incoming
            .next(all - done)
            .and_then(|(key, value)| act(key, value));
        if let Err(error) = acted {
            break Err(error);
        }
        done += 1;
    };
    work.write_count(done)?;
    end
}
