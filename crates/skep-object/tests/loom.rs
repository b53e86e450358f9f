//! The two counts and the RCU domains under the model checker:
//! `RUSTFLAGS="--cfg loom" cargo test -p skep-object --release --test loom`.
#![cfg(loom)]

use std::sync::atomic::{AtomicUsize as StdAtomicUsize, Ordering as StdOrdering};

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;
use skep_object::{Dead, IdTable, Object, Rcu, Ref};

/// Explores all interleavings with at most this many forced switches; more adds minutes, not cases.
fn model(preemptions: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(test);
}

/// A reader that finds data never sees it freed.
#[test]
fn reader_never_sees_freed_memory() {
    model(3, || {
        let rcu = Arc::new(Rcu::new());
        let published = Arc::new(AtomicBool::new(true));
        let freed = Arc::new(AtomicBool::new(false));
        let reader = {
            let (rcu, published, freed) =
                (Arc::clone(&rcu), Arc::clone(&published), Arc::clone(&freed));
            thread::spawn(move || {
                let reader = rcu.reader();
                let guard = reader.enter();
                if published.load(Ordering::Acquire) {
                    assert!(
                        !freed.load(Ordering::SeqCst),
                        "found data was freed under its reader"
                    );
                }
                drop(guard);
            })
        };
        published.store(false, Ordering::Release);
        rcu.synchronize();
        freed.store(true, Ordering::SeqCst);
        reader.join().unwrap();
    });
}

/// A reader that was inside when synchronize began has left when it ends; nesting counts as one stay.
#[test]
fn synchronize_waits_for_readers_inside() {
    model(3, || {
        let rcu = Arc::new(Rcu::new());
        let inside = Arc::new(AtomicBool::new(false));
        let left = Arc::new(AtomicBool::new(false));
        let reader = {
            let (rcu, inside, left) = (Arc::clone(&rcu), Arc::clone(&inside), Arc::clone(&left));
            thread::spawn(move || {
                let reader = rcu.reader();
                let outer = reader.enter();
                drop(reader.enter());
                inside.store(true, Ordering::SeqCst);
                left.store(true, Ordering::SeqCst);
                drop(outer);
            })
        };
        if inside.load(Ordering::SeqCst) {
            rcu.synchronize();
            assert!(
                left.load(Ordering::SeqCst),
                "synchronize ended before the reader left"
            );
        }
        reader.join().unwrap();
    });
}

/// A reader that enters twice while two grace periods pass is never caught with freed data.
#[test]
fn two_grace_periods() {
    model(2, || {
        let rcu = Arc::new(Rcu::new());
        let current = Arc::new(AtomicUsize::new(0));
        let freed = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        let reader = {
            let (rcu, current, freed) =
                (Arc::clone(&rcu), Arc::clone(&current), Arc::clone(&freed));
            thread::spawn(move || {
                let reader = rcu.reader();
                for _ in 0..2 {
                    let _guard = reader.enter();
                    let index = current.load(Ordering::Acquire);
                    if let Some(freed) = freed.get(index) {
                        assert!(!freed.load(Ordering::SeqCst));
                    }
                }
            })
        };
        for index in 0..2 {
            current.store(index + 1, Ordering::Release);
            rcu.synchronize();
            freed[index].store(true, Ordering::SeqCst);
        }
        reader.join().unwrap();
    });
}

/// Work handed to the domain's thread runs once, after the readers inside have left.
#[test]
fn deferred_work_runs_after_readers() {
    model(2, || {
        let rcu = Arc::new(Rcu::new());
        let freed = Arc::new(AtomicBool::new(false));
        let reader = rcu.reader();
        let guard = reader.enter();
        let mark = Arc::clone(&freed);
        rcu.call(move || mark.store(true, Ordering::SeqCst));
        assert!(
            !freed.load(Ordering::SeqCst),
            "freed while a reader was inside"
        );
        drop(guard);
        rcu.barrier();
        assert!(
            freed.load(Ordering::SeqCst),
            "the barrier ended before the work"
        );
    });
}

/// Counts what happens to an object.
struct Probe {
    last_user: Arc<Tally>,
    last: Arc<Tally>,
}

/// A counter that the model does not schedule on.
#[derive(Default)]
struct Tally(StdAtomicUsize);

impl Tally {
    fn add(&self) {
        self.0.fetch_add(1, StdOrdering::SeqCst);
    }

    fn get(&self) -> usize {
        self.0.load(StdOrdering::SeqCst)
    }
}

impl Object for Probe {
    fn on_last_user_ref(&self) {
        assert_eq!(
            self.last.get(),
            0,
            "the user hook runs while the object lives"
        );
        self.last_user.add();
    }

    fn on_last_ref(&self) {
        self.last.add();
    }

    fn release(dead: Dead<Self>) {
        assert_eq!(
            dead.last.get(),
            1,
            "released once, after the last reference"
        );
    }
}

fn probe() -> (Ref<Probe>, Arc<Tally>, Arc<Tally>) {
    let (last_user, last) = (Arc::new(Tally::default()), Arc::new(Tally::default()));
    let object = Ref::new(Probe {
        last_user: Arc::clone(&last_user),
        last: Arc::clone(&last),
    });
    (object, last_user, last)
}

/// Two user references dropped at once: each hook runs exactly once.
#[test]
fn both_counts_end_once() {
    model(3, || {
        let (object, last_user, last) = probe();
        let user = object.to_user();
        let other = user.clone();
        drop(object);
        let dropper = thread::spawn(move || drop(other));
        drop(user);
        dropper.join().unwrap();
        assert_eq!((last_user.get(), last.get()), (1, 1));
    });
}

/// The last user reference goes while a program still holds the object.
#[test]
fn user_references_end_before_references() {
    model(3, || {
        let (object, last_user, last) = probe();
        let user = object.to_user();
        let dropper = thread::spawn(move || drop(user));
        let held = object.clone();
        drop(object);
        dropper.join().unwrap();
        assert_eq!((last_user.get(), last.get()), (1, 0));
        drop(held);
        assert_eq!((last_user.get(), last.get()), (1, 1));
    });
}

/// A look-up by id against the last drop gives a live object or nothing, and the id goes with the object.
#[test]
fn id_lookup_against_last_drop() {
    model(3, || {
        let (object, _, last) = probe();
        let ids = IdTable::new();
        let id = ids.publish(&object).unwrap();
        let looker = {
            let (ids, last) = (ids.clone(), Arc::clone(&last));
            thread::spawn(move || {
                if let Some(found) = ids.get(id) {
                    assert_eq!(last.get(), 0, "a dead object was found");
                    drop(found);
                }
            })
        };
        drop(object);
        looker.join().unwrap();
        assert_eq!(last.get(), 1);
        assert!(ids.get(id).is_none());
        assert!(ids.is_empty());
    });
}
