//! PROG_LOAD and PROG_TEST_RUN before and after the verifier, side by side with the kernel.

mod common;

use core::mem::offset_of;

use common::{CLOSED, FOREIGN, NOWHERE, Script, compare, compare_sides, out, ptr};
use skep_kernel::Caps;
use skep_uapi::attr::{
    BtfLoadAttr, GetIdAttr, MapCreateAttr, MapElemAttr, ProgLoadAttr, ProgTestRunAttr,
};
use skep_uapi::info::ProgInfo;
use skep_uapi::{Cmd, ProgType, UserPtr};
use zerocopy::IntoBytes;

const EXIT: u64 = 0x95;
/// `r0 = 0`
const ZERO: u64 = 0xb7;
const GOOD: [u64; 2] = [ZERO, EXIT];
/// `exit` without r0.
const BAD: [u64; 1] = [EXIT];

fn load(prog_type: ProgType, insns: &[u64]) -> ProgLoadAttr {
    ProgLoadAttr {
        prog_type: prog_type.raw(),
        insn_cnt: insns.len() as u32,
        insns: ptr(insns),
        license: ptr(b"GPL\0"),
        ..ProgLoadAttr::default()
    }
}

#[test]
fn before_the_verifier() {
    let expected = "
        good: ok
        no insns: E2BIG
        too many insns: E2BIG
        unreadable insns: EFAULT
        unreadable license: EFAULT
        no license: EFAULT
        unknown flag: EINVAL
        type 0: EINVAL
        type 33: EINVAL
        type 33, unreadable: EFAULT
        name: EINVAL
        name, type 33: EINVAL
        token closed: EBADF
        token a file: EINVAL
        attach id alone: EINVAL
        attach closed: EINVAL
        attach file: EINVAL
        cgroup_sock 0: ok
        cgroup_sock 9: EINVAL
        cgroup_skb 2: EINVAL
        sk_lookup 0: EINVAL
        sk_lookup 36: ok
        sk_reuseport 0: ok
        syscall 1: EINVAL
        xdp 99: ok
        bad BTF, unused: ok
        kern_version: ok
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let good = load(ProgType::SocketFilter, &GOOD);
        let mut try_load = |what: &str, attr: ProgLoadAttr| {
            s.call(what, Cmd::ProgLoad, &attr);
        };
        try_load("good", good);
        try_load(
            "no insns",
            ProgLoadAttr {
                insn_cnt: 0,
                ..good
            },
        );
        try_load(
            "too many insns",
            ProgLoadAttr {
                insn_cnt: 1_000_001,
                ..good
            },
        );
        try_load(
            "unreadable insns",
            ProgLoadAttr {
                insns: NOWHERE,
                ..good
            },
        );
        try_load(
            "unreadable license",
            ProgLoadAttr {
                license: NOWHERE,
                ..good
            },
        );
        try_load(
            "no license",
            ProgLoadAttr {
                license: UserPtr::NULL,
                ..good
            },
        );
        try_load(
            "unknown flag",
            ProgLoadAttr {
                prog_flags: 1 << 10,
                ..good
            },
        );
        try_load(
            "type 0",
            ProgLoadAttr {
                prog_type: 0,
                ..good
            },
        );
        let beyond = ProgLoadAttr {
            prog_type: 33,
            ..good
        };
        try_load("type 33", beyond);
        try_load(
            "type 33, unreadable",
            ProgLoadAttr {
                insns: NOWHERE,
                ..beyond
            },
        );
        try_load(
            "name",
            ProgLoadAttr {
                prog_name: *b"a b\0\0\0\0\0\0\0\0\0\0\0\0\0",
                ..good
            },
        );
        try_load(
            "name, type 33",
            ProgLoadAttr {
                prog_name: [b'a'; 16],
                ..beyond
            },
        );
        let token = ProgLoadAttr {
            prog_flags: 1 << 16,
            ..good
        };
        try_load(
            "token closed",
            ProgLoadAttr {
                prog_token_fd: CLOSED as i32,
                ..token
            },
        );
        try_load(
            "token a file",
            ProgLoadAttr {
                prog_token_fd: FOREIGN as i32,
                ..token
            },
        );
        try_load(
            "attach id alone",
            ProgLoadAttr {
                attach_btf_id: 1,
                ..good
            },
        );
        try_load(
            "attach closed",
            ProgLoadAttr {
                attach_fd: CLOSED,
                ..good
            },
        );
        try_load(
            "attach file",
            ProgLoadAttr {
                attach_fd: FOREIGN,
                ..good
            },
        );
        let attach = |prog_type, expected_attach_type| ProgLoadAttr {
            expected_attach_type,
            ..load(prog_type, &GOOD)
        };
        // cgroup_sock wants 0 or 1, sk_reuseport anything: GOOD returns 0.
        try_load("cgroup_sock 0", attach(ProgType::CgroupSock, 0));
        try_load("cgroup_sock 9", attach(ProgType::CgroupSock, 9));
        try_load("cgroup_skb 2", attach(ProgType::CgroupSkb, 2));
        try_load("sk_lookup 0", attach(ProgType::SkLookup, 0));
        try_load("sk_lookup 36", attach(ProgType::SkLookup, 36));
        try_load("sk_reuseport 0", attach(ProgType::SkReuseport, 0));
        try_load("syscall 1", attach(ProgType::Syscall, 1));
        try_load("xdp 99", attach(ProgType::Xdp, 99));
        try_load(
            "bad BTF, unused",
            ProgLoadAttr {
                prog_btf_fd: CLOSED,
                ..good
            },
        );
        try_load(
            "kern_version",
            ProgLoadAttr {
                kern_version: 5,
                ..good
            },
        );
    });
}

