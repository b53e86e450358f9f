//! Accesses of contexts and sockets, as Linux converts them to accesses of its own structs.

mod step;
mod table;

use skep_btf::Btf;
use skep_isa::{RawInsn, opcode};
use skep_uapi::ProgType;

use super::insn;
use step::{Operands, bytes_of};
use table::{Kind, Row, section};

/// The tables of a pointer, the more special one first.
pub(super) type Sections = &'static [&'static str];

/// The tables of a program type's context; none where programs see the kernel's own struct.
pub(super) fn of_context(prog_type: ProgType) -> Sections {
    match prog_type {
        ProgType::SocketFilter
        | ProgType::CgroupSkb
        | ProgType::LwtIn
        | ProgType::LwtOut
        | ProgType::LwtXmit
        | ProgType::LwtSeg6local => &["skb"],
        ProgType::SchedCls | ProgType::SchedAct => &["tc", "skb"],
        ProgType::SkSkb => &["sk_skb", "skb"],
        ProgType::FlowDissector => &["flow_dissector"],
        ProgType::Xdp => &["xdp"],
        ProgType::CgroupSock => &["sock"],
        ProgType::CgroupSockAddr => &["cgroup_sock_addr"],
        ProgType::SockOps => &["sock_ops"],
        ProgType::SkMsg => &["sk_msg"],
        ProgType::PerfEvent => &["perf_event"],
        ProgType::CgroupSysctl => &["cgroup_sysctl"],
        ProgType::CgroupSockopt => &["cgroup_sockopt"],
        ProgType::SkReuseport => &["sk_reuseport"],
        ProgType::SkLookup => &["sk_lookup"],
        ProgType::Unspec
        | ProgType::Kprobe
        | ProgType::Tracepoint
        | ProgType::RawTracepoint
        | ProgType::RawTracepointWritable
        | ProgType::CgroupDevice
        | ProgType::LircMode2
        | ProgType::Tracing
        | ProgType::StructOps
        | ProgType::Ext
        | ProgType::Lsm
        | ProgType::Syscall
        | ProgType::Netfilter => &[],
    }
}

/// As [`of_context`], for a traffic control program that asks what kind of time stamp a packet has: it gets the stamp as it is.
pub(super) const WITH_STAMP_TYPE: Sections = &["tc_stamp_type", "tc", "skb"];
/// Where `__sk_buff` says what kind of time stamp a packet has.
pub(super) const STAMP_TYPE: i16 = 180;

pub(super) const SOCKET: Sections = &["sock"];
pub(super) const TCP_SOCKET: Sections = &["tcp_sock"];
pub(super) const XDP_SOCKET: Sections = &["xdp_sock"];

/// What an access becomes; `None` where it stays.
pub(super) fn convert(
    sections: Sections,
    access: RawInsn,
    btf: Option<&Btf>,
) -> Option<Vec<RawInsn>> {
    let offset = u32::try_from(access.off).ok()?;
    let size = bytes_of(access.size());
    let load = access.class() == opcode::LDX;
    let kinds: &[Kind] = match access.class() {
        opcode::LDX if access.dst() == access.src() => &[Kind::LoadOver, Kind::Load, Kind::Any],
        opcode::LDX => &[Kind::Load, Kind::Any],
        opcode::ST => &[Kind::StoreConst, Kind::Store, Kind::Any],
        _ => &[Kind::Store, Kind::Any],
    };
    let whole = |row: &Row, kind: Kind| {
        row.kind == kind
            && row.holds(offset, size)
            && (kind == Kind::Any || (row.offset == offset && row.size == size))
    };
    let part = |row: &Row, kind: Kind| row.kind == kind && row.holds(offset, size);
    let found =
        find(sections, kinds, whole).or_else(|| find(sections, kinds, part).filter(|_| load))?;
    let within = offset.checked_sub(found.offset)?;
    let operands = Operands {
        insn: access,
        within: i16::try_from(within).ok()?,
    };
    let mut code: Vec<RawInsn> = found
        .steps
        .iter()
        .map(|step| step.insn(&operands, btf))
        .collect();
    let loaded = found.steps.iter().rev().find_map(step::Step::load_size);
    if load
        && found.kind != Kind::Any
        && size < found.size
        && loaded.is_none_or(|loaded| size < loaded)
    {
        cut(&mut code, access.dst(), found.size, within, size);
    }
    if load && access.mode() == opcode::MEMSX {
        let bits = size.saturating_mul(8) as i16;
        let dst = access.dst();
        code.push(RawInsn::new(
            opcode::ALU64 | opcode::MOV | opcode::X,
            dst,
            dst,
            bits,
            0,
        ));
    }
    Some(code)
}

