//! Fidelity: random programs are loaded into the running kernel, and every register state it logs is recomputed.
//!
//! `SKEP_SCALAR_SEED` and `SKEP_SCALAR_PROGRAMS` choose other programs, and more.
//!
//! # Safety
//!
//! The one unsafe call is bpf(2) with BPF_PROG_LOAD. It trusts the attribute block built here to hold addresses and
//! lengths of buffers that outlive the call.
#![allow(unsafe_code)]

use super::Random;
use super::program::{random_pointer_program, random_program};
use super::replay::replay;
use super::std::io::Error;
use super::std::os::fd::{FromRawFd, OwnedFd};
use super::std::string::String;
use super::std::vec::Vec;
use super::std::{env, eprintln, format, fs, vec};
use skep_isa::{RawInsn, encode_program};

const PROG_LOAD: i64 = 5;
const SOCKET_FILTER: u32 = 1;

/// Whether Linux accepts the program, and its log at level 2.
fn load(insns: &[RawInsn]) -> (Result<(), Error>, String) {
    let code = encode_program(insns);
    let license = c"Dual MIT/GPL";
    let mut log = vec![0_u8; 4 << 20];
    let mut attr = Vec::new();
    attr.extend(SOCKET_FILTER.to_ne_bytes());
    attr.extend((insns.len() as u32).to_ne_bytes());
    attr.extend((code.as_ptr().expose_provenance() as u64).to_ne_bytes());
    attr.extend((license.as_ptr().expose_provenance() as u64).to_ne_bytes());
    attr.extend(2_u32.to_ne_bytes());
    attr.extend((log.len() as u32).to_ne_bytes());
    attr.extend((log.as_mut_ptr().expose_provenance() as u64).to_ne_bytes());
    attr.extend([0; 8]);
    // SAFETY: `attr` is a BPF_PROG_LOAD attribute of its own length, whose pointers and lengths are those of `code`,
    // `license` and `log`; all live until the end of this function.
    let fd = unsafe { libc::syscall(libc::SYS_bpf, PROG_LOAD, attr.as_ptr(), attr.len()) };
    let error = Error::last_os_error();
    let end = log.iter().position(|&b| b == 0).unwrap_or(log.len());
    let log = String::from_utf8_lossy(&log[..end]).into_owned();
    if fd < 0 {
        return (Err(error), log);
    }
    // SAFETY: the kernel has just made this fd for us, and nobody else knows it.
    drop(unsafe { OwnedFd::from_raw_fd(fd as i32) });
    (Ok(()), log)
}

fn why_skipped() -> Option<String> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    if !release.starts_with("6.18.") {
        return Some(format!("the kernel is {}, not 6.18", release.trim()));
    }
    let trivial = [
        RawInsn::new(0xb7, 0, 0, 0, 0),
        RawInsn::new(0x95, 0, 0, 0, 0),
    ];
    load(&trivial)
        .0
        .err()
        .map(|error| format!("no kernel bpf(2): {error}"))
}

fn setting(name: &str, default: u64) -> u64 {
    env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// Which programs of a series must load for the comparison to count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loads {
    All,
    Some,
}

/// Replays the logs of a series of programs, also of rejected ones up to the rejection.
fn compare(make: fn(&mut Random) -> Vec<RawInsn>, loads: Loads) {
    if let Some(why) = why_skipped() {
        eprintln!("skipped: {why}");
        return;
    }
    let seed = setting("SKEP_SCALAR_SEED", 1);
    let (mut compared, mut accepted) = (0, 0);
    let programs = setting("SKEP_SCALAR_PROGRAMS", 3000);
    for number in 0..programs {
        let insns = make(&mut Random(seed.wrapping_add(number)));
        let (verdict, log) = load(&insns);
        assert!(
            verdict.is_ok() || loads == Loads::Some,
            "program {number}: {verdict:?}\n{log}"
        );
        accepted += u64::from(verdict.is_ok());
        let mut replay = replay(&insns, &log);
        if verdict.is_ok() {
            replay.expect_complete();
        }
        compared += replay.compared;
        let differences = replay.differences.join("\n");
        assert!(
            differences.is_empty(),
            "program {number}:\n{log}\n{differences}"
        );
    }
    eprintln!("{accepted} of {programs} programs accepted, {compared} register states compared");
    assert!(compared > 0);
}

#[test]
fn linux_computes_the_same_scalars() {
    compare(|random| random_program(random, 40), Loads::All);
}

#[test]
fn linux_computes_the_same_pointer_offsets() {
    compare(|random| random_pointer_program(random, 2), Loads::Some);
}