#[test]
fn without_capabilities() {
    let expected = "
        filter: EPERM
        no insns: EPERM
        xdp: EPERM
        flag: EINVAL
    ";
    compare(Caps::empty(), expected, |s: &mut Script| {
        let good = load(ProgType::SocketFilter, &GOOD);
        s.call("filter", Cmd::ProgLoad, &good);
        s.call(
            "no insns",
            Cmd::ProgLoad,
            &ProgLoadAttr {
                insn_cnt: 0,
                ..good
            },
        );
        s.call("xdp", Cmd::ProgLoad, &load(ProgType::Xdp, &GOOD));
        s.call(
            "flag",
            Cmd::ProgLoad,
            &ProgLoadAttr {
                prog_flags: 1 << 10,
                ..good
            },
        );
    });
}

/// The type, size and buffer of a log, and the bytes to load.
fn logged(s: &mut Script, what: &str, insns: &[u64], level: u32, size: u32) {
    let mut room = vec![0xaa_u8; 4096];
    let attr = ProgLoadAttr {
        log_level: level,
        log_size: size,
        log_buf: if size == 0 {
            UserPtr::NULL
        } else {
            out(&mut room[..])
        },
        ..load(ProgType::SocketFilter, insns)
    };
    let mut attr = attr.as_bytes().to_vec();
    s.call_bytes(what, Cmd::ProgLoad, &mut attr);
    let at = offset_of!(ProgLoadAttr, log_true_size);
    let true_size = u32::from_ne_bytes(attr[at..at + 4].try_into().unwrap());
    let end = room.iter().position(|byte| *byte == 0);
    let text = end.map(|end| String::from_utf8_lossy(&room[..end]).into_owned());
    s.note(format!("{true_size} {text:?}"));
}

