//! The memory of a caller for one short command: what lies around the attr is read along with it, for keys and values
//! are often neighbours on the caller's stack.

use std::cell::{Cell, RefCell};

use skep_kernel::{MemoryFault, UserMemory};
use skep_uapi::UserPtr;

use crate::sys::process_memory::ProcessMemory;

/// Memory is there or not by pages of at least this size: reading more of one that is read anyway cannot fault, nor
/// wait for a fault to be served.
const PAGE: u64 = 4096;
/// Bytes read along from before what is asked for.
const BEFORE: u64 = 256;
/// Bytes read in all.
const AT_MOST: usize = 1024;

/// A caller's memory, of which some was read ahead.
pub(crate) struct NearMemory {
    memory: ProcessMemory,
    used: Cell<bool>,
    near: RefCell<Near>,
}

/// The bytes from an address on, as they were at the first read; none before it, and none after a write.
struct Near {
    at: u64,
    len: usize,
    bytes: [u8; AT_MOST],
}

impl Near {
    fn read_around(&mut self, memory: &dyn UserMemory, from: u64, len: usize) {
        if let Some((at, len)) = around(from, len)
            && let Some(to) = self.bytes.get_mut(..len)
            && memory.read(UserPtr(at), to).is_ok()
        {
            (self.at, self.len) = (at, len);
        }
    }

    fn part(&self, from: u64, len: usize) -> Option<&[u8]> {
        part(self.bytes.get(..self.len)?, self.at, from, len)
    }
}

impl NearMemory {
    /// Nothing is read yet.
    pub(crate) fn new(memory: ProcessMemory) -> Self {
        let near = Near {
            at: 0,
            len: 0,
            bytes: [0; AT_MOST],
        };
        Self {
            memory,
            used: Cell::new(false),
            near: RefCell::new(near),
        }
    }
}

impl UserMemory for NearMemory {
    fn read(&self, from: UserPtr, to: &mut [u8]) -> Result<(), MemoryFault> {
        let mut near = self.near.borrow_mut();
        if !self.used.replace(true) {
            near.read_around(&self.memory, from.0, to.len());
        }
        match near.part(from.0, to.len()) {
            Some(known) => {
                to.copy_from_slice(known);
                Ok(())
            }
            None => self.memory.read(from, to),
        }
    }

    fn write(&self, to: UserPtr, from: &[u8]) -> Result<(), MemoryFault> {
        self.used.set(true);
        self.near.borrow_mut().len = 0;
        self.memory.write(to, from)
    }
}

/// What to read for bytes of one page: more of the same page.
fn around(from: u64, len: usize) -> Option<(u64, usize)> {
    let page = from & !(PAGE - 1);
    let page_end = page.checked_add(PAGE)?;
    let end = from.checked_add(len as u64)?;
    let at = page.max(from.saturating_sub(BEFORE));
    let most = page_end.min(at.checked_add(AT_MOST as u64)?);
    (end <= most).then_some((at, (most - at) as usize))
}

/// `len` bytes from the address `from` on, if they are among those that start at `at`.
fn part(bytes: &[u8], at: u64, from: u64, len: usize) -> Option<&[u8]> {
    let start = usize::try_from(from.checked_sub(at)?).ok()?;
    bytes.get(start..start.checked_add(len)?)
}

#[cfg(test)]
mod tests {
    use super::{around, part};

    #[test]
    fn no_other_page_is_touched() {
        assert_eq!(around(0x1000, 32), Some((0x1000, 1024)));
        assert_eq!(around(0x1800, 32), Some((0x1700, 1024)));
        assert_eq!(around(0x1ff0, 16), Some((0x1ef0, 0x110)));
        assert_eq!(around(0x1ff0, 17), None);
        assert_eq!(around(0x1000, 1025), None);
        assert_eq!(around(u64::MAX, 1), None);
        assert_eq!(around(u64::MAX, 2), None);
    }

    #[test]
    fn parts_of_what_is_known() {
        let bytes = [1, 2, 3, 4];
        assert_eq!(part(&bytes, 100, 101, 2), Some(&[2, 3][..]));
        assert_eq!(part(&bytes, 100, 103, 2), None);
        assert_eq!(part(&bytes, 100, 99, 1), None);
        assert_eq!(part(&bytes, 100, u64::MAX, usize::MAX), None);
    }
}
