//! Ids, descriptors by id, infos, side by side with the kernel.

mod common;

use common::{CLOSED, FOREIGN, NOWHERE, Script, compare, out, ptr};
use skep_kernel::Caps;
use skep_uapi::attr::{GetIdAttr, InfoByFdAttr, MapCreateAttr, ProgLoadAttr};
use skep_uapi::info::{BtfInfo, MapInfo, ProgInfo};
use skep_uapi::{Cmd, UserPtr};
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

const KINDS: [(Cmd, Cmd); 3] = [
    (Cmd::MapGetNextId, Cmd::MapGetFdById),
    (Cmd::ProgGetNextId, Cmd::ProgGetFdById),
    (Cmd::BtfGetNextId, Cmd::BtfGetFdById),
];

fn id(id: u32) -> GetIdAttr {
    GetIdAttr {
        id,
        ..GetIdAttr::default()
    }
}

fn array() -> MapCreateAttr {
    let mut attr = MapCreateAttr {
        map_type: 2,
        key_size: 4,
        value_size: 12,
        max_entries: 2,
        ..MapCreateAttr::default()
    };
    attr.map_name[..4].copy_from_slice(b"name");
    attr
}

#[test]
fn ids() {
    let one = "
        beyond INT_MAX: EINVAL
        last: ENOENT
        id 0: ENOENT
        unknown: ENOENT
    ";
    let maps = "
        both: EINVAL
        flag: EINVAL
    ";
    let btf = "
        token closed: EBADF
        token a file: EINVAL
        flag: EINVAL
    ";
    let expected = format!("{one}{maps}{one}{one}{btf}");
    compare(Caps::all(), &expected, |s: &mut Script| {
        for (next, open) in KINDS {
            s.call("beyond INT_MAX", next, &id(i32::MAX as u32));
            s.call("last", next, &id(i32::MAX as u32 - 1));
            s.call("id 0", open, &id(0));
            s.call("unknown", open, &id(i32::MAX as u32 - 1));
            let flags = |open_flags| GetIdAttr {
                open_flags,
                ..id(0)
            };
            if open == Cmd::MapGetFdById {
                s.call("both", open, &flags(8 | 16));
                s.call("flag", open, &flags(1));
            }
            if open == Cmd::BtfGetFdById {
                let token = |fd: u32| GetIdAttr {
                    fd_by_id_token_fd: fd as i32,
                    ..flags(1 << 16)
                };
                s.call("token closed", open, &token(CLOSED));
                s.call("token a file", open, &token(FOREIGN));
                s.call("flag", open, &flags(8));
            }
        }
    });
}

#[test]
fn ids_without_capabilities() {
    let expected = "
        next: EPERM
        beyond: EINVAL
        open: EPERM
    "
    .repeat(3);
    compare(Caps::empty(), &expected, |s: &mut Script| {
        for (next, open) in KINDS {
            s.call("next", next, &id(0));
            s.call("beyond", next, &id(u32::MAX));
            s.call("open", open, &id(1));
        }
    });
}

#[test]
fn a_descriptor_by_id_is_the_same_object() {
    let expected = "
        create: ok
        info: ok
        next: ok
        found true
        open read only: ok
        write: EPERM
        close both
        gone: ENOENT
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let fd = s.must("create", Cmd::MapCreate, &array());
        let info: MapInfo = info(s, "info", fd as u32, &MapInfo::default()).unwrap();
        let mut attr = id(info.id - 1).as_bytes().to_vec();
        s.call_bytes("next", Cmd::MapGetNextId, &mut attr);
        let next = GetIdAttr::read_from_bytes(&attr).unwrap().next_id;
        s.note(format!("found {}", next == info.id));
        let read_only = GetIdAttr {
            open_flags: 8,
            ..id(info.id)
        };
        let other = s.must("open read only", Cmd::MapGetFdById, &read_only);
        let (key, value) = (0_u32, [0_u8; 12]);
        let update = skep_uapi::attr::MapElemAttr {
            map_fd: other as u32,
            key: ptr(&key),
            value: ptr(&value),
            ..Default::default()
        };
        s.call("write", Cmd::MapUpdateElem, &update);
        s.close(other);
        s.close(fd);
        s.note("close both");
        s.call("gone", Cmd::MapGetFdById, &id(info.id));
    });
}

