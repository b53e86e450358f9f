//! BPF_MAP_TYPE_ARRAY: values side by side, indexed by a u32.

use core::ops::ControlFlow;

use skep_catalog::Caps;
use skep_memory::{Addr, Permissions, RacyBytes, Region, SpanSource};
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::limits::PCPU_MIN_UNIT_SIZE;
use skep_uapi::{ElemFlags, MapFlags, MapType};

use crate::attr::no_memory;
use crate::kind::{AsInner, Holds, MapKind};
use crate::{Element, FdResolver, InlineLookup, Map, MapAttr, MapBase, MapEnv, Source};

/// What the type answers to MAP_CREATE.
pub(crate) const KIND: MapKind = MapKind {
    map_type: MapType::Array,
    check,
    create,
    as_inner: AsInner::GenericAndEntries,
    holds: Holds::Bytes,
};

/// `struct bpf_array` in memlock figures.
pub(crate) const HEADER_BYTES: u64 = 312;

/// An array of values.
pub struct Array {
    base: MapBase,
    values: Region,
    stride: usize,
}

fn check(attr: &MapAttr, _caps: Caps) -> SysResult<()> {
    check_array(attr)
}

/// The rules all array-like types share.
pub(crate) fn check_array(attr: &MapAttr) -> SysResult<()> {
    let known = MapFlags::NUMA_NODE
        | MapFlags::MMAPABLE
        | MapFlags::RDONLY
        | MapFlags::WRONLY
        | MapFlags::RDONLY_PROG
        | MapFlags::WRONLY_PROG
        | MapFlags::PRESERVE_ELEMS
        | MapFlags::INNER_MAP;
    if attr.max_entries == 0 || attr.key_size != 4 || attr.value_size == 0 {
        return SysError::err(
            Errno::EINVAL,
            "an array needs a 4-byte key, a value and entries",
        );
    }
    attr.check_flags(known)?;
    let percpu = attr.map_type == MapType::PercpuArray;
    // Node -1 is none in particular.
    if percpu && attr.flags.contains(MapFlags::NUMA_NODE) && attr.numa_node != u32::MAX {
        return SysError::err(Errno::EINVAL, "a per-CPU array has no NUMA node");
    }
    let for_arrays = MapFlags::MMAPABLE | MapFlags::INNER_MAP;
    if attr.map_type != MapType::Array && attr.flags.intersects(for_arrays) {
        return SysError::err(Errno::EINVAL, "flag is for plain arrays only");
    }
    if attr.map_type != MapType::PerfEventArray && attr.flags.contains(MapFlags::PRESERVE_ELEMS) {
        return SysError::err(
            Errno::EINVAL,
            "PRESERVE_ELEMS is for perf event arrays only",
        );
    }
    if attr.value_size > i32::MAX as u32 {
        return SysError::err(Errno::E2BIG, "value is larger than INT_MAX");
    }
    if percpu && attr.value_stride() > u64::from(PCPU_MIN_UNIT_SIZE) {
        return SysError::err(Errno::E2BIG, "value is larger than per-CPU memory can hold");
    }
    Ok(())
}

/// Elements to allocate: a power of two for unprivileged creators, whose indices Linux masks. E2BIG.
pub(crate) fn allocated_entries(attr: &MapAttr, caps: Caps) -> SysResult<u64> {
    if caps.grant(Caps::PERFMON) {
        return Ok(u64::from(attr.max_entries));
    }
    match attr.max_entries.checked_next_power_of_two() {
        Some(rounded) => Ok(u64::from(rounded)),
        None => SysError::err(Errno::E2BIG, "too many entries for an unprivileged array"),
    }
}

fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    let stride = attr.value_stride();
    let bytes = allocated_entries(&attr, env.caps)?
        .checked_mul(stride)
        .ok_or_else(no_memory)?;
    let size = env.charge(bytes)?;
    let values = if attr.flags.contains(MapFlags::MMAPABLE) {
        Region::shared(size)
    } else {
        Region::new(size)
    };
    Ok(Box::new(Array {
        base: MapBase::new(attr, &env),
        values: values.map_err(|_| no_memory())?,
        stride: usize::try_from(stride).map_err(|_| no_memory())?,
    }))
}

