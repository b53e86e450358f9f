//! Look-up batches of hashes: whole buckets, named by their numbers.
//!
//! A call ends before a bucket that does not fit any more; the client goes on there. ENOSPC: not even the first fits.
//! What was taken out and cannot be written to the client is gone, as in Linux; we take up to a piece of elements at
//! once, not a bucket.

use skep_maps::batch::{AndThen, BucketWalk, Reached};
use skep_object::{Errno, SysError, SysResult};

use super::Work;
use super::arrays::{Outgoing, Sizes};

/// Bytes of a bucket's number, which is what a client hands from call to call.
const TOKEN: usize = size_of::<u32>();

pub(super) fn run(work: &Work<'_>, walk: &dyn BucketWalk, and_then: AndThen) -> SysResult<()> {
    let attr = &work.attr;
    if attr.flags != 0 {
        return SysError::err(Errno::EINVAL, "batches of hashes take no flags");
    }
    let Some(room) = work.begin()? else {
        return Ok(());
    };
    let memory = work.call.task.memory();
    let mut bucket = 0;
    if !attr.in_batch.is_null() {
        let mut token = [0; TOKEN];
        memory.read(attr.in_batch, &mut token)?;
        bucket = u32::from_ne_bytes(token);
    }
    if bucket >= walk.bucket_count() {
        return SysError::err(Errno::ENOENT, "that was the last bucket");
    }
    let mut out = Outgoing::new(work, Sizes::of(work)?)?;
    let end = loop {
        let left = room - out.count();
        match walk.copy_buckets(bucket, left, and_then, attr.elem_flags, &mut out.waiting) {
            Reached::TooFull(number) => {
                bucket = number;
                break if out.count() == 0 {
                    SysError::err(Errno::ENOSPC, "the bucket has more elements than fit")
                } else {
                    Ok(())
                };
            }
            Reached::Bucket(number) => bucket = number,
        }
        if bucket >= walk.bucket_count() {
            break SysError::err(Errno::ENOENT, "that was the last bucket");
        }
        out.write_if_many()?;
    };
    out.write()?;
    memory.write(attr.out_batch, &bucket.to_ne_bytes())?;
    work.write_count(out.count())?;
    end
}
