//! What each notified call is answered.

mod bpf;
mod caps;
mod epoll;
mod file_system;
mod mmap;
mod poll;
mod readlink;

use skep_kernel::UserMemory;
use skep_uapi::UserPtr;

use crate::carrier::{ClientCall, Verdict};
use crate::session::Session;
use crate::sys::process_memory::ProcessMemory;

/// Answers a call.
pub(crate) fn answer(session: &Session, call: &ClientCall) {
    let verdict = match call.number {
        libc::SYS_bpf => return bpf::answer(session, call),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_readlink => readlink::answer(session, call, None, 0),
        libc::SYS_readlinkat => readlink::answer(session, call, Some(call.arg(0) as i32), 1),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_epoll_create => match epoll::create(session, call) {
            Some(verdict) => verdict,
            None => return,
        },
        libc::SYS_epoll_create1 => match epoll::create1(session, call) {
            Some(verdict) => verdict,
            None => return,
        },
        libc::SYS_epoll_ctl => epoll::ctl(session, call),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_epoll_wait => epoll::wait(session),
        #[cfg(not(target_arch = "x86_64"))]
        libc::SYS_epoll_pwait => epoll::wait(session),
        libc::SYS_mmap => mmap::answer(session, call),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll => poll::poll(session, call),
        libc::SYS_ppoll => poll::ppoll(session, call),
        libc::SYS_capget => caps::get(session, call),
        libc::SYS_capset => caps::set(session, call),
        libc::SYS_statfs => file_system::statfs(session, call),
        libc::SYS_fstatfs => file_system::fstatfs(session, call),
        libc::SYS_mount => file_system::mount(session, call),
        libc::SYS_fsopen => file_system::fsopen(session, call),
        _ => Verdict::Continue,
    };
    // Nobody waits any more: nothing was done that has to be undone.
    let _ = session.carrier.answer(call, verdict);
}

/// The call returns an error.
fn failed(errno: i32) -> Verdict {
    Verdict::Return(-i64::from(errno))
}

/// Bytes of a path with its NUL.
const PATH_MAX: usize = 4096;

/// A string of the caller's; `None` if it cannot be read: the kernel then says what is wrong with it.
fn string(call: &ClientCall, at: u64) -> Option<Vec<u8>> {
    let memory = ProcessMemory(call.thread);
    let memory: &dyn UserMemory = &memory;
    memory.read_string(UserPtr(at), PATH_MAX).ok()
}
