//! Values that own things, at run time: what their special fields stand for, and what is released with them.
//!
//! ```text
//! value (a map's, or an object's)      this module
//!   bpf_timer, bpf_wq           u64 number --> Deferred: callbacks, and the threads that run them
//!   __kptr                      address -----> Objects: what programs allocated
//!   bpf_list_head, bpf_rb_root  u64 number --> Graphs: which objects, in which order
//! ```
//!
//! A field holds a number or an address that means something here only; 0 is none. Programs and clients cannot write
//! it. [`ValueOps`] releases what a value holds: maps call it when an element is overwritten, deleted, evicted, or goes
//! with its map, and when the map's last user reference goes.

pub(crate) mod deferred;
pub(crate) mod graph;
mod objects;

use std::sync::{Arc, Weak};

use skep_btf::{FieldKind, FieldRecord};
use skep_memory::RacyBytes;
use skep_object::FieldOps;

use crate::Kernel;

pub(crate) use deferred::Deferred;
pub(crate) use objects::Objects;

/// What is done for the fields of one record.
pub(crate) struct ValueOps {
    record: Arc<FieldRecord>,
    /// What it holds may hold programs, which hold maps: no cycle.
    deferred: Weak<Deferred>,
    objects: Weak<Objects>,
}

impl ValueOps {
    pub(crate) fn new(record: Arc<FieldRecord>, kernel: &Kernel) -> Self {
        Self {
            record,
            deferred: Arc::downgrade(kernel.deferred()),
            objects: Arc::downgrade(kernel.objects()),
        }
    }

    fn cancel_deferred(&self, value: RacyBytes<'_>, offset: u32) {
        // Without a session there are no callbacks left.
        if let (Some(deferred), Ok(field)) =
            (self.deferred.upgrade(), value.part(offset as usize, 16))
        {
            deferred.forget(field);
        }
    }
}

impl FieldOps for ValueOps {
    fn release(&self, value: RacyBytes<'_>) {
        self.cancel(value);
        if let Some(objects) = self.objects.upgrade() {
            objects.release(&self.record, value);
        }
    }

    fn cancel(&self, value: RacyBytes<'_>) {
        for field in self.record.fields() {
            if matches!(field.kind(), FieldKind::Timer | FieldKind::Wq) {
                self.cancel_deferred(value, field.offset);
            }
        }
    }
}
