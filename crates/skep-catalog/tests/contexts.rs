//! Context look-ups: every cell against the measured tables, and the contexts that are ranges.

use serde_json::Value;
use skep_catalog::{
    AccessKind, Caps, ContextRule, ContextTable, Denied, ObjectKind, RegBase, RegType, TypeFlags,
    context, object,
};
use skep_uapi::{AttachType, ProgType};

fn data() -> Value {
    let path = format!("{}/data/contexts.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What the data says of a cell: the row, if the access is good.
fn cell<'a>(
    rows: &'a [Value],
    offset: i64,
    size: i64,
    key: &str,
    aligned: bool,
) -> Option<&'a Value> {
    let start = |row: &Value| row["off"].as_i64().unwrap();
    let row = rows.iter().find(|row| {
        row["off"].is_i64()
            && (start(row)..start(row) + row["size"].as_i64().unwrap()).contains(&offset)
    })?;
    let within = offset - start(row);
    let good = match &row[key][size.to_string()] {
        Value::String(_) => offset % size == 0 && within + size <= row["size"].as_i64().unwrap(),
        Value::Array(starts) => {
            starts.iter().any(|start| *start == within) && (!aligned || offset % size == 0)
        }
        _ => false,
    };
    good.then_some(row)
}

fn compare(name: &str, table: &ContextTable, rows: &[Value]) -> usize {
    let mut cells = 0;
    for offset in -8..i64::from(table.size) + 16 {
        for size in [1, 2, 4, 8] {
            for (kind, key) in [
                (AccessKind::Read, "read"),
                (AccessKind::Write, "write"),
                (AccessKind::WriteImm, "write"),
            ] {
                let got = table.access(
                    i32::try_from(offset).unwrap(),
                    u32::try_from(size).unwrap(),
                    kind,
                    Caps::all(),
                );
                let expected = cell(rows, offset, size, key, table.aligned);
                assert_eq!(
                    got.is_ok(),
                    expected.is_some(),
                    "{name} {kind:?} at {offset} size {size}: {got:?}"
                );
                if let (Ok(access), Some(row)) = (got, expected) {
                    let scalar = access.reg == RegType::SCALAR;
                    assert_eq!(scalar, row["reg"].is_null(), "{name} at {offset}");
                    assert_eq!(access.field.unwrap().name, row["field"].as_str().unwrap());
                }
                cells += 1;
            }
        }
    }
    cells
}

#[test]
fn every_cell_is_as_measured() {
    let data = data();
    let mut cells = 0;
    for row in data["programs"].as_array().unwrap() {
        let prog_type = ProgType::from_name(row["prog_type"].as_str().unwrap()).unwrap();
        let attach = row["attach_type"]
            .as_str()
            .map_or(0, |name| AttachType::from_name(name).unwrap().raw());
        let table = context(prog_type, attach);
        assert_eq!(table.struct_name, row["ctx"].as_str().unwrap());
        assert_eq!(u64::from(table.size), row["ctx_size"].as_u64().unwrap());
        let rows = data[format!("table {}", row["table"].as_str().unwrap())]
            .as_array()
            .unwrap();
        cells += compare(row["table"].as_str().unwrap(), table, rows);
    }
    for (name, kind) in [
        ("SOCK_COMMON", ObjectKind::SockCommon),
        ("SOCKET", ObjectKind::Socket),
        ("TCP_SOCK", ObjectKind::TcpSock),
        ("XDP_SOCK", ObjectKind::XdpSock),
        ("FLOW_KEYS", ObjectKind::FlowKeys),
    ] {
        let rows = data[format!("object PTR_TO_{name}")].as_array().unwrap();
        cells += compare(name, object(kind), rows);
    }
    assert!(cells > 90_000, "{cells}");
}

