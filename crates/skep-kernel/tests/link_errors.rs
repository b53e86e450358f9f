//! What attaching refuses, side by side with the kernel. Nothing here is ever attached.

mod common;

use common::{CLOSED, FOREIGN, NOWHERE, Script, compare_sides, ptr};
use skep_kernel::Caps;
use skep_uapi::attr::{
    EnableStatsAttr, LinkCreateAttr, LinkFdAttr, LinkUpdateAttr, MapCreateAttr, NetfilterAttach,
    ProgAttachAttr, ProgBindMapAttr, ProgLoadAttr, ProgQueryAttr, ProgTestRunAttr,
    RawTracepointAttr, TaskFdQueryAttr,
};
use skep_uapi::{AttachType, Cmd, ProgType, UserPtr};

/// A device number that no device has.
const NO_DEVICE: u32 = 999_999;

/// r0 = value; exit
fn returning(value: u8) -> [u8; 16] {
    [0xb7, 0, 0, 0, value, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]
}

fn load(s: &mut Script, prog_type: ProgType, attach: u32, value: u8) -> u32 {
    let insns = returning(value);
    load_insns(s, prog_type, attach, &insns)
}

fn load_insns(s: &mut Script, prog_type: ProgType, attach: u32, insns: &[u8]) -> u32 {
    let license = *b"GPL\0";
    let attr = ProgLoadAttr {
        prog_type: prog_type.raw(),
        insn_cnt: (insns.len() / 8) as u32,
        insns: ptr(insns),
        license: ptr(&license),
        expected_attach_type: attach,
        ..ProgLoadAttr::default()
    };
    s.must("load", Cmd::ProgLoad, &attr) as u32
}

fn array(s: &mut Script) -> u32 {
    let attr = MapCreateAttr {
        map_type: 2,
        key_size: 4,
        value_size: 4,
        max_entries: 1,
        ..MapCreateAttr::default()
    };
    s.must("create", Cmd::MapCreate, &attr) as u32
}

fn same(script: fn(&mut Script)) {
    compare_sides(Caps::all(), &script);
}

#[test]
fn raw_tracepoints() {
    same(|s| {
        let prog = load(s, ProgType::RawTracepoint, 0, 0);
        let filter = load(s, ProgType::SocketFilter, 0, 0);
        let map = array(s);
        // r0 = *(u64 *)(r1 + 88); exit
        let last = [0x79, 0x10, 88, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0];
        let greedy = load_insns(s, ProgType::RawTracepoint, 0, &last);
        let (known, unknown) = (*b"sys_enter\0", *b"no_such_tracepoint\0");
        let long = [b'a'; 300];
        let cases: [(&str, UserPtr, u32); 11] = [
            ("closed", ptr(&known), CLOSED),
            ("map", ptr(&known), map),
            ("file", ptr(&known), FOREIGN),
            ("filter", ptr(&known), filter),
            ("no name", UserPtr::NULL, prog),
            ("bad name", NOWHERE, prog),
            ("unknown", ptr(&unknown), prog),
            ("empty", ptr(&[0_u8; 1]), prog),
            ("long", ptr(&long), prog),
            ("more arguments than it has", ptr(&known), greedy),
            ("closed, no name", UserPtr::NULL, CLOSED),
        ];
        for (what, name, prog_fd) in cases {
            let attr = RawTracepointAttr {
                name,
                prog_fd,
                ..RawTracepointAttr::default()
            };
            s.call(what, Cmd::RawTracepointOpen, &attr);
        }
    });
}

fn create(s: &mut Script, what: &str, fd: u32, target: u32, attach: AttachType, flags: u32) {
    let attr = LinkCreateAttr {
        fd,
        target,
        attach_type: attach.raw(),
        flags,
        ..LinkCreateAttr::default()
    };
    s.call(&format!("{what} {attach}"), Cmd::LinkCreate, &attr);
}

