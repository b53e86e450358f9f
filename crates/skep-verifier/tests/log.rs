//! The loader's buffer: sizes, both modes, and what survives at each level.

mod common;

use common::{load, log_of};
use skep_uapi::Errno;
use skep_verifier::request::LoadFlags;

const SMALL: &str = "r0 = 0\nexit";

fn errno(load: &common::Load) -> Option<Errno> {
    load.run().result.err().map(|f| f.errno)
}

#[test]
fn attributes_must_agree() {
    let cases = [(0, 100), (16, 100), (1, u32::MAX)];
    for (level, size) in cases {
        let outcome = load(SMALL).log(level, size).run();
        assert_eq!(
            outcome.result.err().map(|f| f.errno),
            Some(Errno::EINVAL),
            "level {level} size {size}"
        );
        assert_eq!(outcome.log.true_size, None);
    }
    assert_eq!(errno(&load(SMALL).log(0, 0)), None);
    assert_eq!(errno(&load(SMALL).log(2, 0)), None);
}

#[test]
fn true_sizes_are_linux_s() {
    assert_eq!(load(SMALL).log(1, 1 << 10).run().log.true_size, Some(98));
    assert_eq!(load(SMALL).log(2, 1 << 10).run().log.true_size, Some(271));
    assert_eq!(load(SMALL).log(2, 0).run().log.true_size, Some(271));
}

#[test]
fn a_log_that_does_not_fit_fails_the_load() {
    assert_eq!(errno(&load(SMALL).log(2, 270)), Some(Errno::ENOSPC));
    assert_eq!(errno(&load(SMALL).log(2, 271)), None);
    assert_eq!(errno(&load("exit").log(2, 16)), Some(Errno::ENOSPC));
}

#[test]
fn a_ring_keeps_the_end_and_a_fixed_buffer_the_beginning() {
    let ring = load(SMALL).log(2, 64).run();
    assert_eq!(
        log_of(&ring),
        "max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"
    );
    let fixed = load(SMALL).log(2 | 8, 64).run();
    assert_eq!(
        log_of(&fixed),
        "func#0 @0\nLive regs before insn:\n      0: .......... (b7) r0 = "
    );
}

#[test]
fn level_1_keeps_only_the_failing_path() {
    let accepted = log_of(&load(SMALL).log(1, 1 << 10).run());
    assert_eq!(
        accepted,
        "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"
    );
    let text = "call 7\nif r0 == 0 goto +2\nr0 = 0\nexit\nr0 = r9\nexit";
    let rejected = log_of(&load(text).log(1, 1 << 10).run());
    assert!(
        rejected.contains("4: (bf) r0 = r9\nR9 !read_ok\n"),
        "{rejected}"
    );
    assert!(!rejected.contains("3: (95) exit"), "{rejected}");
}

#[test]
fn states_stand_behind_their_instructions() {
    let log = log_of(&load(SMALL).run());
    assert!(
        log.contains(
            "0: R1=ctx() R10=fp0\n0: (b7) r0 = 0                        ; R0=0\n1: (95) exit\n"
        ),
        "{log}"
    );
}

/// At level 1 Linux forgets no more that a path was resumed, which shows in the length of the `safe` lines.
#[test]
fn paths_stay_resumed_at_level_1() {
    let text = "call 7
        r6 = r0
        if r6 == 1 goto +1
        r7 = 1
        if r6 == 2 goto +1
        r8 = 1
        if r6 == 3 goto +1
        r9 = 1
        r0 = 0
        exit";
    let size = |level| {
        let load = load(text).flags(LoadFlags::TEST_STATE_FREQ);
        load.log(level, 1 << 16).run().log.true_size
    };
    assert_eq!((size(1), size(2)), (Some(506), Some(1081)));
}
