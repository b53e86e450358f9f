//! Made-up programs: numbers from a map are computed with at random, compared, and become offsets into the map's value, the packet or
//! the stack. Whatever the verifier believes of the numbers then decides over an access.

use anyhow::Result;
use serde_json::json;
use skep_uapi::{HelperId, ProgType};

use super::subject::Subject;
use crate::rng::Rng;

/// Bytes of the map's value.
const VALUE: i32 = 64;
/// Conditional jumps on 64-bit operands, by operation; each has a 32-bit form.
const JUMPS: [u8; 11] = [
    0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0,
];
/// Arithmetic, by operation.
const ALUS: [u8; 13] = [
    0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80, 0x90, 0xa0, 0xb0, 0xc0,
];
/// Registers that hold numbers.
const NUMBERS: [u8; 6] = [2, 3, 4, 5, 7, 8];

struct Program(Vec<[u8; 8]>);

impl Program {
    fn insn(&mut self, code: u8, dst: u8, src: u8, off: i16, imm: i32) {
        let [off0, off1] = off.to_le_bytes();
        let [a, b, c, d] = imm.to_le_bytes();
        self.0.push([code, dst | src << 4, off0, off1, a, b, c, d]);
    }

    /// A conditional jump to the end, mended once that is known.
    fn leave_if(&mut self, code: u8, dst: u8, src: u8, imm: i32) {
        self.insn(code, dst, src, i16::MAX, imm);
    }

    fn end(mut self) -> Vec<u8> {
        let end = self.0.len();
        for (at, insn) in self.0.iter_mut().enumerate() {
            if matches!(insn[0] & 7, 5 | 6) && insn[2..4] == i16::MAX.to_le_bytes() {
                let off = i16::try_from(end - at - 1).unwrap_or(0);
                insn[2..4].copy_from_slice(&off.to_le_bytes());
            }
        }
        self.insn(0xb7, 0, 0, 0, 0);
        self.insn(0x95, 0, 0, 0, 0);
        self.0.concat()
    }
}

/// A socket filter, tc or XDP program.
pub(super) fn program(rng: &mut Rng) -> Result<Subject> {
    let types = [ProgType::SocketFilter, ProgType::SchedCls, ProgType::Xdp];
    let prog_type = *rng.pick(&types).unwrap_or(&ProgType::SocketFilter);
    let mut p = Program(Vec::new());
    let reads_packet = prog_type != ProgType::SocketFilter && rng.chance(1, 2);
    p.insn(0xbf, 6, 1, 0, 0);
    look_up(&mut p);
    for (index, reg) in (0_i16..).zip(NUMBERS) {
        let (code, size) = *rng
            .pick(&[
                (0x79, 8),
                (0x61, 4),
                (0x69, 2),
                (0x71, 1),
                (0x81, 4),
                (0x91, 1),
            ])
            .unwrap_or(&(0x79, 8));
        p.insn(code, reg, 9, (index * 8).min(VALUE as i16 - size), 0);
    }
    for _ in 0..rng.below(24) {
        compute(rng, &mut p);
    }
    if reads_packet {
        packet(rng, &mut p, prog_type);
    } else {
        let base = if rng.chance(2, 3) { 9 } else { 10 };
        offset(rng, &mut p, base);
    }
    subject(prog_type, p.end())
}

/// `r9` becomes a pointer to element 0.
fn look_up(p: &mut Program) {
    p.insn(0x62, 10, 0, -4, 0);
    p.insn(0xbf, 2, 10, 0, 0);
    p.insn(0x07, 2, 0, 0, -4);
    p.insn(0x18, 1, 1, 0, 0);
    p.insn(0, 0, 0, 0, 0);
    p.insn(0x85, 0, 0, 0, HelperId::MAP_LOOKUP_ELEM.0.cast_signed());
    p.leave_if(0x15, 0, 0, 0);
    p.insn(0xbf, 9, 0, 0, 0);
}

fn number(rng: &mut Rng) -> u8 {
    *rng.pick(&NUMBERS).unwrap_or(&2)
}

/// Arithmetic or a conditional jump over the next few instructions.
fn compute(rng: &mut Rng, p: &mut Program) {
    let (dst, src) = (number(rng), number(rng));
    let imm = rng.interesting() as i32;
    let narrow = rng.chance(1, 3);
    if rng.chance(1, 4) {
        let operation = *rng.pick(&JUMPS).unwrap_or(&0x10);
        let class = if narrow { 6 } else { 5 };
        if rng.chance(1, 2) {
            p.leave_if(operation | class, dst, 0, imm);
        } else {
            p.leave_if(operation | class | 8, dst, src, 0);
        }
        return;
    }
    let operation = *rng.pick(&ALUS).unwrap_or(&0);
    let class = if narrow { 4 } else { 7 };
    let bits = if narrow { 31 } else { 63 };
    match operation {
        // Shifts by a constant must be smaller than the number is wide.
        0x60 | 0x70 | 0xc0 if rng.chance(3, 4) => {
            p.insn(operation | class, dst, 0, 0, imm & bits);
        }
        0x80 => p.insn(operation | class, dst, 0, 0, 0),
        0x30 | 0x90 if rng.chance(1, 2) => {
            p.insn(operation | class, dst, 0, rng.below(2) as i16, imm.max(1));
        }
        // Sign-extending moves.
        0xb0 if rng.chance(1, 2) => {
            let width = *rng.pick(&[8, 16, 32]).unwrap_or(&8);
            let width = if narrow { width.min(16) } else { width };
            p.insn(operation | class | 8, dst, src, width, 0);
        }
        _ if rng.chance(1, 2) => p.insn(operation | class | 8, dst, src, 0, 0),
        _ => p.insn(operation | class, dst, 0, 0, imm),
    }
}

