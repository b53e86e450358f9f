//! What a test run attaches to its [`skep_object::RunContext`], for helper bodies to find.

use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;

use skep_exec::Run;
use skep_memory::{Addr, Permissions, RacyBytes, Region};
use skep_object::Errno;

use super::packet::{SkBuff, XdpBuff};
use crate::{Kernel, TaskIds};

/// What the program was given.
pub(crate) enum Subject {
    /// An skb.
    Skb(SkBuff),
    /// An XDP frame.
    Xdp(XdpBuff),
    /// Bytes of the caller.
    Bytes(Region),
}

/// A ring buffer record between reserve and submit: what ends it names only the record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reservation {
    /// Where its data begins.
    pub(crate) record: Addr,
    /// The pointer of its map.
    pub(crate) map: Addr,
}

/// The upper part of a run.
pub(crate) struct RunState {
    subject: Subject,
    task: TaskIds,
    kernel: Option<Arc<Kernel>>,
    cookie: u64,
    scratch: Scratch,
    reservations: RefCell<Vec<Reservation>>,
}

impl RunState {
    /// The state of the runs of one test.
    pub(crate) fn new(subject: Subject, task: TaskIds, kernel: Option<Arc<Kernel>>) -> Self {
        Self {
            subject,
            task,
            kernel,
            cookie: 0,
            scratch: Scratch::default(),
            reservations: RefCell::default(),
        }
    }

    /// The same for a program that was attached with a cookie.
    pub(crate) fn with_cookie(self, cookie: u64) -> Self {
        Self { cookie, ..self }
    }

    /// The cookie it was attached with; 0 for test runs.
    pub(crate) fn cookie(&self) -> u64 {
        self.cookie
    }

    /// What the program was given.
    pub(crate) fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Who runs the program.
    pub(crate) fn task(&self) -> &TaskIds {
        &self.task
    }

    /// The session.
    pub(crate) fn kernel(&self) -> Option<&Kernel> {
        self.kernel.as_deref()
    }

    /// Memory for the copy of a key, one per nested call.
    pub(crate) fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// Notes a record that a program reserved.
    pub(crate) fn reserved(&self, reservation: Reservation) {
        self.reservations.borrow_mut().push(reservation);
    }

    /// Takes the note of a record back; `None` if there is none.
    pub(crate) fn take_reservation(&self, record: Addr) -> Option<Reservation> {
        let mut all = self.reservations.borrow_mut();
        let index = all
            .iter()
            .position(|reservation| reservation.record == record)?;
        Some(all.swap_remove(index))
    }

    /// Lets a run touch what the program was given.
    pub(crate) fn lend<'r>(&'r self, run: &Run<'r>) {
        match &self.subject {
            Subject::Skb(skb) => skb.lend(run),
            Subject::Xdp(frame) => frame.lend(run),
            Subject::Bytes(region) => {
                run.allow(region.bytes(), Permissions::ReadWrite);
            }
        }
    }
}

/// Keys that helpers show to callbacks: as in Linux, copies on the helper's stack.
#[derive(Default)]
pub(crate) struct Scratch {
    region: OnceCell<Region>,
    next: OnceCell<Box<Scratch>>,
    used: Cell<bool>,
}

/// Bytes of the largest key (MAX_BPF_STACK).
const KEY_MAX: usize = 512;

/// A piece of [`Scratch`] in use, until dropped.
pub(crate) struct Borrowed<'r> {
    scratch: &'r Scratch,
    bytes: RacyBytes<'r>,
}

impl<'r> Borrowed<'r> {
    /// Its bytes.
    pub(crate) fn bytes(&self) -> RacyBytes<'r> {
        self.bytes
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        self.scratch.used.set(false);
    }
}

impl Scratch {
    /// A piece for a key. ENOMEM.
    pub(crate) fn take(&self) -> Result<Borrowed<'_>, Errno> {
        let mut scratch = self;
        while scratch.used.get() {
            scratch = scratch.next.get_or_init(Box::default);
        }
        if scratch.region.get().is_none() {
            let region = Region::new(KEY_MAX).map_err(|_| Errno::ENOMEM)?;
            // Just seen to be unset.
            let _ = scratch.region.set(region);
        }
        let region = scratch.region.get().ok_or(Errno::ENOMEM)?;
        scratch.used.set(true);
        Ok(Borrowed {
            scratch,
            bytes: region.bytes(),
        })
    }
}
