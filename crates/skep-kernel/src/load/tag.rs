//! Tags: the first bytes of the SHA-256 of a program's instructions, map references left out.

use sha2::{Digest, Sha256};
use skep_exec::Listing;
use skep_isa::RawInsn;
use skep_isa::opcode::LD_IMM64;
use skep_uapi::limits::BPF_TAG_SIZE;

use crate::object::Prog;

/// `ld_imm64` of a map by fd, and of an address in the value of a map by fd.
const MAP_FD: u8 = 1;
const MAP_VALUE: u8 = 2;

/// The tag of some instructions: both halves of what an fd stands for count as zero.
pub(crate) fn of(insns: &[RawInsn]) -> [u8; BPF_TAG_SIZE] {
    let mut hash = Sha256::new();
    let mut second_half = false;
    for insn in insns {
        let names_map = insn.code == LD_IMM64 && matches!(insn.src(), MAP_FD | MAP_VALUE);
        let is_second = second_half && insn.code == 0 && insn.regs == 0 && insn.off == 0;
        let counted = if names_map || is_second {
            RawInsn { imm: 0, ..*insn }
        } else {
            *insn
        };
        second_half = names_map && !second_half;
        hash.update(counted.to_bytes());
    }
    let digest = hash.finalize();
    digest
        .first_chunk::<BPF_TAG_SIZE>()
        .copied()
        .unwrap_or_default()
}

/// The tags of the functions that a program's listing has; that of the whole program if it has only one.
pub(crate) fn of_functions(prog: &Prog, listing: &Listing) -> Vec<[u8; BPF_TAG_SIZE]> {
    let kept = listing.functions();
    if kept.len() <= 1 {
        return vec![prog.tag()];
    }
    let subprogs = prog.verified().subprogs();
    let insns = prog.verified().insns();
    let part = |start: usize, end: usize| of(insns.get(start..end).unwrap_or_default());
    let subprogs = subprogs.iter();
    subprogs
        .filter(|function| kept.binary_search(&function.start.0).is_ok())
        .map(|function| part(function.start.index(), function.end.index()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(tag: [u8; 8]) -> String {
        tag.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn as_linux_6_18() {
        let mov_exit = [
            RawInsn::new(0xb7, 0, 0, 0, 0),
            RawInsn::new(0x95, 0, 0, 0, 0),
        ];
        assert_eq!(hex(of(&mov_exit)), "59f4a931744dcdc6");
    }

    #[test]
    fn fds_do_not_count() {
        let with_fd = |fd| {
            [
                RawInsn::new(LD_IMM64, 1, MAP_FD, 0, fd),
                RawInsn::new(0, 0, 0, 0, fd),
                RawInsn::new(0x95, 0, 0, 0, 0),
            ]
        };
        assert_eq!(of(&with_fd(3)), of(&with_fd(0)));
        let mut other = with_fd(3);
        other[0] = RawInsn::new(LD_IMM64, 1, 0, 0, 3);
        assert_ne!(of(&other), of(&with_fd(3)));
    }
}
