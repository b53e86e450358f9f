//! Program types, map types, kfuncs, BTF-named lists and support states.

use skep_catalog::support::{self, FeatureKind, Support};
use skep_catalog::{
    BtfCheck, Caps, EntriesRule, FieldAnswer, InnerUse, KfuncFlags, KfuncSuffix, MapCap, MapOp,
    OpAnswer, PacketAccess, ProtoContext, ReturnRange, SizeRule, SleepRule, Sleepable,
    SpecialField, TestRun, attach_btf, kfunc, kfuncs, map_accepts_helper, map_type, prog_rules,
    prog_type, sockmap_update_allowed,
};
use skep_uapi::{AttachType, Cmd, Errno, HelperId, MapFlags, MapType, ProgType};

fn context(prog_type: ProgType, attach: Option<AttachType>) -> ProtoContext<'static> {
    let attach_type = attach.map_or(0, AttachType::raw);
    ProtoContext {
        prog_type,
        attach_type,
        sleepable: Sleepable::No,
        caps: Caps::all(),
        target: None,
    }
}

#[test]
fn every_type_has_its_row() {
    for value in ProgType::ALL {
        assert_eq!(
            prog_type(value).map(|info| info.prog_type),
            (value != ProgType::Unspec).then_some(value)
        );
    }
    for value in MapType::ALL {
        assert_eq!(
            map_type(value).map(|info| info.map_type),
            (value != MapType::Unspec).then_some(value)
        );
    }
}

#[test]
fn program_types() {
    let xdp = prog_type(ProgType::Xdp).unwrap();
    assert_eq!(xdp.load_caps, Caps::BPF | Caps::NET_ADMIN);
    assert_eq!(xdp.packet_access, PacketAccess::ReadWrite);
    assert_eq!(xdp.test_run, Some(TestRun::Xdp));
    assert!(prog_type(ProgType::SocketFilter).unwrap().ld_abs);
    assert_eq!(
        prog_type(ProgType::Syscall).unwrap().sleepable,
        SleepRule::Must
    );
    assert_eq!(
        prog_type(ProgType::Ext).unwrap().sleepable,
        SleepRule::Never
    );
    assert!(
        prog_type(ProgType::CgroupSkb)
            .unwrap()
            .expected_attach
            .allows(1)
    );
    assert!(
        !prog_type(ProgType::CgroupSkb)
            .unwrap()
            .expected_attach
            .allows(2)
    );
    assert!(prog_type(ProgType::Lsm).unwrap().gpl_required);
}

#[test]
fn return_ranges() {
    let returns = |prog_type, attach| prog_rules(&context(prog_type, attach)).unwrap().returns;
    assert_eq!(returns(ProgType::Xdp, None), ReturnRange::Any);
    assert_eq!(
        returns(ProgType::CgroupSkb, Some(AttachType::CgroupInetEgress)),
        ReturnRange::Range(0, 3)
    );
    assert_eq!(
        returns(ProgType::CgroupSkb, Some(AttachType::CgroupInetIngress)),
        ReturnRange::Range(0, 1)
    );
    assert_eq!(
        returns(
            ProgType::CgroupSockAddr,
            Some(AttachType::CgroupUdp4Recvmsg)
        ),
        ReturnRange::Range(1, 1)
    );
    assert_eq!(
        returns(ProgType::Tracing, Some(AttachType::TraceFentry)),
        ReturnRange::Range(0, 0)
    );
    let lsm = |attach, target| {
        let context = ProtoContext {
            target: Some(target),
            ..context(ProgType::Lsm, Some(attach))
        };
        prog_rules(&context).unwrap().returns
    };
    assert_eq!(
        lsm(AttachType::LsmMac, "bpf_lsm_file_open"),
        ReturnRange::Range(-4095, 0)
    );
    assert_eq!(lsm(AttachType::LsmMac, "sock_graft"), ReturnRange::Any);
    assert_eq!(
        lsm(AttachType::LsmCgroup, "sock_graft"),
        ReturnRange::Range(1, 1)
    );
    assert_eq!(
        lsm(AttachType::LsmCgroup, "socket_bind"),
        ReturnRange::Range(0, 1)
    );
    assert!(prog_rules(&context(ProgType::Unspec, None)).is_none());
}

