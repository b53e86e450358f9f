//! Figures, never asserted: nanoseconds per round of small loops in compiled code and in the interpreter, beside the
//! same loop of this crate's compiler. Every round makes a number (multiply and add), as the reference measurements do.

use std::hint::black_box;
use std::time::Instant;

use skep_memory::RacyBytes;
use skep_object::{CancelToken, Deterministic, RunContext};
use skep_uapi::MapType;

use super::harness::{Parts, Program, lookup, map, run_in};
use crate::{Engine, HelperCall, HelperResult};

const ROUNDS: u64 = 2_000_000;
const FACTOR: u64 = 6_364_136_223_846_793_005;

/// Nanoseconds per round of `body`, the best of five runs.
fn per_round(
    setup: &str,
    body: &str,
    rest: &str,
    parts: &Parts,
    rounds: u64,
    engine: Engine,
) -> f64 {
    let text = format!(
        "r6 = 1\nr7 = {rounds}\nr8 = {FACTOR} ll\n{setup}\nagain: r6 *= r8\nr6 += 1442695\n{body}\n\
         r7 += -1\nif r7 != 0 goto again\nr0 = r6\nexit\n{rest}"
    );
    let mut program = Program::text(&text);
    if !parts.maps.is_empty() {
        program.always_map(0);
    }
    program.small_frames();
    let executable = program.executable(parts);
    let (platform, token) = (Deterministic::new(1), CancelToken::new());
    let context = RunContext::new(&platform, &token, 0);
    let once = || {
        let start = Instant::now();
        black_box(run_in(&executable, engine, &context, [0; 5], RacyBytes::empty()).unwrap());
        start.elapsed().as_nanos() as f64 / rounds as f64
    };
    once();
    (0..5).map(|_| once()).fold(f64::MAX, f64::min)
}

fn native() -> f64 {
    let once = || {
        let start = Instant::now();
        let mut number = black_box(1u64);
        for _ in 0..ROUNDS {
            number = number
                .wrapping_mul(black_box(FACTOR))
                .wrapping_add(1_442_695);
        }
        black_box(number);
        start.elapsed().as_nanos() as f64 / ROUNDS as f64
    };
    (0..5).map(|_| once()).fold(f64::MAX, f64::min)
}

fn nothing(_call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(0)
}

#[test]
fn figures() {
    let array = Parts {
        maps: vec![map(MapType::Array, 1024)],
        helpers: [(1, lookup as _)].into(),
        ..Parts::default()
    };
    let percpu = Parts {
        maps: vec![map(MapType::PercpuArray, 64)],
        helpers: [(1, lookup as _)].into(),
        ..Parts::default()
    };
    let helper = Parts {
        helpers: [(5, nothing as _)].into(),
        ..Parts::default()
    };
    let none = Parts::default();
    let find = "r1 = r6\nr1 &= MASK\n*(u32 *)(r10 -4) = r1\nr2 = r10\nr2 += -4\nr1 = map[0]\ncall 1\n\
                if r0 == 0 goto +3\nr1 = *(u64 *)(r0 +0)\nr1 += 1\n*(u64 *)(r0 +0) = r1";
    let (in_array, in_percpu) = (find.replace("MASK", "1023"), find.replace("MASK", "63"));
    let rows = [
        ("loop", "", "", "", &none),
        ("array increment", "", in_array.as_str(), "", &array),
        (
            "per-CPU array increment",
            "",
            in_percpu.as_str(),
            "",
            &percpu,
        ),
        (
            "call of a subprogram",
            "",
            "r1 = r6\ncall f\nr6 = r0",
            "f: r0 = r1\nr0 ^= 5\nexit",
            &none,
        ),
        ("call of an empty helper", "", "call 5", "", &helper),
        ("may_goto", "", "may_goto +0", "", &none),
    ];
    println!("{:28}{:>8}{:>10}", "ns per round", "jit", "check");
    for (name, setup, body, rest, parts) in rows {
        let jit = per_round(setup, body, rest, parts, ROUNDS, Engine::Jit);
        let check = per_round(setup, body, rest, parts, ROUNDS / 100, Engine::Check);
        println!("{name:28}{jit:>8.2}{check:>10.1}");
    }
    println!("{:28}{:>8.2}", "the loop in Rust", native());
}
