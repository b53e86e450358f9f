//! BPF_MAP_TYPE_PERCPU_ARRAY: an array with a part of each value for each possible CPU.
//!
//! All values of one CPU lie side by side. System calls see a value as all CPUs' parts, each rounded up to
//! 8 bytes.

use core::ops::ControlFlow;

use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, Region, SpanSource};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::{ElemFlags, MapType};

use crate::array::{
    HEADER_BYTES, allocated_entries, check_array, check_update, index_of, live_index_of,
    next_index, visit_indices,
};
use crate::attr::no_memory;
use crate::kind::{AsInner, Holds, MapKind};
use crate::{Element, FdResolver, InlineLookup, Map, MapAttr, MapBase, MapEnv, Source};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::PercpuArray,
    check,
    create,
    as_inner: AsInner::Generic,
    holds: Holds::Bytes,
};

/// An array of values with one part per CPU.
pub struct PercpuArray {
    base: MapBase,
    values: Region,
    stride: usize,
    cpu_stride: usize,
}

/// CPUs' values begin on cache lines of their own.
const CACHE_LINE: u64 = 64;

fn check(attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    check_array(attr)
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    let stride = attr.value_stride();
    // Linux sizes its table of pointers so; the values themselves are max_entries.
    allocated_entries(&attr, env.caps)?;
    let cpu_stride = (u64::from(attr.max_entries) * stride).next_multiple_of(CACHE_LINE);
    let bytes = cpu_stride
        .checked_mul(u64::from(env.possible_cpus.max(1)))
        .ok_or_else(no_memory)?;
    let values = Region::new(env.charge(bytes)?).map_err(|_| no_memory())?;
    Ok(Box::new(PercpuArray {
        base: MapBase::new(attr, &env),
        values,
        stride: usize::try_from(stride).map_err(|_| no_memory())?,
        cpu_stride: usize::try_from(cpu_stride).map_err(|_| no_memory())?,
    }))
}

impl PercpuArray {
    /// The live bytes of one CPU's part of one value.
    #[inline]
    pub fn value(&self, index: u32, cpu: u32) -> Option<RacyBytes<'_>> {
        self.slot(index, cpu)?
            .part(0, self.base.attr().value_size as usize)
            .ok()
    }

    /// The same with its padding, which system calls copy too.
    fn slot(&self, index: u32, cpu: u32) -> Option<RacyBytes<'_>> {
        if index >= self.base.attr().max_entries || cpu >= self.base.possible_cpus() {
            return None;
        }
        self.values
            .part(
                cpu as usize * self.cpu_stride + index as usize * self.stride,
                self.stride,
            )
            .ok()
    }

    fn slots(&self, index: u32) -> impl Iterator<Item = RacyBytes<'_>> {
        (0..self.base.possible_cpus()).filter_map(move |cpu| self.slot(index, cpu))
    }

    fn set_part(&self, slot: RacyBytes<'_>, from: Source<'_>) {
        self.base.fields().write(slot, from);
        if self.base.values_own() {
            self.base.release_value(slot);
        }
    }
}

impl SpanSource for PercpuArray {
    fn bytes_at(&self, addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        let offset = self.values.offset_of(addr, 1)?;
        let cpu = u32::try_from(offset.checked_div(self.cpu_stride)?).ok()?;
        let within = offset.checked_rem(self.cpu_stride)?;
        let index = u32::try_from(within.checked_div(self.stride)?).ok()?;
        Some((self.value(index, cpu)?, self.base.prog_permissions()))
    }
}

impl Map for PercpuArray {
    fn base(&self) -> &MapBase {
        &self.base
    }

    fn memlock(&self) -> u64 {
        let attr = self.base.attr();
        let entries = u64::from(attr.max_entries);
        HEADER_BYTES
            + entries * 8
            + entries * attr.value_stride() * u64::from(self.base.possible_cpus())
    }

    fn sys_value_size(&self) -> u64 {
        self.base.attr().value_stride() * u64::from(self.base.possible_cpus())
    }

    fn lookup(&self, key: &[u8], value: &mut [u8], _flags: u64) -> SysResult<()> {
        let index = index_of(key);
        if index >= self.base.attr().max_entries {
            return SysError::err(Errno::ENOENT, "index is beyond the array");
        }
        for (out, slot) in value.chunks_mut(self.stride).zip(self.slots(index)) {
            self.base.fields().read(slot, out);
        }
        Ok(())
    }

    fn update(&self, key: &[u8], value: &[u8], flags: u64, _fds: &dyn FdResolver) -> SysResult<()> {
        let index = index_of(key);
        if flags > ElemFlags::EXIST.bits() {
            return SysError::err(Errno::EINVAL, "unknown update flag");
        }
        check_update(&self.base, index, flags)?;
        for (part, slot) in value.chunks(self.stride).zip(self.slots(index)) {
            self.set_part(slot, Source::Copy(part));
        }
        Ok(())
    }

    fn delete(&self, _key: &[u8]) -> SysResult<()> {
        SysError::err(Errno::EINVAL, "elements of an array cannot be deleted")
    }

    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
        next_index(self.base.attr().max_entries, key, next)
    }

    fn prog_lookup(&self, cpu: u32, key: RacyBytes<'_>) -> Addr {
        self.prog_lookup_percpu(key, cpu)
    }

    fn prog_update(
        &self,
        cpu: u32,
        key: RacyBytes<'_>,
        value: RacyBytes<'_>,
        flags: u64,
    ) -> Result<(), Errno> {
        let index = live_index_of(key);
        check_update(&self.base, index, flags).map_err(|error| error.errno)?;
        let part = self.value(index, cpu).ok_or(Errno::E2BIG)?;
        self.set_part(part, Source::Live(value));
        Ok(())
    }

    fn prog_delete(&self, _cpu: u32, _key: RacyBytes<'_>) -> Result<(), Errno> {
        Err(Errno::EINVAL)
    }

    fn prog_lookup_percpu(&self, key: RacyBytes<'_>, cpu: u32) -> Addr {
        self.value(live_index_of(key), cpu)
            .map_or(Addr::NULL, RacyBytes::start)
    }

    fn for_each(
        &self,
        cpu: u32,
        visit: &mut dyn FnMut(Element<'_>) -> ControlFlow<()>,
    ) -> Result<u64, Errno> {
        visit_indices(
            self.base.attr().max_entries,
            |index| self.value(index, cpu),
            visit,
        )
    }

    fn inline_lookup(&self) -> InlineLookup {
        match u32::try_from(self.stride) {
            Ok(stride) => InlineLookup::PercpuArray {
                base: self.values.base(),
                stride,
                cpu_stride: self.cpu_stride as u64,
                max_entries: self.base.attr().max_entries,
            },
            Err(_) => InlineLookup::None,
        }
    }
}

impl Drop for PercpuArray {
    fn drop(&mut self) {
        if self.base.values_own() {
            let all = (0..self.base.attr().max_entries).flat_map(|index| self.slots(index));
            all.for_each(|slot| self.base.release_value(slot));
        }
    }
}
