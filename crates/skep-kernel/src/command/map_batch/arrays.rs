//! The client's arrays of keys and values, in pieces of a sensible size.

use skep_maps::batch::Copies;
use skep_object::SysResult;

use super::super::map_update_elem::size_in_memory;
use super::Work;
use crate::{UserMemory, memory};

/// Bytes that are copied in one go, if several elements are.
pub(super) const PIECE: usize = 256 << 10;

/// Bytes of a key and of a value.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) key: usize,
    pub(super) value: usize,
}

impl Sizes {
    /// Those of a map, as system calls see them. ENOMEM.
    pub(super) fn of(work: &Work<'_>) -> SysResult<Self> {
        Ok(Self {
            key: work.map.base().attr().key_size as usize,
            value: size_in_memory(work.map.sys_value_size())?,
        })
    }

    /// Keys alone.
    pub(super) fn keys_only(self) -> Self {
        Self { value: 0, ..self }
    }

    /// Elements in a piece.
    fn at_once(self) -> usize {
        PIECE.checked_div(self.key + self.value).unwrap_or(1).max(1)
    }
}

/// Elements that a client brings.
pub(super) struct Incoming<'w> {
    memory: &'w dyn UserMemory,
    work: &'w Work<'w>,
    sizes: Sizes,
    /// Elements given out, and those of the piece in hand.
    given: usize,
    in_hand: usize,
    keys: Vec<u8>,
    values: Vec<u8>,
    /// Where the piece in hand begins.
    from: usize,
}

impl<'w> Incoming<'w> {
    pub(super) fn new(work: &'w Work<'w>, sizes: Sizes) -> Self {
        Self {
            memory: work.call.task.memory(),
            work,
            sizes,
            given: 0,
            in_hand: 0,
            keys: Vec::new(),
            values: Vec::new(),
            from: 0,
        }
    }

    /// The next key and value; elements before a bad address are given out first. EFAULT.
    pub(super) fn next(&mut self, left: usize) -> SysResult<(&[u8], &[u8])> {
        if self.given == self.from + self.in_hand {
            self.work.check_cancelled()?;
            let many = self.sizes.at_once().min(left);
            if self.fetch(many).is_err() {
                self.fetch(1)?;
            }
        }
        let at = self.given - self.from;
        self.given += 1;
        Ok((
            element(&self.keys, at, self.sizes.key),
            element(&self.values, at, self.sizes.value),
        ))
    }

    fn fetch(&mut self, count: usize) -> SysResult<()> {
        let attr = &self.work.attr;
        let at = |size: usize| (self.given as u64).wrapping_mul(size as u64);
        let keys_at = attr.keys.wrapping_add(at(self.sizes.key));
        let values_at = attr.values.wrapping_add(at(self.sizes.value));
        self.keys = self.memory.read_vec(keys_at, count * self.sizes.key)?;
        self.values = self.memory.read_vec(values_at, count * self.sizes.value)?;
        (self.from, self.in_hand) = (self.given, count);
        Ok(())
    }
}

fn element(all: &[u8], at: usize, size: usize) -> &[u8] {
    all.get(at * size..(at + 1) * size).unwrap_or_default()
}

/// Elements that a client gets.
pub(super) struct Outgoing<'w> {
    work: &'w Work<'w>,
    sizes: Sizes,
    /// Elements the client has.
    written: usize,
    pub(super) waiting: Copies,
}

impl<'w> Outgoing<'w> {
    pub(super) fn new(work: &'w Work<'w>, sizes: Sizes) -> SysResult<Self> {
        // One element at least can be had.
        drop(memory::zeroed(sizes.key.saturating_add(sizes.value))?);
        Ok(Self {
            work,
            sizes,
            written: 0,
            waiting: Copies::new(sizes.key, sizes.value),
        })
    }

    /// All elements, written or waiting.
    pub(super) fn count(&self) -> usize {
        self.written + self.waiting.len()
    }

    /// Writes what waits, once it is worth it. EFAULT.
    pub(super) fn write_if_many(&mut self) -> SysResult<()> {
        if self.waiting.bytes() < PIECE {
            return Ok(());
        }
        self.work.check_cancelled()?;
        self.write()
    }

    /// Writes what waits. EFAULT.
    pub(super) fn write(&mut self) -> SysResult<()> {
        let memory = self.work.call.task.memory();
        let at = |size: usize| (self.written as u64).wrapping_mul(size as u64);
        let attr = &self.work.attr;
        let keys_at = attr.keys.wrapping_add(at(self.sizes.key));
        let values_at = attr.values.wrapping_add(at(self.sizes.value));
        memory.write(keys_at, &self.waiting.keys)?;
        memory.write(values_at, &self.waiting.values)?;
        self.written += self.waiting.len();
        self.waiting.clear();
        Ok(())
    }
}
