//! Helper look-ups: against the availability data cell by cell, and a few facts everyone knows.

use serde_json::Value;
use skep_catalog::{
    AllowedRule, ArgType, Caps, ProtoContext, ProtoFlags, RegBase, RetType, Sleepable, TypeFlags,
    helper, helper_name, helper_set,
};
use skep_uapi::{AttachType, HelperId, ProgType};

fn data(name: &str) -> Value {
    let path = format!("{}/data/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn root(prog_type: ProgType) -> ProtoContext<'static> {
    ProtoContext {
        prog_type,
        attach_type: 0,
        sleepable: Sleepable::No,
        caps: Caps::all(),
        target: None,
    }
}

#[test]
fn every_configuration_gives_the_variants_of_the_data() {
    let availability = data("helper_availability");
    let base = availability["base"].as_array().unwrap();
    for row in availability["programs"].as_array().unwrap() {
        let attach = row["attach_type"]
            .as_str()
            .map_or(0, |name| AttachType::from_name(name).unwrap().raw());
        let context = ProtoContext {
            prog_type: ProgType::from_name(row["prog_type"].as_str().unwrap()).unwrap(),
            attach_type: attach,
            sleepable: if row["sleepable"] == true {
                Sleepable::Yes
            } else {
                Sleepable::No
            },
            caps: Caps::all(),
            // LSM_CGROUP rows are classes of hooks.
            target: match row["target"].as_str() {
                Some("locked") => Some("sock_graft"),
                Some("unlocked") => Some("bpf_lsm_socket_post_create"),
                Some("other") => Some("bpf_lsm_socket_bind"),
                other => other,
            },
        };
        let mut checked = 0;
        for id in HelperId::all() {
            let short = &id.name().unwrap()["bpf_".len()..];
            let gone = |list: &str| {
                row[list]
                    .as_array()
                    .is_some_and(|list| list.iter().any(|name| name == short))
            };
            let in_base = base
                .iter()
                .find(|row| row["helper"] == short)
                .map(|row| row["proto"].clone());
            let expected = if gone("removes") || gone("source_only") {
                None
            } else if row["adds"][short].is_string() {
                Some(row["adds"][short].clone())
            } else if row["replaces"][short].is_string() {
                Some(row["replaces"][short].clone())
            } else if row["no_helpers"] == true {
                None
            } else {
                in_base
            };
            let got = helper(&context, id);
            assert_eq!(
                got.map(|proto| Value::from(proto.variant)),
                expected,
                "{} {}",
                row["config"],
                short
            );
            assert!(got.is_none_or(|proto| proto.id == id));
            checked += usize::from(got.is_some());
        }
        let refused = row["source_only"].as_array().map_or(0, Vec::len);
        let total = row["total"]
            .as_u64()
            .map_or(checked, |total| usize::try_from(total).unwrap() - refused);
        assert_eq!(checked, total, "{}", row["config"]);
    }
}

#[test]
fn every_prototype_has_the_arguments_of_the_data() {
    let helpers = data("helpers");
    let mut seen = 0;
    for set in [
        ProgType::SocketFilter,
        ProgType::SchedCls,
        ProgType::Xdp,
        ProgType::Syscall,
    ] {
        let context = ProtoContext {
            sleepable: Sleepable::Yes,
            ..root(set)
        };
        for proto in helper_set(&context).iter() {
            let row = &helpers["helpers"][usize::try_from(proto.id.0).unwrap() - 1];
            assert_eq!(row["name"], helper_name(proto.id));
            let variants = row["protos"].as_array().unwrap();
            let variant = variants
                .iter()
                .find(|row| row["proto"] == proto.variant)
                .unwrap();
            assert_eq!(
                variant["args"].as_array().unwrap().len(),
                proto.used_args().count()
            );
            assert_eq!(variant["gpl_only"] == true, proto.has(ProtoFlags::GPL_ONLY));
            assert_eq!(
                row["changes_pkt_data"] == true,
                proto.has(ProtoFlags::CHANGES_PKT_DATA)
            );
            seen += 1;
        }
    }
    assert!(seen > 300);
}

#[test]
fn map_lookup_takes_a_map_and_a_key() {
    let proto = helper(&root(ProgType::Xdp), HelperId::MAP_LOOKUP_ELEM).unwrap();
    let kinds: Vec<_> = proto.used_args().map(|arg| arg.kind).collect();
    assert_eq!(kinds, [ArgType::ConstMapPtr, ArgType::PtrToMapKey]);
    assert_eq!(proto.ret.kind, RetType::PtrToMapValue);
    assert_eq!(proto.ret.flags, TypeFlags::MAYBE_NULL);
    assert!(proto.has(ProtoFlags::PKT_ACCESS | ProtoFlags::INLINED));
}

#[test]
fn ringbuf_submit_releases_a_record() {
    let proto = helper(&root(ProgType::Xdp), HelperId::RINGBUF_SUBMIT).unwrap();
    assert_eq!(proto.args[0].kind, ArgType::PtrToRingbufMem);
    assert!(proto.args[0].has(TypeFlags::OBJ_RELEASE));
    assert_eq!(proto.args[0].kind.accepted()[0].base, RegBase::PtrToMem);
    assert!(
        helper(&root(ProgType::Xdp), HelperId::RINGBUF_RESERVE)
            .unwrap()
            .has(ProtoFlags::ACQUIRES)
    );
}

#[test]
fn capability_tiers_follow_the_loader() {
    let with = |caps| ProtoContext {
        caps,
        ..root(ProgType::SocketFilter)
    };
    let none = with(Caps::empty());
    assert!(helper(&none, HelperId::MAP_LOOKUP_ELEM).is_some());
    assert!(helper(&none, HelperId::LOOP).is_none());
    assert!(helper(&none, HelperId::TRACE_PRINTK).is_none());
    assert!(helper(&with(Caps::BPF), HelperId::LOOP).is_some());
    assert!(helper(&with(Caps::BPF), HelperId::TRACE_PRINTK).is_none());
    assert!(helper(&with(Caps::BPF | Caps::PERFMON), HelperId::TRACE_PRINTK).is_some());
    assert!(helper(&with(Caps::SYS_ADMIN), HelperId::TRACE_PRINTK).is_some());
    assert!(helper(&with(Caps::PERFMON), HelperId::SKC_TO_TCP_SOCK).is_some());
}

#[test]
fn an_attach_type_without_a_row_has_the_general_one() {
    let odd = ProtoContext {
        attach_type: 0xffff_ffff,
        ..root(ProgType::SchedCls)
    };
    assert!(helper(&odd, HelperId::CLONE_REDIRECT).is_some());
    assert!(helper(&root(ProgType::Unspec), HelperId::MAP_LOOKUP_ELEM).is_none());
    let unknown_ops = ProtoContext {
        target: Some("my_ops.member"),
        ..root(ProgType::StructOps)
    };
    assert!(helper(&unknown_ops, HelperId::MAP_LOOKUP_ELEM).is_some());
    assert!(helper(&unknown_ops, HelperId::TCP_SEND_ACK).is_none());
}

#[test]
fn numbers_without_a_helper_are_unknown() {
    assert!(helper(&root(ProgType::Xdp), HelperId(0)).is_none());
    assert!(helper(&root(ProgType::Xdp), HelperId(u32::MAX)).is_none());
    assert_eq!(helper_name(HelperId(212)), "unknown");
}

#[test]
fn d_path_depends_on_the_target() {
    let tracing = ProtoContext {
        attach_type: AttachType::TraceFentry.raw(),
        ..root(ProgType::Tracing)
    };
    let at = |target| {
        AllowedRule::DPath.permits(&ProtoContext {
            target: Some(target),
            ..tracing
        })
    };
    assert!(at("vfs_truncate"));
    assert!(!at("do_exit"));
    let lsm = ProtoContext {
        attach_type: AttachType::LsmMac.raw(),
        ..root(ProgType::Lsm)
    };
    assert!(AllowedRule::ImaHash.permits(&ProtoContext {
        target: Some("bpf_lsm_file_open"),
        ..lsm
    }));
    assert!(!AllowedRule::ImaHash.permits(&ProtoContext {
        target: Some("bpf_lsm_task_free"),
        ..lsm
    }));
}

#[test]
fn return_value_helpers_depend_on_the_attach_type_alone() {
    let has = |prog_type, attach_type| {
        let context = ProtoContext {
            attach_type,
            ..root(prog_type)
        };
        helper(&context, HelperId::GET_RETVAL).is_some()
    };
    for prog_type in [
        ProgType::CgroupDevice,
        ProgType::CgroupSysctl,
        ProgType::SockOps,
    ] {
        for hidden in [
            AttachType::CgroupInetIngress,
            AttachType::CgroupSockOps,
            AttachType::CgroupUdp4Recvmsg,
        ] {
            assert!(!has(prog_type, hidden.raw()), "{prog_type} {hidden}");
        }
        assert!(has(prog_type, AttachType::Xdp.raw()));
        assert!(has(prog_type, 1000));
    }
}
