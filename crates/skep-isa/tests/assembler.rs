//! The kernel dialect: what it accepts, where it puts labels and names, what its errors say.

use skep_isa::asm::{Assembly, RelocTarget, Symbols, assemble};
use skep_isa::disasm::{NoNames, write_program};
use skep_isa::{InsnIdx, Program, RawInsn};

struct Table;

impl Symbols for Table {
    fn helper(&self, name: &str) -> Option<i32> {
        (name == "bpf_map_lookup_elem").then_some(1)
    }

    fn kfunc(&self, name: &str) -> Option<i32> {
        (name == "bpf_iter_num_new").then_some(64242)
    }
}

fn asm(text: &str) -> Assembly {
    assemble(text, &Table).unwrap_or_else(|error| panic!("{error}"))
}

/// Assembles `text` and compares with what the disassembler makes of it.
fn check(text: &str, expected: &str) {
    let mut out = String::new();
    write_program(&mut out, Program::new(&asm(text).insns), &NoNames).unwrap();
    assert_eq!(out.trim_end(), expected, "{text}");
}

fn check_error(text: &str, expected: &str) {
    let error = assemble(text, &Table).expect_err(text);
    assert_eq!(error.to_string(), expected, "{text}");
}

#[test]
fn spellings() {
    check("r1 = *(u32 *)(r1 +0)", "r1 = *(u32 *)(r1 +0)");
    check("r1=*(u32*)(r1)", "r1 = *(u32 *)(r1 +0)");
    check("r1 = *(s16 *)(r1 - 4)", "r1 = *(s16 *)(r1 -4)");
    check(
        "*(u8 *)(r10 -8) = 0xff // one byte",
        "*(u8 *)(r10 -8) = 255",
    );
    check("if w1 > 7 goto pc+1", "if w1 > 0x7 goto +1");
    check("if r1 s< -1 goto -1", "if r1 s< 0xffffffff goto -1");
    check("w1 s>>= w2", "w1 s>>= w2");
    check("r1 s%= 3", "r1 s%= 3");
    check("r1 = -r1", "r1 = -r1");
    check("r1 = -1", "r1 = -1");
    check("r1 = (s8)r2", "r1 = (s8)r2");
    check("r1 = be16 r1", "r1 = be16 r1");
    check("r1 = 0x1122334455667788 ll", "r1 = 0x1122334455667788 ll");
    check("r1 = -1 ll", "r1 = 0xffffffffffffffff ll");
    check("5: (18) r1 = 0x7", "r1 = 0x7 ll");
    check("6: (b7) r1 = 7  ; R1=7", "r1 = 7");
    check("r0 = *(u16 *)skb[r1 + -4]", "r0 = *(u16 *)skb[r1 + -4]");
    check("lock *(u64 *)(r1 +0) += r2", "lock *(u64 *)(r1 +0) += r2");
    check(
        "r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)",
        "r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)",
    );
    check(
        "r0 = atomic_cmpxchg((u32 *)(r1 +4), r0, r2)",
        "r0 = atomic_cmpxchg((u32 *)(r1 +4), r0, r2)",
    );
    check(
        "r1 = load_acquire((u8 *)(r2 +0))",
        "r1 = load_acquire((u8 *)(r2 +0))",
    );
    check(
        "store_release((u8 *)(r2 +0), r1)",
        "store_release((u8 *)(r2 +0), r1)",
    );
    check(
        "r1 = addr_space_cast(r2, 0, 1)",
        "r1 = addr_space_cast(r2, 0, 1)",
    );
    check("may_goto +2", "may_goto +2");
    check("gotol -100000", "gotol -100000");
}

#[test]
fn calls() {
    check("call 5", "call unknown#5");
    check("call bpf_anything#5", "call unknown#5");
    check("call bpf_map_lookup_elem", "call unknown#1");
    check("call pc+2", "call pc+2");
    check("call bpf_iter_num_new#7", "call kfunc kernel-function#7");
    check(
        "call kfunc bpf_iter_num_new",
        "call kfunc kernel-function#64242",
    );
    check("call kfunc x#9@3", "call kfunc kernel-function#9@3");
}

#[test]
fn labels_reach_both_ways() {
    check(
        "top: r0 = 0\nif r0 == 0 goto end\nr1 = 5 ll\ngotol top\nend:\nexit",
        "r0 = 0\nif r0 == 0x0 goto +3\nr1 = 0x5 ll\ngotol -5\nexit",
    );
    check(
        "call f\nexit\nf: r0 = func[f]\nexit",
        "call pc+1\nexit\nr0 = func[-1]\nexit",
    );
    let out = asm("; nothing\n\na: b:\n  r1 = 1 ll // two slots\nc:");
    assert_eq!(out.labels["a"], InsnIdx(0));
    assert_eq!(out.labels["b"], InsnIdx(0));
    assert_eq!(out.labels["c"], InsnIdx(2));
    assert_eq!(out.lines, [4, 4]);
}

#[test]
fn names_become_relocations() {
    let out = asm("r0 = 0\nr1 = map[counts]\nr2 = map_value[.rodata]+16\ncall kfunc bpf_other");
    let targets: Vec<_> = out
        .relocs
        .iter()
        .map(|reloc| (reloc.at.0, &reloc.target))
        .collect();
    assert_eq!(
        targets,
        [
            (1, &RelocTarget::Map("counts".into())),
            (3, &RelocTarget::MapValue(".rodata".into())),
            (5, &RelocTarget::Kfunc("bpf_other".into())),
        ]
    );
    assert_eq!(out.insns[1], RawInsn::new(0x18, 1, 1, 0, 0));
    assert_eq!(out.insns[3], RawInsn::new(0x18, 2, 2, 0, 0));
    assert_eq!(out.insns[4].imm, 16);
    assert_eq!(out.insns[5], RawInsn::new(0x85, 0, 2, 0, 0));
}

#[test]
fn errors_name_line_and_cause() {
    check_error(
        "r0 = 0\nr11 = 0",
        "line 2: no register r11, there are r0 to r10 and w0 to w10",
    );
    check_error(
        "r0 = 5000000000",
        "line 1: 5000000000 does not fit in 32 bits, add ` ll` to load 64 bits",
    );
    check_error("goto nowhere", "line 1: no label `nowhere`");
    check_error("a:\na:", "line 2: label `a` is defined twice");
    check_error("exit now", "line 1: `now` follows a complete instruction");
    check_error("jmp +1", "line 1: no instruction begins `jmp`");
    check_error("r1 = w2", "line 1: both registers must be r or both w");
    check_error(
        "r1 = *(u32 *)(r2 +40000)",
        "line 1: 40000 does not fit in 16 bits",
    );
    check_error("goto +40000", "line 1: 40000 does not fit in 16 bits");
    check_error(
        "if r1 = 2 goto +1",
        "line 1: expected a comparison such as == or s>, found `= 2 goto +1`",
    );
    check_error(
        "r1 = ",
        "line 1: expected a value, found the end of the line",
    );
    check_error(
        "call bpf_nothing",
        "line 1: `bpf_nothing` is no known helper and no label, write `call kfunc bpf_nothing` for a kernel function",
    );
    check_error(
        "r1 = be16 r2",
        "line 1: the result goes to the operand's register",
    );
    check_error(
        "lock *(u8 *)(r1 +0) += r2",
        "line 1: atomics work on u32 and u64 only",
    );
}
