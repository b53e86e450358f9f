//! What a file is, whatever number or name it has: dup, fork and SCM_RIGHTS need no code.

use std::os::fd::AsFd;

use rustix::fs::Stat;
use rustix::io::Result;

/// Device and inode. Not used again while somebody has the file open, as we do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct FileKey {
    device: u64,
    inode: u64,
}

impl FileKey {
    /// The key of an open file.
    pub(crate) fn of(fd: impl AsFd) -> Result<Self> {
        Ok(Self::from_stat(&rustix::fs::fstat(fd)?))
    }

    /// The key in what stat(2) says.
    pub(crate) fn from_stat(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
        }
    }

    /// Its number there.
    pub(crate) fn inode(self) -> u64 {
        self.inode
    }

    /// The file system it is on.
    pub(crate) fn device(self) -> u64 {
        self.device
    }
}