#[test]
fn links() {
    same(|s| {
        use AttachType as At;
        let map = array(s);
        for fd in [CLOSED, FOREIGN, map] {
            create(s, "no program", fd, 0, At::TraceRawTp, 0);
            create(s, "no program", fd, 0, At::StructOps, 0);
        }
        let raw = load(s, ProgType::RawTracepoint, 0, 0);
        let filter = load(s, ProgType::SocketFilter, 0, 0);
        for prog in [raw, filter] {
            for attach in At::ALL {
                create(s, "by name only", prog, 0, attach, 0);
            }
        }
        let no_such = LinkCreateAttr {
            fd: raw,
            attach_type: 99,
            ..LinkCreateAttr::default()
        };
        s.call("no such type", Cmd::LinkCreate, &no_such);

        let xdp = load(s, ProgType::Xdp, 0, 0);
        let class = load(s, ProgType::SchedCls, 0, 0);
        for attach in [At::Xdp, At::XdpDevmap, At::SkLookup, At::TcxIngress] {
            for flags in [0, 1 << 15] {
                create(s, "xdp", xdp, NO_DEVICE, attach, flags);
                create(s, "class", class, NO_DEVICE, attach, flags);
            }
        }
        let targets = [CLOSED, FOREIGN, map];
        let progs = [
            (ProgType::CgroupSkb, At::CgroupInetIngress, 0),
            (ProgType::CgroupSock, At::CgroupInetSockCreate, 0),
            (ProgType::SkLookup, At::SkLookup, 1),
            (ProgType::FlowDissector, At::FlowDissector, 0),
            (ProgType::SkSkb, At::SkSkbStreamVerdict, 0),
            (ProgType::SkMsg, At::SkMsgVerdict, 0),
            (ProgType::PerfEvent, At::PerfEvent, 0),
            (ProgType::Tracepoint, At::PerfEvent, 0),
            (ProgType::Kprobe, At::PerfEvent, 0),
        ];
        for (prog_type, attach, value) in progs {
            let expected = match prog_type {
                ProgType::CgroupSock | ProgType::SkLookup => attach.raw(),
                _ => 0,
            };
            let prog = load(s, prog_type, expected, value);
            for target in targets {
                create(s, "target", prog, target, attach, 0);
                create(s, "flags", prog, target, attach, 1 << 30);
                create(s, "flag", prog, target, attach, 2);
                create(s, "other", prog, target, At::CgroupInetEgress, 0);
                create(s, "other", prog, target, At::TraceFentry, 0);
            }
        }
    });
}

#[test]
fn netfilter_links() {
    same(|s| {
        let prog = load(s, ProgType::Netfilter, AttachType::Netfilter.raw(), 1);
        let cases = [
            (0, 0, 0, 0),
            (7, 0, 5, 0),
            (2, 5, 5, 0),
            (2, 0, i32::MIN, 0),
            (10, 0, i32::MAX, 0),
            (2, 0, 5, 8),
            (2, 0, -400, 1),
            (2, 9, -500, 1),
        ];
        for (pf, hooknum, priority, flags) in cases {
            let attr = LinkCreateAttr {
                fd: prog,
                attach_type: AttachType::Netfilter.raw(),
                ..LinkCreateAttr::default()
            };
            let attr = attr.with_detail(&NetfilterAttach {
                pf,
                hooknum,
                priority,
                flags,
            });
            let what = format!("{pf} {hooknum} {priority} {flags}");
            s.call(&what, Cmd::LinkCreate, &attr);
        }
        create(s, "flags", prog, 0, AttachType::Netfilter, 1);
        create(s, "other", prog, 0, AttachType::StructOps, 0);
    });
}