/// The smallest row that fits, of the most special section and kind that has one.
fn find(
    sections: Sections,
    kinds: &[Kind],
    fits: impl Fn(&Row, Kind) -> bool,
) -> Option<&'static Row> {
    sections.iter().find_map(|name| {
        let rows = section(name);
        let smallest = |kind: &Kind| {
            let kind = *kind;
            rows.iter()
                .filter(|row| fits(row, kind))
                .min_by_key(|row| row.size)
        };
        kinds.iter().find_map(smallest)
    })
}

/// The part of a field that a narrow load sees.
fn cut(code: &mut Vec<RawInsn>, dst: u8, field: u32, within: u32, size: u32) {
    let shift = within.saturating_mul(8) as i32;
    if shift != 0 {
        code.push(if field == 8 {
            insn::alu_imm(opcode::RSH, dst, shift)
        } else {
            insn::alu32_imm(opcode::RSH, dst, shift)
        });
    }
    let mask = match size {
        1 => 0xff,
        2 => 0xffff,
        _ => -1,
    };
    code.push(insn::alu32_imm(opcode::AND, dst, mask));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(prog_type: ProgType, access: RawInsn) -> Vec<String> {
        let code = convert(of_context(prog_type), access, None).unwrap();
        code.iter().map(|insn| format!("{insn:?}")).collect()
    }

    fn texts(code: &[RawInsn]) -> Vec<String> {
        code.iter().map(|insn| format!("{insn:?}")).collect()
    }

    #[test]
    fn a_part_of_a_field_is_cut_out() {
        let byte_1_of_len = insn::load(opcode::B, 2, 1, 1);
        let expected = [
            insn::load(opcode::W, 2, 1, 112),
            insn::alu32_imm(opcode::RSH, 2, 8),
            insn::alu32_imm(opcode::AND, 2, 0xff),
        ];
        assert_eq!(
            text(ProgType::SocketFilter, byte_1_of_len),
            texts(&expected)
        );
    }

    #[test]
    fn the_more_special_table_comes_first() {
        let ifindex = insn::load(opcode::W, 2, 1, 40);
        assert_eq!(text(ProgType::SocketFilter, ifindex).len(), 3);
        assert_eq!(text(ProgType::SchedCls, ifindex).len(), 2);
    }

    #[test]
    fn a_constant_is_stored_as_one() {
        let mark = insn::store_imm(opcode::W, 1, 8, 77);
        let expected = [insn::store_imm(opcode::W, 1, 164, 77)];
        assert_eq!(text(ProgType::SchedCls, mark), texts(&expected));
    }

    #[test]
    fn the_temporary_register_is_a_free_one() {
        let port = insn::store(opcode::W, 9, 24, 8);
        let code = convert(of_context(ProgType::CgroupSockAddr), port, None).unwrap();
        assert_eq!(code[0].src(), 7);
    }

    #[test]
    fn programs_that_see_the_kernels_own_struct_keep_their_accesses() {
        assert_eq!(
            convert(
                of_context(ProgType::Tracing),
                insn::load(opcode::DW, 2, 1, 0),
                None
            ),
            None
        );
    }
}
