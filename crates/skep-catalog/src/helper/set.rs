//! `HelperSet`: the helpers one configuration of a program may call.

use skep_uapi::{AttachType, HelperId, ProgType};

use super::HelperProto;
use crate::{Caps, attach_btf, generated};

/// Whether the program was loaded with `BPF_F_SLEEPABLE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sleepable {
    /// It may not sleep.
    No,
    /// It may sleep.
    Yes,
}

/// What the choice of a prototype depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtoContext<'a> {
    /// The program's type; for EXT programs the type of the program they extend.
    pub prog_type: ProgType,
    /// `expected_attach_type` as given; any number.
    pub attach_type: u32,
    /// Whether it may sleep.
    pub sleepable: Sleepable,
    /// The loader's capabilities.
    pub caps: Caps,
    /// What it attaches to: an iterator (`tcp`), a struct_ops member (`tcp_congestion_ops.release`), an LSM hook
    /// (with or without `bpf_lsm_`), a function.
    pub target: Option<&'a str>,
}

/// The helpers of one configuration under one set of capabilities.
#[derive(Clone, Copy, Debug)]
pub struct HelperSet {
    /// Index into the prototypes by helper number, [`NO_PROTO`] where there is none.
    protos: &'static [u16; HelperId::MAX as usize],
    caps: Caps,
}

/// Marks a helper that is not in a set.
const NO_PROTO: u16 = u16::MAX;

/// Targets whose rows stand for all targets that have no row of their own.
const GENERAL_TARGETS: [&str; 3] = ["other", "task", "sched_ext_ops.select_cpu"];

/// One row of the availability table.
#[derive(Debug)]
pub(crate) struct HelperConfig {
    /// `None`: any attach type that has no row of its own.
    pub(crate) attach_type: Option<AttachType>,
    pub(crate) sleepable: Sleepable,
    pub(crate) target: Option<&'static str>,
    pub(crate) protos: &'static [u16; HelperId::MAX as usize],
}

impl HelperSet {
    /// The prototype of a helper; `None` if the program may not call it.
    pub fn get(&self, id: HelperId) -> Option<&'static HelperProto> {
        let index = *self.protos.get(usize::try_from(id.0).ok()?)?;
        if index == NO_PROTO {
            return None;
        }
        let proto = generated::helpers::PROTOS.get(usize::from(index))?;
        self.caps.grant(proto.cap.caps()).then_some(proto)
    }

    /// Every helper of the set.
    pub fn iter(&self) -> impl Iterator<Item = &'static HelperProto> {
        let set = *self;
        HelperId::all().filter_map(move |id| set.get(id))
    }
}

/// The helpers a program may call; empty for a type Linux cannot load.
pub fn helper_set(context: &ProtoContext<'_>) -> HelperSet {
    let context = &ProtoContext {
        attach_type: representative(context),
        ..*context
    };
    let best = generated::by_prog_type(&generated::helper_sets::CONFIGS, context.prog_type)
        .iter()
        .rev()
        .max_by_key(|row| fit(row, context));
    HelperSet {
        protos: best.map_or(&generated::helper_sets::NONE, |row| row.protos),
        caps: context.caps,
    }
}

/// The attach type whose row covers the one asked for.
///
/// Some cgroup types load with any attach type, but Linux still looks at it for the return value helpers
/// (`bpf_get_retval`, `bpf_set_retval`): a few attach types hide them, all others, even unknown ones, do not.
fn representative(context: &ProtoContext<'_>) -> u32 {
    let shows_retval = match context.prog_type {
        ProgType::CgroupSysctl => AttachType::CgroupSysctl,
        ProgType::CgroupDevice | ProgType::SockOps => AttachType::CgroupDevice,
        _ => return context.attach_type,
    };
    match AttachType::from_raw(context.attach_type) {
        Some(
            AttachType::CgroupInetIngress
            | AttachType::CgroupInetEgress
            | AttachType::CgroupSockOps
            | AttachType::CgroupUdp4Recvmsg
            | AttachType::CgroupUdp6Recvmsg
            | AttachType::CgroupUnixRecvmsg
            | AttachType::CgroupInet4Getpeername
            | AttachType::CgroupInet6Getpeername
            | AttachType::CgroupUnixGetpeername
            | AttachType::CgroupInet4Getsockname
            | AttachType::CgroupInet6Getsockname
            | AttachType::CgroupUnixGetsockname,
        ) => 0,
        Some(_) | None => shows_retval.raw(),
    }
}

/// How well a row fits: the attach type counts most, then the target, then sleepable. On a tie the first row wins.
fn fit(row: &HelperConfig, context: &ProtoContext<'_>) -> u8 {
    let attach = match row.attach_type {
        Some(attach) if attach.raw() == context.attach_type => 2,
        None => 1,
        Some(_) => 0,
    };
    let target = match (row.target, context.target) {
        (Some(known), Some(asked)) if target_fits(context.prog_type, known, asked) => 2,
        (Some(known), _) if GENERAL_TARGETS.contains(&known) => 1,
        (None, _) => 1,
        (Some(_), _) => 0,
    };
    let sleepable = u8::from(row.sleepable == context.sleepable);
    attach << 4 | target << 2 | sleepable
}

/// Whether the target of a row covers the one asked for.
fn target_fits(prog_type: ProgType, known: &str, asked: &str) -> bool {
    match prog_type {
        ProgType::Lsm => {
            attach_btf::lsm_hook(asked).is_some_and(|hook| hook.sockopt_class() == known)
        }
        ProgType::StructOps => struct_ops_fits(known, asked),
        _ => known == asked,
    }
}

/// Members of one struct_ops type share a row, but for the TCP members that are told apart.
fn struct_ops_fits(known: &str, asked: &str) -> bool {
    let (known_struct, known_member) = known.split_once('.').unwrap_or((known, ""));
    let (asked_struct, asked_member) = asked.split_once('.').unwrap_or((asked, ""));
    known_struct == asked_struct
        && (known_member == "release")
            == (asked_member == "release" && known_struct == "tcp_congestion_ops")
}
