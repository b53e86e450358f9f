//! Programs refused before the walk: errno and message, in Linux's order of phases.

mod common;

use common::{load, raw, rejection};
use skep_isa::{RawInsn, opcode};
use skep_uapi::Errno;
use skep_verifier::request::LoadFlags;

fn refused(load: &common::Load, errno: Errno, line: &str) {
    let outcome = load.run();
    assert_eq!(rejection(&outcome), Some((errno, line.to_owned())));
    assert_eq!(outcome.statistics.processed_insns, 0);
}

const EXIT: RawInsn = RawInsn::new(opcode::INSN_EXIT, 0, 0, 0, 0);
const R0_ZERO: RawInsn = RawInsn::new(opcode::ALU64 | opcode::MOV, 0, 0, 0, 0);

#[test]
fn jumps_stay_inside() {
    refused(
        &load("goto +5\nexit"),
        Errno::EINVAL,
        "jump out of range from insn 0 to 6",
    );
    refused(
        &load("call f\nexit\nf: r0 = 0\ngoto -4\nexit"),
        Errno::EINVAL,
        "jump out of range from insn 3 to 0",
    );
    refused(
        &load("r0 = 0"),
        Errno::EINVAL,
        "last insn is not an exit or jmp",
    );
}

#[test]
fn calls_go_to_instructions() {
    let outside = RawInsn::new(opcode::INSN_CALL, 0, opcode::PSEUDO_CALL, 0, 7);
    refused(
        &raw(vec![outside, EXIT]),
        Errno::EINVAL,
        "call to invalid destination",
    );
    refused(
        &load("call f\nexit\nf: r0 = 0\nexit").unprivileged(),
        Errno::EPERM,
        "loading/calling other bpf or kernel functions are allowed for CAP_BPF and CAP_SYS_ADMIN",
    );
}

#[test]
fn every_instruction_is_reached() {
    refused(
        &load("r0 = 0\nexit\nr0 = 1\nexit"),
        Errno::EINVAL,
        "unreachable insn 2",
    );
    refused(
        &load("if r1 == 0 goto +1\nr1 = 7 ll\nr0 = 0\nexit"),
        Errno::EINVAL,
        "jump into the middle of ldimm64 insn 1",
    );
}

#[test]
fn loops_need_a_capability() {
    let endless = "r0 = 0\nr0 += 1\ngoto -2\nexit";
    refused(&load(endless), Errno::EINVAL, "unreachable insn 3");
    refused(
        &load(endless).unprivileged(),
        Errno::EINVAL,
        "back-edge from insn 2 to 1",
    );
}

#[test]
fn opcodes_and_constants() {
    let unknown = RawInsn::new(opcode::JMP | opcode::X, 0, 0, 0, 0);
    refused(
        &raw(vec![unknown, EXIT]),
        Errno::EINVAL,
        "unknown opcode 0d",
    );
    let half = RawInsn::new(opcode::LD_IMM64, 1, 0, 0, 0);
    refused(
        &raw(vec![half, R0_ZERO, EXIT]),
        Errno::EINVAL,
        "invalid bpf_ld_imm64 insn",
    );
    let source = RawInsn::new(opcode::LD_IMM64, 1, 9, 0, 0);
    refused(
        &raw(vec![source, RawInsn::default(), R0_ZERO, EXIT]),
        Errno::EINVAL,
        "unrecognized bpf_ld_imm64 insn",
    );
    let map = |fd| RawInsn::new(opcode::LD_IMM64, 1, opcode::PSEUDO_MAP_FD, 0, fd);
    for (fd, errno) in [(1, Errno::EINVAL), (77, Errno::EBADF)] {
        let line = format!("fd {fd} is not pointing to valid bpf_map");
        refused(
            &raw(vec![map(fd), RawInsn::default(), R0_ZERO, EXIT]),
            errno,
            &line,
        );
    }
    let index = RawInsn::new(opcode::LD_IMM64, 1, opcode::PSEUDO_MAP_IDX, 0, 0);
    refused(
        &raw(vec![index, RawInsn::default(), R0_ZERO, EXIT]),
        Errno::EPROTO,
        "fd_idx without fd_array is invalid",
    );
}

#[test]
fn socket_filters_do_not_sleep() {
    refused(
        &load("r0 = 0\nexit").flags(LoadFlags::SLEEPABLE),
        Errno::EINVAL,
        "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable",
    );
}
