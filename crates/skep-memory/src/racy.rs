//! The only accesses to bytes that several threads may touch at once, at mixed sizes.
//!
//! Plain accesses are one machine instruction each, written as inline assembly where we know the
//! instruction: the compiler then neither tears, merges nor invents them, and its memory model has
//! nothing to say about races. Elsewhere they are relaxed atomics. Locked operations are always Rust
//! atomics. Multi-byte plain accesses may be unaligned, as BPF allows on these machines.
//!
//! # Safety
//!
//! Every function trusts its caller that the addressed bytes are mapped (and writable, for writes) and
//! stay so during the call. Nothing is assumed about their contents or about other threads.
#![allow(unsafe_code)]

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::Addr;

macro_rules! plain_access {
    ($read:ident, $write:ident, $int:ty, $atomic:ident, $class:ident, $x86_read:literal, $x86_write:literal) => {
        #[doc = concat!("Reads a `", stringify!($int), "` that others may be writing.")]
        ///
        /// # Safety
        /// The bytes at `addr` are readable for the whole call.
        #[inline(always)]
        pub unsafe fn $read(addr: Addr) -> $int {
            #[cfg(all(target_arch = "x86_64", not(miri)))]
            {
                let value: $int;
                // SAFETY: the caller vouches for the bytes; the instruction only reads them.
                unsafe {
                    core::arch::asm!($x86_read, value = out($class) value, addr = in(reg) addr.raw(),
                        options(nostack, preserves_flags, readonly));
                }
                value
            }
            #[cfg(not(all(target_arch = "x86_64", not(miri))))]
            {
                let mut bytes = [0u8; size_of::<$int>()];
                let pointer = addr.as_ptr::<$int>();
                if pointer.is_aligned() {
                    // SAFETY: aligned, and the caller vouches for the bytes.
                    let cell = unsafe { core::sync::atomic::$atomic::from_ptr(pointer) };
                    return cell.load(Ordering::Relaxed);
                }
                for (i, byte) in bytes.iter_mut().enumerate() {
                    // SAFETY: byte `i` is one of the bytes the caller vouches for.
                    let cell = unsafe {
                        core::sync::atomic::AtomicU8::from_ptr(addr.wrapping_add(i as u64).as_ptr())
                    };
                    *byte = cell.load(Ordering::Relaxed);
                }
                <$int>::from_ne_bytes(bytes)
            }
        }

        #[doc = concat!("Writes a `", stringify!($int), "` that others may be reading or writing.")]
        ///
        /// # Safety
        /// The bytes at `addr` are writable for the whole call.
        #[inline(always)]
        pub unsafe fn $write(addr: Addr, value: $int) {
            #[cfg(all(target_arch = "x86_64", not(miri)))]
            // SAFETY: the caller vouches for the bytes; the instruction writes only them.
            unsafe {
                core::arch::asm!($x86_write, value = in($class) value, addr = in(reg) addr.raw(),
                    options(nostack, preserves_flags));
            }
            #[cfg(not(all(target_arch = "x86_64", not(miri))))]
            {
                let pointer = addr.as_ptr::<$int>();
                if pointer.is_aligned() {
                    // SAFETY: aligned, and the caller vouches for the bytes.
                    let cell = unsafe { core::sync::atomic::$atomic::from_ptr(pointer) };
                    cell.store(value, Ordering::Relaxed);
                    return;
                }
                for (i, byte) in value.to_ne_bytes().into_iter().enumerate() {
                    // SAFETY: byte `i` is one of the bytes the caller vouches for.
                    let cell = unsafe {
                        core::sync::atomic::AtomicU8::from_ptr(addr.wrapping_add(i as u64).as_ptr())
                    };
                    cell.store(byte, Ordering::Relaxed);
                }
            }
        }
    };
}

plain_access!(
    read_u8,
    write_u8,
    u8,
    AtomicU8,
    reg_byte,
    "mov {value}, byte ptr [{addr}]",
    "mov byte ptr [{addr}], {value}"
);
plain_access!(
    read_u16,
    write_u16,
    u16,
    AtomicU16,
    reg,
    "mov {value:x}, word ptr [{addr}]",
    "mov word ptr [{addr}], {value:x}"
);
plain_access!(
    read_u32,
    write_u32,
    u32,
    AtomicU32,
    reg,
    "mov {value:e}, dword ptr [{addr}]",
    "mov dword ptr [{addr}], {value:e}"
);
plain_access!(
    read_u64,
    write_u64,
    u64,
    AtomicU64,
    reg,
    "mov {value:r}, qword ptr [{addr}]",
    "mov qword ptr [{addr}], {value:r}"
);

/// Copies racy bytes into `to`. Not atomic as a whole: each 8-byte word is.
///
/// # Safety
/// `to.len()` bytes at `from` are readable for the whole call.
#[inline]
pub unsafe fn copy_out(from: Addr, to: &mut [u8]) {
    let mut at = from;
    let (words, tail) = to.as_chunks_mut::<8>();
    for word in words {
        // SAFETY: these eight bytes lie in the range the caller vouches for.
        *word = unsafe { read_u64(at) }.to_ne_bytes();
        at = at.wrapping_add(8);
    }
    for byte in tail {
        // SAFETY: this byte lies in the range the caller vouches for.
        *byte = unsafe { read_u8(at) };
        at = at.wrapping_add(1);
    }
}

/// Copies `from` into racy bytes. Not atomic as a whole: each 8-byte word is.
///
/// # Safety
/// `from.len()` bytes at `to` are writable for the whole call.
#[inline]
pub unsafe fn copy_in(to: Addr, from: &[u8]) {
    let mut at = to;
    let (words, tail) = from.as_chunks::<8>();
    for word in words {
        // SAFETY: these eight bytes lie in the range the caller vouches for.
        unsafe { write_u64(at, u64::from_ne_bytes(*word)) };
        at = at.wrapping_add(8);
    }
    for byte in tail {
        // SAFETY: this byte lies in the range the caller vouches for.
        unsafe { write_u8(at, *byte) };
        at = at.wrapping_add(1);
    }
}

