//! Compiled functions into executable pages: placing them, patching their calls of one another.

use std::sync::atomic::{AtomicU64, Ordering};

use cranelift_codegen::binemit::Reloc;
use skep_memory::{CodeBuffer, CodePages};

use super::JitError;
use crate::lower::FunctionIdx;

/// Code of one function.
pub(super) struct Code {
    pub(super) bytes: Vec<u8>,
    pub(super) align: usize,
    pub(super) calls: Vec<Call>,
}

/// A place in the code that must name another function.
pub(super) struct Call {
    pub(super) kind: Reloc,
    pub(super) offset: usize,
    pub(super) addend: i64,
    pub(super) to: FunctionIdx,
}

/// Native addresses of the functions, filled in when they are known; code loads function pointers from here.
pub(super) struct Entries {
    addresses: Box<[AtomicU64]>,
}

/// All functions in place.
pub(super) struct Linked {
    pub(super) pages: CodePages,
    pub(super) len: usize,
}

impl Entries {
    pub(super) fn new(count: usize) -> Self {
        Self {
            addresses: (0..count).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// A function's address.
    #[inline]
    pub(super) fn address(&self, function: FunctionIdx) -> u64 {
        self.addresses
            .get(function.index())
            .map_or(0, |address| address.load(Ordering::Relaxed))
    }

    /// Where a function's address is kept.
    pub(super) fn slot(&self, function: FunctionIdx) -> Option<u64> {
        self.addresses
            .get(function.index())
            .map(|address| address.as_ptr() as usize as u64)
    }

    /// Is this the address of a function?
    pub(super) fn contains(&self, address: u64) -> bool {
        self.addresses
            .iter()
            .any(|known| known.load(Ordering::Relaxed) == address)
    }
}

/// Places all functions one after another and makes them executable.
pub(super) fn link(code: &[Code], entries: &Entries) -> Result<Linked, JitError> {
    let mut offsets = Vec::with_capacity(code.len());
    let mut len = 0usize;
    for function in code {
        len = len.next_multiple_of(function.align.max(16));
        offsets.push(len);
        len += function.bytes.len();
    }
    let mut buffer = CodeBuffer::new(len).map_err(|_| JitError::NoMemory)?;
    let base = buffer.base().raw();
    for (index, (function, offset)) in code.iter().zip(&offsets).enumerate() {
        let mut bytes = function.bytes.clone();
        let start = base.wrapping_add(*offset as u64);
        for call in &function.calls {
            let target = offsets
                .get(call.to.index())
                .map(|to| base.wrapping_add(*to as u64));
            target
                .and_then(|target| patch(&mut bytes, call, start, target))
                .ok_or_else(|| JitError::Codegen {
                    function: index,
                    why: format!("relocation {:?}", call.kind),
                })?;
        }
        buffer
            .write(*offset, &bytes)
            .map_err(|_| JitError::NoMemory)?;
        if let Some(entry) = entries.addresses.get(index) {
            entry.store(start, Ordering::Relaxed);
        }
    }
    let pages = buffer.seal().map_err(|_| JitError::NoMemory)?;
    Ok(Linked { pages, len })
}

/// Writes the distance to `target` into the code that will be at `start`; `None` if it does not fit.
fn patch(bytes: &mut [u8], call: &Call, start: u64, target: u64) -> Option<()> {
    let at = start.wrapping_add(call.offset as u64);
    let distance = target
        .wrapping_add(call.addend.cast_unsigned())
        .wrapping_sub(at)
        .cast_signed();
    let place = bytes.get_mut(call.offset..)?.first_chunk_mut::<4>()?;
    match call.kind {
        Reloc::X86CallPCRel4 | Reloc::X86PCRel4 => {
            *place = i32::try_from(distance).ok()?.to_le_bytes();
        }
        Reloc::Arm64Call => {
            // BL: a signed number of instructions in the low 26 bits.
            let words = distance >> 2;
            if !(-(1 << 25)..1 << 25).contains(&words) {
                return None;
            }
            let insn = u32::from_le_bytes(*place) & !0x03ff_ffff | words as u32 & 0x03ff_ffff;
            *place = insn.to_le_bytes();
        }
        _ => return None,
    }
    Some(())
}
