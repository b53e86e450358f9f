//! File descriptors: what they refer to, and who keeps them.

mod fdinfo;
mod in_process;
mod resolve;

use std::sync::Arc;

use skep_maps::perf_event::PerfEvent;
use skep_object::{Ref, SysResult, UserRef};
use skep_uapi::ObjFlags;

use crate::object::{BtfObject, Link, MapObject, Prog};
use crate::statistics::StatisticsOn;

pub use in_process::InProcessFds;
pub(crate) use resolve::TaskFds;

/// The number of a file descriptor, as a client wrote it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fd(pub i32);

impl Fd {
    /// The number as it stands in an attr.
    pub const fn from_attr(raw: u32) -> Self {
        Self(raw as i32)
    }

    /// The number as an attr holds it.
    pub const fn to_attr(self) -> u32 {
        self.0 as u32
    }
}

/// What an fd of a map allows (`BPF_F_RDONLY`, `BPF_F_WRONLY`): a property of the fd, not of the map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MapAccess {
    /// Reading and writing.
    ReadWrite,
    /// Look-ups only.
    ReadOnly,
    /// Updates only.
    WriteOnly,
}

impl MapAccess {
    /// The access that flags ask for; `None` if they exclude each other. Other bits are not looked at.
    pub fn from_flags(flags: ObjFlags) -> Option<Self> {
        match (
            flags.contains(ObjFlags::RDONLY),
            flags.contains(ObjFlags::WRONLY),
        ) {
            (false, false) => Some(Self::ReadWrite),
            (true, false) => Some(Self::ReadOnly),
            (false, true) => Some(Self::WriteOnly),
            (true, true) => None,
        }
    }

    /// Whether system calls may read.
    pub const fn reads(self) -> bool {
        match self {
            Self::ReadWrite | Self::ReadOnly => true,
            Self::WriteOnly => false,
        }
    }

    /// Whether system calls may write.
    pub const fn writes(self) -> bool {
        match self {
            Self::ReadWrite | Self::WriteOnly => true,
            Self::ReadOnly => false,
        }
    }
}

/// How an fd of a link came to be: its name tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkOrigin {
    /// The call that made the link gave it.
    Created,
    /// It was opened later, by id or path.
    Opened,
}

/// An object behind an fd. Dropping it is closing the fd.
#[derive(Clone)]
pub enum FdObject {
    /// A map.
    Map {
        /// The map.
        map: UserRef<MapObject>,
        /// What the fd allows.
        access: MapAccess,
    },
    /// A program.
    Prog(UserRef<Prog>),
    /// A BTF object.
    Btf(UserRef<BtfObject>),
    /// A link.
    Link {
        /// The link.
        link: UserRef<Link>,
        /// How the fd came to be.
        origin: LinkOrigin,
    },
    /// What ENABLE_STATS gives.
    Statistics(StatisticsOn),
    /// What perf_event_open(2) gives.
    PerfEvent(Arc<PerfEvent>),
}

impl FdObject {
    /// A new fd's worth of a map.
    pub fn map(map: &Ref<MapObject>, access: MapAccess) -> Self {
        Self::Map {
            map: map.to_user(),
            access,
        }
    }

    /// A new fd's worth of a program.
    pub fn prog(prog: &Ref<Prog>) -> Self {
        Self::Prog(prog.to_user())
    }

    /// A new fd's worth of a BTF object.
    pub fn btf(btf: &Ref<BtfObject>) -> Self {
        Self::Btf(btf.to_user())
    }

    /// A new fd's worth of a link.
    pub fn link(link: &Ref<Link>, origin: LinkOrigin) -> Self {
        Self::Link {
            link: link.to_user(),
            origin,
        }
    }

    /// What readlink shows of the fd.
    pub const fn link_name(&self) -> &'static str {
        match self {
            Self::Map { .. } => "anon_inode:bpf-map",
            Self::Prog(_) => "anon_inode:bpf-prog",
            Self::Btf(_) => "anon_inode:btf",
            Self::Link { origin, .. } => match origin {
                LinkOrigin::Created => "anon_inode:bpf_link",
                LinkOrigin::Opened => "anon_inode:bpf-link",
            },
            Self::Statistics(_) => "anon_inode:bpf-stats",
            Self::PerfEvent(_) => "anon_inode:[perf_event]",
        }
    }
}

/// What an fd number means.
#[derive(Clone)]
pub enum FdEntry {
    /// Nothing: EBADF.
    Closed,
    /// An open file that is none of ours: EINVAL.
    Foreign,
    /// One of ours.
    Object(FdObject),
}

/// The file descriptors of a task, as its carrier keeps them.
pub trait FdTable {
    /// What a number means.
    fn get(&self, fd: Fd) -> FdEntry;

    /// What a number means in another process; `None` if there is no such process.
    fn get_of(&self, process: u32, fd: Fd) -> Option<FdEntry>;

    /// Whether anybody has the memory of the map behind a descriptor mapped writably.
    fn is_mapped_writable(&self, _fd: Fd) -> bool {
        false
    }

    /// A new (close-on-exec) descriptor. EMFILE, ENFILE.
    fn install(&self, object: FdObject) -> SysResult<Fd>;
}
