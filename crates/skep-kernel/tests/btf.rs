//! BTF_LOAD and BTF of maps, side by side with the kernel.

mod common;

use core::mem::offset_of;

use common::{NOWHERE, Script, compare, compare_sides, out, ptr};
use skep_kernel::Caps;
use skep_uapi::attr::{BtfLoadAttr, MapCreateAttr};
use skep_uapi::{Cmd, UserPtr};
use zerocopy::IntoBytes;

/// BTF of these type words and strings.
fn btf(types: &[u32], strings: &[u8]) -> Vec<u8> {
    let types = types.as_bytes();
    let len = types.len() as u32;
    let header: [u32; 6] = [0x0001_eb9f, 24, 0, len, len, strings.len() as u32];
    [header.as_bytes(), types, strings].concat()
}

const INT: [u32; 4] = [1, 1 << 24, 4, 1 << 24 | 32];

fn int() -> Vec<u8> {
    btf(&INT, b"\0int\0")
}

fn load(blob: &[u8]) -> BtfLoadAttr {
    BtfLoadAttr {
        btf: ptr(blob),
        btf_size: blob.len() as u32,
        ..BtfLoadAttr::default()
    }
}

#[test]
fn loading() {
    let expected = "
        int: ok
        nothing: EINVAL
        unreadable: EFAULT
        too large: E2BIG
        flag: EINVAL
        token closed: EBADF
        token without flag: ok
        log without size: EINVAL
        log without level: EINVAL
        level without log: ok
        level 64: EINVAL
        bad log, unreadable: EINVAL
        log nowhere: EFAULT
        loop: EEXIST
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let blob = int();
        let good = load(&blob);
        let room = [0_u8; 64];
        let mut try_load = |what: &str, attr: BtfLoadAttr| {
            s.call(what, Cmd::BtfLoad, &attr);
        };
        try_load("int", good);
        try_load(
            "nothing",
            BtfLoadAttr {
                btf_size: 0,
                ..good
            },
        );
        try_load(
            "unreadable",
            BtfLoadAttr {
                btf: NOWHERE,
                ..good
            },
        );
        try_load(
            "too large",
            BtfLoadAttr {
                btf_size: (16 << 20) + 1,
                ..good
            },
        );
        try_load(
            "flag",
            BtfLoadAttr {
                btf_flags: 1,
                ..good
            },
        );
        let token = BtfLoadAttr {
            btf_flags: 1 << 16,
            btf_token_fd: 9999,
            ..good
        };
        try_load("token closed", token);
        try_load(
            "token without flag",
            BtfLoadAttr {
                btf_token_fd: 9999,
                ..good
            },
        );
        let logged = |btf_log_buf, btf_log_size, btf_log_level| BtfLoadAttr {
            btf_log_buf,
            btf_log_size,
            btf_log_level,
            ..good
        };
        try_load("log without size", logged(ptr(&room), 0, 1));
        try_load("log without level", logged(ptr(&room), 64, 0));
        try_load("level without log", logged(UserPtr::NULL, 0, 1));
        try_load("level 64", logged(ptr(&room), 64, 64));
        let both = BtfLoadAttr {
            btf: NOWHERE,
            ..logged(ptr(&room), 64, 64)
        };
        try_load("bad log, unreadable", both);
        try_load("log nowhere", logged(NOWHERE, 64, 1));
        let typedef = btf(&[1, 8 << 24, 1], b"\0t\0");
        try_load("loop", load(&typedef));
    });
}

#[test]
fn loading_without_capabilities() {
    let expected = "
        int: EPERM
        flag: EINVAL
    ";
    compare(Caps::empty(), expected, |s: &mut Script| {
        let blob = int();
        s.call("int", Cmd::BtfLoad, &load(&blob));
        s.call(
            "flag",
            Cmd::BtfLoad,
            &BtfLoadAttr {
                btf_flags: 1,
                ..load(&blob)
            },
        );
    });
}