#[test]
fn map_creation() {
    let array = map_type(MapType::Array).unwrap();
    assert_eq!(array.key_size, SizeRule::Exactly(4));
    assert_eq!(array.value_size.check(0), Err(Errno::EINVAL));
    assert_eq!(array.value_size.check(u32::MAX), Err(Errno::E2BIG));
    assert_eq!(array.value_size.check(8), Ok(()));
    assert_eq!(array.max_entries.check(0, 2), Err(Errno::EINVAL));
    assert_eq!(array.check_flags(MapFlags::MMAPABLE), Ok(()));
    assert_eq!(array.check_flags(MapFlags::NO_PREALLOC), Err(Errno::EINVAL));
    assert_eq!(
        array.check_flags(MapFlags::RDONLY | MapFlags::WRONLY),
        Err(Errno::EINVAL)
    );
    let percpu = map_type(MapType::PercpuArray).unwrap();
    assert_eq!(percpu.value_size.check(32768), Ok(()));
    assert_eq!(percpu.value_size.check(32769), Err(Errno::E2BIG));
    let hash = map_type(MapType::Hash).unwrap();
    assert_eq!(hash.size_sum_end, Some(4_194_256));
    let lru = map_type(MapType::LruHash).unwrap();
    assert_eq!(lru.check_flags(MapFlags::NO_PREALLOC), Err(Errno::ENOTSUPP));
    assert_eq!(lru.cap, MapCap::Bpf);
    let ring = map_type(MapType::Ringbuf).unwrap();
    assert_eq!(ring.max_entries, EntriesRule::PowerOfTwoPages);
    assert_eq!(ring.max_entries.check(4096, 2), Ok(()));
    assert_eq!(ring.max_entries.check(0, 2), Err(Errno::EINVAL));
    let trie = map_type(MapType::LpmTrie).unwrap();
    assert_eq!(trie.check_flags(MapFlags::empty()), Err(Errno::EINVAL));
    assert!(map_type(MapType::ArrayOfMaps).unwrap().needs_inner_map);
    assert_eq!(
        map_type(MapType::ArrayOfMaps).unwrap().btf_check,
        BtfCheck::Refused
    );
    assert_eq!(
        map_type(MapType::Devmap).unwrap().forced_flags,
        MapFlags::RDONLY_PROG
    );
    let stack = map_type(MapType::StackTrace).unwrap();
    assert_eq!(stack.value_size.check(1016), Ok(()));
    assert_eq!(stack.value_size.check(1024), Err(Errno::EINVAL));
    assert_eq!(stack.value_size.check(12), Err(Errno::EINVAL));
}

#[test]
fn map_operations() {
    let array = map_type(MapType::Array).unwrap();
    assert_eq!(array.op(MapOp::Delete), OpAnswer::Errno(Errno::EINVAL));
    assert!(!array.op(MapOp::LookupAndDelete).is_served());
    assert!(array.op(MapOp::LookupBatch).is_served());
    assert!(array.direct_value && array.inlined_lookup);
    assert_eq!(
        map_type(MapType::ProgArray).unwrap().inner,
        InnerUse::Refused(Errno::ENOTSUPP)
    );
    assert_eq!(array.special_field(SpecialField::Timer), FieldAnswer::Ok);
    assert_eq!(
        array.special_field(SpecialField::Uptr),
        FieldAnswer::Errno(Errno::EOPNOTSUPP)
    );
    assert!(!map_type(MapType::ProgArray).unwrap().sleepable);
}

#[test]
fn maps_and_helpers() {
    assert!(map_accepts_helper(MapType::Hash, HelperId::MAP_LOOKUP_ELEM));
    assert!(map_accepts_helper(MapType::ProgArray, HelperId::TAIL_CALL));
    assert!(!map_accepts_helper(MapType::Hash, HelperId::TAIL_CALL));
    assert!(!map_accepts_helper(
        MapType::ProgArray,
        HelperId::MAP_LOOKUP_ELEM
    ));
    assert!(map_accepts_helper(
        MapType::Ringbuf,
        HelperId::RINGBUF_RESERVE
    ));
    assert!(map_accepts_helper(
        MapType::CgrpStorage,
        HelperId::CGRP_STORAGE_GET
    ));
    assert!(!map_accepts_helper(MapType::Hash, HelperId(u32::MAX)));
    assert!(sockmap_update_allowed(
        ProgType::Xdp,
        0,
        HelperId::MAP_UPDATE_ELEM
    ));
    assert!(!sockmap_update_allowed(
        ProgType::SockOps,
        0,
        HelperId::MAP_UPDATE_ELEM
    ));
    assert!(!sockmap_update_allowed(
        ProgType::Xdp,
        0,
        HelperId::MAP_LOOKUP_ELEM
    ));
}

