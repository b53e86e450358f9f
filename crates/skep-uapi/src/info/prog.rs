//! `bpf_prog_info`.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// What OBJ_GET_INFO_BY_FD says of a program. Array fields are in-out: the client gives room and count, the real count comes back.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct ProgInfo {
    /// A [`crate::ProgType`].
    pub prog_type: u32,
    /// Program id.
    pub id: u32,
    /// First bytes of the SHA-256 of the instructions.
    pub tag: [u8; 8],
    /// Bytes of machine code.
    pub jited_prog_len: u32,
    /// Bytes of the translated listing.
    pub xlated_prog_len: u32,
    /// Machine code.
    pub jited_prog_insns: UserPtr,
    /// Translated listing.
    pub xlated_prog_insns: UserPtr,
    /// Nanoseconds since boot.
    pub load_time: u64,
    /// Owner.
    pub created_by_uid: u32,
    /// Maps used.
    pub nr_map_ids: u32,
    /// Their ids.
    pub map_ids: UserPtr,
    /// NUL-terminated name.
    pub name: [u8; 16],
    /// Device.
    pub ifindex: u32,
    /// Bit 0: the licence is GPL compatible.
    pub gpl_compatible: u32,
    /// Device number of the network namespace.
    pub netns_dev: u64,
    /// Inode of the network namespace.
    pub netns_ino: u64,
    /// Functions of machine code.
    pub nr_jited_ksyms: u32,
    /// The same.
    pub nr_jited_func_lens: u32,
    /// Their addresses.
    pub jited_ksyms: UserPtr,
    /// Their lengths.
    pub jited_func_lens: UserPtr,
    /// BTF of the program.
    pub btf_id: u32,
    /// Bytes of one function record.
    pub func_info_rec_size: u32,
    /// Function records.
    pub func_info: UserPtr,
    /// Function records.
    pub nr_func_info: u32,
    /// Line records.
    pub nr_line_info: u32,
    /// Line records.
    pub line_info: UserPtr,
    /// Addresses of lines.
    pub jited_line_info: UserPtr,
    /// Addresses of lines.
    pub nr_jited_line_info: u32,
    /// Bytes of one line record.
    pub line_info_rec_size: u32,
    /// Bytes of one address.
    pub jited_line_info_rec_size: u32,
    /// Functions.
    pub nr_prog_tags: u32,
    /// Their tags.
    pub prog_tags: UserPtr,
    /// Time run, with statistics on.
    pub run_time_ns: u64,
    /// Runs, with statistics on.
    pub run_cnt: u64,
    /// Runs left out because the program was running.
    pub recursion_misses: u64,
    /// Instructions the verifier processed.
    pub verified_insns: u32,
    /// BTF of the attach target.
    pub attach_btf_obj_id: u32,
    /// Type of the attach target.
    pub attach_btf_id: u32,
    /// Padding.
    pub pad: [u8; 4],
}

const _: () = {
    assert!(size_of::<ProgInfo>() == 232);
    assert!(offset_of!(ProgInfo, id) == 4);
    assert!(offset_of!(ProgInfo, tag) == 8);
    assert!(offset_of!(ProgInfo, jited_prog_len) == 16);
    assert!(offset_of!(ProgInfo, xlated_prog_len) == 20);
    assert!(offset_of!(ProgInfo, jited_prog_insns) == 24);
    assert!(offset_of!(ProgInfo, xlated_prog_insns) == 32);
    assert!(offset_of!(ProgInfo, load_time) == 40);
    assert!(offset_of!(ProgInfo, created_by_uid) == 48);
    assert!(offset_of!(ProgInfo, nr_map_ids) == 52);
    assert!(offset_of!(ProgInfo, map_ids) == 56);
    assert!(offset_of!(ProgInfo, name) == 64);
    assert!(offset_of!(ProgInfo, ifindex) == 80);
    assert!(offset_of!(ProgInfo, gpl_compatible) == 84);
    assert!(offset_of!(ProgInfo, netns_dev) == 88);
    assert!(offset_of!(ProgInfo, netns_ino) == 96);
    assert!(offset_of!(ProgInfo, nr_jited_ksyms) == 104);
    assert!(offset_of!(ProgInfo, nr_jited_func_lens) == 108);
    assert!(offset_of!(ProgInfo, jited_ksyms) == 112);
    assert!(offset_of!(ProgInfo, jited_func_lens) == 120);
    assert!(offset_of!(ProgInfo, btf_id) == 128);
    assert!(offset_of!(ProgInfo, func_info_rec_size) == 132);
    assert!(offset_of!(ProgInfo, func_info) == 136);
    assert!(offset_of!(ProgInfo, nr_func_info) == 144);
    assert!(offset_of!(ProgInfo, nr_line_info) == 148);
    assert!(offset_of!(ProgInfo, line_info) == 152);
    assert!(offset_of!(ProgInfo, jited_line_info) == 160);
    assert!(offset_of!(ProgInfo, nr_jited_line_info) == 168);
    assert!(offset_of!(ProgInfo, line_info_rec_size) == 172);
    assert!(offset_of!(ProgInfo, jited_line_info_rec_size) == 176);
    assert!(offset_of!(ProgInfo, nr_prog_tags) == 180);
    assert!(offset_of!(ProgInfo, prog_tags) == 184);
    assert!(offset_of!(ProgInfo, run_time_ns) == 192);
    assert!(offset_of!(ProgInfo, run_cnt) == 200);
    assert!(offset_of!(ProgInfo, recursion_misses) == 208);
    assert!(offset_of!(ProgInfo, verified_insns) == 216);
    assert!(offset_of!(ProgInfo, attach_btf_obj_id) == 220);
    assert!(offset_of!(ProgInfo, attach_btf_id) == 224);
};
