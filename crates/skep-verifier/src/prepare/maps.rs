//! The maps of a load: bound once each, with what their types forbid to this program.

use crate::env::{FdTarget, MapView};
use crate::register::MapRef;
use crate::reject::{Check, ControlReject};
use crate::request::LoadFlags;
use crate::verifier::{UsedMap, Verifier};
use alloc::sync::Arc;
use skep_btf::FieldSet;
use skep_catalog::MapMeta;
use skep_uapi::{Errno, MapType, ProgType};

/// Maps of one program at most.
const MAX_MAPS: usize = 64;
/// So many entries of `fd_array` are refused unread.
const MAX_FD_ARRAY: u32 = u32::MAX >> 2;

impl Verifier<'_> {
    /// Every map of `fd_array` belongs to the program if its length is given.
    pub(super) fn bind_fd_array(&mut self) -> Check {
        let count = self.request.fd_array_cnt;
        if count >= MAX_FD_ARRAY {
            return Err(self.reject(ControlReject::FdArrayTooBig { count }));
        }
        for index in 0..count {
            let fd = self
                .env
                .fd_array(index)
                .map_err(|e| self.reject_silently(e))?;
            match self.fd_target(fd) {
                Ok(FdTarget::Map(view)) => {
                    self.bind_map(view)?;
                }
                Ok(FdTarget::Btf(_)) => {}
                Err(errno) => {
                    return Err(self
                        .reject(ControlReject::BadFdArrayEntry { fd })
                        .with_errno(errno));
                }
            }
        }
        Ok(())
    }

    fn fd_target(&self, fd: i32) -> Result<FdTarget, Errno> {
        match self.env.map(fd) {
            Ok(view) => Ok(FdTarget::Map(view)),
            Err(errno) => self.env.btf(fd).map(FdTarget::Btf).map_err(|_| errno),
        }
    }

    /// The map behind an fd number in an instruction.
    pub(super) fn bind_map_fd(&mut self, fd: i32) -> Check<MapRef> {
        match self.env.map(fd) {
            Ok(view) => self.bind_map(view),
            Err(errno) => Err(self
                .reject(ControlReject::BadMapFd { fd })
                .with_errno(errno)),
        }
    }

    /// The table entry of a map, made at its first use.
    pub(super) fn bind_map(&mut self, view: MapView) -> Check<MapRef> {
        if let Some(known) = self.maps.iter().position(|m| m.token == Some(view.token)) {
            return Ok(MapRef(known as u16));
        }
        if self.maps.iter().filter(|m| m.token.is_some()).count() >= MAX_MAPS {
            return Err(self.reject(ControlReject::TooManyMaps { limit: MAX_MAPS }));
        }
        self.check_map_allowed(&view.meta)?;
        let inner = view.meta.inner.clone().map(|meta| {
            self.add_map(UsedMap {
                meta,
                token: None,
                constant: false,
                inner: None,
            })
        });
        Ok(self.add_map(UsedMap {
            meta: view.meta,
            token: Some(view.token),
            constant: view.constant,
            inner,
        }))
    }

    fn add_map(&mut self, map: UsedMap) -> MapRef {
        self.maps.push(map);
        MapRef((self.maps.len() - 1) as u16)
    }

    /// Whether programs like this one may use such a map.
    fn check_map_allowed(&mut self, meta: &Arc<MapMeta>) -> Check {
        if let Some(what) = self.refused_field(meta) {
            return Err(self.reject(what));
        }
        if meta.map_type == MapType::StructOps {
            return Err(self.reject(ControlReject::StructOpsMap));
        }
        let sleepable = self.request.flags.has(LoadFlags::SLEEPABLE);
        if sleepable && !skep_catalog::map_type(meta.map_type).is_some_and(|t| t.sleepable) {
            return Err(self.reject(ControlReject::MapNotForSleepable));
        }
        self.check_one_of_a_kind(meta)?;
        if meta.map_type == MapType::Arena {
            self.check_arena(meta)?;
        }
        Ok(())
    }

    fn refused_field(&self, meta: &MapMeta) -> Option<ControlReject> {
        let has = |fields| meta.record.as_ref().is_some_and(|r| r.has(fields));
        let prog_type = self.request.prog_type;
        let tracing = skep_catalog::prog_type(prog_type).is_some_and(|t| t.tracing_map_limits);
        let lock = has(FieldSet::SPIN_LOCK | FieldSet::RES_SPIN_LOCK);
        if tracing && has(FieldSet::GRAPH_ROOT) {
            return Some(ControlReject::TracingMapField {
                what: "bpf_{list_head,rb_root}",
            });
        }
        if lock && prog_type == ProgType::SocketFilter {
            return Some(ControlReject::SocketFilterSpinLock);
        }
        if tracing && lock {
            return Some(ControlReject::TracingMapField {
                what: "bpf_spin_lock",
            });
        }
        if tracing && has(FieldSet::TIMER) {
            return Some(ControlReject::TracingMapField { what: "bpf_timer" });
        }
        if tracing && has(FieldSet::WQ) {
            return Some(ControlReject::TracingMapField { what: "bpf_wq" });
        }
        None
    }

    fn check_one_of_a_kind(&mut self, meta: &MapMeta) -> Check {
        let same = self
            .maps
            .iter()
            .any(|m| m.token.is_some() && m.meta.map_type == meta.map_type);
        match meta.map_type {
            MapType::CgroupStorage | MapType::PercpuCgroupStorage if same => {
                Err(self.reject(ControlReject::SecondCgroupStorage))
            }
            MapType::Arena if same => Err(self.reject(ControlReject::SecondArena)),
            _ => Ok(()),
        }
    }

    fn check_arena(&mut self, meta: &MapMeta) -> Check {
        if !self.privileges.allow_ptr_leaks || !self.privileges.bpf {
            return Err(self.reject(ControlReject::ArenaCapabilities));
        }
        if !self.machine.jit {
            return Err(self.reject(ControlReject::ArenaJit));
        }
        if meta.map_extra == 0 {
            return Err(self.reject(ControlReject::ArenaAddress));
        }
        Ok(())
    }
}
