//! The listing of a program as Linux would show it, and the records that follow its instructions.

use skep_btf::Btf;
use skep_exec::{ListedMap, Listing, Shape, xlated};
use skep_uapi::MapFlags;
use skep_uapi::btf::{FuncInfo, LineInfo};
use skep_verifier::env::MapToken;
use skep_verifier::register::{BtfRef, TypeRef};
use skep_verifier::request::Records;
use zerocopy::FromBytes;

use super::Prog;
use crate::Jit;

/// What Linux would show of a program after its rewriting.
pub(crate) fn of(prog: &Prog) -> Listing {
    let shape = ProgShape { prog };
    xlated(prog.verified(), &shape)
}

struct ProgShape<'p> {
    prog: &'p Prog,
}

impl Shape for ProgShape<'_> {
    fn btf(&self) -> Option<&Btf> {
        self.prog.symbols().btf()
    }

    fn map(&self, token: MapToken) -> Option<ListedMap> {
        let mut maps = self.prog.maps().iter();
        let map = maps.find(|map| map.id().is_some_and(|id| u64::from(id.get()) == token.0))?;
        let attr = map.map().base().attr();
        Some(ListedMap {
            id: map.id()?.get(),
            map_type: attr.map_type,
            key_size: attr.key_size,
            value_size: attr.value_size,
            max_entries: attr.max_entries,
            any_size: attr.flags.contains(MapFlags::INNER_MAP),
        })
    }

    fn kfunc(&self, function: TypeRef) -> &str {
        match (function.btf, self.btf()) {
            (BtfRef::Kernel, Some(btf)) => btf.name(function.id),
            (BtfRef::Kernel, None) | (BtfRef::Program, _) => "",
        }
    }

    fn jit(&self) -> bool {
        self.prog.jit() == Jit::On
    }
}

/// The func_info of the functions that are left.
pub(crate) fn func_info(listing: &Listing, records: &Records) -> Vec<FuncInfo> {
    let moved = records_of::<FuncInfo>(records).filter_map(|record| {
        let kept = listing.functions().binary_search(&record.insn_off).is_ok();
        kept.then_some(FuncInfo {
            insn_off: listing.place(record.insn_off).start(),
            ..record
        })
    });
    moved.collect()
}

/// The line_info of the instructions that are left; where a run of instructions was removed, its last line stays with what follows,
/// unless that has a line of its own.
pub(crate) fn line_info(listing: &Listing, records: &Records) -> Vec<LineInfo> {
    let mut lines: Vec<LineInfo> = Vec::new();
    // The last line is of something removed, and its place may still be taken.
    let mut homeless = false;
    for record in records_of::<LineInfo>(records) {
        let place = listing.place(record.insn_off);
        let line = LineInfo {
            insn_off: place.start(),
            ..record
        };
        if homeless
            && lines
                .last()
                .is_some_and(|last| last.insn_off == line.insn_off)
        {
            lines.pop();
        }
        homeless = !place.is_kept();
        lines.push(line);
    }
    lines.retain(|line| (line.insn_off as usize) < listing.insns.len());
    lines
}

fn records_of<T: FromBytes>(records: &Records) -> impl Iterator<Item = T> {
    let size = (records.record_size as usize).max(1);
    let chunks = records.bytes.chunks_exact(size);
    chunks.filter_map(|record| T::read_from_prefix(record).ok().map(|(record, _)| record))
}
