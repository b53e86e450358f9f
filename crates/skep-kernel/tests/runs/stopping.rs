//! Programs that would run for hours stop when they are told to.

use std::sync::Arc;
use std::time::{Duration, Instant};

use skep_isa::asm::assemble;
use skep_kernel::client::RecordBytes;
use skep_kernel::{Client, Engine, ProgSpec, StopReason, TestRunSpec};
use skep_uapi::{Errno, ProgType};

use crate::harness::{Helpers, functions, session};

/// Three nested loops of eight million rounds.
const FOREVER: &str = "r1 = 8388608\nr2 = func[outer]\nr3 = 0\nr4 = 0\ncall bpf_loop\nr0 = 0\nexit\n\
    outer:\nr1 = 8388608\nr2 = func[middle]\nr3 = 0\nr4 = 0\ncall bpf_loop\nr0 = 0\nexit\n\
    middle:\nr1 = 8388608\nr2 = func[inner]\nr3 = 0\nr4 = 0\ncall bpf_loop\nr0 = 0\nexit\n\
    inner:\nr0 = 0\nexit";

/// How long a run of hours goes on after it was told to stop.
fn time_to_stop(engine: Engine) -> Duration {
    let client = Client::new(&session(engine));
    let insns = assemble(FOREVER, &Helpers).unwrap().insns;
    let (btf, func_info) = functions(FOREVER, &["outer", "middle", "inner"]);
    let spec = ProgSpec {
        btf: Some(client.btf_load(&btf).unwrap()),
        func_info: RecordBytes {
            bytes: func_info,
            record_size: 8,
        },
        ..ProgSpec::new(ProgType::SchedCls, insns)
    };
    let prog = client.prog_load(&spec).result.unwrap();
    let token = Arc::clone(client.cancel_token());
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        let asked = Instant::now();
        token.cancel(StopReason::Interrupted);
        asked
    });
    let spec = TestRunSpec {
        data: vec![0; 64],
        ..TestRunSpec::default()
    };
    let output = client.prog_test_run(prog, &spec);
    let stopped = Instant::now();
    assert_eq!(output.result.unwrap_err().errno, Errno::EINTR);
    stopped.duration_since(stopper.join().unwrap())
}

/// The fastest of a few: a busy machine may keep the thread from running at all for longer than that.
#[test]
fn a_loop_of_hours_stops_within_ten_milliseconds() {
    for engine in [Engine::Jit, Engine::Check] {
        let mut slow = Vec::new();
        loop {
            let took = time_to_stop(engine);
            if took < Duration::from_millis(10) {
                break;
            }
            slow.push(took);
            assert!(slow.len() < 5, "{engine:?} took {slow:?}");
        }
    }
}

#[test]
fn repetition_stops_too() {
    let client = Client::new(&session(Engine::Jit));
    let insns = assemble("r0 = 0\nexit", &Helpers).unwrap().insns;
    let prog = client
        .prog_load(&ProgSpec::new(ProgType::SocketFilter, insns))
        .result
        .unwrap();
    let token = Arc::clone(client.cancel_token());
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        token.cancel(StopReason::Interrupted);
    });
    let spec = TestRunSpec {
        data: vec![0; 64],
        repeat: u32::MAX,
        ..TestRunSpec::default()
    };
    let output = client.prog_test_run(prog, &spec);
    stopper.join().unwrap();
    assert_eq!(output.result.unwrap_err().errno, Errno::EINTR);
}
