//! Contexts and data in and out of the task's memory, by the rules all handlers share.

use skep_object::{Errno, SysError, SysResult};

use super::TestRunArgs;
use crate::Task;

/// The input context in `size` bytes, shorter ones filled up with zeros; `None` if the task neither gives a context nor
/// asks for one. E2BIG: a longer one has a tail that is not zero. EFAULT.
pub(super) fn context_in(
    task: &Task<'_>,
    args: &TestRunArgs,
    size: usize,
) -> SysResult<Option<Vec<u8>>> {
    if args.ctx_in.is_null() && args.ctx_out.is_null() {
        return Ok(None);
    }
    let mut context = vec![0; size];
    if args.ctx_in.is_null() {
        return Ok(Some(context));
    }
    let given = args.ctx_size_in as usize;
    if let Some(tail) = given.checked_sub(size).filter(|tail| *tail > 0) {
        if tail > PAGE {
            return SysError::err(Errno::E2BIG, "context is larger than a page");
        }
        if !task
            .memory()
            .is_zero(args.ctx_in.wrapping_add(size as u64), tail)?
        {
            return SysError::err(
                Errno::E2BIG,
                "context is larger than known, and not zero there",
            );
        }
    }
    if let Some(head) = context.get_mut(..given.min(size)) {
        task.memory().read(args.ctx_in, head)?;
    }
    Ok(Some(context))
}

/// A larger context is refused before it is looked at.
const PAGE: usize = 4096;

/// Input data of at most `max` bytes. EINVAL: shorter than an Ethernet header or longer than that. EFAULT.
pub(super) fn data_in(task: &Task<'_>, args: &TestRunArgs, max: usize) -> SysResult<Vec<u8>> {
    let size = args.data_size_in as usize;
    if size < super::packet::ETH_HLEN {
        return SysError::err(Errno::EINVAL, "data is shorter than an Ethernet header");
    }
    if size > max {
        return SysError::err(Errno::EINVAL, format!("data is longer than {max} bytes"));
    }
    task.memory().read_vec(args.data_in, size)
}

/// Whether outputs fitted.
pub(super) type Fit = SysResult<()>;

/// Copies output data as far as there is room; a room of 0 means as much as there is. In `Fit` ENOSPC.
///
/// The last `fragments` bytes come from fragments: Linux copies those in full and cuts what is before them, and where
/// they alone do not fit gives up before it has written anything, the numbers of the run included. ENOSPC, EFAULT.
pub(super) fn data_out(
    task: &Task<'_>,
    args: &TestRunArgs,
    data: &[u8],
    fragments: usize,
) -> SysResult<Fit> {
    let no_space = || SysError::new(Errno::ENOSPC, "output data does not fit");
    let room = args.data_size_out as usize;
    let missing = if room == 0 {
        0
    } else {
        data.len().saturating_sub(room)
    };
    if !args.data_out.is_null() {
        let first = data.len().saturating_sub(fragments);
        let (first, rest) = data.split_at_checked(first).unwrap_or((data, &[]));
        let kept = first.len().checked_sub(missing).ok_or_else(no_space)?;
        let kept = first.get(..kept).unwrap_or_default();
        task.memory().write(args.data_out, &[kept, rest].concat())?;
    }
    Ok(if missing == 0 {
        Ok(())
    } else {
        Err(no_space())
    })
}

/// Copies the output context as far as there is room. ENOSPC, EFAULT: the numbers of the run are known all the same.
pub(super) fn context_out(task: &Task<'_>, args: &TestRunArgs, context: &[u8]) -> Fit {
    let room = args.ctx_size_out as usize;
    let part = context.get(..room.min(context.len())).unwrap_or_default();
    task.memory().write(args.ctx_out, part)?;
    if room < context.len() {
        return SysError::err(Errno::ENOSPC, "output context does not fit");
    }
    Ok(())
}

/// The size of the output context, unless it could not be written at all.
pub(super) fn size_after(fit: &Fit, size: usize) -> Option<u32> {
    let faulted = fit
        .as_ref()
        .is_err_and(|error| error.errno == Errno::EFAULT);
    if faulted {
        None
    } else {
        u32::try_from(size).ok()
    }
}