/// The index in a key; types with u32 keys are created with 4-byte keys only.
pub(crate) fn index_of(key: &[u8]) -> u32 {
    key.first_chunk()
        .map_or(u32::MAX, |bytes| u32::from_ne_bytes(*bytes))
}

/// The index in a program's key.
#[inline]
pub(crate) fn live_index_of(key: RacyBytes<'_>) -> u32 {
    key.read_u32(0).unwrap_or(u32::MAX)
}

/// The checks of an update of array-like types, in Linux's order.
pub(crate) fn check_update(base: &MapBase, index: u32, flags: u64) -> Result<(), SysError> {
    let without_lock = flags & !ElemFlags::LOCK.bits();
    if without_lock > ElemFlags::EXIST.bits() {
        return SysError::err(Errno::EINVAL, "unknown update flag");
    }
    if index >= base.attr().max_entries {
        return SysError::err(Errno::E2BIG, "index is beyond the array");
    }
    if flags & ElemFlags::NOEXIST.bits() != 0 {
        return SysError::err(Errno::EEXIST, "all elements of an array exist");
    }
    if flags & ElemFlags::LOCK.bits() != 0 && base.fields().spin_lock().is_none() {
        return SysError::err(Errno::EINVAL, "BPF_F_LOCK on values without bpf_spin_lock");
    }
    Ok(())
}

/// The next index as a key.
pub(crate) fn next_index(max_entries: u32, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
    let following = match key.map(index_of) {
        Some(index) if index < max_entries => index + 1,
        Some(_) | None => 0,
    };
    if following == max_entries {
        return SysError::err(Errno::ENOENT, "that was the last index");
    }
    match next.first_chunk_mut::<4>() {
        Some(out) => *out = following.to_ne_bytes(),
        None => return SysError::err(Errno::EINVAL, "key of another size than the map's"),
    }
    Ok(())
}

/// Visits the elements of an array-like type: `value` gives each index's bytes.
pub(crate) fn visit_indices<'m>(
    max_entries: u32,
    value: impl Fn(u32) -> Option<RacyBytes<'m>>,
    visit: &mut dyn FnMut(Element<'_>) -> ControlFlow<()>,
) -> Result<u64, Errno> {
    // The key is a copy, as in Linux: a program that writes to it changes nothing.
    let key = Region::new(4).map_err(|_| Errno::ENOMEM)?;
    let mut visited = 0;
    for index in 0..max_entries {
        let Some(value) = value(index) else { break };
        key.write_u32(0, index).map_err(|_| Errno::ENOMEM)?;
        visited += 1;
        if visit(Element {
            key: key.bytes(),
            value,
        })
        .is_break()
        {
            break;
        }
    }
    Ok(visited)
}

impl Array {
    /// The live bytes of one value.
    #[inline]
    pub fn value(&self, index: u32) -> Option<RacyBytes<'_>> {
        let attr = self.base.attr();
        if index >= attr.max_entries {
            return None;
        }
        self.values
            .part(index as usize * self.stride, attr.value_size as usize)
            .ok()
    }

    fn index_at(&self, addr: Addr) -> Option<u32> {
        let offset = self.values.offset_of(addr, 1)?;
        u32::try_from(offset.checked_div(self.stride)?).ok()
    }

    fn set(&self, index: u32, from: Source<'_>, flags: u64) -> SysResult<()> {
        check_update(&self.base, index, flags)?;
        let Some(value) = self.value(index) else {
            return SysError::err(Errno::E2BIG, "index is beyond the array");
        };
        if flags & ElemFlags::LOCK.bits() != 0 {
            self.base.fields().write_locked(value, from);
        } else {
            self.base.fields().write(value, from);
        }
        // Linux does this after the copy: what the old value owned does not survive its update.
        if self.base.values_own() {
            self.base.release_value(value);
        }
        Ok(())
    }

    fn all_values(&self) -> impl Iterator<Item = RacyBytes<'_>> {
        (0..self.base.attr().max_entries).filter_map(|index| self.value(index))
    }
}

