//! Runs can be stopped: by their cancel flag, a deadline, a budget.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use skep_memory::RacyBytes;
use skep_object::{CancelToken, Deterministic, RunContext, StopReason};

use super::harness::{ENGINES, Parts, Program, run_in};
use crate::{Engine, HelperCall, HelperResult, TrapKind};

/// Loops in loops: 8 million rounds of 8 million rounds.
const FOR_HOURS: &str = "
    r6 = 0
  outer:
    may_goto done
    call inner
    r6 += 1
    goto outer
  done:
    r0 = r6
    exit
  inner:
    r0 = 0
  again:
    may_goto out
    r0 += 1
    goto again
  out:
    exit";

#[test]
fn may_goto_loops_are_cancelled_within_10_ms() {
    let executable = Program::text(FOR_HOURS).executable(&Parts::default());
    executable.compiled().unwrap();
    for engine in ENGINES {
        let token = Arc::new(CancelToken::new());
        let canceller = {
            let token = Arc::clone(&token);
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(50));
                let now = Instant::now();
                token.cancel(StopReason::Cancelled);
                now
            })
        };
        let platform = Deterministic::new(1);
        let context = RunContext::new(&platform, &token, 0);
        run_in(&executable, engine, &context, [0; 5], RacyBytes::empty()).unwrap();
        let took = canceller.join().unwrap().elapsed();
        println!("{engine:?}: stopped after {took:?}");
        // The figure is 10 ms; a busy machine may keep the thread from running for longer.
        assert!(
            took < Duration::from_millis(100),
            "{engine:?} took {took:?}"
        );
    }
}

#[test]
fn a_deadline_stops_may_goto_loops() {
    let executable = Program::text(FOR_HOURS).executable(&Parts::default());
    for engine in ENGINES {
        let (platform, token) = (Deterministic::new(1), CancelToken::new());
        let context = RunContext::new(&platform, &token, 0)
            .with_deadline(Instant::now() + Duration::from_millis(20));
        run_in(&executable, engine, &context, [0; 5], RacyBytes::empty()).unwrap();
        assert_eq!(token.reason(), Some(StopReason::Deadline), "{engine:?}");
    }
}

#[test]
fn may_goto_counts_the_same_in_both() {
    let text = "r0 = 0\nagain: may_goto out\nr0 += 1\ngoto again\nout: exit";
    let executable = Program::text(text).executable(&Parts::default());
    let (platform, token) = (Deterministic::new(1), CancelToken::new());
    let context = RunContext::new(&platform, &token, 0);
    for engine in ENGINES {
        let rounds = run_in(&executable, engine, &context, [0; 5], RacyBytes::empty()).unwrap();
        assert_eq!(rounds, 8 << 20, "{engine:?}");
    }
}

#[test]
fn the_budget_ends_a_checked_run() {
    let executable = Program::text("again: goto again").executable(&Parts::default());
    let (platform, token) = (Deterministic::new(1), CancelToken::new());
    let context = RunContext::new(&platform, &token, 0).with_instruction_budget(1000);
    let trap = run_in(
        &executable,
        Engine::Check,
        &context,
        [0; 5],
        RacyBytes::empty(),
    )
    .unwrap_err();
    assert_eq!(trap.kind, TrapKind::Budget);
}

/// bpf_loop: r1 rounds of r2(index, r3).
fn bpf_loop(call: &HelperCall<'_, '_>) -> HelperResult {
    for round in 0..call.arg(0) {
        if call.context().poll().is_some()
            || call.call_back(call.arg(1), [round, call.arg(2), 0, 0, 0])? != 0
        {
            return Ok(round + 1);
        }
    }
    Ok(call.arg(0))
}

#[test]
fn a_cancelled_loop_helper_stops() {
    let text = "r1 = 0x100000\nr2 = func[body]\nr3 = 0\nr4 = 0\ncall 181\nexit\nbody: r0 = 0\nexit";
    let parts = Parts {
        helpers: [(181, bpf_loop as _)].into(),
        ..Parts::default()
    };
    let executable = Program::text(text).executable(&parts);
    for engine in ENGINES {
        let (platform, token) = (Deterministic::new(1), CancelToken::new());
        let context = RunContext::new(&platform, &token, 0);
        assert_eq!(
            run_in(&executable, engine, &context, [0; 5], RacyBytes::empty()),
            Ok(0x10_0000)
        );
        token.cancel(StopReason::Cancelled);
        assert_eq!(
            run_in(&executable, engine, &context, [0; 5], RacyBytes::empty()),
            Ok(1),
            "{engine:?}"
        );
    }
}