#[test]
fn logs() {
    let expected = "
        none: EACCES
        level 1: EACCES
        short: ENOSPC
        short fixed: ENOSPC
        only counting: EACCES
        level 16: EINVAL
        buffer without level: EINVAL
        good and short: ENOSPC
    ";
    let script = |s: &mut Script| {
        logged(s, "none", &BAD, 0, 0);
        logged(s, "level 1", &BAD, 1, 4096);
        logged(s, "short", &BAD, 1, 50);
        logged(s, "short fixed", &BAD, 9, 50);
        logged(s, "only counting", &BAD, 1, 0);
        logged(s, "level 16", &BAD, 16, 4096);
        logged(s, "buffer without level", &BAD, 0, 4096);
        logged(s, "good and short", &GOOD, 1, 20);
    };
    // The text is the verifier's affair: both sides have the same, whatever it is.
    compare_sides(Caps::all(), &script);
    compare(Caps::all(), expected, |s: &mut Script| {
        script(s);
        s.forget_notes();
    });
}

#[test]
fn unwritable_logs() {
    let expected = "
        log nowhere: EFAULT
        log nowhere, good program: EFAULT
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let nowhere = |insns| ProgLoadAttr {
            log_level: 1,
            log_size: 4096,
            log_buf: NOWHERE,
            ..load(ProgType::SocketFilter, insns)
        };
        s.call("log nowhere", Cmd::ProgLoad, &nowhere(&BAD));
        s.call("log nowhere, good program", Cmd::ProgLoad, &nowhere(&GOOD));
    });
}

fn prog_array() -> MapCreateAttr {
    MapCreateAttr {
        map_type: 3,
        key_size: 4,
        value_size: 4,
        max_entries: 2,
        ..MapCreateAttr::default()
    }
}

fn put(s: &mut Script, what: &str, array: i32, index: u32, prog: u32) {
    let attr = MapElemAttr {
        map_fd: array as u32,
        key: ptr(&index),
        value: ptr(&prog),
        ..MapElemAttr::default()
    };
    s.call(what, Cmd::MapUpdateElem, &attr);
}

#[test]
fn prog_arrays_hold_programs_of_one_kind() {
    let expected = "
        array: ok
        filter: ok
        xdp: ok
        put closed: EBADF
        put file: EINVAL
        put array: EINVAL
        put filter: ok
        put xdp: EINVAL
        user of the array: ok
        xdp user of the array: EINVAL
        other array: ok
        xdp user of the other array: ok
        filter into the other array: EINVAL
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let array = s.must("array", Cmd::MapCreate, &prog_array());
        let filter = s.must(
            "filter",
            Cmd::ProgLoad,
            &load(ProgType::SocketFilter, &GOOD),
        );
        let xdp = s.must("xdp", Cmd::ProgLoad, &load(ProgType::Xdp, &GOOD));
        put(s, "put closed", array, 0, CLOSED);
        put(s, "put file", array, 0, FOREIGN);
        put(s, "put array", array, 0, array as u32);
        put(s, "put filter", array, 0, filter as u32);
        put(s, "put xdp", array, 0, xdp as u32);
        let user = |array: i32| [0x1118 | u64::from(array as u32) << 32, 0, ZERO, EXIT];
        let insns = user(array);
        s.call(
            "user of the array",
            Cmd::ProgLoad,
            &load(ProgType::SocketFilter, &insns),
        );
        s.call(
            "xdp user of the array",
            Cmd::ProgLoad,
            &load(ProgType::Xdp, &insns),
        );
        let other = s.must("other array", Cmd::MapCreate, &prog_array());
        let insns = user(other);
        s.call(
            "xdp user of the other array",
            Cmd::ProgLoad,
            &load(ProgType::Xdp, &insns),
        );
        put(s, "filter into the other array", other, 0, filter as u32);
    });
}

