//! Worked examples of the walk: costs, verdicts and log lines as Linux 6.18 gives them.

mod common;

use common::{load, log_of, rejection};
use skep_uapi::Errno;
use skep_verifier::request::LoadFlags;

/// processed, total_states, peak_states of an accepted program.
fn cost(load: &common::Load) -> (u32, u32, u32) {
    let outcome = load.run();
    assert!(outcome.result.is_ok(), "{}", log_of(&outcome));
    let s = outcome.statistics;
    (s.processed_insns, s.total_states, s.peak_states)
}

const PRECISE: &str = "
    call 7
    r6 = 1
    if r0 == 0 goto +1
    r6 = 2
    if r6 == 7 goto +1
    r0 = 0
    r0 = 0
    exit";

#[test]
fn a_value_that_decides_is_compared() {
    let every_point = load(PRECISE).flags(LoadFlags::TEST_STATE_FREQ);
    assert_eq!(cost(&every_point), (11, 5, 5));
    // Too few jumps and instructions for checkpoints on the first path: both paths run to the end.
    assert_eq!(cost(&load(PRECISE)), (12, 1, 1));
}

#[test]
fn a_value_that_decides_nothing_is_not() {
    let imprecise = PRECISE.replace("if r6 == 7 goto +1", "r0 = r6");
    let every_point = load(&imprecise).flags(LoadFlags::TEST_STATE_FREQ);
    let log = log_of(&every_point.run());
    assert!(log.contains("from 2 to 4: safe"), "{log}");
}

#[test]
fn precision_goes_through_the_stack() {
    let outcome = load(
        "r6 = 8
         *(u64 *)(r10 -16) = r6
         call 7
         if r0 == 0 goto +1
         r6 = 16
         r1 = *(u64 *)(r10 -16)
         r2 = r10
         r2 += -64
         *(u64 *)(r10 -56) = 0
         r2 += r1
         r0 = *(u64 *)(r2 +0)
         r0 = 0
         exit",
    )
    .run();
    let log = log_of(&outcome);
    assert!(outcome.result.is_ok(), "{log}");
    assert!(
        log.contains("mark_precise: frame0: regs= stack=-16 before 4: (b7) r6 = 16\n"),
        "{log}"
    );
}

#[test]
fn precision_goes_through_calls() {
    let outcome = load(
        "r7 = r10
         r7 += -64
         r6 = 3
         r1 = r6
         call f
         r0 *= 4
         r1 = r7
         r1 += r0
         *(u8 *)(r1 +0) = 0
         r0 = 0
         exit
         f:
         r0 = r1
         exit",
    )
    .run();
    let log = log_of(&outcome);
    assert!(outcome.result.is_ok(), "{log}");
    for step in [
        "frame1: regs=r0 stack= before 11: (bf) r0 = r1",
        "frame1: regs=r1 stack= before 4: (85) call pc+6",
        "frame0: regs=r1 stack= before 3: (bf) r1 = r6",
        "frame0: regs=r6 stack= before 2: (b7) r6 = 3",
    ] {
        assert!(
            log.contains(&format!("mark_precise: {step}\n")),
            "{step}\n{log}"
        );
    }
}

#[test]
fn bounded_loops_are_run() {
    let bounded = load("r1 = 0\nr1 += 1\nif r1 < 4 goto -2\nr0 = 0\nexit");
    assert_eq!(cost(&bounded), (11, 1, 1));
}

#[test]
fn endless_loops_are_found() {
    let outcome = load("call 7\nif r0 == 0 goto -1\nr0 = 0\nexit").run();
    let log = log_of(&outcome);
    assert_eq!(outcome.result.err().map(|f| f.errno), Some(Errno::EINVAL));
    assert!(
        log.contains(
            "infinite loop detected at insn 1\ncur state: R0=0 R10=fp0\nold state: R0=P0 R10=fp0\n"
        ),
        "{log}"
    );
    assert_eq!(outcome.statistics.processed_insns, 9);
}

#[test]
fn long_loops_hit_the_limit() {
    let outcome = load("r1 = 0\nr1 += 1\nif r1 < 10000000 goto -2\nr0 = 0\nexit")
        .log(4, 1 << 16)
        .run();
    assert_eq!(
        outcome.result.as_ref().err().map(|f| f.errno),
        Some(Errno::E2BIG)
    );
    assert!(log_of(&outcome).contains("BPF program is too large. Processed 1000001 insn\n"));
}

#[test]
fn may_goto_converges() {
    let load = load("r1 = 0\nmay_goto +2\nr1 += 1\ngoto -3\nr0 = 0\nexit");
    assert_eq!(cost(&load), (17, 3, 4));
    let log = log_of(&load.run());
    for line in [
        "SCC enter (1)",
        "SCC backedge (1)",
        "1: safe",
        "SCC exit (1)",
    ] {
        assert!(log.lines().any(|l| l == line), "{line}\n{log}");
    }
}

#[test]
fn may_goto_does_not_widen_what_decides() {
    let load = load(
        "r6 = 0
         loop:
         may_goto out
         r1 = r10
         r1 += -64
         r1 += r6
         *(u8 *)(r1 +0) = 0
         r6 += 1
         if r6 >= 8 goto out
         goto loop
         out:
         r0 = 0
         exit",
    );
    let statistics = load.run().statistics;
    assert_eq!(
        (statistics.processed_insns, statistics.total_states),
        (82, 10)
    );
    assert_eq!(statistics.max_states_per_insn, 7);
}

#[test]
fn stack_writes_of_a_callee_count_for_its_caller() {
    let outcome = load(
        "r1 = r10
         r1 += -8
         call f
         r0 = *(u64 *)(r10 -8)
         exit
         f:
         r2 = 7
         *(u64 *)(r1 +0) = r2
         r0 = 0
         exit",
    )
    .run();
    let log = log_of(&outcome);
    assert!(outcome.result.is_ok(), "{log}");
    assert!(log.contains("(2,5) frame 0 insn 5 +written -8 \n"), "{log}");
    assert!(log.contains("(0) frame 0 insn 2 +written -8 \n"), "{log}");
}

#[test]
fn recursion_ends_at_the_frame_limit() {
    let outcome = load("call f\nexit\nf:\ncall f\nexit").run();
    assert_eq!(
        rejection(&outcome),
        Some((
            Errno::E2BIG,
            "the call stack of 9 frames is too deep".into()
        ))
    );
}

#[test]
fn stacks_of_a_chain_of_calls_add_up() {
    let outcome = load(
        "*(u64 *)(r10 -304) = 0
         call f
         exit
         f:
         *(u64 *)(r10 -304) = 0
         r0 = 0
         exit",
    )
    .run();
    assert_eq!(
        rejection(&outcome),
        Some((
            Errno::EACCES,
            "combined stack size of 2 calls is 608. Too large".into()
        ))
    );
}