#[test]
fn kernel_functions() {
    let acquire = kfunc("bpf_task_acquire").unwrap();
    assert!(acquire.has(KfuncFlags::ACQUIRE | KfuncFlags::RCU | KfuncFlags::RET_NULL));
    assert!(acquire.callable(&context(ProgType::Tracing, None)));
    assert!(!acquire.callable(&context(ProgType::SocketFilter, None)));
    assert!(
        kfunc("bpf_rcu_read_lock")
            .unwrap()
            .callable(&context(ProgType::SocketFilter, None))
    );
    assert!(
        kfunc("bpf_dynptr_from_skb")
            .unwrap()
            .callable(&context(ProgType::SchedCls, None))
    );
    assert!(
        !kfunc("bpf_dynptr_from_skb")
            .unwrap()
            .callable(&context(ProgType::StructOps, None))
    );
    assert!(
        !kfunc("bpf_get_file_xattr")
            .unwrap()
            .callable(&context(ProgType::Tracing, None))
    );
    assert!(
        kfunc("bpf_get_file_xattr")
            .unwrap()
            .callable(&context(ProgType::Lsm, None))
    );
    let slice = kfunc("bpf_dynptr_slice").unwrap();
    let suffixes: Vec<_> = slice.args.iter().filter_map(|arg| arg.suffix).collect();
    assert_eq!(suffixes, [KfuncSuffix::Optional, KfuncSuffix::ConstSize]);
    assert!(kfunc("printk").is_none());
    assert_eq!(kfuncs().len(), 280);
}

#[test]
fn btf_named_lists() {
    assert!(attach_btf::trace_denied("migrate_disable"));
    assert!(attach_btf::is_noreturn("do_exit"));
    assert!(attach_btf::is_rcu_protected("task_struct"));
    assert_eq!(
        attach_btf::safe_field("file", "f_inode"),
        Some(attach_btf::SafeList::Trusted)
    );
    assert_eq!(attach_btf::safe_field("file", "f_pos"), None);
    assert_eq!(
        attach_btf::tracepoint_args("sched_pi_setprio")
            .unwrap()
            .nullable,
        0b10
    );
    assert!(attach_btf::tracepoint_args("sched_switch").is_none());
    assert_eq!(
        attach_btf::iterator("bpf_iter_task_file")
            .unwrap()
            .args
            .len(),
        4
    );
    assert!(attach_btf::iterator("bpf_iter_bpf_map").is_some());
    assert!(attach_btf::iterator("bpf_map").is_some());
    assert!(
        !attach_btf::struct_ops_member("tcp_congestion_ops", "get_info")
            .unwrap()
            .loadable
    );
}

#[test]
fn support_states_cover_every_name() {
    assert_eq!(
        support::features(FeatureKind::Command).len(),
        Cmd::ALL.len()
    );
    assert_eq!(support::features(FeatureKind::Helper).len(), 211);
    for cmd in Cmd::ALL {
        let feature = support::features(FeatureKind::Command)[usize::try_from(cmd.raw()).unwrap()];
        assert_eq!(feature.name, cmd.name());
        assert_eq!(feature.state, support::command(cmd));
    }
    for map in MapType::ALL.into_iter().skip(1) {
        let features = support::features(FeatureKind::MapType);
        assert_eq!(
            features[usize::try_from(map.raw()).unwrap() - 1].name,
            map.name()
        );
    }
    for prog in ProgType::ALL.into_iter().skip(1) {
        let features = support::features(FeatureKind::ProgType);
        assert_eq!(
            features[usize::try_from(prog.raw()).unwrap() - 1].name,
            prog.name()
        );
    }
    for id in HelperId::all() {
        let feature = support::features(FeatureKind::Helper)[usize::try_from(id.0).unwrap() - 1];
        assert_eq!(Some(feature.name), id.name().unwrap().strip_prefix("bpf_"));
    }
    assert_eq!(support::command(Cmd::MapCreate), Support::Full);
    assert_eq!(support::command(Cmd::TokenCreate), Support::Absent);
    assert!(matches!(
        support::map_type(MapType::Sockmap),
        Support::Partial(_)
    ));
    assert_eq!(support::map_type(MapType::Unspec), Support::Absent);
    assert_eq!(support::kfunc("no_such_kfunc"), Support::Absent);
}