#[test]
fn a_prog_array_without_descriptor_is_empty() {
    let expected = "
        array: ok
        filter: ok
        put: ok
        user: ok
        info: ok
        closed
        program alone: ENOENT
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let array = s.must("array", Cmd::MapCreate, &prog_array());
        let filter = s.must(
            "filter",
            Cmd::ProgLoad,
            &load(ProgType::SocketFilter, &GOOD),
        );
        put(s, "put", array, 0, filter as u32);
        let insns = [0x1118 | u64::from(array as u32) << 32, 0, ZERO, EXIT];
        s.must("user", Cmd::ProgLoad, &load(ProgType::SocketFilter, &insns));
        let info = s.prog_info(filter as u32, &ProgInfo::default());
        // The program that uses the array keeps it alive, but nobody can put anything into it any more.
        s.close(array);
        s.close(filter);
        s.note("closed");
        let by_id = GetIdAttr {
            id: info.id,
            ..GetIdAttr::default()
        };
        s.eventually_gone("program alone", Cmd::ProgGetFdById, &by_id);
    });
}

#[test]
fn arrays_of_an_info() {
    let expected = "
        array: ok
        user: ok
        info: ok
        1 0
        info: ok
        1 1
        info: ok
        1 1 rest 77
        info: EFAULT
        info: EFAULT
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let array = s.must("array", Cmd::MapCreate, &prog_array());
        let insns = [0x1118 | u64::from(array as u32) << 32, 0, ZERO, EXIT];
        let user = s.must("user", Cmd::ProgLoad, &load(ProgType::SocketFilter, &insns)) as u32;
        let mut ids = [77_u32; 3];
        let asked = |nr_map_ids, map_ids| ProgInfo {
            nr_map_ids,
            map_ids,
            ..ProgInfo::default()
        };
        let told = |ids: &[u32]| ids.iter().filter(|id| **id != 77).count();
        let info = s.prog_info(user, &asked(0, NOWHERE));
        s.note(format!("{} {}", info.nr_map_ids, told(&ids)));
        let info = s.prog_info(user, &asked(1, out(&mut ids)));
        s.note(format!("{} {}", info.nr_map_ids, told(&ids)));
        ids = [77; 3];
        let info = s.prog_info(user, &asked(3, out(&mut ids)));
        s.note(format!(
            "{} {} rest {}",
            info.nr_map_ids,
            told(&ids),
            ids[2]
        ));
        s.prog_info(user, &asked(1, NOWHERE));
        let tags = ProgInfo {
            nr_prog_tags: 1,
            prog_tags: NOWHERE,
            ..ProgInfo::default()
        };
        s.prog_info(user, &tags);
    });
}

fn test_run(prog: i32) -> ProgTestRunAttr {
    ProgTestRunAttr {
        prog_fd: prog as u32,
        ..ProgTestRunAttr::default()
    }
}

#[test]
fn test_runs_are_checked_first() {
    let expected = "
        filter: ok
        sk_reuseport: ok
        closed: EBADF
        file: EINVAL
        context without size: EINVAL
        size without context: EINVAL
        out without size: EINVAL
        no handler: ENOTSUPP
        no data: EINVAL
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let filter = s.must(
            "filter",
            Cmd::ProgLoad,
            &load(ProgType::SocketFilter, &GOOD),
        );
        let reuseport = s.must(
            "sk_reuseport",
            Cmd::ProgLoad,
            &load(ProgType::SkReuseport, &GOOD),
        );
        let good = test_run(filter);
        s.call("closed", Cmd::ProgTestRun, &test_run(CLOSED as i32));
        s.call("file", Cmd::ProgTestRun, &test_run(FOREIGN as i32));
        let some = [0_u8; 8];
        let attr = ProgTestRunAttr {
            ctx_in: ptr(&some),
            ..good
        };
        s.call("context without size", Cmd::ProgTestRun, &attr);
        let attr = ProgTestRunAttr {
            ctx_size_in: 8,
            ..good
        };
        s.call("size without context", Cmd::ProgTestRun, &attr);
        let attr = ProgTestRunAttr {
            ctx_out: ptr(&some),
            ..good
        };
        s.call("out without size", Cmd::ProgTestRun, &attr);
        s.call("no handler", Cmd::ProgTestRun, &test_run(reuseport));
        s.call("no data", Cmd::ProgTestRun, &good);
    });
}