#[test]
fn commands_on_what_is_no_link() {
    same(|s| {
        let map = array(s);
        let prog = load(s, ProgType::SocketFilter, 0, 0);
        for link_fd in [CLOSED, FOREIGN, map, prog] {
            for flags in [0, 1] {
                let attr = LinkFdAttr { link_fd, flags };
                s.call("detach", Cmd::LinkDetach, &attr);
                s.call("iterate", Cmd::IterCreate, &attr);
            }
            for flags in [0, 1, 4, 8] {
                let attr = LinkUpdateAttr {
                    link_fd,
                    new_fd: prog,
                    flags,
                    old_fd: 0,
                };
                s.call("update", Cmd::LinkUpdate, &attr);
            }
            let query = TaskFdQueryAttr {
                pid: std::process::id(),
                fd: link_fd,
                ..TaskFdQueryAttr::default()
            };
            s.call("query", Cmd::TaskFdQuery, &query);
        }
        for (pid, flags) in [(0, 0), (0, 1), (u32::MAX, 0), (0x3f_ffff, 0)] {
            let query = TaskFdQueryAttr {
                pid,
                flags,
                ..TaskFdQueryAttr::default()
            };
            s.call("query", Cmd::TaskFdQuery, &query);
        }
    });
}

#[test]
fn binding_and_statistics() {
    same(|s| {
        let map = array(s);
        let prog = load(s, ProgType::SocketFilter, 0, 0);
        let cases = [
            (CLOSED, map, 0),
            (prog, CLOSED, 0),
            (CLOSED, CLOSED, 1),
            (map, prog, 0),
            (FOREIGN, map, 0),
            (prog, map, 0),
            (prog, map, 0),
        ];
        for (prog_fd, map_fd, flags) in cases {
            let attr = ProgBindMapAttr {
                prog_fd,
                map_fd,
                flags,
            };
            s.call("bind", Cmd::ProgBindMap, &attr);
        }
        let info = s.prog_info(prog, &skep_uapi::info::ProgInfo::default());
        s.note(format!("{} maps", info.nr_map_ids));
        s.call("stats", Cmd::EnableStats, &EnableStatsAttr { kind: 1 });
        s.call("stats", Cmd::EnableStats, &[0_u32, 1]);
        s.call("stats", Cmd::EnableStats, &EnableStatsAttr::default());
    });
}

fn both(s: &mut Script, what: &str, attr: &ProgAttachAttr) {
    s.call(&format!("attach {what}"), Cmd::ProgAttach, attr);
    s.call(&format!("detach {what}"), Cmd::ProgDetach, attr);
}

#[test]
fn attaching_and_detaching() {
    same(|s| {
        use AttachType as At;
        let map = array(s);
        let progs = [
            load(s, ProgType::CgroupSkb, 0, 0),
            load(s, ProgType::SchedCls, 0, 0),
            load(s, ProgType::SkSkb, 0, 0),
            load(s, ProgType::Xdp, 0, 0),
            load(s, ProgType::RawTracepoint, 0, 0),
            CLOSED,
            0,
        ];
        let places = [
            At::CgroupInetIngress,
            At::CgroupInet4Bind,
            At::TcxIngress,
            At::SkSkbStreamVerdict,
            At::Xdp,
            At::TraceRawTp,
            At::LsmMac,
            At::PerfEvent,
            At::StructOps,
        ];
        for attach in places {
            for (index, prog) in progs.into_iter().enumerate() {
                for (other, target) in [CLOSED, FOREIGN, map].into_iter().enumerate() {
                    let target = match attach {
                        At::TcxIngress => NO_DEVICE,
                        _ => target,
                    };
                    for attach_flags in [0, 1, 2, 4, 8, 32, 1 << 20] {
                        let attr = ProgAttachAttr {
                            target,
                            attach_bpf_fd: prog,
                            attach_type: attach.raw(),
                            attach_flags,
                            ..ProgAttachAttr::default()
                        };
                        let what = format!("{attach} {index} {other} {attach_flags}");
                        both(s, &what, &attr);
                    }
                    for (replace_bpf_fd, relative, expected_revision) in
                        [(3, 0, 0), (0, 3, 0), (0, 0, 3)]
                    {
                        let attr = ProgAttachAttr {
                            target,
                            attach_bpf_fd: prog,
                            attach_type: attach.raw(),
                            replace_bpf_fd,
                            relative,
                            expected_revision,
                            ..ProgAttachAttr::default()
                        };
                        let what = format!(
                            "{attach} {index} {other} {replace_bpf_fd} {relative} {expected_revision}"
                        );
                        both(s, &what, &attr);
                    }
                }
            }
        }
    });
}

