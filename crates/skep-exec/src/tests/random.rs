//! Random arithmetic: interpreter and compiled code give the same R0 and the same memory.

use proptest::prelude::*;
use skep_isa::{
    AluOp, AtomicOp, CondOp, EndianOp, EndianWidth, Extend, Insn, Operand, Reg, Size, SxFrom, Width,
};

use super::harness::{Parts, Program, both};

/// Registers that programs compute in.
fn reg() -> impl Strategy<Value = Reg> {
    prop::sample::select(vec![Reg::R0, Reg::R2, Reg::R3, Reg::R6, Reg::R9])
}

fn constant() -> impl Strategy<Value = i32> {
    prop_oneof![any::<i32>(), -2..3, Just(i32::MIN), Just(i32::MAX), 30..66]
}

fn operand() -> impl Strategy<Value = Operand> {
    prop_oneof![
        reg().prop_map(Operand::Reg),
        constant().prop_map(Operand::Imm)
    ]
}

fn width() -> impl Strategy<Value = Width> {
    prop::sample::select(vec![Width::W32, Width::W64])
}

fn size() -> impl Strategy<Value = Size> {
    prop::sample::select(vec![Size::B, Size::H, Size::W, Size::DW])
}

fn alu() -> impl Strategy<Value = AluOp> {
    use AluOp::{Add, And, Arsh, Div, Lsh, Mod, Mul, Or, Rsh, SDiv, SMod, Sub, Xor};
    prop::sample::select(vec![
        Add, Sub, Mul, Div, SDiv, Or, And, Lsh, Rsh, Mod, SMod, Xor, Arsh,
    ])
}

fn condition() -> impl Strategy<Value = CondOp> {
    use CondOp::{Eq, Ge, Gt, Le, Lt, Ne, SGe, SGt, SLe, SLt, Set};
    prop::sample::select(vec![Eq, Ne, Gt, Ge, Lt, Le, Set, SGt, SGe, SLt, SLe])
}

fn atomic() -> impl Strategy<Value = AtomicOp> {
    use AtomicOp::{Add, And, CmpXchg, FetchAdd, FetchAnd, FetchOr, FetchXor, Or, Xchg, Xor};
    prop::sample::select(vec![
        Add, Or, And, Xor, FetchAdd, FetchOr, FetchAnd, FetchXor, Xchg, CmpXchg,
    ])
}

/// Offsets of 8-byte slots in the frame or the memory.
fn slot() -> impl Strategy<Value = i16> {
    (0i16..8).prop_map(|slot| slot * 8)
}

/// Sign extension is not for double words.
fn extend(size: Size, sign: bool) -> Extend {
    if sign && size != Size::DW {
        Extend::Sign
    } else {
        Extend::Zero
    }
}

