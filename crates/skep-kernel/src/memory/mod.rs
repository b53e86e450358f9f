//! The client's memory: the only way a command reaches what an attr points to.

mod buffers;
mod own;

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::UserPtr;

pub use buffers::Buffers;
pub use own::OwnMemory;

/// Some of the bytes are not there, or not so; becomes EFAULT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryFault;

impl From<MemoryFault> for SysError {
    fn from(_: MemoryFault) -> Self {
        Self::new(Errno::EFAULT, "bad address in the client's memory")
    }
}

/// A client's memory. Addresses are the client's and wholly untrusted.
pub trait UserMemory {
    /// Copies bytes in; all or a fault. No bytes are never a fault.
    fn read(&self, from: UserPtr, to: &mut [u8]) -> Result<(), MemoryFault>;

    /// Copies bytes out; all, or a fault after any number of them.
    fn write(&self, to: UserPtr, from: &[u8]) -> Result<(), MemoryFault>;
}

/// Bytes looked at in one go where the end is not known.
const STEP: usize = 64;

impl dyn UserMemory + '_ {
    /// Copies `len` bytes in. EFAULT, ENOMEM.
    pub fn read_vec(&self, from: UserPtr, len: usize) -> SysResult<Vec<u8>> {
        let mut bytes = zeroed(len)?;
        self.read(from, &mut bytes)?;
        Ok(bytes)
    }

    /// Copies a string in, up to its NUL (left out) or `max` bytes. EFAULT.
    pub fn read_string(&self, from: UserPtr, max: usize) -> SysResult<Vec<u8>> {
        let mut text = Vec::new();
        while text.len() < max {
            let at = from.wrapping_add(text.len() as u64);
            // Not across a page: the string may end before the next, which need not be there.
            let in_page = STEP - (at.0 as usize) % STEP;
            let mut chunk = [0; STEP];
            let want = in_page.min(max - text.len());
            let Some(part) = chunk.get_mut(..want) else {
                break;
            };
            if self.read(at, part).is_err() {
                let mut byte = [0];
                self.read(at, &mut byte)?;
                let [byte] = byte;
                if byte == 0 {
                    return Ok(text);
                }
                text.push(byte);
                continue;
            }
            match part.iter().position(|byte| *byte == 0) {
                Some(end) => {
                    text.extend_from_slice(part.get(..end).unwrap_or_default());
                    return Ok(text);
                }
                None => text.extend_from_slice(part),
            }
        }
        Ok(text)
    }

    /// Whether `len` bytes are all zero. EFAULT.
    pub fn is_zero(&self, from: UserPtr, len: usize) -> SysResult<bool> {
        Ok(self.read_vec(from, len)?.iter().all(|byte| *byte == 0))
    }
}

/// Bytes for a client's value. ENOMEM instead of an abort for sizes a client chose.
pub(crate) fn zeroed(len: usize) -> SysResult<Vec<u8>> {
    let mut bytes = Vec::new();
    if bytes.try_reserve_exact(len).is_err() {
        return SysError::err(Errno::ENOMEM, "no memory for a copy of this size");
    }
    bytes.resize(len, 0);
    Ok(bytes)
}
