//! Spoiling valid calls, and making calls of nothing but random bytes.

use skep_uapi::Cmd;

use super::live::Live;
use super::target::{Call, Target};
use crate::rng::Rng;

/// The largest attr that random calls have; real ones end before.
const LARGEST: usize = 200;

/// Changes something about three of four calls: the attr, its size, or what it points to.
pub(super) fn spoil(rng: &mut Rng, target: &Target, call: &mut Call) {
    if rng.chance(1, 4) {
        return;
    }
    for _ in 0..=rng.below(3) {
        match rng.below(6) {
            0 => flip(rng, &mut call.attr),
            1 => set_u32(rng, call),
            2 => set_pointer(rng, call),
            3 => call.size = size(rng, call.attr.len()),
            _ => poke(rng, target, call),
        }
    }
}

/// A call that owes nothing to what is valid, but may name buffers and descriptors that are there.
pub(super) fn random(rng: &mut Rng, target: &Target, live: &Live<'_>) -> Call {
    let command = match rng.below(8) {
        0 => rng.next() as u32,
        _ => rng.below(Cmd::ALL.len() + 2) as u32,
    };
    let len = rng.below(LARGEST);
    let buffers = (0..3)
        .map(|_| {
            let len = rng.below(300);
            target.place(&rng.bytes(len))
        })
        .collect();
    let attr = match rng.below(3) {
        0 => rng.bytes(len),
        _ => vec![0; len],
    };
    let mut call = Call::new(command, attr, buffers);
    for _ in 0..rng.below(8) {
        match rng.below(3) {
            0 => set_u32(rng, &mut call),
            1 => set_pointer(rng, &mut call),
            _ => {
                let fd = live.any_fd(rng).to_ne_bytes();
                write(rng, &mut call.attr, &fd);
            }
        }
    }
    call.size = size(rng, call.attr.len());
    call
}

fn flip(rng: &mut Rng, bytes: &mut [u8]) {
    let at = rng.below(bytes.len());
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << rng.below(8);
    }
}

fn set_u32(rng: &mut Rng, call: &mut Call) {
    let value = (rng.interesting() as u32).to_ne_bytes();
    write(rng, &mut call.attr, &value);
}

fn set_pointer(rng: &mut Rng, call: &mut Call) {
    let value = match rng.pick(&call.buffers) {
        // The start of a buffer, somewhere in it, or just behind it.
        Some(buffer) if rng.chance(1, 2) => {
            let offset = [0, rng.below(buffer.len as usize), buffer.len as usize][rng.below(3)];
            buffer.at.wrapping_add(offset as u64)
        }
        Some(_) | None => rng.interesting(),
    };
    write(rng, &mut call.attr, &value.to_ne_bytes());
}

/// Writes at a place where a field of that size may stand.
fn write(rng: &mut Rng, attr: &mut [u8], value: &[u8]) {
    let at = rng.below(attr.len() / value.len()) * value.len();
    if let Some(field) = attr.get_mut(at..at + value.len()) {
        field.copy_from_slice(value);
    }
}

fn size(rng: &mut Rng, len: usize) -> u32 {
    match rng.below(4) {
        0 => rng.below(len + 1) as u32,
        1 => rng.interesting() as u32,
        _ => len as u32,
    }
}

fn poke(rng: &mut Rng, target: &Target, call: &Call) {
    if let Some(buffer) = rng.pick(&call.buffers) {
        let at = buffer
            .at
            .wrapping_add(rng.below(buffer.len as usize) as u64);
        target.poke(at, rng.interesting() as u8);
    }
}