/// Bounds a number in one of several ways, some of which do not.
fn bound(rng: &mut Rng, p: &mut Program, reg: u8, most: i32) {
    let near = most + rng.below(5) as i32 - 2;
    match rng.below(6) {
        0 => p.insn(0x57, reg, 0, 0, most),
        1 => p.leave_if(0x25, reg, 0, near),
        2 => {
            p.leave_if(0x65, reg, 0, near);
            p.leave_if(0xc5, reg, 0, 0);
        }
        3 => p.leave_if(0x26, reg, 0, near),
        4 => p.insn(0x54, reg, 0, 0, most),
        _ => {}
    }
    if rng.chance(1, 3) {
        compute(rng, p);
    }
}

/// Adds a number to a pointer and accesses memory there.
fn offset(rng: &mut Rng, p: &mut Program, base: u8) {
    let reg = number(rng);
    let size = *rng.pick(&[1, 2, 4, 8]).unwrap_or(&1);
    bound(rng, p, reg, VALUE - size);
    p.insn(0xbf, 1, base, 0, 0);
    if base == 10 {
        p.insn(0x07, 1, 0, 0, -VALUE);
    }
    p.insn(0x0f, 1, reg, 0, 0);
    let mode = match size {
        1 => 0x10,
        2 => 0x08,
        4 => 0x00,
        _ => 0x18,
    };
    let off = if rng.chance(1, 4) { 1 } else { 0 };
    match rng.below(4) {
        // On the stack a load would read what was never written, which is no fault.
        0 | 1 => p.insn(0x63 & !0x18 | mode, 1, number(rng), off, 0),
        2 => p.insn(0x62 & !0x18 | mode, 1, 0, off, 7),
        _ => p.insn(0x61 & !0x18 | mode, 0, 1, off, 0),
    }
}

/// Reads the packet behind a variable offset.
fn packet(rng: &mut Rng, p: &mut Program, prog_type: ProgType) {
    let (data, end) = if prog_type == ProgType::Xdp {
        (0, 4)
    } else {
        (76, 80)
    };
    let reg = number(rng);
    bound(rng, p, reg, 255);
    p.insn(0x61, 1, 6, data, 0);
    p.insn(0x61, 0, 6, end, 0);
    p.insn(0x0f, 1, reg, 0, 0);
    let reach = rng.below(16) as i32;
    p.insn(0xbf, 4, 1, 0, 0);
    p.insn(0x07, 4, 0, 0, reach);
    let jump = *rng.pick(&[0x2d, 0x3d, 0xad, 0xbd]).unwrap_or(&0x2d);
    p.leave_if(jump, 4, 0, 0);
    let code = *rng.pick(&[0x71, 0x69, 0x61, 0x79]).unwrap_or(&0x71);
    p.insn(code, 0, 1, rng.below(16) as i16, 0);
}

fn subject(prog_type: ProgType, insns: Vec<u8>) -> Result<Subject> {
    let unit = json!({
        "object": "made", "program": "up", "mode": "priv", "errno": 0, "insns": "",
        "prog_type": prog_type.raw(), "license": "GPL",
        "maps": [{"name": "m", "type": 2, "key_size": 4, "value_size": VALUE, "max_entries": 1}],
    });
    Ok(Subject {
        unit: serde_json::from_value(unit)?,
        insns,
        func_info: Vec::new(),
        line_info: Vec::new(),
        btf: Vec::new(),
        map_btfs: vec![Vec::new()],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_to_the_end_are_mended() {
        for number in 0..200 {
            let insns = program(&mut Rng::new(number)).unwrap().insns;
            let (insns, rest) = insns.as_chunks::<8>();
            assert!(rest.is_empty());
            for (at, insn) in insns.iter().enumerate() {
                if matches!(insn[0] & 7, 5 | 6) && !matches!(insn[0], 0x85 | 0x95) {
                    let off = i16::from_le_bytes([insn[2], insn[3]]);
                    assert_eq!(at + 1 + off as usize, insns.len() - 2, "{number}");
                }
            }
        }
    }
}
