//! Slots to `Insn` to slots, slots to text to slots; and bad input never panics.

use proptest::prelude::*;
use skep_isa::asm::{NoSymbols, Symbols, assemble};
use skep_isa::disasm::{NoNames, Style, write_insn, write_kernel};
use skep_isa::{Insn, Program, RawInsn, opcode, parse_program, ubpf};

fn people(first: RawInsn, second: Option<RawInsn>) -> String {
    let mut text = String::new();
    write_insn(&mut text, first, second, &NoNames, Style::People).unwrap();
    text
}

fn kernel(first: RawInsn, second: Option<RawInsn>) -> String {
    let mut text = String::new();
    write_kernel(&mut text, first, second, &NoNames).unwrap();
    text
}

/// Knows that the disassembler's stand-in for an unknown kfunc is one.
struct Kfuncs;

impl Symbols for Kfuncs {
    fn kfunc(&self, name: &str) -> Option<i32> {
        (name == "kernel-function").then_some(0)
    }
}

/// Whether the kernel's text of an instruction holds all of it.
fn kernel_text_is_whole(first: RawInsn) -> bool {
    let pseudo_load = first.is_ld_imm64() && first.src() != 0;
    let module_kfunc = first.is_kfunc_call() && first.off != 0;
    !pseudo_load && !module_kfunc
}

/// All that must hold for slots that decode.
fn check(first: RawInsn, second: Option<RawInsn>) -> bool {
    let Ok(insn) = Insn::decode(first, second) else {
        return false;
    };
    let slots = insn.encode();
    assert_eq!(slots.0, first, "{insn:?}");
    assert_eq!(Insn::decode(slots.0, slots.1), Ok(insn));
    let slots = [Some(slots.0), slots.1]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>();
    let text = people(first, second);
    let back = assemble(&text, &NoSymbols).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(back.insns, slots, "{text}");
    if kernel_text_is_whole(first) {
        let text = kernel(first, second);
        let back = assemble(&text, &Kfuncs).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(back.insns, slots, "{text}");
    }
    true
}

#[test]
fn every_opcode_with_telling_fields() {
    let offs = [0, 1, 8, 16, 32, -1, 300, i16::MIN, i16::MAX];
    let atomics = [
        0x40, 0x50, 0xa0, 0x01, 0x41, 0x51, 0xa1, 0xe1, 0xf1, 0x100, 0x110,
    ];
    let imms = [0, 2, 16, 32, 64, -1, -7, 0x1_0000, i32::MIN, i32::MAX];
    let mut valid = 0;
    for code in 0..=255 {
        for off in offs {
            for imm in atomics.into_iter().chain(imms) {
                for src in [0, 1, 2, 3, 4, 5, 6, 7, 10, 11] {
                    for dst in [0, 3, 10, 15] {
                        let first = RawInsn::new(code, dst, src, off, imm);
                        let high = if first.is_ld_imm64() {
                            imm.reverse_bits()
                        } else {
                            0
                        };
                        for high in [0, high] {
                            let second = RawInsn::new(0, 0, 0, 0, high);
                            valid += u32::from(check(first, Some(second)));
                        }
                    }
                }
            }
        }
    }
    assert!(valid > 50_000, "{valid} valid instructions seen");
}

prop_compose! {
    fn slot()(
        code in any::<u8>(),
        dst in 0u8..=11,
        src in 0u8..=11,
        off in prop_oneof![Just(0), any::<i16>()],
        imm in prop_oneof![Just(0), Just(64), Just(0x100), any::<i32>()],
    ) -> RawInsn {
        RawInsn::new(code, dst, src, off, imm)
    }
}

proptest! {
    // A failing case becomes a test here, not a file beside it.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_slots(first in slot(), high in any::<i32>()) {
        check(first, Some(RawInsn::new(0, 0, 0, 0, high)));
    }

    #[test]
    fn bytes_survive(slots in prop::collection::vec(slot(), 0..20)) {
        let bytes = skep_isa::encode_program(&slots);
        prop_assert_eq!(parse_program(&bytes).unwrap(), slots);
    }

    #[test]
    fn random_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(insns) = parse_program(&bytes) {
            let program = Program::new(&insns);
            for at in program.starts() {
                let (first, second) = program.pair(at).unwrap();
                kernel(first, second);
                people(first, None);
                let _ = first.jump_offset();
                if let Ok(successors) = program.successors(at) {
                    prop_assert!(successors.count() <= 2);
                }
            }
        }
    }

    #[test]
    fn random_text_does_not_panic(text in "[ -~\\n]{0,60}") {
        let _ = assemble(&text, &NoSymbols);
        let _ = ubpf::assemble(&text);
        let _ = ubpf::Vector::parse(&text);
    }

    #[test]
    fn damaged_text_does_not_panic(first in slot(), at in 0usize..40, with in any::<char>()) {
        let mut text = people(first, None);
        let at = at.min(text.len());
        text.truncate(at);
        text.push(with);
        let _ = assemble(&text, &NoSymbols);
        let _ = ubpf::assemble(&text);
    }
}

#[test]
fn bytes_are_little_endian() {
    let insn = RawInsn::new(opcode::LDX | opcode::MEM | opcode::W, 1, 2, -2, 0x0403_0201);
    assert_eq!(insn.to_bytes(), [0x61, 0x21, 0xfe, 0xff, 1, 2, 3, 4]);
    assert_eq!((insn.dst(), insn.src()), (1, 2));
}