impl SpanSource for Array {
    fn bytes_at(&self, addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        Some((
            self.value(self.index_at(addr)?)?,
            self.base.prog_permissions(),
        ))
    }
}

impl Map for Array {
    fn base(&self) -> &MapBase {
        &self.base
    }

    fn memlock(&self) -> u64 {
        let attr = self.base.attr();
        let values = u64::from(attr.max_entries) * attr.value_stride();
        if attr.flags.contains(MapFlags::MMAPABLE) {
            HEADER_BYTES.next_multiple_of(4096) + values.next_multiple_of(4096)
        } else {
            HEADER_BYTES + values
        }
    }

    fn lookup(&self, key: &[u8], value: &mut [u8], flags: u64) -> SysResult<()> {
        let Some(live) = self.value(index_of(key)) else {
            return SysError::err(Errno::ENOENT, "index is beyond the array");
        };
        if flags & ElemFlags::LOCK.bits() != 0 {
            self.base.fields().read_locked(live, value);
        } else {
            self.base.fields().read(live, value);
        }
        Ok(())
    }

    fn update(&self, key: &[u8], value: &[u8], flags: u64, _fds: &dyn FdResolver) -> SysResult<()> {
        self.set(index_of(key), Source::Copy(value), flags)
    }

    fn delete(&self, _key: &[u8]) -> SysResult<()> {
        SysError::err(Errno::EINVAL, "elements of an array cannot be deleted")
    }

    fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> SysResult<()> {
        next_index(self.base.attr().max_entries, key, next)
    }

    fn key_of(&self, value: Addr) -> Option<Vec<u8>> {
        Some(self.index_at(value)?.to_ne_bytes().to_vec())
    }

    fn on_last_user_ref(&self) {
        if self.base.values_own() {
            self.all_values()
                .for_each(|value| self.base.cancel_value(value));
        }
    }

    #[inline]
    fn prog_lookup(&self, _cpu: u32, key: RacyBytes<'_>) -> Addr {
        self.value(live_index_of(key))
            .map_or(Addr::NULL, RacyBytes::start)
    }

    fn prog_update(
        &self,
        _cpu: u32,
        key: RacyBytes<'_>,
        value: RacyBytes<'_>,
        flags: u64,
    ) -> Result<(), Errno> {
        self.set(live_index_of(key), Source::Live(value), flags)
            .map_err(|error| error.errno)
    }

    fn prog_delete(&self, _cpu: u32, _key: RacyBytes<'_>) -> Result<(), Errno> {
        Err(Errno::EINVAL)
    }

    fn for_each(
        &self,
        _cpu: u32,
        visit: &mut dyn FnMut(Element<'_>) -> ControlFlow<()>,
    ) -> Result<u64, Errno> {
        visit_indices(
            self.base.attr().max_entries,
            |index| self.value(index),
            visit,
        )
    }

    fn direct_value(&self, offset: u32) -> SysResult<Addr> {
        let attr = self.base.attr();
        if attr.max_entries != 1 {
            return SysError::err(
                Errno::ENOTSUPP,
                "direct value access needs an array of one element",
            );
        }
        if offset >= attr.value_size {
            return SysError::err(Errno::EINVAL, "offset is beyond the value");
        }
        Ok(self.values.base().wrapping_add(u64::from(offset)))
    }

    fn value_memory(&self) -> Option<&Region> {
        Some(&self.values)
    }

    fn inline_lookup(&self) -> InlineLookup {
        match u32::try_from(self.stride) {
            Ok(stride) => InlineLookup::Array {
                base: self.values.base(),
                stride,
                max_entries: self.base.attr().max_entries,
            },
            Err(_) => InlineLookup::None,
        }
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        if self.base.values_own() {
            self.all_values()
                .for_each(|value| self.base.release_value(value));
        }
    }
}
