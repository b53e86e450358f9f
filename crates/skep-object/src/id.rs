//! Ids: handed out in order from 1, never reused early, one table per kind of object.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;

use skep_uapi::Errno;

use crate::object::Counted;
use crate::sync::{Arc, Mutex, lock};
use crate::{Object, Ref, SysError, SysResult};

/// The id of an object within its kind; never 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectId(NonZeroU32);

impl ObjectId {
    /// The id with this number; `None` for 0.
    pub const fn new(raw: u32) -> Option<Self> {
        match NonZeroU32::new(raw) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// The number clients see.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The first number that is no id any more: ids are below INT_MAX, as in Linux.
const END: u32 = i32::MAX as u32;

/// All published objects of one kind. A handle: clones share the table.
pub struct IdTable<T: Object> {
    ids: Arc<Mutex<Ids<T>>>,
}

struct Ids<T: Object> {
    live: BTreeMap<u32, Arc<Counted<T>>>,
    next: u32,
}

impl<T: Object> IdTable<T> {
    /// An empty table.
    pub fn new() -> Self {
        Self {
            ids: Arc::new(Mutex::new(Ids {
                live: BTreeMap::new(),
                next: 1,
            })),
        }
    }

    /// Gives `object` the next free id in cyclic order. It is forgotten when the last reference goes.
    /// ENOSPC: all ids are in use. EEXIST: it has one already.
    pub fn publish(&self, object: &Ref<T>) -> SysResult<ObjectId> {
        if object.id().is_some() {
            return SysError::err(Errno::EEXIST, "object has an id already");
        }
        let mut ids = lock(&self.ids);
        let from = ids.next;
        let free = ids
            .free_at_or_after(from)
            .or_else(|| ids.free_at_or_after(1));
        let Some(id) = free else {
            return SysError::err(Errno::ENOSPC, "all ids are in use");
        };
        let counted = object.shared();
        counted.register(id, self.clone());
        ids.live.insert(id.get(), counted);
        ids.next = if id.get() + 1 < END { id.get() + 1 } else { 1 };
        Ok(id)
    }

    /// A reference to the object with this id; `None` if there is none or it is dying.
    pub fn get(&self, id: ObjectId) -> Option<Ref<T>> {
        let counted = lock(&self.ids).live.get(&id.get()).map(Arc::clone)?;
        Ref::revive(&counted)
    }

    /// The least id greater than `after`, as *_GET_NEXT_ID gives it.
    pub fn next_id(&self, after: u32) -> Option<ObjectId> {
        let start = after.checked_add(1)?;
        let next = lock(&self.ids)
            .live
            .range(start..)
            .next()
            .map(|(id, _)| *id)?;
        ObjectId::new(next)
    }

    /// References to all objects that are not dying, by id.
    pub fn all(&self) -> Vec<(ObjectId, Ref<T>)> {
        let live: Vec<_> = lock(&self.ids).live.values().map(Arc::clone).collect();
        live.iter()
            .filter_map(|counted| Some((counted.id()?, Ref::revive(counted)?)))
            .collect()
    }

    /// How many ids are in use.
    pub fn len(&self) -> usize {
        lock(&self.ids).live.len()
    }

    /// Is no id in use?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn forget(&self, id: ObjectId) {
        // Dropped after the lock: the object's memory may go with it.
        let _forgotten = lock(&self.ids).live.remove(&id.get());
    }
}

impl<T: Object> Ids<T> {
    fn free_at_or_after(&self, start: u32) -> Option<ObjectId> {
        let mut candidate = start;
        for used in self.live.range(start..).map(|(id, _)| *id) {
            if used != candidate {
                break;
            }
            candidate += 1;
        }
        if candidate < END {
            ObjectId::new(candidate)
        } else {
            None
        }
    }
}

impl<T: Object> Clone for IdTable<T> {
    fn clone(&self) -> Self {
        Self {
            ids: Arc::clone(&self.ids),
        }
    }
}

impl<T: Object> Default for IdTable<T> {
    fn default() -> Self {
        Self::new()
    }
}
