//! Descriptors through a socket (SCM_RIGHTS), each with one word that says what it is.
//!
//! # Safety
//!
//! Message headers point to buffers of the same frame. Sending allocates nothing, so it may happen between fork and
//! exec.
#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use super::checked;

/// Room for the control message of one descriptor, aligned as it must be.
type Control = [u64; 4];

fn header(data: &mut libc::iovec, control: &mut Control) -> libc::msghdr {
    // SAFETY: all zeros is an empty message header.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_iov = data;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = size_of::<Control>();
    message
}

/// Sends `word`, and a descriptor if there is one.
pub(crate) fn send(socket: RawFd, mut word: i32, fd: Option<RawFd>) -> io::Result<()> {
    let mut control: Control = [0; 4];
    let mut data = libc::iovec {
        iov_base: (&raw mut word).cast(),
        iov_len: size_of::<i32>(),
    };
    let mut message = header(&mut data, &mut control);
    match fd {
        None => {
            message.msg_control = std::ptr::null_mut();
            message.msg_controllen = 0;
        }
        Some(fd) => {
            let len = size_of::<RawFd>() as u32;
            // SAFETY: a plain computation.
            message.msg_controllen = unsafe { libc::CMSG_SPACE(len) } as usize;
            // SAFETY: the header describes `control`, which has room for one message.
            let first = unsafe { libc::CMSG_FIRSTHDR(&message) };
            let part = libc::cmsghdr {
                // SAFETY: a plain computation.
                cmsg_len: unsafe { libc::CMSG_LEN(len) } as usize,
                cmsg_level: libc::SOL_SOCKET,
                cmsg_type: libc::SCM_RIGHTS,
            };
            // SAFETY: `first` points into `control`.
            unsafe { first.write(part) };
            // SAFETY: as above.
            let payload = unsafe { libc::CMSG_DATA(first) };
            // SAFETY: the payload has room for one descriptor; nothing says it is aligned.
            unsafe { payload.cast::<RawFd>().write_unaligned(fd) };
        }
    }
    // SAFETY: everything the header points to lives in this frame.
    checked(unsafe { libc::sendmsg(socket, &message, libc::MSG_NOSIGNAL) } as i64)?;
    Ok(())
}

/// Receives a word and its descriptor; `None` when the other side is closed.
pub(crate) fn receive(socket: RawFd) -> io::Result<Option<(i32, Option<OwnedFd>)>> {
    let mut word = 0i32;
    let mut control: Control = [0; 4];
    let mut data = libc::iovec {
        iov_base: (&raw mut word).cast(),
        iov_len: size_of::<i32>(),
    };
    let mut message = header(&mut data, &mut control);
    // SAFETY: everything the header points to lives in this frame.
    let got =
        checked(unsafe { libc::recvmsg(socket, &mut message, libc::MSG_CMSG_CLOEXEC) } as i64)?;
    if got != size_of::<i32>() as i64 {
        return Ok(None);
    }
    // SAFETY: the kernel filled the header in.
    let first = unsafe { libc::CMSG_FIRSTHDR(&message) };
    if first.is_null() {
        return Ok(Some((word, None)));
    }
    // SAFETY: `first` points to a message inside `control`.
    let part = unsafe { first.read() };
    if part.cmsg_level != libc::SOL_SOCKET || part.cmsg_type != libc::SCM_RIGHTS {
        return Ok(Some((word, None)));
    }
    // SAFETY: as above.
    let payload = unsafe { libc::CMSG_DATA(first) };
    // SAFETY: a message of this kind has at least one descriptor.
    let fd = unsafe { payload.cast::<RawFd>().read_unaligned() };
    // SAFETY: the kernel just made this descriptor for us.
    Ok(Some((word, Some(unsafe { OwnedFd::from_raw_fd(fd) }))))
}
