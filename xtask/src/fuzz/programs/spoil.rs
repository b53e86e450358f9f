//! Changes to a load request: mostly small ones to instructions, because what is accepted is worth most.

use super::subject::{INSN, Pool, Subject};
use crate::rng::Rng;

/// Helper ids there are, and a few more.
const HELPERS: usize = 215;

/// Changes something about three of four recorded programs and one of eight made-up ones.
pub(super) fn spoil(rng: &mut Rng, pool: &Pool, subject: &mut Subject) {
    let left_alone = if subject.unit.object == "made" {
        rng.chance(7, 8)
    } else {
        rng.chance(1, 4)
    };
    if left_alone {
        return;
    }
    let flips = |rng: &mut Rng, bytes: &mut Vec<u8>| {
        for _ in 0..=rng.below(3) {
            flip(rng, bytes);
        }
    };
    match rng.below(12) {
        0 => flips(rng, &mut subject.btf),
        1 => flips(rng, &mut subject.func_info),
        2 => flips(rng, &mut subject.line_info),
        3 => subject.unit.func_info_rec_size = rng.interesting() as u32,
        4 => subject.unit.line_info_rec_size = rng.interesting() as u32,
        5 => map(rng, subject),
        6 => subject.unit.prog_flags ^= 1 << rng.below(9),
        _ => {
            for _ in 0..=rng.below(4) {
                insn(rng, pool, &mut subject.insns);
            }
        }
    }
}

fn flip(rng: &mut Rng, bytes: &mut [u8]) {
    let at = rng.below(bytes.len());
    if let Some(byte) = bytes.get_mut(at) {
        *byte = match rng.below(3) {
            0 => rng.interesting() as u8,
            _ => *byte ^ 1 << rng.below(8),
        };
    }
}

fn map(rng: &mut Rng, subject: &mut Subject) {
    let at = rng.below(subject.unit.maps.len());
    if let Some(map) = subject.unit.maps.get_mut(at) {
        match rng.below(4) {
            0 => map.map_type = rng.below(36) as u32,
            1 => map.value_size = rng.interesting() as u32 & 0xffff,
            2 => map.key_size = rng.interesting() as u32 & 0xff,
            _ => map.max_entries = rng.interesting() as u32 & 0xfff,
        }
    }
}

fn insn(rng: &mut Rng, pool: &Pool, bytes: &mut [u8]) {
    let (insns, _) = bytes.as_chunks_mut::<INSN>();
    let (at, other) = (rng.below(insns.len()), rng.below(insns.len()));
    let donor = insns.get(other).copied();
    let Some(insn) = insns.get_mut(at) else {
        return;
    };
    match rng.below(11) {
        0 => flip(rng, insn),
        1 => insn[4..].copy_from_slice(&(rng.interesting() as u32).to_le_bytes()),
        2 => {
            let near = rng.below(16) as i16 - 8;
            insn[2..4].copy_from_slice(&near.to_le_bytes());
        }
        3 => insn[1] = insn[1] & 0xf0 | rng.below(11) as u8,
        4 => insn[1] = insn[1] & 0x0f | (rng.below(11) as u8) << 4,
        // Another operation of the same class.
        5 => insn[0] ^= 0x10 << rng.below(4),
        // The other width.
        6 => insn[0] ^= if insn[0] & 7 >= 4 { 3 } else { 0x08 },
        // Nothing: a jump to the next instruction.
        7 => *insn = [0x05, 0, 0, 0, 0, 0, 0, 0],
        8 if insn[0] == 0x85 => {
            let helper = 1 + rng.below(HELPERS) as u32;
            insn[4..].copy_from_slice(&helper.to_le_bytes());
        }
        8 => *insn = pool.insn(rng).unwrap_or(*insn),
        9 => *insn = donor.unwrap_or(*insn),
        _ => {
            let small = (rng.below(128) as i32 - 64).to_le_bytes();
            insn[4..].copy_from_slice(&small);
        }
    }
}
