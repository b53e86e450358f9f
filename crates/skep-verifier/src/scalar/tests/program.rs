//! Random programs that put interesting scalars through arithmetic and jumps, each register standing for itself.

use super::Random;
use super::std::vec::Vec;
use skep_isa::RawInsn;

const FP: u8 = 10;
const REGS: [u8; 5] = [1, 2, 3, 6, 7];

const ALU32: u8 = 0x04;
const ALU64: u8 = 0x07;
const JMP64: u8 = 0x05;
const JMP32: u8 = 0x06;
const X: u8 = 0x08;

/// A program of about `len` instructions that Linux accepts.
///
/// Every conditional jump leads to an exit of its own, so each edge is walked and no path is pruned.
pub(super) fn random_program(random: &mut Random, len: usize) -> Vec<RawInsn> {
    let mut insns = Vec::new();
    let mut jumps = Vec::new();
    for reg in REGS {
        insns.push(fresh(random, reg));
    }
    while insns.len() < len {
        let dst = random.pick(&REGS);
        match random.below(20) {
            0 => insns.push(fresh(random, dst)),
            1..9 => insns.push(arithmetic(random, dst)),
            9 => insns.push(resize(random, dst)),
            10 => insns.push(swap(random, dst)),
            // Narrowing beats widening: otherwise most values are unknown most of the time.
            11 => insns.push(RawInsn::new(
                random.pick(&[ALU32, ALU64]) | 0x50,
                dst,
                0,
                0,
                immediate(random),
            )),
            _ => {
                jumps.push(insns.len());
                insns.push(jump(random, dst));
            }
        }
    }
    insns.extend([
        RawInsn::new(0xb7, 0, 0, 0, 0),
        RawInsn::new(0x95, 0, 0, 0, 0),
    ]);
    for at in jumps {
        insns[at].off = (insns.len() - at - 1) as i16;
        insns.extend([
            RawInsn::new(0xb7, 0, 0, 0, 0),
            RawInsn::new(0x95, 0, 0, 0, 0),
        ]);
    }
    insns
}

/// A program of `moves` pointer movements by bounded scalars; Linux may reject one that strays too far.
///
/// The context may be moved like any pointer, it just cannot be used afterwards.
pub(super) fn random_pointer_program(random: &mut Random, moves: usize) -> Vec<RawInsn> {
    const CTX: u8 = 9;
    let mut insns = Vec::from([RawInsn::new(0xbf, CTX, 1, 0, 0)]);
    for _ in 0..moves {
        let (scalar, pointer) = (random.pick(&REGS), random.pick(&[4, 5]));
        insns.push(fresh(random, scalar));
        insns.push(RawInsn::new(
            random.pick(&[ALU32, ALU64]) | 0x50,
            scalar,
            0,
            0,
            immediate(random) & 0x0fff_ffff,
        ));
        insns.push(arithmetic(random, scalar));
        if random.below(3) == 0 {
            insns.push(RawInsn::new(
                ALU64 | 0x50,
                scalar,
                0,
                0,
                immediate(random) & 0x0fff_ffff,
            ));
        }
        insns.push(RawInsn::new(0xbf, pointer, CTX, 0, 0));
        for _ in 0..=random.below(3) {
            match random.below(4) {
                0 => insns.push(RawInsn::new(
                    ALU64 | random.pick(&[0x00, 0x10]),
                    pointer,
                    0,
                    0,
                    random.below(100) as i32,
                )),
                _ => insns.push(RawInsn::new(
                    ALU64 | X | random.pick(&[0x00, 0x10]),
                    pointer,
                    scalar,
                    0,
                    0,
                )),
            }
        }
    }
    insns.extend([
        RawInsn::new(0xb7, 0, 0, 0, 0),
        RawInsn::new(0x95, 0, 0, 0, 0),
    ]);
    insns
}

/// Something unknown of some size (stack never written reads as unknown), or a constant.
fn fresh(random: &mut Random, dst: u8) -> RawInsn {
    match random.below(5) {
        0 => RawInsn::new(
            random.pick(&[ALU32, ALU64]) | 0xb0,
            dst,
            0,
            0,
            immediate(random),
        ),
        1 | 2 => RawInsn::new(0x79, dst, FP, -8, 0),
        _ => RawInsn::new(
            random.pick(&[0x61, 0x69, 0x71, 0x81, 0x89, 0x91]),
            dst,
            FP,
            -8,
            0,
        ),
    }
}

fn immediate(random: &mut Random) -> i32 {
    random.word() as i32
}

fn arithmetic(random: &mut Random, dst: u8) -> RawInsn {
    let class = random.pick(&[ALU32, ALU64]);
    let (shifts, others) = ([0x60, 0x70, 0xc0], [0x00, 0x10, 0x20, 0x40, 0x50, 0xa0]);
    match random.below(12) {
        0 => RawInsn::new(class | 0x80, dst, 0, 0, 0),
        1 => RawInsn::new(
            class | X | random.pick(&[0x30, 0x60, 0x70, 0x90, 0xc0]),
            dst,
            random.pick(&REGS),
            0,
            0,
        ),
        2..5 => {
            let limit = if class == ALU32 { 32 } else { 64 };
            let amount = random.below(limit) as i32;
            RawInsn::new(
                class | random.pick(&shifts),
                dst,
                0,
                0,
                random.pick(&[amount, amount, (limit / 2) as i32]),
            )
        }
        5..8 => RawInsn::new(
            class | X | random.pick(&others),
            dst,
            random.pick(&REGS),
            0,
            0,
        ),
        _ => RawInsn::new(class | random.pick(&others), dst, 0, 0, immediate(random)),
    }
}

/// A register moved to itself, extended.
fn resize(random: &mut Random, reg: u8) -> RawInsn {
    match random.below(3) {
        0 => RawInsn::new(ALU32 | X | 0xb0, reg, reg, 0, 0),
        1 => RawInsn::new(ALU32 | X | 0xb0, reg, reg, random.pick(&[8, 16]), 0),
        _ => RawInsn::new(ALU64 | X | 0xb0, reg, reg, random.pick(&[8, 16, 32]), 0),
    }
}

fn swap(random: &mut Random, dst: u8) -> RawInsn {
    RawInsn::new(
        random.pick(&[0xd4, 0xdc, 0xd7]),
        dst,
        0,
        0,
        random.pick(&[16, 32, 64]),
    )
}

fn jump(random: &mut Random, dst: u8) -> RawInsn {
    let class = random.pick(&[JMP64, JMP32]);
    let op = random.pick(&[
        0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0,
    ]);
    match random.below(3) {
        0 => RawInsn::new(class | X | op, dst, random.pick(&REGS), 0, 0),
        _ => RawInsn::new(class | op, dst, 0, 0, immediate(random)),
    }
}
