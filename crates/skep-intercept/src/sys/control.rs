//! The private command of bpf(2): how its argument looks, and the call.
//!
//! # Safety
//!
//! The call hands the kernel or a supervisor two live buffers with their sizes, and nothing else.
#![allow(unsafe_code)]

use std::io;

use skep_kernel::UserMemory;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::UserPtr;

/// The argument: where the request is, and where the reply goes.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Envelope {
    /// The request.
    pub(crate) request: UserPtr,
    /// Where the reply goes.
    pub(crate) reply: UserPtr,
    /// Bytes of the request.
    pub(crate) request_len: u32,
    /// Room for the reply.
    pub(crate) reply_len: u32,
}

const SIZE: usize = size_of::<Envelope>();

impl Envelope {
    /// Copies the argument of a call. EINVAL: it has another size. EFAULT.
    pub(crate) fn read(memory: &dyn UserMemory, at: UserPtr, size: u64) -> SysResult<Self> {
        if usize::try_from(size) != Ok(SIZE) {
            return SysError::err(Errno::EINVAL, "not an envelope of skep's");
        }
        let mut words = [[0; 8]; SIZE / 8];
        memory.read(at, words.as_flattened_mut())?;
        let [request, reply, lens] = words.map(u64::from_ne_bytes);
        let [request_len, reply_len] = halves(lens);
        Ok(Self {
            request: UserPtr(request),
            reply: UserPtr(reply),
            request_len,
            reply_len,
        })
    }
}

/// The two 32-bit fields in 8 bytes, the one at the lower address first.
fn halves(word: u64) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = word.to_ne_bytes();
    [
        u32::from_ne_bytes([a, b, c, d]),
        u32::from_ne_bytes([e, f, g, h]),
    ]
}

/// Calls bpf(2) with a command of ours; the bytes of the whole reply. Any error: nobody here knows the command.
pub(crate) fn call_supervisor(command: u32, request: &[u8], reply: &mut [u8]) -> io::Result<usize> {
    let too_long = |_| io::Error::from(io::ErrorKind::InvalidInput);
    let mut envelope = Envelope {
        request: UserPtr(request.as_ptr().expose_provenance() as u64),
        reply: UserPtr(reply.as_mut_ptr().expose_provenance() as u64),
        request_len: u32::try_from(request.len()).map_err(too_long)?,
        reply_len: u32::try_from(reply.len()).map_err(too_long)?,
    };
    // SAFETY: the envelope and both buffers live across the call, and the sizes are theirs.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, &raw mut envelope, SIZE) };
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}
