//! What each notified call is answered.

mod bpf;
mod bpffs;
mod caps;
mod epoll;
mod file_system;
mod files;
mod mmap;
mod open;
mod perf_event;
mod poll;
mod readlink;
mod uname;

use crate::carrier::{ClientCall, Verdict};
use crate::session::Session;
use crate::view::Start;

pub(crate) use files::KernelBtf;

/// Answers a call.
pub(crate) fn answer(session: &Session, call: &ClientCall) {
    let cwd = Start::WorkingDirectory;
    let verdict = match call.number {
        libc::SYS_bpf => return bpf::answer(session, call),
        libc::SYS_openat => {
            let flags = call.arg(2) as u32;
            open::answer(session, call, Start::at(call.arg(0)), 1, flags)
        }
        libc::SYS_openat2 => open::with_how(session, call),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_open => open::answer(session, call, cwd, 0, call.arg(1) as u32),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_creat => {
            let flags = libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC;
            open::answer(session, call, cwd, 0, flags as u32)
        }
        #[cfg(target_arch = "x86_64")]
        libc::SYS_readlink => readlink::answer(session, call, cwd, 0),
        libc::SYS_readlinkat => readlink::answer(session, call, Start::at(call.arg(0)), 1),
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
        libc::SYS_perf_event_open => match perf_event::open(session, call) {
            Some(verdict) => verdict,
            None => return,
        },
        libc::SYS_ioctl => perf_event::ioctl(session, call),
        libc::SYS_mmap => mmap::answer(session, call),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll => poll::poll(session, call),
        libc::SYS_ppoll => poll::ppoll(session, call),
        libc::SYS_uname => uname::answer(session, call),
        libc::SYS_capget => caps::get(session, call),
        libc::SYS_capset => caps::set(session, call),
        libc::SYS_statfs => file_system::statfs(session, call),
        libc::SYS_fstatfs => file_system::fstatfs(session, call),
        libc::SYS_mount => file_system::mount(session, call),
        libc::SYS_umount2 => file_system::unmount(session, call),
        libc::SYS_fsopen => file_system::fsopen(session, call),
        _ => bpffs::answer(session, call),
    };
    // Nobody waits any more: nothing was done that has to be undone.
    let _ = session.carrier.answer(call, verdict);
}

/// The call returns an error.
fn failed(errno: i32) -> Verdict {
    Verdict::Return(-i64::from(errno))
}
