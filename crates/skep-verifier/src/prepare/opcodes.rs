//! Which opcodes exist.

use skep_isa::opcode::{
    ABS, ADD, ALU, ALU64, AND, ARSH, ATOMIC, B, CALL, DIV, END, EXIT, H, IND, JA, JCOND, JEQ, JGE,
    JGT, JLE, JLT, JMP, JMP32, JNE, JSET, JSGE, JSGT, JSLE, JSLT, K, LD, LD_IMM64, LDX, LSH, MEM,
    MEMSX, MOD, MOV, MUL, NEG, OR, RSH, ST, STX, SUB, W, XOR,
};

const BINARY: [u8; 12] = [ADD, SUB, AND, OR, LSH, RSH, XOR, MUL, MOV, ARSH, DIV, MOD];
const COMPARISONS: [u8; 11] = [JEQ, JNE, JGT, JLT, JGE, JLE, JSGT, JSLT, JSGE, JSLE, JSET];

/// Whether Linux 6.18 knows an opcode byte.
pub(super) fn is_known(code: u8) -> bool {
    let (class, op, source) = (code & 0x07, code & 0xf0, code & 0x08);
    let (mode, size) = (code & 0xe0, code & 0x18);
    match class {
        ALU => BINARY.contains(&op) || (op == NEG && source == K) || op == END,
        ALU64 => BINARY.contains(&op) || (matches!(op, NEG | END) && source == K),
        JMP => COMPARISONS.contains(&op) || (source == K && matches!(op, JA | CALL | EXIT | JCOND)),
        JMP32 => COMPARISONS.contains(&op) || (source == K && op == JA),
        STX => mode == MEM || mode == ATOMIC,
        ST => mode == MEM,
        LDX => mode == MEM || (mode == MEMSX && matches!(size, B | H | W)),
        LD => code == LD_IMM64 || (matches!(mode, ABS | IND) && matches!(size, B | H | W)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_isa::opcode::{DW, X};

    #[test]
    fn the_odd_ones() {
        assert!(
            [
                0x05, 0x06, 0x85, 0x95, 0xe5, 0xd4, 0xdc, 0xd7, 0x87, 0x84, 0x18
            ]
            .into_iter()
            .all(is_known)
        );
        let unknown = [
            X | JMP | JA,
            0xdf,
            0x8f,
            0x8d,
            0x9d,
            0x96,
            0x86,
            0x00,
            LDX | MEMSX | DW,
            LD | ABS | DW,
        ];
        assert!(!unknown.into_iter().any(is_known));
        assert_eq!(
            (0..=255u8).filter(|c| is_known(*c)).count(),
            24 + 24 + 2 + 2 + 1 + 44 + 5 + 8 + 4 + 7 + 6 + 1
        );
    }
}