#[test]
fn logs_are_those_of_the_kernel() {
    compare_sides(Caps::all(), &|s: &mut Script| {
        let blobs = [int(), btf(&[1, 8 << 24, 1], b"\0t\0"), b"short".to_vec()];
        for blob in &blobs {
            for (level, size) in [(1, 4096), (1, 40), (9, 40), (1, 0), (0, 0), (4, 4096)] {
                let mut room = vec![0xaa_u8; 4096];
                let attr = BtfLoadAttr {
                    btf_log_buf: if size == 0 {
                        UserPtr::NULL
                    } else {
                        out(&mut room[..])
                    },
                    btf_log_size: size,
                    btf_log_level: level,
                    ..load(blob)
                };
                let mut attr = attr.as_bytes().to_vec();
                s.call_bytes(
                    &format!("level {level} size {size}"),
                    Cmd::BtfLoad,
                    &mut attr,
                );
                let at = offset_of!(BtfLoadAttr, btf_log_true_size);
                let true_size = u32::from_ne_bytes(attr[at..at + 4].try_into().unwrap());
                let end = room.iter().position(|byte| *byte == 0);
                let text = end.map(|end| String::from_utf8_lossy(&room[..end]).into_owned());
                s.note(format!("{true_size} {text:?}"));
            }
        }
    });
}

#[test]
fn maps_with_btf() {
    // 1 int, 2 struct { int }, 3 struct bpf_spin_lock { int }, 4 struct { lock, int }, 5 a char.
    let types: Vec<u32> = [
        &INT[..],
        &[0, 4 << 24 | 1, 4, 5, 1, 0],
        &[7, 4 << 24 | 1, 4, 5, 1, 0],
        &[0, 4 << 24 | 2, 8, 5, 3, 0, 5, 1, 32],
        &[21, 1 << 24, 1, 8],
    ]
    .concat();
    let blob = btf(&types, b"\0int\0v\0bpf_spin_lock\0c\0");
    let expected = "
        load: ok
        array: ok
        key type of another size: EINVAL
        value type of another size: EINVAL
        no such type: EINVAL
        no key type: EINVAL
        key is a struct: EINVAL
        hash key is a struct: ok
        prog array: ok
        ringbuf: EINVAL
        array of maps: ENOTSUPP
        lock: ok
        freeze it: ENOTSUPP
        lock it: ok
        lock, read only: EACCES
        lock in a percpu array: EOPNOTSUPP
        name before BTF: EINVAL
        template before BTF: EBADF
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let fd = s.must("load", Cmd::BtfLoad, &load(&blob)) as u32;
        let typed = |map_type, value_size, key, value| MapCreateAttr {
            map_type,
            key_size: 4,
            value_size,
            max_entries: 1,
            btf_fd: fd,
            btf_key_type_id: key,
            btf_value_type_id: value,
            ..MapCreateAttr::default()
        };
        let mut create =
            |what: &str, attr: MapCreateAttr| s.call(what, Cmd::MapCreate, &attr).unwrap_or(-1);
        let array = create("array", typed(2, 4, 1, 2)) as u32;
        create("key type of another size", typed(2, 4, 5, 2));
        create("value type of another size", typed(2, 8, 1, 2));
        create("no such type", typed(2, 4, 1, 77));
        create("no key type", typed(2, 4, 0, 2));
        create("key is a struct", typed(2, 4, 2, 2));
        create("hash key is a struct", typed(1, 4, 2, 2));
        create("prog array", typed(3, 4, 1, 1));
        let ring = MapCreateAttr {
            key_size: 0,
            max_entries: 4096,
            ..typed(27, 0, 1, 1)
        };
        create("ringbuf", ring);
        let outer = MapCreateAttr {
            inner_map_fd: array,
            ..typed(12, 4, 1, 1)
        };
        create("array of maps", outer);
        let lock = create("lock", typed(2, 8, 1, 4)) as u32;
        s.call("freeze it", Cmd::MapFreeze, &lock);
        let (key, value) = (0_u32, [0_u8; 8]);
        let locked = skep_uapi::attr::MapElemAttr {
            map_fd: lock,
            key: ptr(&key),
            value: ptr(&value),
            flags: 4,
            ..Default::default()
        };
        s.call("lock it", Cmd::MapUpdateElem, &locked);
        let mut create = |what: &str, attr: MapCreateAttr| {
            s.call(what, Cmd::MapCreate, &attr);
        };
        create(
            "lock, read only",
            MapCreateAttr {
                map_flags: 128,
                ..typed(2, 8, 1, 4)
            },
        );
        create("lock in a percpu array", typed(6, 8, 1, 4));
        let misnamed = MapCreateAttr {
            map_name: [b' '; 16],
            ..typed(2, 4, 1, 77)
        };
        create("name before BTF", misnamed);
        let outer = MapCreateAttr {
            inner_map_fd: 9999,
            map_name: [b' '; 16],
            ..typed(12, 4, 1, 77)
        };
        create("template before BTF", outer);
    });
}
