//! Objects with two counts, as in Linux.
//!
//! ```text
//! references        programs, outer maps, links, fds, pins   keep the object alive
//! user references   fds and pins only                        when the last goes, on_last_user_ref runs
//! ```
//!
//! A user reference is also a reference. The counts have 64 bits: no client can overflow them. When the
//! last reference goes the object is dead (its id is free, look-ups miss it), but its memory stays until
//! [`Object::release`] lets it go, which may be after a grace period.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use skep_memory::Addr;

use crate::id::{IdTable, ObjectId};
use crate::sync::{Arc, AtomicU64, Ordering, fence};

/// What a kind of object does at the ends of its life.
pub trait Object: Send + Sync + Sized + 'static {
    /// The last user reference went. Programs may still use the object; a new user reference may follow.
    fn on_last_user_ref(&self) {}

    /// The last reference went and the id is free.
    fn on_last_ref(&self) {}

    /// Decides when the memory goes; the default is now.
    fn release(dead: Dead<Self>) {
        drop(dead);
    }
}

/// The shared part of all references to one object.
pub(crate) struct Counted<T: Object> {
    refs: AtomicU64,
    users: AtomicU64,
    registration: OnceLock<(ObjectId, IdTable<T>)>,
    value: T,
}

impl<T: Object> Counted<T> {
    pub(crate) fn register(&self, id: ObjectId, table: IdTable<T>) {
        // Publishing twice keeps the first id; `IdTable::publish` checks before it allocates.
        let _ = self.registration.set((id, table));
    }

    pub(crate) fn id(&self) -> Option<ObjectId> {
        self.registration.get().map(|(id, _)| *id)
    }
}

/// A reference: keeps the object alive.
pub struct Ref<T: Object> {
    counted: Arc<Counted<T>>,
}

impl<T: Object> Ref<T> {
    /// A new object with this one reference and no user reference.
    pub fn new(value: T) -> Self {
        let counted = Counted {
            refs: AtomicU64::new(1),
            users: AtomicU64::new(0),
            registration: OnceLock::new(),
            value,
        };
        Self {
            counted: Arc::new(counted),
        }
    }

    /// A user reference beside this one: an fd or a pin.
    pub fn to_user(&self) -> UserRef<T> {
        self.counted.users.fetch_add(1, Ordering::Relaxed);
        UserRef {
            reference: self.clone(),
        }
    }

    /// The id, once [`IdTable::publish`] gave one.
    pub fn id(&self) -> Option<ObjectId> {
        self.counted.id()
    }

    /// References of both kinds right now, for listings.
    pub fn ref_count(&self) -> u64 {
        self.counted.refs.load(Ordering::Relaxed)
    }

    /// User references right now. 0 refuses new timers.
    pub fn user_count(&self) -> u64 {
        self.counted.users.load(Ordering::Acquire)
    }

    /// The object's native address, the same for its whole life.
    pub fn address(&self) -> Addr {
        Addr::of(&raw const self.counted.value)
    }

    /// Do both refer to the same object?
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.counted, &other.counted)
    }

    pub(crate) fn shared(&self) -> Arc<Counted<T>> {
        Arc::clone(&self.counted)
    }

    /// A reference to an object that others may be dropping; `None` if it is already dead.
    pub(crate) fn revive(counted: &Arc<Counted<T>>) -> Option<Self> {
        let mut refs = counted.refs.load(Ordering::Relaxed);
        while refs != 0 {
            let taken =
                counted
                    .refs
                    .compare_exchange(refs, refs + 1, Ordering::Acquire, Ordering::Relaxed);
            match taken {
                Ok(_) => {
                    return Some(Self {
                        counted: Arc::clone(counted),
                    });
                }
                Err(now) => refs = now,
            }
        }
        None
    }
}

impl<T: Object> Clone for Ref<T> {
    fn clone(&self) -> Self {
        self.counted.refs.fetch_add(1, Ordering::Relaxed);
        Self {
            counted: Arc::clone(&self.counted),
        }
    }
}

impl<T: Object> Deref for Ref<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.counted.value
    }
}

impl<T: Object> Drop for Ref<T> {
    fn drop(&mut self) {
        if self.counted.refs.fetch_sub(1, Ordering::Release) != 1 {
            return;
        }
        // What the other holders did happens before what follows.
        fence(Ordering::Acquire);
        if let Some((id, table)) = self.counted.registration.get() {
            table.forget(*id);
        }
        self.counted.value.on_last_ref();
        T::release(Dead {
            counted: Arc::clone(&self.counted),
        });
    }
}

impl<T: Object + fmt::Debug> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.counted.value.fmt(f)
    }
}

/// A user reference: an fd or a pin. Also a reference.
pub struct UserRef<T: Object> {
    reference: Ref<T>,
}

impl<T: Object> UserRef<T> {
    /// The reference that is part of this one.
    pub fn reference(&self) -> &Ref<T> {
        &self.reference
    }
}

impl<T: Object> Clone for UserRef<T> {
    fn clone(&self) -> Self {
        self.reference.to_user()
    }
}

impl<T: Object> Deref for UserRef<T> {
    type Target = Ref<T>;

    fn deref(&self) -> &Ref<T> {
        &self.reference
    }
}

impl<T: Object> Drop for UserRef<T> {
    fn drop(&mut self) {
        // The hook runs while `reference` still keeps the object alive.
        if self.reference.counted.users.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.reference.counted.value.on_last_user_ref();
        }
    }
}

impl<T: Object + fmt::Debug> fmt::Debug for UserRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reference.fmt(f)
    }
}

/// An object whose last reference is gone; dropping this frees it.
pub struct Dead<T: Object> {
    counted: Arc<Counted<T>>,
}

impl<T: Object> Deref for Dead<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.counted.value
    }
}
