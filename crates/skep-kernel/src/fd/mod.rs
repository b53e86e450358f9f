//! File descriptors: what they refer to, and who keeps them.

mod in_process;
mod resolve;

use skep_object::{Ref, SysResult, UserRef};
use skep_uapi::ObjFlags;

use crate::object::{BtfObject, MapObject, Prog};

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

    /// What readlink shows of the fd.
    pub const fn link_name(&self) -> &'static str {
        match self {
            Self::Map { .. } => "anon_inode:bpf-map",
            Self::Prog(_) => "anon_inode:bpf-prog",
            Self::Btf(_) => "anon_inode:btf",
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

    /// A new (close-on-exec) descriptor. EMFILE, ENFILE.
    fn install(&self, object: FdObject) -> SysResult<Fd>;
}