#[test]
fn packet_pointers_of_xdp() {
    let xdp = context(ProgType::Xdp, 0);
    let at = |offset, size, kind| xdp.access(offset, size, kind, Caps::all());
    assert_eq!(
        at(0, 4, AccessKind::Read).unwrap().reg.base,
        RegBase::PtrToPacket
    );
    assert_eq!(
        at(4, 4, AccessKind::Read).unwrap().reg.base,
        RegBase::PtrToPacketEnd
    );
    assert_eq!(
        at(8, 4, AccessKind::Read).unwrap().reg.base,
        RegBase::PtrToPacketMeta
    );
    assert_eq!(
        at(0, 4, AccessKind::ReadSigned).unwrap_err(),
        Denied::NotAllowed
    );
    assert_eq!(at(1, 4, AccessKind::Read).unwrap_err(), Denied::Misaligned);
    assert_eq!(at(24, 4, AccessKind::Read).unwrap_err(), Denied::OutOfRange);
    assert_eq!(at(-4, 4, AccessKind::Read).unwrap_err(), Denied::OutOfRange);
    // Only devmap programs see where the frame leaves.
    assert!(at(20, 4, AccessKind::Read).is_err());
    assert!(
        context(ProgType::Xdp, AttachType::XdpDevmap.raw())
            .access(20, 4, AccessKind::Read, Caps::all())
            .is_ok()
    );
}

#[test]
fn a_socket_may_be_null() {
    let access = context(ProgType::SchedCls, 0)
        .access(168, 8, AccessKind::Read, Caps::all())
        .unwrap();
    assert_eq!(
        access.reg,
        RegType::new(RegBase::PtrToSockCommon, TypeFlags::MAYBE_NULL)
    );
    assert_eq!(
        ObjectKind::of(access.reg.base),
        Some(ObjectKind::SockCommon)
    );
}

#[test]
fn packet_pointers_of_cgroup_skb_need_a_capability() {
    let table = context(ProgType::CgroupSkb, AttachType::CgroupInetEgress.raw());
    assert_eq!(
        table
            .access(76, 4, AccessKind::Read, Caps::empty())
            .unwrap_err(),
        Denied::Capability
    );
    assert!(table.access(76, 4, AccessKind::Read, Caps::BPF).is_ok());
    assert!(
        table
            .access(152, 8, AccessKind::Read, Caps::empty())
            .is_ok()
    );
    assert_eq!(
        table
            .access(152, 8, AccessKind::Write, Caps::empty())
            .unwrap_err(),
        Denied::Capability
    );
}

#[test]
fn narrow_loads_know_their_element() {
    let table = context(ProgType::SchedCls, 0);
    assert_eq!(
        table
            .access(50, 1, AccessKind::Read, Caps::all())
            .unwrap()
            .full_size,
        4
    );
    assert_eq!(table.field_at(50).unwrap().name, "cb");
}

#[test]
fn ranges_instead_of_fields() {
    let read = |prog_type, offset, size| {
        context(prog_type, 0).access(offset, size, AccessKind::Read, Caps::all())
    };
    assert!(read(ProgType::Tracepoint, 0, 8).is_err());
    assert!(read(ProgType::Tracepoint, 8, 8).is_ok());
    assert!(read(ProgType::Tracepoint, -8, 8).is_ok());
    assert!(read(ProgType::Tracepoint, 8192, 8).is_err());
    assert!(read(ProgType::RawTracepoint, 88, 8).is_ok());
    assert!(read(ProgType::RawTracepoint, 96, 8).is_err());
    assert_eq!(
        read(ProgType::RawTracepointWritable, 0, 8)
            .unwrap()
            .reg
            .base,
        RegBase::PtrToTpBuffer
    );
    assert!(read(ProgType::RawTracepointWritable, 0, 4).is_err());
    assert!(read(ProgType::Syscall, 65528, 8).is_ok());
    assert!(read(ProgType::Syscall, 65535, 1).is_err());
    assert!(
        context(ProgType::Syscall, 0)
            .access(0, 8, AccessKind::Write, Caps::all())
            .is_ok()
    );
    assert_eq!(
        read(ProgType::Tracing, 0, 8).unwrap_err(),
        Denied::FollowsBtf
    );
    let fexit = context(ProgType::Tracing, AttachType::TraceFexit.raw());
    assert!(matches!(fexit.rule, ContextRule::BtfArgs(args) if args.return_slot));
}
