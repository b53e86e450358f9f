//! Any instructions at all: no panic, no endless work, and the same answer twice.

mod common;

use common::{MAP_FD, raw};
use skep_isa::{RawInsn, opcode};

/// xorshift64*, so that every run sees the same programs.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

const CODES: [u8; 34] = [
    0x07, 0x0f, 0x17, 0x1f, 0x57, 0x5f, 0x47, 0x67, 0x77, 0xb7, 0xbf, 0xb4, 0xbc, 0x05, 0x15, 0x1d,
    0x2d, 0xa5, 0x55, 0x56, 0x61, 0x71, 0x79, 0x62, 0x7a, 0x63, 0x7b, 0xdb, 0x85, 0x95, 0x20, 0x40,
    0xe5, 0x06,
];
const HELPERS: [i32; 10] = [1, 2, 3, 5, 6, 7, 8, 12, 26, 181];
const OFFSETS: [i16; 12] = [0, 0, 1, 2, -2, -3, -8, -16, -64, -512, 4, 0x7fff];
const IMMS: [i32; 10] = [0, 1, -1, 4, 8, 63, 64, i32::MAX, i32::MIN, 0x1234];

fn insn(random: &mut Random, index: u64, length: u64) -> RawInsn {
    let code = if random.below(60) == 0 {
        random.next() as u8
    } else {
        random.pick(&CODES)
    };
    let (dst, src) = (random.below(11) as u8, random.below(11) as u8);
    let (off, imm) = (random.pick(&OFFSETS), random.pick(&IMMS));
    match code {
        opcode::INSN_CALL if random.below(4) == 0 => {
            let to = random.below(length) as i32 - index as i32 - 1;
            RawInsn::new(code, 0, opcode::PSEUDO_CALL, 0, to)
        }
        opcode::INSN_CALL => RawInsn::new(code, 0, 0, 0, random.pick(&HELPERS)),
        opcode::INSN_EXIT => RawInsn::new(code, 0, 0, 0, 0),
        _ if code & 7 == opcode::JMP || code & 7 == opcode::JMP32 => {
            let to = random.below(length) as i16 - index as i16 - 1;
            RawInsn::new(code, dst, src, to, if code & 8 == 0 { imm } else { 0 })
        }
        _ if code & 7 == opcode::ALU || code & 7 == opcode::ALU64 => {
            RawInsn::new(code, dst, src, 0, imm)
        }
        _ => RawInsn::new(
            code,
            dst,
            src,
            off,
            if random.below(2) == 0 { 0 } else { imm },
        ),
    }
}

fn program(random: &mut Random) -> Vec<RawInsn> {
    // A usable beginning: context kept, a key on the stack, perhaps a map value in r0.
    let mut insns = vec![
        RawInsn::new(opcode::ALU64 | opcode::MOV | opcode::X, 6, 1, 0, 0),
        RawInsn::new(opcode::ST | opcode::MEM | opcode::DW, 10, 0, -8, 0),
        RawInsn::new(opcode::ALU64 | opcode::MOV, 0, 0, 0, 0),
    ];
    if random.below(2) == 0 {
        insns.extend([
            RawInsn::new(opcode::LD_IMM64, 1, opcode::PSEUDO_MAP_FD, 0, MAP_FD),
            RawInsn::default(),
            RawInsn::new(opcode::ALU64 | opcode::MOV | opcode::X, 2, 10, 0, 0),
            RawInsn::new(opcode::ALU64 | opcode::ADD, 2, 0, 0, -8),
            RawInsn::new(opcode::INSN_CALL, 0, 0, 0, 1),
        ]);
    }
    for reg in [1, 2, 3, 4, 5, 7, 8, 9] {
        let value = random.pick(&IMMS);
        insns.push(RawInsn::new(opcode::ALU64 | opcode::MOV, reg, 0, 0, value));
    }
    let length = insns.len() as u64 + 2 + random.below(12);
    while (insns.len() as u64) < length - 1 {
        let index = insns.len() as u64;
        insns.push(insn(random, index, length));
    }
    insns.push(RawInsn::new(opcode::INSN_EXIT, 0, 0, 0, 0));
    insns
}

#[test]
fn garbage_is_answered() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut accepted = 0;
    for round in 0..8_000 {
        let insns = program(&mut random);
        let mut load = raw(insns).log(
            [0, 1, 2, 4][round % 4],
            if round % 4 == 0 { 0 } else { 1 << 14 },
        );
        if round % 3 == 0 {
            load = load.unprivileged();
        }
        let (once, twice) = (load.run(), load.run());
        assert_eq!(once.statistics, twice.statistics);
        accepted += usize::from(once.result.is_ok());
    }
    assert!(
        accepted > 20,
        "only {accepted} accepted: the programs are too wild to say much"
    );
}

/// Eight functions that each call the next many times: the number of call chains is astronomical.
#[test]
fn call_graphs_are_not_walked_chain_by_chain() {
    const CALLS: usize = 40;
    let mut insns = Vec::new();
    for level in 0..7usize {
        // Decided: the calls are reached in the control-flow graph only, where they count.
        insns.push(RawInsn::new(opcode::ALU64 | opcode::MOV, 0, 0, 0, 0));
        insns.push(RawInsn::new(
            opcode::JMP | opcode::JEQ,
            0,
            0,
            CALLS as i16,
            0,
        ));
        for call in 0..CALLS {
            let distance = (level + 1) * (CALLS + 4) - (level * (CALLS + 4) + 2 + call) - 1;
            insns.push(RawInsn::new(
                opcode::INSN_CALL,
                0,
                opcode::PSEUDO_CALL,
                0,
                distance as i32,
            ));
        }
        insns.push(RawInsn::new(opcode::ALU64 | opcode::MOV, 0, 0, 0, 0));
        insns.push(RawInsn::new(opcode::INSN_EXIT, 0, 0, 0, 0));
    }
    insns.push(RawInsn::new(opcode::ALU64 | opcode::MOV, 0, 0, 0, 0));
    insns.push(RawInsn::new(opcode::INSN_EXIT, 0, 0, 0, 0));
    let outcome = raw(insns).run();
    assert!(outcome.result.is_ok(), "{}", common::log_of(&outcome));
}
