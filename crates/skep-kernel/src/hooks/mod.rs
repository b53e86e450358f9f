//! Hooks: where programs wait to be run, and who fires them.
//!
//! ```text
//! RAW_TRACEPOINT_OPEN, LINK_CREATE ──> Link ── Attachment ──> Hooks: tracepoint -> programs, in order of attaching
//!                                                               ^
//! Kernel::fire_link, Kernel::fire_tracepoint ───────────────────┘ (`skep fire`, embedding programs)
//! ```
//!
//! Nothing of the host fires a hook: no kernel of its own runs here whose events these could be. What fires are raw
//! tracepoints, when someone asks. Trampolines are kept in the list, so that the rules of attaching hold, and never run.

mod fire;
mod tracepoint;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use skep_object::{Errno, Ref, SysError, SysResult};

use crate::object::{Prog, TracingTarget};

pub use fire::Fired;
pub(crate) use tracepoint::Tracepoint;

/// Programs at one trampoline (BPF_MAX_TRAMP_LINKS).
const TRAMPOLINE_MAX: usize = 38;

/// A place at a hook, for taking it back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Attachment {
    at: Hook,
    number: u64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Hook {
    Tracepoint(String),
    Trampoline(u32, u32),
}

/// A program at a hook.
#[derive(Clone)]
pub(crate) struct Attached {
    number: u64,
    pub(crate) prog: Ref<Prog>,
    pub(crate) cookie: u64,
}

/// The hooks of a session.
#[derive(Default)]
pub(crate) struct Hooks {
    tracepoints: Mutex<BTreeMap<String, Vec<Attached>>>,
    trampolines: Mutex<BTreeMap<(u32, u32), Vec<Attached>>>,
    numbers: AtomicU64,
}

impl Hooks {
    fn attached(&self, prog: &Ref<Prog>, cookie: u64) -> Attached {
        Attached {
            number: self.numbers.fetch_add(1, Ordering::Relaxed),
            prog: prog.clone(),
            cookie,
        }
    }

    /// Adds a program to those of a tracepoint; the same program may be there several times.
    pub(crate) fn attach_tracepoint(
        &self,
        name: &str,
        prog: &Ref<Prog>,
        cookie: u64,
    ) -> Attachment {
        let attached = self.attached(prog, cookie);
        let number = attached.number;
        let mut tracepoints = self.tracepoints.lock();
        tracepoints
            .entry(name.to_owned())
            .or_default()
            .push(attached);
        Attachment {
            at: Hook::Tracepoint(name.to_owned()),
            number,
        }
    }

    /// Adds a program to those of a function. EBUSY: it is there already. E2BIG: too many are.
    pub(crate) fn attach_trampoline(
        &self,
        target: TracingTarget,
        prog: &Ref<Prog>,
        cookie: u64,
    ) -> SysResult<Attachment> {
        let key = (target.btf_object, target.btf_id);
        let attached = self.attached(prog, cookie);
        let number = attached.number;
        let mut trampolines = self.trampolines.lock();
        let here = trampolines.entry(key).or_default();
        if here.iter().any(|other| other.prog.same(prog)) {
            return SysError::err(Errno::EBUSY, "the program is attached there already");
        }
        if here.len() >= TRAMPOLINE_MAX {
            return SysError::err(Errno::E2BIG, "a function takes 38 programs");
        }
        here.push(attached);
        Ok(Attachment {
            at: Hook::Trampoline(target.btf_object, target.btf_id),
            number,
        })
    }

    /// Takes a program away.
    pub(crate) fn detach(&self, attachment: &Attachment) {
        let gone = match &attachment.at {
            Hook::Tracepoint(name) => take(&mut self.tracepoints.lock(), name, attachment.number),
            Hook::Trampoline(object, id) => take(
                &mut self.trampolines.lock(),
                &(*object, *id),
                attachment.number,
            ),
        };
        // Perhaps the last reference to the program: after the lock.
        drop(gone);
    }

    /// The programs at a tracepoint, in order of attaching.
    pub(crate) fn at_tracepoint(&self, name: &str) -> Vec<Attached> {
        self.tracepoints
            .lock()
            .get(name)
            .cloned()
            .unwrap_or_default()
    }
}

fn take<K: Ord>(hooks: &mut BTreeMap<K, Vec<Attached>>, key: &K, number: u64) -> Option<Attached> {
    let here = hooks.get_mut(key)?;
    let index = here.iter().position(|attached| attached.number == number)?;
    let gone = here.remove(index);
    if here.is_empty() {
        hooks.remove(key);
    }
    Some(gone)
}