/// An info, the attr's `info_len` noted if it is not the size of the struct.
fn info<T>(s: &mut Script, what: &str, fd: u32, asked: &T) -> Option<T>
where
    T: FromBytes + IntoBytes + Immutable + Clone,
{
    let mut bytes = asked.as_bytes().to_vec();
    info_bytes(s, what, fd, &mut bytes)?;
    T::read_from_bytes(&bytes).ok()
}

fn info_bytes(s: &mut Script, what: &str, fd: u32, bytes: &mut [u8]) -> Option<u32> {
    let attr = InfoByFdAttr {
        bpf_fd: fd,
        info_len: bytes.len() as u32,
        info: out(bytes),
    };
    let mut attr = attr.as_bytes().to_vec();
    s.call_bytes(what, Cmd::ObjGetInfoByFd, &mut attr)?;
    Some(InfoByFdAttr::read_from_bytes(&attr).unwrap().info_len)
}

#[test]
fn info_rules() {
    let expected = "
        closed: EBADFD
        file: EINVAL
        create: ok
        short: ok
        2
        long, zero: ok
        104
        long, not zero: E2BIG
        none: ok
        0
        nowhere: EFAULT
        more than a page: E2BIG
        hash before freezing: EPERM
        hash without size: EINVAL
        size without hash: EINVAL
        freeze: ok
        hash: ok
        hash is [50, 91, 193, 200]
        hash nowhere: EFAULT
    ";
    let expected = expected.replace(
        "[50, 91, 193, 200]",
        &format!(
            "{:?}",
            &<sha2::Sha256 as sha2::Digest>::digest([0_u8; 32])[..4]
        ),
    );
    compare(Caps::all(), &expected, |s: &mut Script| {
        let mut nothing = [0_u8; 104];
        info_bytes(s, "closed", CLOSED, &mut nothing);
        info_bytes(s, "file", FOREIGN, &mut nothing);
        let fd = s.must("create", Cmd::MapCreate, &array()) as u32;
        let sized = |s: &mut Script, what: &str, bytes: &mut [u8]| {
            if let Some(len) = info_bytes(s, what, fd, bytes) {
                s.note(format!("{len}"));
            }
        };
        sized(s, "short", &mut [0; 2]);
        sized(s, "long, zero", &mut [0; 200]);
        let mut long = [0; 200];
        long[150] = 1;
        sized(s, "long, not zero", &mut long);
        sized(s, "none", &mut []);
        let attr = InfoByFdAttr {
            bpf_fd: fd,
            info_len: 104,
            info: NOWHERE,
        };
        s.call("nowhere", Cmd::ObjGetInfoByFd, &attr);
        sized(s, "more than a page", &mut [0; 4097]);

        let mut room = [0_u8; 32];
        let hash = |hash: UserPtr, hash_size| MapInfo {
            hash,
            hash_size,
            ..MapInfo::default()
        };
        let here = out(&mut room);
        info(s, "hash before freezing", fd, &hash(here, 32));
        info(s, "hash without size", fd, &hash(here, 0));
        info(s, "size without hash", fd, &hash(UserPtr::NULL, 32));
        s.call("freeze", Cmd::MapFreeze, &fd);
        info(s, "hash", fd, &hash(here, 32));
        s.note(format!("hash is {:?}", &room[..4]));
        info(s, "hash nowhere", fd, &hash(NOWHERE, 32));
    });
}

