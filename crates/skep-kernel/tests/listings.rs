//! What `bpf_prog_info` shows of a program's instructions, side by side with the kernel.

mod common;

use common::{Script, compare, out, ptr};
use skep_isa::{RawInsn, encode_program, opcode, parse_program};
use skep_kernel::Caps;
use skep_uapi::Cmd;
use skep_uapi::attr::{MapCreateAttr, ProgLoadAttr};
use skep_uapi::info::ProgInfo;

const SOCKET_FILTER: u32 = 1;

/// Loads and notes the listing: code, registers, offset, number; numbers of calls left out, maps by their place.
fn note_listing(s: &mut Script, insns: &[RawInsn]) {
    let code = encode_program(insns);
    let attr = ProgLoadAttr {
        prog_type: SOCKET_FILTER,
        insn_cnt: insns.len() as u32,
        insns: ptr(code.as_slice()),
        license: ptr(b"GPL\0"),
        ..ProgLoadAttr::default()
    };
    let prog = s.must("load", Cmd::ProgLoad, &attr) as u32;
    let size = s.prog_info(prog, &ProgInfo::default()).xlated_prog_len;
    let mut bytes = vec![0u8; size as usize];
    let mut ids = [0u32; 4];
    let asked = ProgInfo {
        xlated_prog_len: size,
        xlated_prog_insns: out(bytes.as_mut_slice()),
        nr_map_ids: 4,
        map_ids: out(&mut ids),
        ..ProgInfo::default()
    };
    s.prog_info(prog, &asked);
    for insn in parse_program(&bytes).unwrap() {
        let number = match insn.code {
            opcode::INSN_CALL => 0,
            opcode::LD_IMM64 if insn.src() == opcode::PSEUDO_MAP_FD => {
                let place = ids.iter().position(|id| *id == insn.imm.cast_unsigned());
                place.map_or(-1, |place| place as i32)
            }
            _ => insn.imm,
        };
        let (dst, src) = (insn.dst(), insn.src());
        s.note(format!(
            "{:02x} {dst} {src} {} {number}",
            insn.code, insn.off
        ));
    }
}

#[test]
fn dead_code_is_removed() {
    let expected = "
        load: ok
        info: ok
        info: ok
        b7 0 0 0 1
        95 0 0 0 0
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let program = [
            RawInsn::new(0xb7, 0, 0, 0, 1),
            RawInsn::new(0x15, 0, 0, 1, 1),
            RawInsn::new(0xb7, 0, 0, 0, 2),
            RawInsn::new(0x95, 0, 0, 0, 0),
        ];
        note_listing(s, &program);
    });
}

#[test]
fn a_division_is_guarded() {
    let expected = "
        load: ok
        info: ok
        info: ok
        b7 0 0 0 6
        b7 2 0 0 3
        55 2 0 2 0
        ac 0 0 0 0
        05 0 0 1 0
        3f 0 2 0 0
        95 0 0 0 0
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let program = [
            RawInsn::new(0xb7, 0, 0, 0, 6),
            RawInsn::new(0xb7, 2, 0, 0, 3),
            RawInsn::new(0x3f, 0, 2, 0, 0),
            RawInsn::new(0x95, 0, 0, 0, 0),
        ];
        note_listing(s, &program);
    });
}

#[test]
fn a_look_up_of_a_hash_is_half_inlined() {
    let expected = "
        map: ok
        load: ok
        info: ok
        info: ok
        7a 10 0 -8 0
        bf 2 10 0 0
        07 2 0 0 -8
        18 1 1 0 0
        00 0 0 0 0
        85 0 0 0 0
        15 0 0 1 0
        07 0 0 0 56
        b7 0 0 0 0
        95 0 0 0 0
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let hash = MapCreateAttr {
            map_type: 1,
            key_size: 8,
            value_size: 8,
            max_entries: 1,
            ..MapCreateAttr::default()
        };
        let map = s.must("map", Cmd::MapCreate, &hash);
        let program = [
            RawInsn::new(0x7a, 10, 0, -8, 0),
            RawInsn::new(0xbf, 2, 10, 0, 0),
            RawInsn::new(0x07, 2, 0, 0, -8),
            RawInsn::new(0x18, 1, 1, 0, map),
            RawInsn::new(0, 0, 0, 0, 0),
            RawInsn::new(0x85, 0, 0, 0, 1),
            RawInsn::new(0xb7, 0, 0, 0, 0),
            RawInsn::new(0x95, 0, 0, 0, 0),
        ];
        note_listing(s, &program);
    });
}