/// R8 is the memory, R10 the frame.
fn insn() -> impl Strategy<Value = Insn> {
    let base = || prop::sample::select(vec![Reg::R8, Reg::R10]);
    prop_oneof![
        8 => (alu(), width(), reg(), operand()).prop_filter_map("imm division", |(op, width, dst, src)| {
            let divides = matches!(op, AluOp::Div | AluOp::SDiv | AluOp::Mod | AluOp::SMod);
            (!(divides && src == Operand::Imm(0))).then_some(Insn::Alu { op, width, dst, src })
        }),
        2 => (width(), reg(), operand()).prop_map(|(width, dst, src)| Insn::Mov { width, dst, src }),
        1 => (reg(), reg(), prop::sample::select(vec![
            (Width::W32, SxFrom::S8), (Width::W32, SxFrom::S16),
            (Width::W64, SxFrom::S8), (Width::W64, SxFrom::S16), (Width::W64, SxFrom::S32),
        ])).prop_map(|(dst, src, (width, from))| Insn::MovSx { width, from, dst, src }),
        1 => (width(), reg()).prop_map(|(width, dst)| Insn::Neg { width, dst }),
        1 => (reg(), prop::sample::select(vec![EndianOp::Le, EndianOp::Be, EndianOp::Swap]),
            prop::sample::select(vec![EndianWidth::B16, EndianWidth::B32, EndianWidth::B64]))
            .prop_map(|(dst, op, width)| Insn::Endian { op, width, dst }),
        3 => (size(), any::<bool>(), reg(), base(), slot(), 0i16..2).prop_map(|(size, sign, dst, src, slot, odd)| {
            let extend = extend(size, sign);
            let odd = if size == Size::DW { 0 } else { odd };
            let off = if src == Reg::R10 { slot - 64 } else { slot } + odd;
            Insn::Ldx { size, extend, dst, src, off }
        }),
        3 => (size(), reg(), base(), slot()).prop_map(|(size, src, dst, slot)| {
            Insn::Stx { size, dst, off: if dst == Reg::R10 { slot - 64 } else { slot }, src }
        }),
        1 => (size(), base(), slot(), any::<i32>()).prop_map(|(size, dst, slot, imm)| {
            Insn::St { size, dst, off: if dst == Reg::R10 { slot - 64 } else { slot }, imm }
        }),
        2 => (atomic(), any::<bool>(), reg(), base(), slot()).prop_map(|(op, wide, src, dst, slot)| {
            let size = if wide { Size::DW } else { Size::W };
            Insn::Atomic { op, size, dst, off: if dst == Reg::R10 { slot - 64 } else { slot }, src }
        }),
        1 => (size(), reg(), slot()).prop_map(|(size, dst, off)| Insn::LoadAcquire { size, dst, src: Reg::R8, off }),
        1 => (size(), reg(), slot()).prop_map(|(size, src, off)| Insn::StoreRelease { size, dst: Reg::R8, off, src }),
        3 => (condition(), width(), reg(), operand(), 0i16..6)
            .prop_map(|(op, width, dst, src, off)| Insn::Jump { op, width, dst, src, off }),
    ]
}

/// Sets all registers, does `middle`, mixes all registers into R0.
fn program(seeds: [u64; 5], middle: &[Insn]) -> Program {
    let mut insns = Vec::new();
    let mut push = |insn: Insn| {
        let (first, second) = insn.encode();
        insns.push(first);
        insns.extend(second);
    };
    let mov = |dst, src| Insn::Mov {
        width: Width::W64,
        dst,
        src: Operand::Reg(src),
    };
    push(mov(Reg::R8, Reg::R1));
    let regs = [Reg::R0, Reg::R2, Reg::R3, Reg::R6, Reg::R9];
    for (dst, seed) in regs.into_iter().zip(seeds) {
        push(Insn::LdImm64 {
            dst,
            value: skep_isa::Imm64::Plain(seed),
        });
    }
    let tail = 2 * (regs.len() - 1) + 1;
    for (index, insn) in middle.iter().enumerate() {
        let mut insn = *insn;
        if let Insn::Jump { off, .. } = &mut insn {
            *off = (*off).min((middle.len() - index - 1 + tail - 1) as i16);
        }
        push(insn);
    }
    for src in regs.into_iter().skip(1) {
        push(Insn::Alu {
            op: AluOp::Mul,
            width: Width::W64,
            dst: Reg::R0,
            src: Operand::Imm(31),
        });
        push(Insn::Alu {
            op: AluOp::Xor,
            width: Width::W64,
            dst: Reg::R0,
            src: Operand::Reg(src),
        });
    }
    push(Insn::Exit);
    Program::new(insns)
}

fn seed() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        0u64..3,
        Just(u64::MAX),
        Just(1 << 63),
        Just(1 << 31)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn executors_agree(
        seeds in prop::array::uniform5(seed()),
        memory in prop::collection::vec(any::<u8>(), 80),
        middle in prop::collection::vec(insn(), 1..60),
    ) {
        // `both` compares R0 and the memory.
        both(&program(seeds, &middle), &Parts::default(), &memory).unwrap();
    }
}
