//! What is left out when listings are compared. All of it:
//!
//! - the number in calls: kernels hide it from readers without CAP_SYSLOG, and skep has no kernel functions with addresses;
//!   the distance of calls within the program is compared;
//! - ids of maps: the place of the map among the program's maps is compared instead;
//! - addresses in the kernel: 64-bit constants of the upper half of the address space, and the address of a per-CPU variable.

use std::fmt;

use skep_isa::{RawInsn, opcode, parse_program};

use super::info::Info;

/// One instruction, normalised.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Line(RawInsn);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let insn = &self.0;
        let (dst, src) = (insn.dst(), insn.src());
        write!(
            f,
            "{:02x} {dst} {src} {} {:#x}",
            insn.code, insn.off, insn.imm
        )
    }
}

/// The listing of an info, normalised.
pub(super) fn listing(info: &Info) -> Vec<Line> {
    let mut insns = parse_program(&info.insns).unwrap_or_default();
    let map_place = |id: i32| {
        let ids = info.map_ids.as_chunks::<4>().0;
        let found = ids
            .iter()
            .position(|bytes| i32::from_ne_bytes(*bytes) == id);
        found.map_or(-1, |place| place as i32)
    };
    let mut rest = insns.as_mut_slice();
    while let [insn, tail @ ..] = rest {
        if insn.code == opcode::INSN_CALL {
            insn.imm = 0;
        }
        if let [next, ..] = tail {
            let percpu = next.code == (opcode::ALU64 | opcode::MOV | opcode::X)
                && next.off == opcode::ADDR_PERCPU;
            if percpu && insn.code == (opcode::ALU64 | opcode::MOV | opcode::K) {
                insn.imm = 0;
            }
            if insn.is_ld_imm64() {
                match insn.src() {
                    opcode::PSEUDO_MAP_FD | opcode::PSEUDO_MAP_VALUE => {
                        insn.imm = map_place(insn.imm)
                    }
                    0 if next.imm < 0 && next.imm != -1 || next.imm == -1 && insn.imm < 0 => {
                        (insn.imm, next.imm) = (0, 0)
                    }
                    _ => {}
                }
            }
        }
        rest = tail;
    }
    insns.into_iter().map(Line).collect()
}
