//! Spot checks of the tables against numbers everyone knows.

use skep_uapi::attr::{BPF_ATTR_SIZE, last_field_end};
use skep_uapi::{AttachType, Cmd, Errno, HelperId, LinkType, MapType, ProgType};

#[test]
fn numbers_and_names_agree() {
    assert_eq!(MapType::from_raw(11), Some(MapType::LpmTrie));
    assert_eq!(MapType::LpmTrie.name(), "LPM_TRIE");
    assert_eq!(MapType::from_raw(34), None);
    assert_eq!(
        MapType::from_name("BPF_MAP_TYPE_CGROUP_STORAGE"),
        Some(MapType::CgroupStorage)
    );
    assert_eq!(ProgType::from_raw(8), Some(ProgType::CgroupSkb));
    assert_eq!(ProgType::Netfilter.raw(), 32);
    assert_eq!(AttachType::from_raw(0), Some(AttachType::CgroupInetIngress));
    assert_eq!(AttachType::Xdp.raw(), 37);
    assert_eq!(LinkType::Sockmap.raw(), 14);
    assert_eq!(Cmd::PROG_RUN, Cmd::ProgTestRun);
    assert_eq!(Cmd::from_raw(38), None);
}

#[test]
fn every_value_survives_the_round_trip() {
    for value in MapType::ALL {
        assert_eq!(MapType::from_raw(value.raw()), Some(value));
        assert_eq!(MapType::from_name(value.name()), Some(value));
    }
    for value in AttachType::ALL {
        assert_eq!(AttachType::from_name(value.name()), Some(value));
    }
}

#[test]
fn helpers_have_names() {
    assert_eq!(
        HelperId::MAP_LOOKUP_ELEM.name(),
        Some("bpf_map_lookup_elem")
    );
    assert_eq!(HelperId::all().count(), 211);
    assert!(!HelperId(0).exists());
    assert!(!HelperId(HelperId::MAX).exists());
    assert_eq!(
        HelperId::from_name("ringbuf_output"),
        Some(HelperId::RINGBUF_OUTPUT)
    );
}

#[test]
fn errno_names() {
    assert_eq!(Errno::EINVAL.to_string(), "EINVAL");
    assert_eq!(Errno(524), Errno::ENOTSUPP);
    assert_eq!(Errno::EOPNOTSUPP.0, 95);
    assert_eq!(Errno::EBADFD.as_return(), -77);
    assert_eq!(Errno(4000).to_string(), "errno 4000");
}

#[test]
fn no_command_reads_past_the_attr() {
    for cmd in Cmd::ALL {
        assert!(last_field_end(cmd) <= BPF_ATTR_SIZE, "{cmd}");
    }
}
