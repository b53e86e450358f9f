//! [`ProgramSpec`]: a program, ready to load but for file descriptors.

use skep_btf::{Btf, BtfKind, BtfTypeId};
use skep_isa::RawInsn;
use skep_uapi::btf::{FuncInfo, LineInfo};
use skep_uapi::{AttachType, ProgFlags, ProgType};

use crate::Target;
use crate::section_name::{Demand, SectionRule};

/// A program in one piece.
#[derive(Clone, Debug)]
pub struct ProgramSpec {
    /// Name of its main function.
    pub name: String,
    /// Section it stands in, without the `?` of an optional program.
    pub section: String,
    /// Type; `UNSPEC` if the name of the section does not say.
    pub prog_type: ProgType,
    /// Expected attach type; 0 where there is none.
    pub attach_type: u32,
    /// Flags.
    pub flags: ProgFlags,
    /// What it attaches to.
    pub attach: AttachBtf,
    /// Whether it is loaded without being asked for.
    pub autoload: Autoload,
    /// Instructions; those that refer to a map hold its number in the object's maps.
    pub insns: Vec<RawInsn>,
    /// Functions, in instructions.
    pub func_info: Vec<FuncInfo>,
    /// Source lines, in instructions.
    pub line_info: Vec<LineInfo>,
}

/// What a program attaches to, for types that name it in BTF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttachBtf {
    /// Its type needs nothing.
    None,
    /// A type of the kernel.
    Kernel(BtfTypeId),
    /// A function of another program.
    Program(String),
    /// Something that is missing: the kernel's BTF, the name, or the function; the reason.
    Unknown(String),
}

/// Whether a program is loaded with its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Autoload {
    /// Yes.
    Yes,
    /// Only when it is asked for: its section name begins with `?`.
    Optional,
}

/// The flags a section name asks for.
pub(crate) fn flags(rule: &SectionRule) -> ProgFlags {
    match rule.demand {
        Demand::Nothing | Demand::AttachBtf => ProgFlags::empty(),
        Demand::Sleepable | Demand::AttachBtfSleepable => ProgFlags::SLEEPABLE,
        Demand::XdpFrags => ProgFlags::XDP_HAS_FRAGS,
    }
}

/// Finds what a section name says a program attaches to.
pub(crate) fn attach_btf(rule: &SectionRule, section: &str, target: &Target<'_>) -> AttachBtf {
    match rule.demand {
        Demand::AttachBtf | Demand::AttachBtfSleepable => {}
        Demand::Nothing | Demand::Sleepable | Demand::XdpFrags => return AttachBtf::None,
    }
    let Some((_, name)) = section.split_once('/') else {
        let why = format!("section '{section}' does not name what it attaches to");
        return AttachBtf::Unknown(why);
    };
    if rule.prog_type == ProgType::Ext {
        return AttachBtf::Program(name.to_owned());
    }
    let Some(kernel) = target.btf else {
        let why = "finding what it attaches to needs the BTF of a kernel; name one with --kernel-btf FILE";
        return AttachBtf::Unknown(why.to_owned());
    };
    match find(kernel, rule.attach_type, name) {
        Some(id) => AttachBtf::Kernel(id),
        None => AttachBtf::Unknown(format!("the kernel has no '{name}' to attach to")),
    }
}

fn find(kernel: &Btf, attach_type: u32, name: &str) -> Option<BtfTypeId> {
    let (prefix, kind) = match AttachType::from_raw(attach_type) {
        Some(AttachType::TraceRawTp) => ("btf_trace_", BtfKind::Typedef),
        Some(AttachType::LsmMac | AttachType::LsmCgroup) => ("bpf_lsm_", BtfKind::Func),
        Some(AttachType::TraceIter) => ("bpf_iter_", BtfKind::Func),
        _ => ("", BtfKind::Func),
    };
    kernel.find_by_name_kind(&format!("{prefix}{name}"), kind)
}
