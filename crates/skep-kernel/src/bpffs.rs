//! Pins: objects with a path. Where the paths are is the carrier's matter; what a pin holds is ours.

use skep_object::{SysResult, UserRef};

use crate::object::{MapObject, Prog};
use crate::{Fd, FdObject, MapAccess};

/// A path as OBJ_PIN and OBJ_GET name it: bytes without NUL, as long as a path may be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PinPath {
    /// What the client wrote.
    pub path: Vec<u8>,
    /// What a relative path starts from; `None` is the working directory.
    pub dir: Option<Fd>,
}

/// What a pin holds: a user reference, as an fd does.
#[derive(Clone)]
pub enum Pinned {
    /// A map.
    Map(UserRef<MapObject>),
    /// A program.
    Prog(UserRef<Prog>),
}

impl Pinned {
    /// The object as a new fd's worth. Programs ignore the access, as in Linux.
    pub fn open(self, access: MapAccess) -> FdObject {
        match self {
            Self::Map(map) => FdObject::Map { map, access },
            Self::Prog(prog) => FdObject::Prog(prog),
        }
    }
}

/// A task's view of its bpf file systems.
pub trait Bpffs {
    /// Makes a pin. EPERM: not on a bpffs, or a dot in the name. EEXIST, ENOENT, ENOTDIR, EACCES.
    fn pin(&self, path: &PinPath, object: Pinned) -> SysResult<()>;

    /// What is pinned at a path, if its mode allows this access. EACCES: no, or not a pin. ENOENT.
    fn open(&self, path: &PinPath, access: MapAccess) -> SysResult<Pinned>;
}
