//! Links in a session of its own: attached, listed, fired, gone.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use skep_btf::{BtfBuilder, BtfTypeId, IntEncoding};
use skep_isa::RawInsn;
use skep_kernel::{
    CancelToken, Client, Fd, FdTable, Identity, Kernel, MapSpec, ObjectId, ProgSpec, TaskIds,
};
use skep_uapi::info::{LinkInfo, RawTracepointLinkInfo};
use skep_uapi::{AttachType, ElemFlags, Errno, LinkType, MapType, ProgType};

/// A kernel with one tracepoint, `demo`, of two arguments.
fn kernel() -> Arc<Kernel> {
    let mut types = BtfBuilder::new();
    let long = types.int("long", 8, IntEncoding::Signed);
    let data = types.ptr(BtfTypeId::VOID);
    let probe = types.func_proto(BtfTypeId::VOID, &[("", data), ("", long), ("", long)]);
    let pointer = types.ptr(probe);
    types.typedef("btf_trace_demo", pointer);
    let identity = Identity::without_btf().with_btf(&types.finish()).unwrap();
    Kernel::builder_for(identity).build()
}

fn errno<T: std::fmt::Debug>(result: Result<T, skep_kernel::ClientError>) -> Errno {
    result.unwrap_err().errno
}

/// map[0] += the first argument; returns the second.
fn counting(client: &Client, map: Fd) -> Fd {
    let insn = |code, regs: u8, off, imm| RawInsn::new(code, regs & 15, regs >> 4, off, imm);
    let insns = vec![
        // r6 = r1; *(u32 *)(r10 - 4) = 0; r2 = r10 - 4; r1 = map
        insn(0xbf, 0x16, 0, 0),
        insn(0x62, 0x0a, -4, 0),
        insn(0xbf, 0xa2, 0, 0),
        insn(0x07, 0x02, 0, -4),
        insn(0x18, 0x11, 0, map.0),
        insn(0, 0, 0, 0),
        // r0 = map_lookup_elem(r1, r2); if !r0 goto out
        insn(0x85, 0, 0, 1),
        insn(0x15, 0x00, 3, 0),
        // r1 = args[0]; *r0 += r1; r0 = args[1]
        insn(0x79, 0x61, 0, 0),
        insn(0xdb, 0x10, 0, 0),
        insn(0x79, 0x60, 8, 0),
        insn(0x95, 0, 0, 0),
    ];
    let reply = client.prog_load(&ProgSpec::new(ProgType::RawTracepoint, insns));
    reply.result.unwrap()
}

fn args(values: &[u64]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_ne_bytes())
        .collect()
}

fn first(client: &Client, map: Fd) -> u64 {
    let value = client.map_lookup(map, &[0; 4], ElemFlags::empty()).unwrap();
    u64::from_ne_bytes(value.try_into().unwrap())
}

#[test]
fn from_open_to_close() {
    let kernel = kernel();
    let client = Client::new(&kernel);
    let map = client
        .map_create(&MapSpec::new(MapType::Array, 4, 8, 1))
        .unwrap();
    let prog = counting(&client, map);
    assert_eq!(
        errno(client.raw_tracepoint_open(prog, Some("other"), 0)),
        Errno::ENOENT
    );
    let link = client.raw_tracepoint_open(prog, Some("demo"), 77).unwrap();
    assert_eq!(client.link_ids().unwrap().len(), 1);

    let details = client.link_info(link).unwrap();
    assert_eq!(details.name, "demo");
    assert_eq!(details.info.link_type, LinkType::RawTracepoint.raw());
    assert_eq!(
        details.info.prog_id,
        client.prog_info(prog).unwrap().info.id
    );
    let tracepoint: RawTracepointLinkInfo = details.info.detail();
    assert_eq!((tracepoint.tp_name_len, tracepoint.cookie), (5, 77));

    let id = ObjectId::new(details.info.id).unwrap();
    let (task, cancel) = (TaskIds::own(), CancelToken::new());
    let object = kernel.links().get(id).unwrap();
    let fire = |bytes: &[u8]| kernel.fire_link(&task, &cancel, &object, bytes);
    assert_eq!(fire(&args(&[5, 9])).unwrap().retval.unwrap(), 9);
    assert_eq!(fire(&args(&[2])).unwrap().retval.unwrap(), 0);
    assert_eq!(first(&client, map), 7);
    assert_eq!(errno(fire(&args(&[1, 2, 3]))), Errno::EINVAL);

    // The same program may be there twice; both hear of an event.
    let second = client.raw_tracepoint_open(prog, Some("demo"), 0).unwrap();
    let at = || kernel.fire_tracepoint(&task, &cancel, "demo", &args(&[1]));
    assert_eq!(at().unwrap().len(), 2);
    assert_eq!(first(&client, map), 9);
    client.close(second).unwrap();
    assert_eq!(at().unwrap().len(), 1);
    assert_eq!(
        errno(kernel.fire_tracepoint(&task, &cancel, "no", &[])),
        Errno::ENOENT
    );

    // A link opened by id keeps it at its hook.
    drop(object);
    let again = client.link_by_id(details.info.id).unwrap();
    let name = |fd| match client.fds().get(fd) {
        skep_kernel::FdEntry::Object(object) => object.link_name(),
        _ => "",
    };
    assert_eq!(name(link), "anon_inode:bpf_link");
    assert_eq!(name(again), "anon_inode:bpf-link");
    client.close(link).unwrap();
    assert_eq!(at().unwrap().len(), 1);
    client.close(again).unwrap();
    assert_eq!(at().unwrap().len(), 0);
    assert!(client.link_ids().unwrap().is_empty());
}