#[test]
fn queries() {
    same(|s| {
        let map = array(s);
        for attach_type in 0..60 {
            // What is not built into every kernel.
            let optional = [
                AttachType::LircMode2,
                AttachType::NetkitPrimary,
                AttachType::NetkitPeer,
            ];
            if optional.iter().any(|attach| attach.raw() == attach_type) {
                continue;
            }
            for (index, target) in [CLOSED, FOREIGN, map].into_iter().enumerate() {
                for query_flags in [0, 1, 2] {
                    let is_device = [46, 47].contains(&attach_type);
                    let attr = ProgQueryAttr {
                        target: if is_device { NO_DEVICE } else { target },
                        attach_type,
                        query_flags,
                        ..ProgQueryAttr::default()
                    };
                    let what = format!("{attach_type} {index} {query_flags}");
                    s.call(&what, Cmd::ProgQuery, &attr);
                }
            }
        }
    });
}

#[test]
fn nothing_without_capabilities() {
    compare_sides(Caps::empty(), &|s: &mut Script| {
        let query = ProgQueryAttr {
            query_flags: 2,
            ..ProgQueryAttr::default()
        };
        s.call("query", Cmd::ProgQuery, &query);
        s.call("stats", Cmd::EnableStats, &EnableStatsAttr { kind: 1 });
        let task = TaskFdQueryAttr {
            flags: 1,
            ..TaskFdQueryAttr::default()
        };
        s.call("task", Cmd::TaskFdQuery, &task);
        s.call("detach", Cmd::LinkDetach, &LinkFdAttr::default());
    });
}

#[test]
fn test_runs_of_raw_tracepoints() {
    same(|s| {
        // r0 = *(u64 *)(r1 + 0); r2 = *(u64 *)(r1 + 8); r0 += r2; exit
        let insns = [
            0x79, 0x10, 0, 0, 0, 0, 0, 0, 0x79, 0x12, 8, 0, 0, 0, 0, 0, 0x0f, 0x20, 0, 0, 0, 0, 0,
            0, 0x95, 0, 0, 0, 0, 0, 0, 0,
        ];
        let prog_fd = load_insns(s, ProgType::RawTracepoint, 0, &insns);
        let args = [40_u64, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let some = ptr(&args);
        let plain = ProgTestRunAttr {
            prog_fd,
            ctx_in: some,
            ctx_size_in: 16,
            ..ProgTestRunAttr::default()
        };
        #[rustfmt::skip]
        let cases = [
            plain,
            ProgTestRunAttr { ctx_in: UserPtr::NULL, ctx_size_in: 0, ..plain },
            ProgTestRunAttr { ctx_in: NOWHERE, ..plain },
            ProgTestRunAttr { ctx_size_in: 8, ..plain },
            ProgTestRunAttr { ctx_size_in: 17, ..plain },
            ProgTestRunAttr { ctx_size_in: 96, ..plain },
            ProgTestRunAttr { ctx_size_in: 97, ..plain },
            ProgTestRunAttr { repeat: 1, ..plain },
            ProgTestRunAttr { duration: 1, ..plain },
            ProgTestRunAttr { batch_size: 1, ..plain },
            ProgTestRunAttr { data_in: some, data_size_in: 16, ..plain },
            ProgTestRunAttr { data_size_in: 16, ..plain },
            ProgTestRunAttr { data_size_out: 16, ..plain },
            ProgTestRunAttr { ctx_out: some, ctx_size_out: 16, ..plain },
            ProgTestRunAttr { cpu: 1, ..plain },
            ProgTestRunAttr { cpu: 1, flags: 1, ..plain },
            ProgTestRunAttr { cpu: 99_999, flags: 1, ..plain },
            ProgTestRunAttr { flags: 2, ..plain },
        ];
        for (index, case) in cases.iter().enumerate() {
            let mut bytes = zerocopy::IntoBytes::as_bytes(case).to_vec();
            s.call_bytes(&format!("run {index}"), Cmd::ProgTestRun, &mut bytes);
            s.note(format!("retval {:?}", &bytes[4..8]));
        }
    });
}
