//! Pins: objects with a path. Where the paths are is the carrier's matter; what a pin holds is ours.

use skep_object::{Errno, SysError, SysResult, UserRef};

use crate::object::{Link, MapObject, Prog};
use crate::{Fd, FdObject, LinkOrigin, MapAccess};

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
    /// A link.
    Link(UserRef<Link>),
}

impl Pinned {
    /// The object as a new fd's worth. As in Linux programs ignore the access, and links are opened for reading and
    /// writing only. EINVAL.
    pub fn open(self, access: MapAccess) -> SysResult<FdObject> {
        match self {
            Self::Map(map) => Ok(FdObject::Map { map, access }),
            Self::Prog(prog) => Ok(FdObject::Prog(prog)),
            Self::Link(_) if access != MapAccess::ReadWrite => {
                SysError::err(Errno::EINVAL, "a link is opened without RDONLY and WRONLY")
            }
            Self::Link(link) => Ok(FdObject::Link {
                link,
                origin: LinkOrigin::Opened,
            }),
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
