//! Reads through pointers nobody vouches for: probe_read, copy_from_user, pointers in printf arguments.
//!
//! Kernel memory is this process's memory: the host copies it for us, so that a bad address is an error and no crash.
//! These helpers need CAP_PERFMON, which in Linux opens all of the kernel's memory. User memory is that of the client,
//! to which a run has no connection yet: such reads fail.
//!
//! # Safety
//!
//! [`OwnMemory`] is only read from here.
#![allow(unsafe_code)]

use skep_exec::{HelperCall, HelperResult};
use skep_object::Errno;
use skep_uapi::UserPtr;

use super::call::{negative, size};
use super::format::Peek;
use crate::{OwnMemory, UserMemory};

/// The memory that programs call the kernel's.
pub(super) struct KernelMemory(OwnMemory);

impl KernelMemory {
    pub(super) fn new() -> Self {
        // SAFETY: nothing is written through it.
        Self(unsafe { OwnMemory::new() })
    }
}

impl Peek for KernelMemory {
    fn bytes(&self, at: u64, to: &mut [u8]) -> bool {
        self.0.read(UserPtr(at), to).is_ok()
    }

    fn string(&self, at: u64, max: usize) -> Option<Vec<u8>> {
        let memory: &dyn UserMemory = &self.0;
        memory.read_string(UserPtr(at), max).ok()
    }
}

/// Where kernel addresses begin; Linux does not even try below.
const KERNEL_HALF: u64 = u64::MAX << 47;

/// The errno of a read of kernel memory that failed: ERANGE where there can be none.
pub(super) fn fault_errno(at: u64) -> Errno {
    if at < KERNEL_HALF {
        Errno::ERANGE
    } else {
        Errno::EFAULT
    }
}

fn kernel_fault(at: u64) -> u64 {
    negative(fault_errno(at))
}

pub(super) fn read_kernel(call: &HelperCall<'_, '_>) -> HelperResult {
    read(call, kernel_fault)
}

/// The old helper takes pointers of either kind.
pub(super) fn read_any(call: &HelperCall<'_, '_>) -> HelperResult {
    read(call, |_| negative(Errno::EFAULT))
}

fn read(call: &HelperCall<'_, '_>, fault: impl Fn(u64) -> u64) -> HelperResult {
    let target = call.write(0, size(call, 1))?;
    let mut bytes = vec![0; target.len()];
    if !bytes.is_empty() && !KernelMemory::new().bytes(call.arg(2), &mut bytes) {
        target.zero();
        return Ok(fault(call.arg(2)));
    }
    // As many bytes as the target has.
    let _ = target.copy_in(0, &bytes);
    Ok(0)
}

/// The length with its NUL, which is always written.
pub(super) fn read_kernel_str(call: &HelperCall<'_, '_>) -> HelperResult {
    read_str(call, kernel_fault)
}

/// The same for pointers of either kind.
pub(super) fn read_any_str(call: &HelperCall<'_, '_>) -> HelperResult {
    read_str(call, |_| negative(Errno::EFAULT))
}

fn read_str(call: &HelperCall<'_, '_>, fault: impl Fn(u64) -> u64) -> HelperResult {
    let target = call.write(0, size(call, 1))?;
    let Some(room) = target.len().checked_sub(1) else {
        return Ok(0);
    };
    match KernelMemory::new().string(call.arg(2), room) {
        Some(mut text) => {
            text.push(0);
            // At most as many bytes as the target has.
            let _ = target.copy_in(0, &text);
            Ok(text.len() as u64)
        }
        None => {
            target.zero();
            Ok(fault(call.arg(2)))
        }
    }
}

/// A read of user memory.
pub(super) fn read_user(call: &HelperCall<'_, '_>) -> HelperResult {
    call.write(0, size(call, 1))?.zero();
    Ok(negative(Errno::EFAULT))
}
