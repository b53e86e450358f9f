//! Special fields of values, and copies that respect them.
//!
//! A value may hold fields that belong to the kernel: locks, timers, kptrs, list heads. Clients never see
//! or set them: reading gives zeros there, writing leaves them alone. The lock word is a real lock: it is
//! the `bpf_spin_lock` of programs, 0 when free.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use skep_btf::{FieldKind, FieldRecord, FieldSet, KptrMode};
use skep_memory::RacyBytes;

/// Bytes that come from a client (a private copy) or from a program (live).
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// A private copy.
    Copy(&'a [u8]),
    /// Live bytes.
    Live(RacyBytes<'a>),
}

impl Source<'_> {
    /// Copies the bytes from `from` to `to` into the same place of `target`, as far as both reach.
    fn copy_part(self, target: RacyBytes<'_>, from: usize, to: usize) {
        match self {
            Self::Copy(bytes) => {
                let to = to.min(bytes.len()).min(target.len());
                if let Some(part) = bytes.get(from..to) {
                    // In range by the line above.
                    let _ = target.copy_in(from, part);
                }
            }
            Self::Live(bytes) => {
                let to = to.min(bytes.len()).min(target.len());
                let len = to.saturating_sub(from);
                if let (Ok(target), Ok(source)) = (target.part(from, len), bytes.part(from, len)) {
                    target.copy_from(source);
                }
            }
        }
    }
}

/// One field that clients neither see nor set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpecialField {
    /// Where it begins in the value.
    pub offset: u32,
    /// Bytes it takes.
    pub size: u32,
}

/// What a map needs to know about the special fields of its values. Default: none.
#[derive(Clone, Debug, Default)]
pub struct ValueFields {
    record: Option<Arc<FieldRecord>>,
    /// All of them, the lock included, by offset.
    fields: Vec<SpecialField>,
    spin_lock: Option<u32>,
    refcounts: Vec<u32>,
    unref_kptrs: Vec<u32>,
    owning: bool,
}

/// Fields whose destruction means more than forgetting their bytes.
const OWNING: FieldSet = FieldSet::TIMER
    .union(FieldSet::WQ)
    .union(FieldSet::TASK_WORK)
    .union(FieldSet::KPTR_REF)
    .union(FieldSet::KPTR_PERCPU)
    .union(FieldSet::UPTR)
    .union(FieldSet::GRAPH_ROOT);

impl ValueFields {
    /// The fields of a record.
    pub fn of(record: Arc<FieldRecord>) -> Self {
        let all = || record.fields().iter();
        let unref = all().filter(|field| field.kind() == FieldKind::Kptr(KptrMode::Unref));
        let refcounts = all().filter(|field| field.kind() == FieldKind::Refcount);
        Self {
            fields: all()
                .map(|field| SpecialField {
                    offset: field.offset,
                    size: field.size(),
                })
                .collect(),
            spin_lock: record.first(FieldSet::SPIN_LOCK).map(|lock| lock.offset),
            // There may be several.
            refcounts: refcounts.map(|field| field.offset).collect(),
            unref_kptrs: unref.map(|field| field.offset).collect(),
            owning: record.has(OWNING),
            record: Some(record),
        }
    }

    /// The record itself.
    pub fn record(&self) -> Option<&Arc<FieldRecord>> {
        self.record.as_ref()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// All fields, by offset.
    pub fn iter(&self) -> impl Iterator<Item = SpecialField> + '_ {
        self.fields.iter().copied()
    }

    /// The offset of the `bpf_spin_lock`, if there is one.
    pub fn spin_lock(&self) -> Option<u32> {
        self.spin_lock
    }

    /// Does a value own things that must be released with it?
    pub fn owning(&self) -> bool {
        self.owning
    }

    pub(crate) fn has_unref_kptrs(&self) -> bool {
        !self.unref_kptrs.is_empty()
    }

