//! Everything `bpf_prog_info` says of a program, with its arrays.

use skep_uapi::Cmd;
use skep_uapi::UserPtr;
use skep_uapi::info::ProgInfo;
use zerocopy::IntoBytes;

use crate::corpus::{Attr, Border, Caller};

/// What one border says of a program.
pub(super) struct Info {
    pub(super) fixed: ProgInfo,
    pub(super) insns: Vec<u8>,
    pub(super) map_ids: Vec<u8>,
    func_info: Vec<u8>,
    line_info: Vec<u8>,
}

impl Info {
    /// Asks twice: for sizes, then for all.
    pub(super) fn read(border: &dyn Border, fd: i32) -> Result<Self, i32> {
        let mut sizes = ProgInfo::default();
        ask(border, fd, &mut sizes)?;
        let buffer = |count: u32, size: usize| vec![0u8; count as usize * size];
        let mut info = Self {
            fixed: ProgInfo::default(),
            insns: buffer(sizes.xlated_prog_len, 1),
            map_ids: buffer(sizes.nr_map_ids, 4),
            func_info: buffer(sizes.nr_func_info, sizes.func_info_rec_size as usize),
            line_info: buffer(sizes.nr_line_info, sizes.line_info_rec_size as usize),
        };
        let at = |buffer: &mut Vec<u8>| UserPtr(buffer.as_mut_ptr().expose_provenance() as u64);
        info.fixed = ProgInfo {
            xlated_prog_len: sizes.xlated_prog_len,
            xlated_prog_insns: at(&mut info.insns),
            nr_map_ids: sizes.nr_map_ids,
            map_ids: at(&mut info.map_ids),
            nr_func_info: sizes.nr_func_info,
            func_info_rec_size: sizes.func_info_rec_size,
            func_info: at(&mut info.func_info),
            nr_line_info: sizes.nr_line_info,
            line_info_rec_size: sizes.line_info_rec_size,
            line_info: at(&mut info.line_info),
            ..ProgInfo::default()
        };
        ask(border, fd, &mut info.fixed)?;
        Ok(info)
    }

    /// The fields in which two infos differ, but for ids, times, addresses and sizes of native code.
    pub(super) fn differing_fields(&self, other: &Self) -> Vec<&'static str> {
        let (a, b) = (&self.fixed, &other.fixed);
        let fields = [
            ("type", a.prog_type == b.prog_type),
            ("tag", a.tag == b.tag),
            ("xlated_prog_len", a.xlated_prog_len == b.xlated_prog_len),
            ("nr_map_ids", a.nr_map_ids == b.nr_map_ids),
            ("name", a.name == b.name),
            ("ifindex", a.ifindex == b.ifindex),
            ("gpl_compatible", a.gpl_compatible == b.gpl_compatible),
            ("nr_jited_ksyms", a.nr_jited_ksyms == b.nr_jited_ksyms),
            (
                "nr_jited_func_lens",
                a.nr_jited_func_lens == b.nr_jited_func_lens,
            ),
            (
                "func_info_rec_size",
                a.func_info_rec_size == b.func_info_rec_size,
            ),
            ("nr_func_info", a.nr_func_info == b.nr_func_info),
            ("func_info", self.func_info == other.func_info),
            ("nr_line_info", a.nr_line_info == b.nr_line_info),
            ("line_info", self.line_info == other.line_info),
            (
                "nr_jited_line_info",
                a.nr_jited_line_info == b.nr_jited_line_info,
            ),
            (
                "jited_line_info_rec_size",
                a.jited_line_info_rec_size == b.jited_line_info_rec_size,
            ),
            ("nr_prog_tags", a.nr_prog_tags == b.nr_prog_tags),
            ("attach_btf_id", a.attach_btf_id == b.attach_btf_id),
            ("verified_insns", a.verified_insns == b.verified_insns),
        ];
        let differing = fields.into_iter().filter(|(_, same)| !same);
        differing.map(|(name, _)| name).collect()
    }
}

fn ask(border: &dyn Border, fd: i32, info: &mut ProgInfo) -> Result<(), i32> {
    let at = info.as_mut_bytes().as_mut_ptr().expose_provenance() as u64;
    let mut attr = Attr::default()
        .fd(fd)
        .u32(size_of::<ProgInfo>() as u32)
        .u64(at)
        .done();
    // The setup caller may see everything, whoever loaded the program.
    border.bpf(Caller::Setup, Cmd::ObjGetInfoByFd, &mut attr)?;
    Ok(())
}
