//! Longer sequences that stand for one instruction: packet loads, bounded jumps and loops, the start of programs that write packets.

use skep_btf::Btf;
use skep_isa::{RawInsn, opcode};
use skep_uapi::ProgType;

use super::insn::{self, AUX};
use super::shape::field_offset;

const R0: u8 = 0;
const R1: u8 = 1;
const R2: u8 = 2;
const R3: u8 = 3;
const R6: u8 = 6;
const R7: u8 = 7;
const R8: u8 = 8;
const FP: u8 = 10;

/// LD_ABS and LD_IND: a call; where it fails the program ends with 0.
pub(super) fn packet_load(load: RawInsn) -> Vec<RawInsn> {
    let mut code = Vec::with_capacity(7);
    if load.mode() == opcode::ABS {
        code.push(insn::mov_imm(R2, load.imm));
    } else {
        code.push(insn::mov(R2, load.src()));
        code.extend((load.imm != 0).then(|| insn::alu_imm(opcode::ADD, R2, load.imm)));
    }
    code.extend([
        insn::mov(R1, R6),
        insn::call(),
        insn::jump_imm(opcode::JSGE, R0, 0, 2),
        insn::alu32(opcode::XOR, R0, R0),
        insn::exit(),
    ]);
    code
}

/// What runs first in a program that writes packet data: a shared packet is copied.
pub(super) fn unshare_packet(prog_type: ProgType, btf: Option<&Btf>) -> Option<Vec<RawInsn>> {
    const CLONED: i32 = 1;
    const TC_ACT_SHOT: i32 = 2;
    let drop = match prog_type {
        ProgType::SchedCls | ProgType::SchedAct | ProgType::LwtXmit => TC_ACT_SHOT,
        ProgType::SkSkb => 0,
        _ => return None,
    };
    let cloned = field_offset(btf, "sk_buff", "__cloned_offset").unwrap_or(126);
    Some(vec![
        insn::load(opcode::B, R6, R1, cloned as i16),
        insn::alu32_imm(opcode::AND, R6, CLONED),
        insn::jump_imm(opcode::JEQ, R6, 0, 7),
        insn::mov(R6, R1),
        insn::alu(opcode::XOR, R2, R2),
        insn::call(),
        insn::jump_imm(opcode::JEQ, R0, 0, 2),
        insn::mov32_imm(R0, drop),
        insn::exit(),
        insn::mov(R1, R6),
    ])
}

/// Bytes of stack that a function with may_goto has for its counter and its time stamp.
pub(super) const MAY_GOTO_STACK: u32 = 16;

/// At the start of such a function; `at` is the place of the counter below the frame pointer.
pub(super) fn start_counting(at: i16) -> Vec<RawInsn> {
    const ROUNDS: i32 = 0xffff;
    vec![
        insn::store_imm(opcode::DW, FP, at, ROUNDS),
        insn::store_imm(opcode::DW, FP, at.saturating_add(8), 0),
    ]
}

/// may_goto: the second instruction jumps.
pub(super) fn may_goto(at: i16) -> Vec<RawInsn> {
    vec![
        insn::load(opcode::DW, AUX, FP, at),
        insn::jump_imm(opcode::JEQ, AUX, 0, 0),
        insn::alu_imm(opcode::SUB, AUX, 1),
        insn::jump_imm(opcode::JNE, AUX, 0, 2),
        insn::mov_imm(AUX, i32::from(at)),
        insn::call(),
        insn::store(opcode::DW, FP, at, AUX),
    ]
}

/// Bytes of stack that a function with an inlined bpf_loop has for three registers.
pub(super) const LOOP_STACK: u32 = 24;
/// Where in [`inlined_loop`] the callback is called.
pub(super) const LOOP_CALL: usize = 12;

/// bpf_loop of a known callback; `depth` is what the function uses of the stack otherwise.
pub(super) fn inlined_loop(depth: u32) -> Vec<RawInsn> {
    const MAX_ROUNDS: i32 = 1 << 23;
    const E2BIG: i32 = 7;
    let below = |bytes: u32| depth.saturating_add(bytes) as i16;
    let saved = [(R6, below(24)), (R7, below(16)), (R8, below(8))];
    let mut code = vec![
        insn::jump_imm(opcode::JLE, R1, MAX_ROUNDS, 2),
        insn::mov32_imm(R0, -E2BIG),
        insn::goto(16),
    ];
    code.extend(saved.map(|(reg, at)| insn::store(opcode::DW, FP, at.wrapping_neg(), reg)));
    code.extend([
        insn::mov(R6, R1),
        insn::mov32_imm(R7, 0),
        insn::mov(R8, R3),
        RawInsn::new(opcode::JMP | opcode::JGE | opcode::X, R7, R6, 5, 0),
        insn::mov(R1, R7),
        insn::mov(R2, R8),
        RawInsn::new(opcode::INSN_CALL, 0, opcode::PSEUDO_CALL, 0, 0),
        insn::alu_imm(opcode::ADD, R7, 1),
        insn::jump_imm(opcode::JEQ, R0, 0, -6),
        insn::mov(R0, R7),
    ]);
    code.extend(saved.map(|(reg, at)| insn::load(opcode::DW, reg, FP, at.wrapping_neg())));
    code
}
