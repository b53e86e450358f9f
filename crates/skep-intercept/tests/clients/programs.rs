//! Programs the clients load, as numbers: no compiler is needed.

use super::system::{bpf, words};

const PROG_LOAD: u32 = 5;
const PROG_TEST_RUN: u32 = 10;
const BTF_LOAD: u32 = 18;
const SOCKET_FILTER: u32 = 1;
const SYSCALL: u32 = 31;
/// BPF_F_SLEEPABLE, which syscall programs need.
const SLEEPABLE: u32 = 1 << 4;

/// One instruction.
pub(crate) const fn insn(code: u8, dst: u8, src: u8, offset: i16, imm: i32) -> u64 {
    (code as u64)
        | (dst as u64) << 8
        | (src as u64) << 12
        | (offset as u16 as u64) << 16
        | (imm as u32 as u64) << 32
}

/// The two halves of loading a map (`src` 1) or the address of its value (`src` 2).
pub(crate) const fn load_map(dst: u8, src: u8, fd: i32) -> [u64; 2] {
    [insn(0x18, dst, src, 0, fd), 0]
}

pub(crate) const EXIT: u64 = insn(0x95, 0, 0, 0, 0);

pub(crate) const fn call(helper: i32) -> u64 {
    insn(0x85, 0, 0, 0, helper)
}

pub(crate) const fn mov(dst: u8, imm: i32) -> u64 {
    insn(0xb7, dst, 0, 0, imm)
}

/// Numbers its runs in the value of `counter` and outputs {number, producer} with flags to a ring. Returns what the
/// helper did.
pub(crate) fn output(ring: i32, counter: i32, producer: i32, flags: i32) -> Vec<u64> {
    let mut all = Vec::new();
    all.extend(load_map(1, 2, counter));
    all.extend([
        mov(0, 1),
        // r0 = fetch_add(*r1, r0)
        insn(0xdb, 1, 0, 0, 1),
        insn(0x7b, 10, 0, -16, 0),
        insn(0x7a, 10, 0, -8, producer),
    ]);
    all.extend(load_map(1, 1, ring));
    all.extend([
        insn(0xbf, 2, 10, 0, 0),
        insn(0x07, 2, 0, 0, -16),
        mov(3, 16),
        mov(4, flags),
        call(130),
        EXIT,
    ]);
    all
}

/// Where a program's callback begins.
struct Callback(u32);

fn load(prog_type: u32, flags: u32, mut insns: Vec<u64>, callback: Option<Callback>) -> i32 {
    let mut license = *b"GPL\0";
    let mut log = vec![0_u8; 1 << 16];
    let [insns_low, insns_high] = words(&mut insns[0]);
    let [license_low, license_high] = words(&mut license);
    let [log_low, log_high] = words(&mut log[0]);
    let mut attr = [0; 23];
    let (count, log_size) = (insns.len() as u32, log.len() as u32);
    attr[..4].copy_from_slice(&[prog_type, count, insns_low, insns_high]);
    attr[4..8].copy_from_slice(&[license_low, license_high, 1, log_size]);
    attr[8..12].copy_from_slice(&[log_low, log_high, 0, flags]);
    let mut functions = [0, FIRST_FUNC, 0, FIRST_FUNC + 1];
    if let Some(Callback(start)) = callback {
        functions[2] = start;
        let [low, high] = words(&mut functions);
        attr[18..].copy_from_slice(&[two_functions() as u32, 8, low, high, 2]);
    }
    match bpf(PROG_LOAD, &mut attr) {
        Ok(fd) => fd,
        Err(error) => panic!("{error}: {}", String::from_utf8_lossy(&log)),
    }
}

/// The type of the first of [`two_functions`].
const FIRST_FUNC: u32 = 3;

/// BTF of two static functions, as callbacks need it.
pub(crate) fn two_functions() -> i32 {
    let names = b"\0int\0main\0back";
    let (int, proto, func) = (1 << 24, 13 << 24, 12 << 24);
    let types = [
        [1, int, 4, 0x0100_0020].as_slice(),
        &[0, proto, 1],
        &[5, func, 2],
        &[10, func, 2],
    ]
    .concat();
    let (types_len, names_len) = (4 * types.len() as u32, names.len() as u32 + 1);
    let header = [0x0001_eb9f, 24, 0, types_len, types_len, names_len];
    let numbers = header.iter().chain(&types);
    let mut btf: Vec<u8> = numbers.flat_map(|word| word.to_ne_bytes()).collect();
    btf.extend(names);
    btf.push(0);
    let [low, high] = words(&mut btf[0]);
    bpf(BTF_LOAD, &mut [low, high, 0, 0, btf.len() as u32, 0]).unwrap()
}

/// Loads a socket filter.
pub(crate) fn filter(insns: Vec<u64>) -> i32 {
    load(SOCKET_FILTER, 0, insns, None)
}

/// Loads a syscall program with a callback from this instruction on.
pub(crate) fn syscall(insns: Vec<u64>, callback: u32) -> i32 {
    load(SYSCALL, SLEEPABLE, insns, Some(Callback(callback)))
}

/// Runs a socket filter some times; R0 of the last run.
pub(crate) fn run_filter(prog: i32, repeat: u32) -> u32 {
    let mut data = [0_u8; 64];
    let [low, high] = words(&mut data);
    let mut attr = [prog as u32, 0, 64, 0, low, high, 0, 0, repeat, 0];
    bpf(PROG_TEST_RUN, &mut attr).unwrap();
    attr[1]
}

/// Runs a syscall program once; R0.
pub(crate) fn run_syscall(prog: i32) -> u32 {
    let mut attr = [prog as u32, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    bpf(PROG_TEST_RUN, &mut attr).unwrap();
    attr[1]
}
