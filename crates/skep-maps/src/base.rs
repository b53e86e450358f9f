//! What all maps have: attributes, special fields, the frozen state.
//!
//! ```text
//! freeze   sets frozen, then looks for writers; takes it back if there are any (EBUSY)
//! write    counts itself a writer, then looks at frozen; takes it back if it is (EPERM)
//! ```
//!
//! One of two that race sees the other, because both store before they load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use skep_memory::{Permissions, RacyBytes};
use skep_object::{Errno, FieldOps, SysError, SysResult};
use skep_uapi::MapFlags;

use crate::{MapAttr, MapEnv, ValueFields};

/// What all maps have.
pub struct MapBase {
    attr: MapAttr,
    fields: ValueFields,
    field_ops: Arc<dyn FieldOps>,
    possible_cpus: u32,
    frozen: AtomicBool,
    writers: AtomicU64,
}

impl MapBase {
    /// The base of a map with these (final) attributes.
    pub(crate) fn new(attr: MapAttr, env: &MapEnv) -> Self {
        let attr = MapAttr {
            flags: attr.flags.difference(MapAttr::FD_FLAGS),
            ..attr
        };
        Self {
            attr,
            fields: env.fields.clone(),
            field_ops: Arc::clone(&env.field_ops),
            possible_cpus: env.possible_cpus.max(1),
            frozen: AtomicBool::new(false),
            writers: AtomicU64::new(0),
        }
    }

    /// The attributes, without the flags that belong to the fd.
    pub fn attr(&self) -> &MapAttr {
        &self.attr
    }

    /// Special fields of the values.
    pub fn fields(&self) -> &ValueFields {
        &self.fields
    }

    /// CPUs that per-CPU values have parts for.
    pub fn possible_cpus(&self) -> u32 {
        self.possible_cpus
    }

    /// What programs may do with the values.
    pub fn prog_permissions(&self) -> Permissions {
        if self.attr.flags.contains(MapFlags::RDONLY_PROG) {
            Permissions::ReadOnly
        } else if self.attr.flags.contains(MapFlags::WRONLY_PROG) {
            Permissions::WriteOnly
        } else {
            Permissions::ReadWrite
        }
    }

    /// Do values own things that must be released with them?
    pub(crate) fn values_own(&self) -> bool {
        self.fields.owning() || self.fields.has_unref_kptrs()
    }

    /// Releases what a value owns: it was overwritten, deleted, or its map goes.
    pub(crate) fn release_value(&self, value: RacyBytes<'_>) {
        self.fields.forget_unref(value);
        if self.fields.owning() {
            self.field_ops.release(value);
        }
    }

    /// Cancels the timers and the like of a value.
    pub(crate) fn cancel_value(&self, value: RacyBytes<'_>) {
        if self.fields.owning() {
            self.field_ops.cancel(value);
        }
    }

    /// Can system calls no longer write?
    pub fn is_frozen(&self) -> bool {
        self.frozen.load(Ordering::SeqCst)
    }

    /// Is the map constant for the verifier: frozen, read-only for programs, nobody writing?
    pub fn is_constant(&self) -> bool {
        self.attr.flags.contains(MapFlags::RDONLY_PROG)
            && self.is_frozen()
            && self.writers.load(Ordering::SeqCst) == 0
    }

    /// Counts a writing system call or a writable client mapping. EPERM: frozen.
    pub fn begin_write(&self) -> SysResult<WriteGuard<'_>> {
        self.writers.fetch_add(1, Ordering::SeqCst);
        let guard = WriteGuard {
            writers: &self.writers,
        };
        if self.is_frozen() {
            return SysError::err(Errno::EPERM, "map is frozen");
        }
        Ok(guard)
    }

    /// ENOTSUPP for a map whose values have special fields; MAP_FREEZE asks this before it looks at the fd's
    /// permissions.
    pub fn check_freezable(&self) -> SysResult<()> {
        if !self.fields.is_empty() {
            return SysError::err(
                Errno::ENOTSUPP,
                "values with special fields cannot be frozen",
            );
        }
        Ok(())
    }

    /// Ends writing by system calls for good. ENOTSUPP: special fields. EPERM: frozen already. EBUSY: a
    /// write is in flight, or a client maps the values writable.
    pub fn freeze(&self) -> SysResult<()> {
        self.check_freezable()?;
        if self.frozen.swap(true, Ordering::SeqCst) {
            return SysError::err(Errno::EPERM, "map is frozen already");
        }
        if self.writers.load(Ordering::SeqCst) != 0 {
            self.frozen.store(false, Ordering::SeqCst);
            return SysError::err(Errno::EBUSY, "map is being written");
        }
        Ok(())
    }
}

/// A write in flight; freezing waits for none, it answers EBUSY.
pub struct WriteGuard<'m> {
    writers: &'m AtomicU64,
}

impl Drop for WriteGuard<'_> {
    fn drop(&mut self) {
        self.writers.fetch_sub(1, Ordering::SeqCst);
    }
}
