//! bpf_map_lookup_elem with its map known: the look-up itself instead of a call.

use skep_btf::Btf;
use skep_isa::{RawInsn, opcode};
use skep_uapi::MapType;

use super::insn;
use super::shape::{ListedMap, field_offset};

const R0: u8 = 0;
const R1: u8 = 1;
const R2: u8 = 2;

/// What the call becomes; `None` where it stays a call.
pub(super) fn inlined(map: &ListedMap, btf: Option<&Btf>) -> Option<Vec<RawInsn>> {
    let kernel = Offsets { btf };
    match map.map_type {
        MapType::Array if !map.any_size => {
            Some(kernel.array(map, map.value_size.next_multiple_of(8), &[]))
        }
        MapType::PercpuArray => {
            let entry = [insn::load(opcode::DW, R0, R0, 0), insn::percpu(R0)];
            Some(kernel.array(map, 8, &entry))
        }
        MapType::ArrayOfMaps => {
            let entry = [
                insn::load(opcode::DW, R0, R0, 0),
                insn::jump_imm(opcode::JEQ, R0, 0, 1),
            ];
            Some(kernel.array(map, 8, &entry))
        }
        MapType::Hash => Some(found(&[kernel.value(map)])),
        MapType::LruHash => {
            let used = kernel.lru_ref();
            Some(found(&[
                insn::load(opcode::B, R1, R0, used),
                insn::jump_imm(opcode::JNE, R1, 0, 1),
                insn::store_imm(opcode::B, R0, used, 1),
                kernel.value(map),
            ]))
        }
        MapType::PercpuHash => Some(found(&[
            kernel.value(map),
            insn::load(opcode::DW, R0, R0, 0),
            insn::percpu(R0),
        ])),
        MapType::HashOfMaps => Some(found(&[
            kernel.value(map),
            insn::load(opcode::DW, R0, R0, 0),
        ])),
        MapType::Xskmap => Some(kernel.sockets(map)),
        _ => None,
    }
}

/// A call that finds an element, and what makes a value of it.
fn found(rest: &[RawInsn]) -> Vec<RawInsn> {
    let mut code = vec![
        insn::call(),
        insn::jump_imm(opcode::JEQ, R0, 0, rest.len() as i16),
    ];
    code.extend_from_slice(rest);
    code
}

/// Offsets in the kernel's structs of maps.
struct Offsets<'b> {
    btf: Option<&'b Btf>,
}

impl Offsets<'_> {
    fn field(&self, name: &str, path: &str, measured: u32) -> u32 {
        field_offset(self.btf, name, path).unwrap_or(measured)
    }

    /// From an element of a hash to its value, which follows the key.
    fn value(&self, map: &ListedMap) -> RawInsn {
        let key = self.field("htab_elem", "key", 48);
        let value = key.saturating_add(map.key_size.next_multiple_of(8));
        insn::alu_imm(opcode::ADD, R0, value.cast_signed())
    }

    fn lru_ref(&self) -> i16 {
        let node = self.field("htab_elem", "lru_node", 16);
        let used = self.field("bpf_lru_node", "ref", 19);
        node.saturating_add(used) as i16
    }

    /// The entry of an index, if it is one, and what makes a value of it.
    fn array(&self, map: &ListedMap, size: u32, rest: &[RawInsn]) -> Vec<RawInsn> {
        let values = self.field("bpf_array", "value", 312);
        let scale = if size.is_power_of_two() {
            insn::alu_imm(opcode::LSH, R0, size.ilog2().cast_signed())
        } else {
            insn::alu_imm(opcode::MUL, R0, size.cast_signed())
        };
        let over = rest.len().saturating_add(3) as i16;
        let mut code = vec![
            insn::alu_imm(opcode::ADD, R1, values.cast_signed()),
            insn::load(opcode::W, R0, R2, 0),
            insn::jump_imm(opcode::JGE, R0, map.max_entries.cast_signed(), over),
            scale,
            insn::alu(opcode::ADD, R0, R1),
        ];
        code.extend_from_slice(rest);
        code.extend([insn::goto(1), insn::mov_imm(R0, 0)]);
        code
    }

    fn sockets(&self, map: &ListedMap) -> Vec<RawInsn> {
        let sockets = self.field("xsk_map", "xsk_map", 304);
        vec![
            insn::load(opcode::W, R0, R2, 0),
            insn::jump_imm(opcode::JGE, R0, map.max_entries.cast_signed(), 5),
            insn::alu_imm(opcode::LSH, R0, 3),
            insn::alu_imm(opcode::ADD, R1, sockets.cast_signed()),
            insn::alu(opcode::ADD, R0, R1),
            insn::load(opcode::DW, R0, R0, 0),
            insn::goto(1),
            insn::mov_imm(R0, 0),
        ]
    }
}
