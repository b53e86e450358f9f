//! Comparisons with the end of the packet: what they prove about the bytes before a packet pointer.

use crate::register::{PacketRange, Pointer, Register, Target, TargetKind};
use crate::state::State;
use skep_isa::CondOp;

/// Packets are not longer.
const MAX_PACKET_OFFSET: u64 = 0xffff;

/// `moving op limit`, with the pointer whose distance to the limit is being tested on the left.
struct Comparison {
    moving_reg: u8,
    moving: Pointer,
    op: CondOp,
}

/// Whether the comparison is closed (`moving <= limit` holds on the proved edge) or open (`moving < limit`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    Closed,
    Open,
}

fn mirrored(op: CondOp) -> Option<CondOp> {
    Some(match op {
        CondOp::Gt => CondOp::Lt,
        CondOp::Lt => CondOp::Gt,
        CondOp::Ge => CondOp::Le,
        CondOp::Le => CondOp::Ge,
        _ => return None,
    })
}

/// A packet pointer as it came out of the context.
fn is_initial_packet(p: &Pointer) -> bool {
    p.kind() == TargetKind::Packet && p.id == 0 && p.off == 0 && p.var.is_const() == Some(0)
}

fn recognise(state: &State, op: CondOp, dst: u8, src: u8) -> Option<Comparison> {
    let (d, s) = (state.reg(dst).pointer()?, state.reg(src).pointer()?);
    let is_pair = |moving: &Pointer, limit: &Pointer| match moving.kind() {
        TargetKind::Packet => limit.kind() == TargetKind::PacketEnd,
        TargetKind::PacketMeta => is_initial_packet(limit),
        _ => false,
    };
    let flipped = mirrored(op)?;
    if is_pair(d, s) {
        Some(Comparison {
            moving_reg: dst,
            moving: *d,
            op,
        })
    } else if is_pair(s, d) {
        Some(Comparison {
            moving_reg: src,
            moving: *s,
            op: flipped,
        })
    } else {
        None
    }
}

/// Applies `dst op src` to both edges; whether it was a comparison of packet pointers that Linux recognises.
pub(super) fn compare(
    fallthrough: &mut State,
    taken: &mut State,
    op: CondOp,
    dst: u8,
    src: u8,
) -> bool {
    let Some(c) = recognise(fallthrough, op, dst, src) else {
        return false;
    };
    let (proved, other, bound) = match c.op {
        CondOp::Gt => (fallthrough, taken, Bound::Closed),
        CondOp::Le => (taken, fallthrough, Bound::Closed),
        CondOp::Lt => (taken, fallthrough, Bound::Open),
        _ => (fallthrough, taken, Bound::Open),
    };
    prove(proved, &c.moving, bound);
    mark_end(other, c.moving_reg, bound);
    true
}

/// Everything between the base of `moving` and `moving` is there; one byte more if the bound is open.
fn prove(state: &mut State, moving: &Pointer, bound: Bound) {
    let off = i64::from(moving.off);
    if off < 0 || (off == 0 && bound == Bound::Open) {
        return;
    }
    let reach = moving.var.umax.checked_add(off.cast_unsigned());
    if moving.var.umax > MAX_PACKET_OFFSET || reach.is_none_or(|r| r > MAX_PACKET_OFFSET) {
        return;
    }
    let proved = PacketRange(moving.off.saturating_add(i32::from(bound == Bound::Open)));
    let same = |r: &Register| {
        r.pointer().is_some_and(|p| {
            p.kind() == moving.kind() && p.flags == moving.flags && p.id == moving.id
        })
    };
    state.for_each_register(same, |r| {
        if let Some(Target::Packet { range } | Target::PacketMeta { range }) =
            r.pointer_mut().map(|p| &mut p.target)
        {
            *range = (*range).max(proved);
        }
    });
}

/// On the other edge the compared pointer itself (not its copies) is at, or beyond, the end.
fn mark_end(state: &mut State, reg: u8, bound: Bound) {
    if let Some(Target::Packet { range }) = state
        .reg_mut(reg)
        .and_then(Register::pointer_mut)
        .map(|p| &mut p.target)
    {
        *range = match bound {
            Bound::Closed => PacketRange::BEYOND_END,
            Bound::Open => PacketRange::AT_END,
        };
    }
}

/// The outcome of a comparison with a pointer that is known to be at or past the end: `P > end` and `P <= end` are decided only past it.
pub(super) fn predict(op: CondOp, dst: &Pointer, src: &Pointer) -> Option<bool> {
    let (moving, op) = match (dst.kind(), src.kind()) {
        (_, TargetKind::PacketEnd) => (dst, op),
        (TargetKind::PacketEnd, _) => (src, mirrored(op)?),
        _ => return None,
    };
    let (Target::Packet { range } | Target::PacketMeta { range }) = moving.target else {
        return None;
    };
    match (op, range) {
        (CondOp::Gt, PacketRange::BEYOND_END) => Some(true),
        (CondOp::Le, PacketRange::BEYOND_END) => Some(false),
        (CondOp::Ge, PacketRange::BEYOND_END | PacketRange::AT_END) => Some(true),
        (CondOp::Lt, PacketRange::BEYOND_END | PacketRange::AT_END) => Some(false),
        _ => None,
    }
}
