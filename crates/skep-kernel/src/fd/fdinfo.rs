//! What /proc/PID/fdinfo/N shows of an object's descriptor, below the lines that every file has.
//!
//! bpftool, aya and cilium/ebpf read it for what infos do not tell: memory, frozen, the owner of a prog array. Fields
//! and their order are those of Linux 6.18.

use std::fmt::Write;

use skep_object::{ObjectId, Ref};

use super::{FdObject, MapAccess};
use crate::object::{BtfObject, IterOnly, Link, LinkKind, MapObject, Prog};

/// `struct bpf_prog` before its instructions.
const PROG_HEADER_BYTES: usize = 72;
const PAGE_SIZE: usize = 4096;

/// The access mode of an open file, as O_ACCMODE has it.
const RDONLY: u32 = 0;
const WRONLY: u32 = 1;
const RDWR: u32 = 2;

impl FdObject {
    /// The access mode that the `flags` line shows.
    pub const fn access_mode(&self) -> u32 {
        match self {
            Self::Map { access, .. } => match access {
                MapAccess::ReadWrite => RDWR,
                MapAccess::ReadOnly => RDONLY,
                MapAccess::WriteOnly => WRONLY,
            },
            Self::Prog(_) | Self::PerfEvent(_) => RDWR,
            Self::Btf(_) | Self::Link { .. } | Self::Statistics(_) => RDONLY,
        }
    }

    /// The lines of the object: `name:\tvalue\n` each.
    pub fn fdinfo(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = match self {
            Self::Map { map, .. } => write_map(&mut text, map.reference()),
            Self::Prog(prog) => write_prog(&mut text, prog.reference()),
            Self::Btf(btf) => write_btf(&mut text, btf.reference()),
            Self::Link { link, .. } => write_link(&mut text, link.reference()),
            Self::Statistics(_) | Self::PerfEvent(_) => Ok(()),
        };
        text
    }
}

fn number(id: Option<ObjectId>) -> u32 {
    id.map_or(0, |id| id.get())
}

fn write_map(text: &mut String, object: &Ref<MapObject>) -> core::fmt::Result {
    let map = object.map();
    let attr = map.base().attr();
    writeln!(text, "map_type:\t{}", attr.map_type.raw())?;
    writeln!(text, "key_size:\t{}", attr.key_size)?;
    writeln!(text, "value_size:\t{}", attr.value_size)?;
    writeln!(text, "max_entries:\t{}", attr.max_entries)?;
    writeln!(text, "map_flags:\t{:#x}", attr.flags.bits())?;
    writeln!(text, "map_extra:\t{:#x}", attr.map_extra)?;
    writeln!(text, "memlock:\t{}", map.memlock())?;
    writeln!(text, "map_id:\t{}", number(object.id()))?;
    writeln!(text, "frozen:\t{}", u32::from(map.base().is_frozen()))?;
    if let Some(owner) = map.as_prog_array().and_then(|array| array.owner()) {
        writeln!(text, "owner_prog_type:\t{}", owner.prog_type.raw())?;
        writeln!(text, "owner_jited:\t{}", u32::from(owner.jited))?;
    }
    Ok(())
}

fn write_prog(text: &mut String, prog: &Ref<Prog>) -> core::fmt::Result {
    let insns = prog.verified().insns().len();
    let bytes = PROG_HEADER_BYTES.saturating_add(insns.saturating_mul(8));
    let pages = bytes.div_ceil(PAGE_SIZE);
    writeln!(text, "prog_type:\t{}", prog.prog_type().raw())?;
    writeln!(text, "prog_jited:\t{}", u32::from(prog.compat().jited))?;
    write_tag(text, prog)?;
    writeln!(text, "memlock:\t{}", pages.saturating_mul(PAGE_SIZE))?;
    writeln!(text, "prog_id:\t{}", number(prog.id()))?;
    let stats = prog.stats();
    writeln!(text, "run_time_ns:\t{}", stats.run_time_ns())?;
    writeln!(text, "run_cnt:\t{}", stats.runs())?;
    writeln!(text, "recursion_misses:\t{}", stats.recursion_misses())?;
    writeln!(
        text,
        "verified_insns:\t{}",
        prog.statistics().processed_insns
    )
}

fn write_btf(text: &mut String, btf: &Ref<BtfObject>) -> core::fmt::Result {
    writeln!(text, "btf_id:\t{}", number(btf.id()))
}

fn write_tag(text: &mut String, prog: &Prog) -> core::fmt::Result {
    text.push_str("prog_tag:\t");
    for byte in prog.tag() {
        write!(text, "{byte:02x}")?;
    }
    writeln!(text)
}

fn write_link(text: &mut String, link: &Ref<Link>) -> core::fmt::Result {
    let name = match link.kind() {
        LinkKind::RawTracepoint { .. } => "raw_tracepoint",
        LinkKind::Tracing { .. } => "tracing",
        LinkKind::Iter { .. } => "iter",
    };
    writeln!(text, "link_type:\t{name}")?;
    writeln!(text, "link_id:\t{}", number(link.id()))?;
    let prog = link.prog();
    write_tag(text, &prog)?;
    writeln!(text, "prog_id:\t{}", number(prog.id()))?;
    match link.kind() {
        LinkKind::RawTracepoint { name, cookie } => {
            writeln!(text, "tp_name:\t{name}\ncookie:\t{cookie}")
        }
        LinkKind::Tracing { target, cookie } => {
            writeln!(text, "attach_type:\t{}", link.attach_type().raw())?;
            writeln!(text, "target_obj_id:\t{}", target.btf_object)?;
            writeln!(text, "target_btf_id:\t{}", target.btf_id)?;
            writeln!(text, "cookie:\t{cookie}")
        }
        LinkKind::Iter { target, only } => {
            writeln!(text, "target_name:\t{target}")?;
            match only {
                IterOnly::Everything => Ok(()),
                IterOnly::Map(map) => writeln!(text, "map_id:\t{}", number(map.id())),
                IterOnly::Thread(tid) => writeln!(text, "task_type:\tTID\ntid:\t{tid}"),
                IterOnly::Process(pid) => writeln!(text, "task_type:\tPID\npid:\t{pid}"),
            }
        }
    }
}