    /// Copies a value for a client: zeros where fields are, but 1 in a reference count, as in a new value.
    pub fn read(&self, value: RacyBytes<'_>, out: &mut [u8]) {
        // A shorter buffer gets what fits: sizes are checked at the border.
        let len = out.len().min(value.len());
        let Some(out) = out.get_mut(..len) else {
            return;
        };
        let _ = value.copy_out(0, out);
        for field in &self.fields {
            let from = field.offset as usize;
            let to = field.offset.saturating_add(field.size) as usize;
            if let Some(hidden) = out.get_mut(from..to.min(len)) {
                hidden.fill(0);
            }
        }
        for offset in &self.refcounts {
            let from = *offset as usize;
            if let Some(count) = out.get_mut(from..from.saturating_add(4)) {
                count.copy_from_slice(&1_u32.to_ne_bytes());
            }
        }
    }

    /// As [`Self::read`], under the value's lock.
    pub fn read_locked(&self, value: RacyBytes<'_>, out: &mut [u8]) {
        let _held = self.lock(value);
        self.read(value, out);
    }

    /// Sets a value, leaving the fields as they are.
    pub fn write(&self, value: RacyBytes<'_>, from: Source<'_>) {
        let mut at = 0;
        for field in &self.fields {
            from.copy_part(value, at, field.offset as usize);
            at = field.offset.saturating_add(field.size) as usize;
        }
        from.copy_part(value, at, value.len());
    }

    /// As [`Self::write`], under the value's lock.
    pub fn write_locked(&self, value: RacyBytes<'_>, from: Source<'_>) {
        let _held = self.lock(value);
        self.write(value, from);
    }

    /// Zeroes the fields of a new value; a reference count begins with 1.
    pub fn init(&self, value: RacyBytes<'_>) {
        for field in &self.fields {
            if let Ok(bytes) = value.part(field.offset as usize, field.size as usize) {
                bytes.zero();
            }
        }
        for offset in &self.refcounts {
            // In range: the record was checked against the value size.
            let _ = value.write_u32(*offset as usize, 1);
        }
    }

    /// Zeroes the pointers that own nothing: what is done for the others is `FieldOps`'s business.
    pub(crate) fn forget_unref(&self, value: RacyBytes<'_>) {
        for offset in &self.unref_kptrs {
            // In range: the record was checked against the value size.
            let _ = value.write_u64(*offset as usize, 0);
        }
    }

    fn lock<'v>(&self, value: RacyBytes<'v>) -> Option<ElementLock<'v>> {
        let word = value.atomic_u32(self.spin_lock? as usize).ok()?;
        Some(ElementLock::take(word))
    }
}

impl PartialEq for ValueFields {
    fn eq(&self, other: &Self) -> bool {
        self.record == other.record
    }
}

/// Rounds of [`pause`] after which nobody can be holding a lock; a round that yields takes a microsecond.
const ABANDONED: u32 = 1 << 20;

/// A held `bpf_spin_lock`.
pub struct ElementLock<'v> {
    word: &'v AtomicU32,
}

impl<'v> ElementLock<'v> {
    /// Waits for the lock. Programs hold it for a few instructions: the verifier sees to that. One whose run
    /// was cut short by a trap never frees it, so after about a second the lock counts as abandoned.
    pub fn take(word: &'v AtomicU32) -> Self {
        let mut rounds = 0_u32;
        while rounds < ABANDONED {
            if let Some(held) = Self::try_take(word) {
                return held;
            }
            pause(&mut rounds);
        }
        Self { word }
    }

    /// Takes the lock if it is free.
    pub fn try_take(word: &'v AtomicU32) -> Option<Self> {
        let taken = word.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed);
        // Lazily: a value made and dropped here would free somebody else's lock.
        taken.is_ok().then(|| Self { word })
    }

    /// Keeps the lock for a later [`Self::release_word`], as the helpers of programs do.
    pub fn leave(self) {
        core::mem::forget(self);
    }

    /// Frees a lock that [`Self::leave`] kept.
    pub fn release_word(word: &AtomicU32) {
        word.store(0, Ordering::Release);
    }
}

impl Drop for ElementLock<'_> {
    fn drop(&mut self) {
        Self::release_word(self.word);
    }
}

/// Spins a little, then lets others run.
pub(crate) fn pause(rounds: &mut u32) {
    *rounds = rounds.saturating_add(1);
    if *rounds < 64 {
        core::hint::spin_loop();
    } else {
        std::thread::yield_now();
    }
}