#[test]
fn tracepoint_links_keep_their_program() {
    let kernel = kernel();
    let client = Client::new(&kernel);
    let map = client
        .map_create(&MapSpec::new(MapType::Array, 4, 8, 1))
        .unwrap();
    let prog = counting(&client, map);
    let link = client.raw_tracepoint_open(prog, Some("demo"), 0).unwrap();
    assert_eq!(errno(client.link_update(link, prog, None)), Errno::EINVAL);
    assert_eq!(
        errno(client.link_update(link, prog, Some(prog))),
        Errno::EINVAL
    );
    assert_eq!(errno(client.link_detach(link)), Errno::EOPNOTSUPP);
    assert_eq!(
        errno(client.link_create(prog, AttachType::TraceRawTp, 0)),
        Errno::EINVAL
    );
    // The link holds the program, and that its map.
    client.close(prog).unwrap();
    client.close(map).unwrap();
    assert_eq!(client.prog_ids().unwrap().len(), 1);
    assert_eq!(client.map_ids().unwrap().len(), 1);
    client.close(link).unwrap();
    assert!(client.prog_ids().unwrap().is_empty());
}

#[test]
fn names_that_do_not_fit() {
    let kernel = kernel();
    let client = Client::new(&kernel);
    let map = client
        .map_create(&MapSpec::new(MapType::Array, 4, 8, 1))
        .unwrap();
    let prog = counting(&client, map);
    let link = client.raw_tracepoint_open(prog, Some("demo"), 0).unwrap();
    let ask = |room: u32, with_buffer: bool| {
        let memory = skep_kernel::Buffers::new();
        let at = memory.place([0xff; 8]);
        let mut info = LinkInfo::default();
        info.set_detail(&RawTracepointLinkInfo {
            tp_name: if with_buffer {
                at
            } else {
                skep_uapi::UserPtr::NULL
            },
            tp_name_len: room,
            ..RawTracepointLinkInfo::default()
        });
        let result = client.link_info_raw(&memory, link, info);
        (
            result.map(|_| ()).map_err(|error| error.errno),
            memory.bytes(at),
        )
    };
    assert_eq!(ask(5, true), (Ok(()), b"demo\0\xff\xff\xff".to_vec()));
    let (result, bytes) = ask(3, true);
    assert_eq!(result, Err(Errno::ENOSPC));
    assert_eq!(bytes, b"de\0\xff\xff\xff\xff\xff");
    assert_eq!(ask(0, true).0, Err(Errno::EINVAL));
    assert_eq!(ask(5, false).0, Err(Errno::EINVAL));
    assert_eq!(ask(0, false).0, Ok(()));
}

#[test]
fn statistics_count_while_they_are_on() {
    let kernel = kernel();
    let client = Client::new(&kernel);
    let map = client
        .map_create(&MapSpec::new(MapType::Array, 4, 8, 1))
        .unwrap();
    let prog = counting(&client, map);
    let link = client.raw_tracepoint_open(prog, Some("demo"), 0).unwrap();
    let id = client.link_info(link).unwrap().info.id;
    let object = kernel.links().get(ObjectId::new(id).unwrap()).unwrap();
    let (task, cancel) = (TaskIds::own(), CancelToken::new());
    let fire = || kernel.fire_link(&task, &cancel, &object, &[]).unwrap();
    let counted = || client.prog_info(prog).unwrap().info;
    fire();
    assert_eq!((counted().run_cnt, counted().run_time_ns), (0, 0));
    let on = client.enable_stats().unwrap();
    fire();
    fire();
    assert_eq!(counted().run_cnt, 2);
    assert!(counted().run_time_ns > 0);
    client.close(on).unwrap();
    fire();
    assert_eq!(counted().run_cnt, 2);
}

#[test]
fn a_bound_map_lives_with_its_program() {
    let kernel = kernel();
    let client = Client::new(&kernel);
    let spec = MapSpec::new(MapType::Array, 4, 8, 1);
    let used = client.map_create(&spec).unwrap();
    let bound = client.map_create(&spec).unwrap();
    let prog = counting(&client, used);
    for map in [used, bound, bound] {
        client.prog_bind_map(prog, map).unwrap();
    }
    assert_eq!(client.prog_info(prog).unwrap().map_ids, [1, 2]);
    client.close(bound).unwrap();
    assert_eq!(client.map_ids().unwrap(), [1, 2]);
}

#[test]
fn the_list_says_who_holds_what() {
    let kernel = kernel();
    let client = Client::new(&kernel);
    let map = client
        .map_create(&MapSpec::new(MapType::Array, 4, 8, 1))
        .unwrap();
    let prog = counting(&client, map);
    let progs = client
        .map_create(&MapSpec::new(MapType::ProgArray, 4, 4, 3))
        .unwrap();
    let value = prog.0.to_ne_bytes();
    client
        .map_update(progs, &[2, 0, 0, 0], &value, ElemFlags::empty())
        .unwrap();
    client.raw_tracepoint_open(prog, Some("demo"), 0).unwrap();
    let listed: Vec<String> = kernel
        .list()
        .iter()
        .map(|listed| {
            let holders: Vec<String> = listed.held_by.iter().map(ToString::to_string).collect();
            format!("{} {} {holders:?}", listed.object, listed.of_type)
        })
        .collect();
    assert_eq!(
        listed,
        [
            "map:1 ARRAY [\"prog:1\"]",
            "map:2 PROG_ARRAY []",
            "prog:1 RAW_TRACEPOINT [\"map:2\", \"link:1\"]",
            "link:1 RAW_TRACEPOINT []",
        ]
    );
}