#[test]
fn program_btf() {
    let expected = "
        btf: ok
        closed: EBADF
        file: EINVAL
        kernel's: EACCES
        func_info: ok
        info: EINVAL
        info: EINVAL
        info: ok
        1 [0, 3, 255, 255] btf true
        rec size 4: EINVAL
        longer, zero: ok
        longer, not zero: E2BIG
        size known is 8
        unreadable: EFAULT
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let blob = int_function();
        let attr = BtfLoadAttr {
            btf: ptr(&blob[..]),
            btf_size: blob.len() as u32,
            ..BtfLoadAttr::default()
        };
        let btf = s.must("btf", Cmd::BtfLoad, &attr) as u32;
        // Function 3 of the blob at instruction 0.
        let info = [0_u32, 3];
        let with = |fd| ProgLoadAttr {
            prog_btf_fd: fd,
            func_info_rec_size: 8,
            func_info: ptr(&info),
            func_info_cnt: 1,
            ..load(ProgType::SocketFilter, &GOOD)
        };
        s.call("closed", Cmd::ProgLoad, &with(CLOSED));
        s.call("file", Cmd::ProgLoad, &with(FOREIGN));
        let one = GetIdAttr {
            id: 1,
            ..GetIdAttr::default()
        };
        let mut attr = one.as_bytes().to_vec();
        let kernel = s.quietly(Cmd::BtfGetFdById, &mut attr) as u32;
        s.call("kernel's", Cmd::ProgLoad, &with(kernel));
        s.close(kernel as i32);
        let prog = s.must("func_info", Cmd::ProgLoad, &with(btf)) as u32;
        let mut back = [255_u32; 4];
        let asked = |func_info_rec_size, nr_func_info, func_info| ProgInfo {
            func_info_rec_size,
            nr_func_info,
            func_info,
            ..ProgInfo::default()
        };
        s.prog_info(prog, &asked(0, 1, out(&mut back)));
        s.prog_info(prog, &asked(4, 0, out(&mut back)));
        let info = s.prog_info(prog, &asked(8, 1, out(&mut back)));
        s.note(format!(
            "{} {back:?} btf {}",
            info.nr_func_info,
            info.btf_id != 0
        ));
        s.call(
            "rec size 4",
            Cmd::ProgLoad,
            &ProgLoadAttr {
                func_info_rec_size: 4,
                ..with(btf)
            },
        );
        let (zero, not_zero) = ([0_u32, 3, 0], [0_u32, 3, 1]);
        let attr = ProgLoadAttr {
            func_info_rec_size: 12,
            func_info: ptr(&zero),
            ..with(btf)
        };
        s.call("longer, zero", Cmd::ProgLoad, &attr);
        let attr = ProgLoadAttr {
            func_info: ptr(&not_zero),
            ..attr
        };
        let mut attr = attr.as_bytes().to_vec();
        s.call_bytes("longer, not zero", Cmd::ProgLoad, &mut attr);
        let at = offset_of!(ProgLoadAttr, func_info_rec_size);
        s.note(format!("size known is {}", attr[at]));
        let attr = ProgLoadAttr {
            func_info: NOWHERE,
            ..with(btf)
        };
        s.call("unreadable", Cmd::ProgLoad, &attr);
    });
}

/// `int f(void)`: 1 is int, 2 its prototype, 3 the function.
fn int_function() -> Vec<u8> {
    let strings = b"\0int\0f\0";
    let types: [u32; 10] = [
        1,
        1 << 24,
        4,
        1 << 24 | 32, // INT
        0,
        13 << 24,
        1, // FUNC_PROTO
        5,
        12 << 24 | 1,
        2, // FUNC
    ];
    let types = types.as_bytes();
    let header: [u32; 6] = [
        0x0001_eb9f,
        24,
        0,
        types.len() as u32,
        types.len() as u32,
        strings.len() as u32,
    ];
    [header.as_bytes(), types, strings].concat()
}