/// Copies racy bytes to racy bytes, forwards; overlapping ranges repeat what was already copied.
///
/// # Safety
/// `len` bytes at `from` are readable and at `to` writable for the whole call.
#[inline]
pub unsafe fn copy(to: Addr, from: Addr, len: usize) {
    let len = len as u64;
    let mut done = 0;
    while len - done >= 8 {
        // SAFETY: inside the first range the caller vouches for.
        let word = unsafe { read_u64(from.wrapping_add(done)) };
        // SAFETY: inside the second range the caller vouches for.
        unsafe { write_u64(to.wrapping_add(done), word) };
        done += 8;
    }
    while done < len {
        // SAFETY: inside the first range the caller vouches for.
        let byte = unsafe { read_u8(from.wrapping_add(done)) };
        // SAFETY: inside the second range the caller vouches for.
        unsafe { write_u8(to.wrapping_add(done), byte) };
        done += 1;
    }
}

/// Zeroes racy bytes.
///
/// # Safety
/// `len` bytes at `to` are writable for the whole call.
#[inline]
pub unsafe fn zero(to: Addr, len: usize) {
    let len = len as u64;
    let mut done = 0;
    while len - done >= 8 {
        // SAFETY: inside the range the caller vouches for.
        unsafe { write_u64(to.wrapping_add(done), 0) };
        done += 8;
    }
    while done < len {
        // SAFETY: inside the range the caller vouches for.
        unsafe { write_u8(to.wrapping_add(done), 0) };
        done += 1;
    }
}

/// The 32-bit atomic at `addr`.
///
/// # Safety
/// `addr` is a multiple of 4 and its four bytes stay mapped and writable for `'a`.
#[inline(always)]
pub unsafe fn atomic_u32<'a>(addr: Addr) -> &'a AtomicU32 {
    // SAFETY: the caller vouches for alignment and lifetime; other accesses are racy ones of this module.
    unsafe { AtomicU32::from_ptr(addr.as_ptr()) }
}

/// The 64-bit atomic at `addr`.
///
/// # Safety
/// `addr` is a multiple of 8 and its eight bytes stay mapped and writable for `'a`.
#[inline(always)]
pub unsafe fn atomic_u64<'a>(addr: Addr) -> &'a AtomicU64 {
    // SAFETY: the caller vouches for alignment and lifetime; other accesses are racy ones of this module.
    unsafe { AtomicU64::from_ptr(addr.as_ptr()) }
}

/// The read-modify-write operations of BPF_ATOMIC; all give the old value and order fully.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AtomicOp {
    /// `*addr += operand`
    Add,
    /// `*addr &= operand`
    And,
    /// `*addr |= operand`
    Or,
    /// `*addr ^= operand`
    Xor,
    /// `*addr = operand`
    Exchange,
}

/// Does `op` on the aligned 32-bit word at `addr` and gives its old value.
///
/// # Safety
/// As for [`atomic_u32`].
#[inline]
pub unsafe fn fetch_u32(op: AtomicOp, addr: Addr, operand: u32) -> u32 {
    // SAFETY: the caller's promise is the same.
    let word = unsafe { atomic_u32(addr) };
    match op {
        AtomicOp::Add => word.fetch_add(operand, Ordering::SeqCst),
        AtomicOp::And => word.fetch_and(operand, Ordering::SeqCst),
        AtomicOp::Or => word.fetch_or(operand, Ordering::SeqCst),
        AtomicOp::Xor => word.fetch_xor(operand, Ordering::SeqCst),
        AtomicOp::Exchange => word.swap(operand, Ordering::SeqCst),
    }
}

/// Does `op` on the aligned 64-bit word at `addr` and gives its old value.
///
/// # Safety
/// As for [`atomic_u64`].
#[inline]
pub unsafe fn fetch_u64(op: AtomicOp, addr: Addr, operand: u64) -> u64 {
    // SAFETY: the caller's promise is the same.
    let word = unsafe { atomic_u64(addr) };
    match op {
        AtomicOp::Add => word.fetch_add(operand, Ordering::SeqCst),
        AtomicOp::And => word.fetch_and(operand, Ordering::SeqCst),
        AtomicOp::Or => word.fetch_or(operand, Ordering::SeqCst),
        AtomicOp::Xor => word.fetch_xor(operand, Ordering::SeqCst),
        AtomicOp::Exchange => word.swap(operand, Ordering::SeqCst),
    }
}

/// Stores `new` if the aligned 32-bit word at `addr` is `expected`; gives the old value either way.
///
/// # Safety
/// As for [`atomic_u32`].
#[inline]
pub unsafe fn compare_exchange_u32(addr: Addr, expected: u32, new: u32) -> u32 {
    // SAFETY: the caller's promise is the same.
    let word = unsafe { atomic_u32(addr) };
    word.compare_exchange(expected, new, Ordering::SeqCst, Ordering::SeqCst)
        .unwrap_or_else(|old| old)
}

/// Stores `new` if the aligned 64-bit word at `addr` is `expected`; gives the old value either way.
///
/// # Safety
/// As for [`atomic_u64`].
#[inline]
pub unsafe fn compare_exchange_u64(addr: Addr, expected: u64, new: u64) -> u64 {
    // SAFETY: the caller's promise is the same.
    let word = unsafe { atomic_u64(addr) };
    word.compare_exchange(expected, new, Ordering::SeqCst, Ordering::SeqCst)
        .unwrap_or_else(|old| old)
}
