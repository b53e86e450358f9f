//! Callbacks that outlive the run that asked for them: bpf_timer and bpf_wq.
//!
//! ```text
//! init           the field gets a number, the number an item
//! set_callback   the item holds the program
//! start          a timer thread is to run the callback, at its time or at once
//! forget         the field is 0, the item gone; a callback that is running comes to its end
//! ```
//!
//! The items are one table behind one lock, the last in the order of locks: nothing is called while it is held, and
//! what an item held is dropped after a grace period of its own.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::thread::ThreadId;

use parking_lot::Mutex;
use skep_btf::FieldKind;
use skep_memory::{Addr, RacyBytes};
use skep_object::{
    Clock, Errno, ObjectId, Platform, RcuDomains, Ref, TimerId, TimerService, TimerThread,
};

use crate::object::MapObject;
use crate::test_run::run_callback;
use crate::{Kernel, Prog};

/// All timers and work items of a session.
pub(crate) struct Deferred {
    kernel: Weak<Kernel>,
    domains: RcuDomains,
    platform: Arc<dyn Platform>,
    timers: TimerThread,
    /// Sleepable callbacks have a thread of their own: timers do not wait for them.
    work: TimerThread,
    items: Mutex<Items>,
}

#[derive(Default)]
struct Items {
    last: u64,
    rounds: u64,
    by_number: HashMap<u64, Item>,
}

/// What kind of field it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// `bpf_timer` on a clock.
    Timer(Clock),
    /// `bpf_wq`.
    Work,
}

/// When a timer runs out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expiry {
    /// So many nanoseconds from now.
    After(u64),
    /// At this reading of its clock.
    At(u64),
}

struct Item {
    kind: Kind,
    map: ObjectId,
    value: Addr,
    callback: Option<Callback>,
    armed: Option<Armed>,
    running: Option<ThreadId>,
}

/// A start that has not led to its callback yet.
#[derive(Clone, Copy)]
struct Armed {
    timer: TimerId,
    /// Which start: a thread that is late may come for an earlier one.
    round: u64,
}

/// A function of a program.
#[derive(Clone)]
pub(crate) struct Callback {
    pub(crate) prog: Ref<Prog>,
    /// The function pointer as the session's engine makes it.
    pub(crate) function: u64,
}

/// What a callback is run on.
pub(crate) struct Element {
    pub(crate) map: Ref<MapObject>,
    pub(crate) value: Addr,
}

impl Deferred {
    pub(crate) fn new(
        kernel: Weak<Kernel>,
        domains: RcuDomains,
        platform: &Arc<dyn Platform>,
    ) -> Arc<Self> {
        let thread = |name| TimerThread::new(Arc::clone(platform), name);
        Arc::new(Self {
            kernel,
            domains,
            platform: Arc::clone(platform),
            timers: thread("skep-timers"),
            work: thread("skep-work"),
            items: Mutex::default(),
        })
    }

    /// How many fields are initialised, for tests of leaks.
    pub(crate) fn count(&self) -> usize {
        self.items.lock().by_number.len()
    }

    /// Initialises a field in a value of a map. EBUSY: it is. EPERM: no client holds the map.
    pub(crate) fn init(
        &self,
        field: RacyBytes<'_>,
        kind: Kind,
        map: &Ref<MapObject>,
        value: Addr,
    ) -> Result<(), Errno> {
        let id = map.id().ok_or(Errno::EPERM)?;
        let mut items = self.items.lock();
        if items.number(field).is_some() {
            return Err(Errno::EBUSY);
        }
        items.last = items.last.wrapping_add(1).max(1);
        let number = items.last;
        let item = Item {
            kind,
            map: id,
            value,
            callback: None,
            armed: None,
            running: None,
        };
        items.by_number.insert(number, item);
        // Sixteen bytes, by its type.
        let _ = field.write_u64(0, number);
        // The last client may have left, and looked at the field, just before.
        if map.user_count() == 0 {
            items.by_number.remove(&number);
            let _ = field.write_u64(0, 0);
            return Err(Errno::EPERM);
        }
        Ok(())
    }

    /// Chooses the callback. EINVAL: not initialised. EPERM: no client holds the map.
    pub(crate) fn set_callback(
        &self,
        field: RacyBytes<'_>,
        callback: Callback,
    ) -> Result<(), Errno> {
        let map = self.items.lock().item(field).ok_or(Errno::EINVAL)?.map;
        let session = self.kernel.upgrade().ok_or(Errno::EPERM)?;
        let map = session.maps().get(map).ok_or(Errno::EPERM)?;
        let old = {
            let mut items = self.items.lock();
            let item = items.item(field).ok_or(Errno::EINVAL)?;
            if map.user_count() == 0 {
                return Err(Errno::EPERM);
            }
            item.callback.replace(callback)
        };
        self.let_go(old);
        Ok(())
    }

