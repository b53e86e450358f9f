//! What others write is seen, and what they can see is written.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use skep_memory::Region;
use skep_object::{CancelToken, Deterministic, RunContext};

use super::harness::{ENGINES, Parts, Program, run_in};

/// Runs `text` with R1 = 16 shared bytes while another thread, after a while, writes 1 to the first byte.
fn while_another_writes(text: &str) -> Vec<u64> {
    let executable = Program::text(text).executable(&Parts::default());
    ENGINES
        .map(|engine| {
            let region = Arc::new(Region::new(16).unwrap());
            let writer = {
                let region = Arc::clone(&region);
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(30));
                    region.copy_in(0, &[1]).unwrap();
                })
            };
            let (platform, token) = (Deterministic::new(1), CancelToken::new());
            let context = RunContext::new(&platform, &token, 0);
            let args = [region.base().raw(), 0, 0, 0, 0];
            let result = run_in(&executable, engine, &context, args, region.bytes()).unwrap();
            writer.join().unwrap();
            result
        })
        .to_vec()
}

#[test]
fn a_spin_loop_sees_the_write() {
    let spin = "w: r0 = *(u8 *)(r1 +0)\nif r0 == 0 goto w\nexit";
    assert_eq!(while_another_writes(spin), [1, 1]);
}

#[test]
fn a_load_before_the_loop_is_not_reused_in_it() {
    let spin = "r2 = *(u8 *)(r1 +0)\nw: r0 = *(u8 *)(r1 +0)\nif r0 == 0 goto w\nr0 += r2\nexit";
    assert_eq!(while_another_writes(spin), [1, 1]);
}

#[test]
fn a_store_is_not_forwarded_to_the_loop() {
    let spin = "r2 = 0\n*(u8 *)(r1 +0) = r2\nw: r0 = *(u8 *)(r1 +0)\nif r0 == 0 goto w\nexit";
    assert_eq!(while_another_writes(spin), [1, 1]);
}

/// Two stores of different values to one place are two instructions, although the second overwrites the first.
#[test]
fn no_store_is_dropped() {
    let twice = "r2 = 0x11223344\nr3 = 0x55667788\n*(u32 *)(r1 +0) = r2\n*(u32 *)(r1 +0) = r3\nr0 = 0\nexit";
    let once = "r2 = 0x11223344\nr3 = 0x55667788\n*(u32 *)(r1 +0) = r3\nr0 = 0\nexit";
    let len = |text: &str| {
        Program::text(text)
            .executable(&Parts::default())
            .compiled()
            .unwrap()
            .code_len()
    };
    assert!(len(twice) > len(once));
}
