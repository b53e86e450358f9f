//! Where a member may lie in its struct, by the kind of its type.

use skep_uapi::btf::{BtfKind, BtfMember};

use super::problem::Message;
use super::refer::is_regular_int;
use super::size::{Node, Resolved};
use crate::record::Record;
use crate::resolve::POINTER_SIZE;
use crate::types::{int_bits, int_offset, split_offset};

/// Checks a member whose type (`node`) is resolved as far as needed.
pub(super) fn check(
    known: &Resolved<'_>,
    outer: &Record<'_>,
    member: &BtfMember,
    node: &Node<'_>,
) -> Result<(), Message> {
    let node = match known.sized(node.id) {
        Some((behind, _)) if node.is_modifier() => behind,
        None if node.is_modifier() => return Err(Message::Member),
        _ => *node,
    };
    let struct_size = outer.head.size_or_type;
    let (bits, width) = split_offset(member.offset, outer.kind_flag());
    if outer.kind_flag() {
        match node.kind() {
            Some(BtfKind::Int) => return bitfield_int(&node, bits, width, struct_size),
            Some(BtfKind::Enum | BtfKind::Enum64) => {
                return bitfield_enum(bits, width, struct_size);
            }
            Some(
                BtfKind::Ptr | BtfKind::Array | BtfKind::Struct | BtfKind::Union | BtfKind::Float,
            ) if width != 0 => return Err(Message::BitfieldSize),
            _ => {}
        }
    }
    match node.kind() {
        Some(BtfKind::Int) => whole_int(&node, bits, struct_size),
        Some(BtfKind::Ptr) => aligned(bits, POINTER_SIZE, struct_size),
        Some(BtfKind::Array) => {
            let size = known.sized(node.id).map_or(0, |(_, size)| size);
            aligned(bits, size, struct_size)
        }
        Some(BtfKind::Struct | BtfKind::Union | BtfKind::Enum | BtfKind::Enum64) => {
            let size = node.record.map_or(0, |record| record.head.size_or_type);
            aligned(bits, size, struct_size)
        }
        Some(BtfKind::Float) => {
            let size = node.record.map_or(0, |record| record.head.size_or_type);
            float(bits, size, struct_size)
        }
        _ if outer.kind_flag() => Err(Message::BitfieldKind),
        _ => Err(Message::MemberKind),
    }
}

/// `size` bytes at a whole byte.
fn aligned(bits: u32, size: u32, struct_size: u32) -> Result<(), Message> {
    if !bits.is_multiple_of(8) {
        return Err(Message::MemberUnaligned);
    }
    // The wrap is Linux's: the start was already checked to be inside.
    if struct_size.wrapping_sub(bits / 8) < size {
        return Err(Message::MemberExceeds);
    }
    Ok(())
}

fn float(bits: u32, size: u32, struct_size: u32) -> Result<(), Message> {
    let align_bits = size.clamp(1, POINTER_SIZE).saturating_mul(8);
    if !bits.is_multiple_of(align_bits) {
        return Err(Message::FloatUnaligned);
    }
    if (bits / 8).saturating_add(size) > struct_size {
        Err(Message::MemberExceeds)
    } else {
        Ok(())
    }
}

/// An int outside a struct with bit fields may itself begin at a bit (old compilers).
fn whole_int(node: &Node<'_>, bits: u32, struct_size: u32) -> Result<(), Message> {
    let word = node.record.map_or(0, |record| record.word());
    let first = bits
        .checked_add(int_offset(word))
        .ok_or(Message::BitsOverflow)?;
    bits_fit(first, int_bits(word), struct_size)
}

fn bitfield_int(node: &Node<'_>, bits: u32, width: u32, struct_size: u32) -> Result<(), Message> {
    if !is_regular_int(node) {
        return Err(Message::BitfieldBase);
    }
    let int_width = int_bits(node.record.map_or(0, |record| record.word()));
    let width = match width {
        0 if !bits.is_multiple_of(8) => return Err(Message::BitfieldOffset),
        0 => int_width,
        _ if width > int_width => return Err(Message::BitfieldSize),
        _ => width,
    };
    bits_fit(bits, width, struct_size)
}

fn bits_fit(first: u32, width: u32, struct_size: u32) -> Result<(), Message> {
    let start = first / 8;
    let copied = width.saturating_add(first % 8);
    if copied > 128 {
        return Err(Message::CopyBits);
    }
    match struct_size.checked_sub(start) {
        Some(room) if room >= copied.div_ceil(8) => Ok(()),
        _ => Err(Message::MemberExceeds),
    }
}

fn bitfield_enum(bits: u32, width: u32, struct_size: u32) -> Result<(), Message> {
    const INT_BITS: u32 = 32;
    let width = match width {
        0 if !bits.is_multiple_of(8) => return Err(Message::MemberUnaligned),
        0 => INT_BITS,
        _ if width > INT_BITS => return Err(Message::BitfieldSize),
        _ => width,
    };
    if bits.saturating_add(width).div_ceil(8) > struct_size {
        return Err(Message::MemberExceeds);
    }
    Ok(())
}