    /// Starts it, anew if it is armed. EINVAL: no callback.
    pub(crate) fn start(
        self: &Arc<Self>,
        field: RacyBytes<'_>,
        expiry: Expiry,
    ) -> Result<(), Errno> {
        let mut items = self.items.lock();
        items.rounds = items.rounds.wrapping_add(1);
        let round = items.rounds;
        let number = items.number(field).ok_or(Errno::EINVAL)?;
        let item = items.by_number.get_mut(&number).ok_or(Errno::EINVAL)?;
        if item.callback.is_none() {
            return Err(Errno::EINVAL);
        }
        let (clock, at) = match (item.kind, expiry) {
            (Kind::Timer(clock), Expiry::At(at)) => (clock, at),
            (Kind::Timer(_) | Kind::Work, Expiry::After(after)) => {
                let now = self.platform.now_ns(Clock::Monotonic);
                (Clock::Monotonic, now.saturating_add(after))
            }
            (Kind::Work, Expiry::At(_)) => return Err(Errno::EINVAL),
        };
        let service = self.service(item.kind);
        if let Some(armed) = item.armed {
            match item.kind {
                Kind::Timer(_) => drop(service.cancel(armed.timer)),
                // Work that waits already is done once.
                Kind::Work => return Ok(()),
            }
        }
        let me = Arc::downgrade(self);
        let fire = Box::new(move || {
            if let Some(deferred) = me.upgrade() {
                deferred.fire(number, round);
            }
        });
        let timer = service.arm(clock, at, fire);
        item.armed = Some(Armed { timer, round });
        Ok(())
    }

    /// Stops a timer and lets its callback go, waiting for one that is running; whether it was armed. EINVAL: not
    /// initialised. EDEADLK: asked by its own callback.
    pub(crate) fn cancel(
        &self,
        field: RacyBytes<'_>,
        must_stop: &dyn Fn() -> bool,
    ) -> Result<bool, Errno> {
        loop {
            let mut items = self.items.lock();
            let item = items.item(field).ok_or(Errno::EINVAL)?;
            match item.running {
                Some(thread) if thread == std::thread::current().id() => {
                    return Err(Errno::EDEADLK);
                }
                Some(_) if !must_stop() => {
                    drop(items);
                    std::thread::yield_now();
                }
                Some(_) | None => {
                    let armed = item.armed.take();
                    let callback = item.callback.take();
                    let service = self.service(item.kind);
                    drop(items);
                    let was_armed = armed.map(|armed| service.cancel(armed.timer)).is_some();
                    self.let_go(callback);
                    return Ok(was_armed);
                }
            }
        }
    }

    /// The value goes, or the map's last client: the field is 0 again.
    pub(crate) fn forget(&self, field: RacyBytes<'_>) {
        let item = {
            let mut items = self.items.lock();
            let number = items.number(field);
            let _ = field.write_u64(0, 0);
            number.and_then(|number| items.by_number.remove(&number))
        };
        if let Some(item) = item {
            if let Some(armed) = item.armed {
                self.service(item.kind).cancel(armed.timer);
            }
            self.let_go(item.callback);
        }
    }

    fn service(&self, kind: Kind) -> &TimerThread {
        match kind {
            Kind::Timer(_) => &self.timers,
            Kind::Work => &self.work,
        }
    }

    /// Its time has come: on the thread of its service.
    fn fire(&self, number: u64, round: u64) {
        let Some(kernel) = self.kernel.upgrade() else {
            return;
        };
        let found = self.items.lock().by_number.get(&number).map(|it| it.map);
        let Some(map) = found.and_then(|map| kernel.maps().get(map)) else {
            return;
        };
        let begun = {
            let mut items = self.items.lock();
            items.by_number.get_mut(&number).and_then(|item| {
                // Cancelled or started anew, after it was too late to stop the thread.
                item.armed.take_if(|armed| armed.round == round)?;
                let callback = item.callback.clone()?;
                item.running = Some(std::thread::current().id());
                Some((item.kind, callback, item.value))
            })
        };
        let Some((kind, callback, value)) = begun else {
            return;
        };
        let element = Element { map, value };
        // What it returns means nothing, and nobody is there to be told that it could not be run.
        let _ = run_callback(&kernel, kind, &callback, &element);
        if let Some(item) = self.items.lock().by_number.get_mut(&number) {
            item.running = None;
        }
    }

    /// Drops a callback where nothing is held: its program may go with it, and with that its maps.
    fn let_go(&self, callback: Option<Callback>) {
        if let Some(callback) = callback {
            self.domains.ordinary.call(move || drop(callback));
        }
    }
}

impl Kind {
    /// Is a field of this kind for it?
    pub(crate) fn is(self, field: FieldKind) -> bool {
        match self {
            Self::Timer(_) => field == FieldKind::Timer,
            Self::Work => field == FieldKind::Wq,
        }
    }
}

impl Items {
    fn number(&self, field: RacyBytes<'_>) -> Option<u64> {
        field.read_u64(0).ok().filter(|number| *number != 0)
    }

    fn item(&mut self, field: RacyBytes<'_>) -> Option<&mut Item> {
        let number = self.number(field)?;
        self.by_number.get_mut(&number)
    }
}
