//! The peer: a supervisor that only does what any supervisor must. One thread, SYNC_WAKE_UP, no decisions.
//!
//! # Safety
//!
//! Each ioctl gets the struct its number names; between fork and exec nothing is allocated.
#![allow(unsafe_code)]

use std::os::fd::RawFd;
use std::process::Command;
use std::{io, mem, ptr};

use crate::client::{self, Kind};

fn checked(result: impl Into<i64>) -> i64 {
    let result = result.into();
    assert!(result >= 0, "{}", io::Error::last_os_error());
    result
}

/// Runs `client` in a fork whose bpf(2) is notified, and answers it.
pub(crate) fn run(mut client: Command, kind: Kind) {
    let mut sockets: [RawFd; 2] = [0; 2];
    // SAFETY: room for two.
    let made =
        unsafe { libc::socketpair(libc::AF_UNIX, libc::SOCK_STREAM, 0, sockets.as_mut_ptr()) };
    checked(made);
    // SAFETY: numbers; the child shares our descriptors' numbers until it executes.
    let child = checked(unsafe { libc::fork() });
    if child == 0 {
        let listener = install();
        // SAFETY: a live number. The listener's own number, to be fetched by pidfd_getfd.
        unsafe { libc::write(sockets[1], (&raw const listener).cast(), 4) };
        let mut go = 0u8;
        // SAFETY: a live byte.
        unsafe { libc::read(sockets[1], (&raw mut go).cast(), 1) };
        let error = std::os::unix::process::CommandExt::exec(&mut client);
        panic!("{error}");
    }
    let mut number: RawFd = 0;
    // SAFETY: a live number.
    checked(unsafe { libc::read(sockets[0], (&raw mut number).cast(), 4) } as i64);
    // SAFETY: numbers.
    let process = checked(unsafe { libc::syscall(libc::SYS_pidfd_open, child, 0) });
    // SAFETY: numbers.
    let got = unsafe { libc::syscall(libc::SYS_pidfd_getfd, process, number, 0) };
    let listener = checked(got) as RawFd;
    // SAFETY: a live byte.
    unsafe { libc::write(sockets[0], c"x".as_ptr().cast(), 1) };
    // SAFETY: flags by value.
    unsafe { libc::ioctl(listener, libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS as _, 1) };
    answer(listener, kind);
    // SAFETY: nothing is written.
    unsafe { libc::waitpid(child as i32, ptr::null_mut(), 0) };
}

/// In the child: notifies bpf(2).
fn install() -> RawFd {
    let statement = |code: u32, jf: u8, k: u32| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf,
        k,
    };
    let filter = [
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0),
        statement(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            1,
            libc::SYS_bpf as u32,
        ),
        statement(libc::BPF_RET | libc::BPF_K, 0, libc::SECCOMP_RET_USER_NOTIF),
        statement(libc::BPF_RET | libc::BPF_K, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_ptr().cast_mut(),
    };
    // SAFETY: numbers.
    unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    let flags =
        libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    // SAFETY: `program` describes a live array.
    checked(unsafe { libc::syscall(libc::SYS_seccomp, 1, flags, &raw const program) }) as RawFd
}

fn answer(listener: RawFd, kind: Kind) {
    // SAFETY: a new descriptor.
    let given = checked(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) }) as u32;
    let mut attr = [0u8; 128];
    loop {
        // SAFETY: all zeros is what the kernel wants.
        let mut call: libc::seccomp_notif = unsafe { mem::zeroed() };
        // SAFETY: the struct this number names.
        let got =
            unsafe { libc::ioctl(listener, libc::SECCOMP_IOCTL_NOTIF_RECV as _, &raw mut call) };
        if got != 0 {
            let mut source = libc::pollfd {
                fd: listener,
                events: libc::POLLIN,
                revents: 0,
            };
            // SAFETY: one live entry.
            unsafe { libc::poll(&raw mut source, 1, 0) };
            if source.revents & libc::POLLHUP != 0 {
                return;
            }
            continue;
        }
        let [cmd, at, ..] = call.data.args;
        let thread = call.pid as i32;
        match kind {
            // What prepares the calls that count.
            Kind::Lookup if cmd != u64::from(client::MAP_LOOKUP) => send(listener, call.id),
            Kind::Lookup => {
                let len = kind.attr_bytes();
                copy(libc::process_vm_readv, thread, at, &mut attr[..len]);
                let value = u64::from_ne_bytes(attr[16..24].try_into().expect("8 bytes"));
                copy(libc::process_vm_writev, thread, value, &mut [0; 8]);
                send(listener, call.id);
            }
            Kind::FdById | Kind::Create => {
                let request = libc::seccomp_notif_addfd {
                    id: call.id,
                    flags: libc::SECCOMP_ADDFD_FLAG_SEND as u32,
                    srcfd: given,
                    newfd: 0,
                    newfd_flags: libc::O_CLOEXEC as u32,
                };
                // SAFETY: the struct this number names.
                unsafe {
                    libc::ioctl(
                        listener,
                        libc::SECCOMP_IOCTL_NOTIF_ADDFD as _,
                        &raw const request,
                    )
                };
            }
        }
    }
}

fn send(listener: RawFd, id: u64) {
    let response = libc::seccomp_notif_resp {
        id,
        val: 0,
        error: 0,
        flags: 0,
    };
    // SAFETY: the struct this number names.
    unsafe {
        libc::ioctl(
            listener,
            libc::SECCOMP_IOCTL_NOTIF_SEND as _,
            &raw const response,
        )
    };
}

type Copy = unsafe extern "C" fn(
    libc::pid_t,
    *const libc::iovec,
    libc::c_ulong,
    *const libc::iovec,
    libc::c_ulong,
    libc::c_ulong,
) -> isize;

fn copy(how: Copy, thread: i32, at: u64, ours: &mut [u8]) {
    let local = libc::iovec {
        iov_base: ours.as_mut_ptr().cast(),
        iov_len: ours.len(),
    };
    let remote = libc::iovec {
        iov_base: ptr::without_provenance_mut(at as usize),
        iov_len: ours.len(),
    };
    // SAFETY: `local` is a live buffer; the kernel checks `remote`.
    unsafe { how(thread, &raw const local, 1, &raw const remote, 1, 0) };
}
