//! The rules of the attr that hold for every command, and what absent commands answer.
//!
//! # Safety
//!
//! An attr of no bytes at an address where nothing is: nobody on this side looks at it.

mod common;

use common::{NOWHERE, Script, Side, compare};
use skep_catalog::support::{self, Support};
use skep_kernel::Caps;
use skep_uapi::attr::{BPF_ATTR_SIZE, last_field_end};
use skep_uapi::{Cmd, Errno};

/// Commands that `skep features` lists as served; all others are absent.
fn served() -> impl Iterator<Item = Cmd> {
    Cmd::ALL
        .into_iter()
        .filter(|cmd| support::command(*cmd) != Support::Absent)
}

#[test]
fn sizes_are_checked_before_the_command() {
    let expected = "
        page: EINVAL
        page and one: E2BIG
        one too many, zero: EINVAL
        one too many, not zero: E2BIG
        nothing: EINVAL
        no attr: EFAULT
        no attr, no size: EINVAL
        negative: EINVAL
        38: EINVAL
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let mut page = vec![0; 8192];
        s.call_sized("page", 1000, &mut page, 4096);
        s.call_sized("page and one", 1000, &mut page, 4097);
        let mut long = vec![0; BPF_ATTR_SIZE + 1];
        s.call_sized("one too many, zero", 1000, &mut long, BPF_ATTR_SIZE + 1);
        long[BPF_ATTR_SIZE] = 1;
        s.call_sized("one too many, not zero", 1000, &mut long, BPF_ATTR_SIZE + 1);
        s.call_sized("nothing", 1000, &mut long, 0);
        nowhere(s, "no attr", 1000, 8);
        nowhere(s, "no attr, no size", 1000, 0);
        s.call_sized("negative", u32::MAX, &mut page, 8);
        s.call_sized("38", 38, &mut page, 8);
    });
}

/// A call whose attr is not there.
#[allow(unsafe_code)]
fn nowhere(script: &mut Script, what: &str, cmd: u32, size: usize) {
    let at = std::ptr::without_provenance_mut::<u8>(NOWHERE.0 as usize);
    // SAFETY: nobody on this side of the call looks at the bytes.
    let attr = unsafe { std::slice::from_raw_parts_mut(at, 0) };
    script.call_sized(what, cmd, attr, size);
}

#[test]
fn bytes_behind_the_last_field_are_zero() {
    let expected: String = served()
        .filter(|cmd| last_field_end(*cmd) < BPF_ATTR_SIZE)
        .map(|cmd| format!("{cmd}: EINVAL\n{cmd} at the end: EINVAL\n"))
        .collect();
    compare(Caps::all(), &expected, |s: &mut Script| {
        for cmd in served() {
            let end = last_field_end(cmd);
            if end >= BPF_ATTR_SIZE {
                continue;
            }
            // Fields that would answer something else than EINVAL are given a descriptor that is closed.
            let mut attr = [0xff; BPF_ATTR_SIZE];
            attr[end..].fill(0);
            attr[end] = 1;
            s.call_bytes(&format!("{cmd}"), cmd, &mut attr);
            attr[end] = 0;
            attr[BPF_ATTR_SIZE - 1] = 1;
            s.call_bytes(&format!("{cmd} at the end"), cmd, &mut attr);
        }
    });
}

#[test]
fn absent_commands_answer_einval() {
    let ours = Side::ours(Caps::all());
    for cmd in Cmd::ALL {
        if support::command(cmd) != Support::Absent {
            continue;
        }
        let mut attr = [0; BPF_ATTR_SIZE];
        let answer = ours.bpf(cmd.raw(), &mut attr, BPF_ATTR_SIZE);
        assert_eq!(answer, Err(Errno::EINVAL), "{cmd}");
    }
    let counted = skep_object::error::unsupported_counts();
    assert!(
        counted
            .iter()
            .any(|(name, _)| name == "command TOKEN_CREATE"),
        "{counted:?}"
    );
}
