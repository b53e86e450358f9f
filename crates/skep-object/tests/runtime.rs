//! Counts, ids, RCU, slots, platforms and run contexts on the real machine.
#![cfg(not(loom))]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use skep_object::rcu::RcuDomains;
use skep_object::{
    CancelToken, Clock, Deterministic, Errno, Host, IdTable, Object, ObjectId, Platform, Rcu, Ref,
    RunContext, StopReason, VcpuSlots,
};

#[derive(Default, Debug)]
struct Thing {
    hooks: Arc<(AtomicU64, AtomicU64)>,
}

impl Object for Thing {
    fn on_last_user_ref(&self) {
        self.hooks.0.fetch_add(1, Ordering::SeqCst);
    }

    fn on_last_ref(&self) {
        self.hooks.1.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn ids_are_cyclic_and_go_with_the_object() {
    let ids = IdTable::new();
    let (a, b, c) = (
        Ref::new(Thing::default()),
        Ref::new(Thing::default()),
        Ref::new(Thing::default()),
    );
    assert_eq!(ids.publish(&a).unwrap().get(), 1);
    assert_eq!(ids.publish(&b).unwrap().get(), 2);
    assert_eq!(ids.publish(&a).unwrap_err().errno, Errno::EEXIST);
    drop(a);
    // 1 is free, but ids are not reused early.
    assert_eq!(ids.publish(&c).unwrap().get(), 3);
    assert_eq!(ids.next_id(0).map(ObjectId::get), Some(2));
    assert_eq!(ids.next_id(2).map(ObjectId::get), Some(3));
    assert_eq!(ids.next_id(3), None);
    assert_eq!(ids.next_id(u32::MAX), None);
    assert!(ids.get(ObjectId::new(2).unwrap()).unwrap().same(&b));
    assert!(ids.get(ObjectId::new(1).unwrap()).is_none());
    assert_eq!(ids.all().len(), 2);
}

#[test]
fn user_references_may_come_back() {
    let object = Ref::new(Thing::default());
    let hooks = Arc::clone(&object.hooks);
    drop(object.to_user());
    assert_eq!((object.user_count(), object.ref_count()), (0, 1));
    let user = object.to_user();
    drop(object);
    assert_eq!(hooks.1.load(Ordering::SeqCst), 0);
    drop(user);
    assert_eq!(
        (
            hooks.0.load(Ordering::SeqCst),
            hooks.1.load(Ordering::SeqCst)
        ),
        (2, 1)
    );
}

#[test]
fn readers_hold_up_grace_periods() {
    let rcu = Arc::new(Rcu::new());
    let reader = rcu.reader();
    let guard = reader.enter();
    let done = Arc::new(AtomicBool::new(false));
    let waiter = {
        let (rcu, done) = (Arc::clone(&rcu), Arc::clone(&done));
        std::thread::spawn(move || {
            rcu.synchronize();
            done.store(true, Ordering::SeqCst);
        })
    };
    std::thread::sleep(Duration::from_millis(30));
    assert!(!done.load(Ordering::SeqCst));
    drop(guard);
    waiter.join().unwrap();
}

#[test]
fn deferred_work_runs_after_both_domains() {
    let domains = RcuDomains::new();
    let freed = Arc::new(AtomicBool::new(false));
    let (ordinary, trace) = (domains.ordinary.reader(), domains.trace.reader());
    let (in_ordinary, in_trace) = (ordinary.enter(), trace.enter());
    let mark = Arc::clone(&freed);
    domains.call_after_both(move || mark.store(true, Ordering::SeqCst));
    drop(in_trace);
    domains.trace.barrier();
    assert!(
        !freed.load(Ordering::SeqCst),
        "the ordinary reader is still inside"
    );
    drop(in_ordinary);
    domains.barrier();
    assert!(freed.load(Ordering::SeqCst));
}

/// A writer replaces and poisons what readers look at; each poison comes after a grace period.
#[test]
fn readers_never_see_poison() {
    const CELLS: usize = 64;
    let rcu = Rcu::new();
    let cells: [AtomicU64; CELLS] = std::array::from_fn(|_| AtomicU64::new(0));
    let current = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let reader = rcu.reader();
                while !stop.load(Ordering::Relaxed) {
                    let _guard = reader.enter();
                    let index = current.load(Ordering::Acquire) as usize;
                    assert_eq!(
                        cells[index].load(Ordering::Relaxed),
                        0,
                        "poisoned under its reader"
                    );
                }
            });
        }
        for index in 1..CELLS {
            current.store(index as u64, Ordering::Release);
            rcu.synchronize();
            cells[index - 1].store(1, Ordering::Relaxed);
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn slots_prefer_the_current_cpu_and_never_share() {
    let rcu = Rcu::new();
    let slots = VcpuSlots::new(2, &rcu);
    let here = Deterministic::new(0);
    let first = slots.take(&here);
    let second = slots.take(&here);
    assert_eq!((first.cpu(), second.cpu()), (0, 1));
    {
        let _outer = first.nest();
        let _inner = first.nest();
        assert_eq!(first.depth(), 2);
        let _reading = first.enter_rcu();
    }
    assert_eq!(first.depth(), 0);
    std::thread::scope(|scope| {
        let third = scope.spawn(|| slots.take(&here).cpu());
        std::thread::sleep(Duration::from_millis(10));
        drop(second);
        assert_eq!(third.join().unwrap(), 1);
    });
}

#[test]
fn the_deterministic_platform_repeats() {
    let run = |seed| {
        let platform = Deterministic::new(seed);
        (0..4)
            .map(|_| (platform.random_u32(), platform.now_ns(Clock::Monotonic)))
            .collect::<Vec<_>>()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
    let host = Host::new();
    assert!(host.now_ns(Clock::Tai) >= host.now_ns(Clock::Monotonic));
    assert_ne!(
        (host.random_u32(), host.random_u32()),
        (host.random_u32(), host.random_u32())
    );
}

#[test]
fn runs_stop() {
    let (platform, cancel) = (Deterministic::new(1), Arc::new(CancelToken::new()));
    let run = RunContext::new(&platform, &cancel, 0)
        .with_instruction_budget(10)
        .with_upper(&5_u8);
    assert_eq!(run.upper::<u8>(), Some(&5));
    assert_eq!(run.upper::<u16>(), None);
    assert!((0..33).all(|_| run.count_tail_call()));
    assert!(!run.count_tail_call(), "33 tail calls, not more");
    assert!(run.spend(10) && run.poll().is_none());
    assert!(!run.spend(1));
    assert_eq!(run.poll(), Some(StopReason::Budget));

    let cancel = CancelToken::new();
    let late = RunContext::new(&platform, &cancel, 0).with_deadline(Instant::now());
    assert!(!late.should_stop());
    assert_eq!(late.poll(), Some(StopReason::Deadline));
    assert!(late.should_stop());
    cancel.cancel(StopReason::Interrupted);
    assert_eq!(
        cancel.reason(),
        Some(StopReason::Deadline),
        "the first reason stays"
    );
}

/// Generated code relies on these.
#[test]
fn hot_fields_are_where_generated_code_looks() {
    assert_eq!(RunContext::CANCEL_OFFSET, 0);
    assert_eq!(RunContext::TAIL_CALLS_OFFSET, 8);
    assert_eq!(RunContext::CPU_OFFSET, 12);
    assert_eq!(RunContext::INSTRUCTIONS_OFFSET, 16);
    assert_eq!(size_of::<CancelToken>(), 1);
}

#[test]
fn missing_features_are_counted() {
    let error = skep_object::unsupported!(EINVAL, "helper {}", "frobnicate");
    assert_eq!(error.errno, Errno::EINVAL);
    let counts = skep_object::error::unsupported_counts();
    assert!(
        counts
            .iter()
            .any(|(name, count)| name == "helper frobnicate" && *count >= 1)
    );
}
