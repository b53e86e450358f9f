//! The environment a unit was loaded in, as far as it was recorded.
//!
//! # Safety
//! Implements an unsafe trait, for programs that are never run.
#![allow(unsafe_code)]

use crate::units::closed_or_other;
use skep_btf::Btf;
use skep_catalog::MapMeta;
use skep_uapi::{Errno, HelperId};
use skep_verifier::env::{Capabilities, Environment, Machine, MapToken, MapView};
use std::sync::Arc;

/// From here on fds are BTF objects; below, indices of maps.
pub(crate) const BTF_FDS: i32 = 1 << 20;

/// A recorded map.
#[derive(Clone)]
pub(crate) struct MapEntry {
    pub(crate) meta: Arc<MapMeta>,
    pub(crate) value: Vec<u8>,
}

/// What was recorded around a load.
pub(crate) struct Recorded {
    pub(crate) kernel: Arc<Btf>,
    pub(crate) maps: Vec<MapEntry>,
    pub(crate) fds: Vec<i32>,
    pub(crate) btfs: Vec<Arc<Btf>>,
    pub(crate) privileged: bool,
}

// SAFETY: nothing verified here is ever run, so no answer has to stay true.
unsafe impl Environment for Recorded {
    fn capabilities(&self) -> Capabilities {
        if self.privileged {
            Capabilities::all()
        } else {
            Capabilities::empty()
        }
    }
    fn machine(&self) -> Machine {
        Machine {
            possible_cpus: 2,
            efficient_unaligned: true,
            jit: true,
        }
    }
    fn kernel_btf(&self) -> Option<&Arc<Btf>> {
        Some(&self.kernel)
    }
    fn map(&self, fd: i32) -> Result<MapView, Errno> {
        let entry = usize::try_from(fd)
            .ok()
            .and_then(|fd| self.maps.get(fd))
            .ok_or(closed_or_other(fd))?;
        Ok(MapView {
            token: MapToken(fd.unsigned_abs().into()),
            meta: entry.meta.clone(),
            constant: entry.meta.is_constant(),
        })
    }
    fn btf(&self, fd: i32) -> Result<Arc<Btf>, Errno> {
        let index = usize::try_from(fd.wrapping_sub(BTF_FDS)).map_err(|_| closed_or_other(fd))?;
        self.btfs.get(index).cloned().ok_or(Errno::EBADF)
    }
    fn fd_array(&self, index: u32) -> Result<i32, Errno> {
        self.fds.get(index as usize).copied().ok_or(Errno::EFAULT)
    }
    fn read_constant(&self, map: MapToken, offset: u32, size: u32) -> Option<u64> {
        let value = &self.maps.get(map.0 as usize)?.value;
        let bytes = value.get(offset as usize..(offset + size) as usize)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |word, byte| word << 8 | u64::from(*byte)),
        )
    }
    fn kernel_symbol(&self, name: &str) -> Option<u64> {
        (!name.is_empty()).then_some(0xffff_ffff_8100_0000)
    }
    fn interrupted(&self) -> Option<Errno> {
        None
    }
    fn has_helper(&self, _helper: HelperId) -> bool {
        true
    }
    fn now_ns(&self) -> u64 {
        0
    }
    fn has_kfunc(&self, _name: &str) -> bool {
        true
    }
}