#[test]
fn map_info_fields() {
    compare(Caps::all(), MAP_INFO, |s: &mut Script| {
        let fd = s.must("create", Cmd::MapCreate, &array()) as u32;
        let asked = MapInfo {
            netns_dev: 77,
            btf_id: 77,
            ..MapInfo::default()
        };
        let mut info = info(s, "info", fd, &asked).unwrap();
        assert_ne!(info.id, 0);
        info.id = 0;
        s.note(format!(
            "{:?}",
            info.as_bytes()
                .chunks(8)
                .map(hex)
                .collect::<Vec<_>>()
                .join(" ")
        ));
    });
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the client had in fields that do not apply to the map stays: 77 is 4d.
const MAP_INFO: &str = "
    create: ok
    info: ok
    \"0200000000000000 040000000c000000 0200000000000000 6e616d6500000000 0000000000000000 0000000000000000 \
      4d00000000000000 0000000000000000 4d00000000000000 0000000000000000 0000000000000000 0000000000000000 \
      0000000000000000\"
";

/// `r0 = 1; exit`
const PROGRAM: [u64; 2] = [0x0000_0001_0000_00b7, 0x95];

fn filter(insns: &[u64]) -> ProgLoadAttr {
    let mut attr = ProgLoadAttr {
        prog_type: 1,
        insn_cnt: insns.len() as u32,
        insns: ptr(insns),
        license: ptr(b"GPL\0"),
        ..ProgLoadAttr::default()
    };
    attr.prog_name[..2].copy_from_slice(b"pn");
    attr
}

#[test]
fn prog_info_fields() {
    let expected = "
        load: ok
        info: ok
        type 1
        tag 8a461ee16a671fc3
        name pn
        gpl 1 verified 2 maps 0
        rec sizes 8 16 8
        nr_prog_tags 1 ksyms 1 lens 1
        nr_func_info 0 nr_line_info 0
        unknown bytes: E2BIG
    ";
    let tag = {
        let bytes: Vec<u8> = PROGRAM.iter().flat_map(|insn| insn.to_le_bytes()).collect();
        hex(&<sha2::Sha256 as sha2::Digest>::digest(&bytes)[..8])
    };
    let expected = expected.replace("8a461ee16a671fc3", &tag);
    compare(Caps::all(), &expected, |s: &mut Script| {
        let fd = s.must("load", Cmd::ProgLoad, &filter(&PROGRAM)) as u32;
        let info: ProgInfo = info(s, "info", fd, &ProgInfo::default()).unwrap();
        s.note(format!("type {}", info.prog_type));
        s.note(format!("tag {}", hex(&info.tag)));
        s.note(format!("name {}", String::from_utf8_lossy(&info.name[..2])));
        s.note(format!(
            "gpl {} verified {} maps {}",
            info.gpl_compatible, info.verified_insns, info.nr_map_ids
        ));
        s.note(format!(
            "rec sizes {} {} {}",
            info.func_info_rec_size, info.line_info_rec_size, info.jited_line_info_rec_size
        ));
        s.note(format!(
            "nr_prog_tags {} ksyms {} lens {}",
            info.nr_prog_tags, info.nr_jited_ksyms, info.nr_jited_func_lens
        ));
        s.note(format!(
            "nr_func_info {} nr_line_info {}",
            info.nr_func_info, info.nr_line_info
        ));
        assert_ne!(info.load_time, 0);
        info_bytes(s, "unknown bytes", fd, &mut [1; 300]);
    });
}

#[test]
fn prog_info_without_capabilities() {
    // Loading needs a capability here, so only skep is asked: a client without CAP_BPF looks at another's program.
    use skep_kernel::{Client, Credentials, Kernel, ProgSpec};
    let kernel = Kernel::builder_for(skep_kernel::Identity::without_btf()).build();
    let loader = Client::new(&kernel);
    let insns = skep_isa::parse_program(PROGRAM.as_bytes()).unwrap();
    let spec = ProgSpec::new(skep_uapi::ProgType::SocketFilter, insns);
    let fd = loader.prog_load(&spec).result.unwrap();
    let other = loader.sharing_fds(Credentials::unprivileged());
    let info = other.prog_info(fd).unwrap().info;
    assert_eq!(
        (info.jited_prog_len, info.nr_prog_tags, info.nr_jited_ksyms),
        (0, 0, 0)
    );
    assert_eq!((info.prog_type, info.verified_insns), (1, 2));
}

#[test]
fn kernel_btf_info() {
    let expected = "
        open: ok
        info: ok
        kernel 1 id 1 name 7
        name without room: EINVAL
        room without name: EINVAL
        name: ok
        vmlinux
        short name: ENOSPC
        vml
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let fd = s.must("open", Cmd::BtfGetFdById, &id(1)) as u32;
        let first: BtfInfo = info(s, "info", fd, &BtfInfo::default()).unwrap();
        s.note(format!(
            "kernel {} id {} name {}",
            first.kernel_btf, first.id, first.name_len
        ));
        let mut room = [0_u8; 16];
        let name = |name, name_len| BtfInfo {
            name,
            name_len,
            ..BtfInfo::new_zeroed()
        };
        let here = out(&mut room);
        info(s, "name without room", fd, &name(here, 0));
        info(s, "room without name", fd, &name(UserPtr::NULL, 16));
        info(s, "name", fd, &name(here, 16));
        let text = |room: &[u8]| {
            let end = room.iter().position(|byte| *byte == 0).unwrap();
            String::from_utf8_lossy(&room[..end]).into_owned()
        };
        s.note(text(&room));
        info(s, "short name", fd, &name(here, 4));
        s.note(text(&room));
    });
}
