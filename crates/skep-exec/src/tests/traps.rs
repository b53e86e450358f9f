//! The interpreter trusts nothing: each way to be wrong is caught.

use skep_isa::{InsnIdx, Reg};
use skep_memory::Fault;

use super::harness::{Parts, Program, lookup, map, run};
use crate::{Engine, Trap, TrapKind};
use skep_uapi::MapType;

fn parts() -> Parts {
    Parts {
        maps: vec![map(MapType::Array, 4)],
        helpers: [(1, lookup as _)].into(),
        ..Parts::default()
    }
}

fn trap(text: &str) -> Trap {
    let executable = Program::text(text).executable(&parts());
    run(&executable, Engine::Check, &[0; 16]).unwrap_err()
}

#[test]
fn registers_that_were_never_written() {
    let caught = trap("r0 = r6\nexit");
    assert_eq!(
        (caught.at, caught.kind),
        (InsnIdx(0), TrapKind::Uninitialised(Reg::R6))
    );
    assert_eq!(
        caught.to_string(),
        "at insn 0: r6 is read before it is written"
    );
    // A call leaves r1 to r5 unreadable, and a function that sets no r0 gives none.
    assert_eq!(
        trap("call f\nr0 = r1\nexit\nf: r0 = 0\nexit").kind,
        TrapKind::Uninitialised(Reg::R1)
    );
    assert_eq!(
        trap("call f\nexit\nf: goto +0\nexit").kind,
        TrapKind::Uninitialised(Reg::R0)
    );
}

#[test]
fn memory_that_is_not_the_programs() {
    let fault = |text: &str| match trap(text).kind {
        TrapKind::Memory(fault) => fault,
        kind => panic!("{kind}"),
    };
    assert!(matches!(
        fault("r0 = *(u8 *)(r1 +16)\nexit"),
        Fault::Unmapped { .. }
    ));
    assert!(matches!(
        fault("r0 = *(u64 *)(r1 +12)\nexit"),
        Fault::PastEnd { .. }
    ));
    assert!(matches!(
        fault("r0 = *(u8 *)(r10 +0)\nexit"),
        Fault::Unmapped { .. }
    ));
    assert!(matches!(
        fault("r1 = 0\n*(u8 *)(r1 +0) = 1\nr0 = 0\nexit"),
        Fault::Unmapped { .. }
    ));
    assert!(matches!(
        fault("r2 = 1\nlock *(u64 *)(r1 +4) += r2\nr0 = 0\nexit"),
        Fault::Misaligned { .. }
    ));
    // The callee's frame is gone when it returns.
    let dangling = "r1 = 0\ncall f\nr0 = *(u64 *)(r0 -8)\nexit\nf: r0 = r10\nexit";
    assert!(matches!(fault(dangling), Fault::Unmapped { .. }));
    // A value ends where its size says, and beyond the last there is none.
    let value = "*(u32 *)(r10 -4) = 3\nr2 = r10\nr2 += -4\nr1 = map[0]\ncall 1\n";
    assert!(matches!(
        fault(&format!("{value}r0 = *(u64 *)(r0 +4)\nexit")),
        Fault::PastEnd { .. }
    ));
    assert!(matches!(
        fault(&format!("{value}r0 = *(u64 *)(r0 +8)\nexit")),
        Fault::Unmapped { .. }
    ));
    // Helpers touch nothing either.
    assert!(matches!(
        fault("r1 = map[0]\nr2 = r10\nr2 += -2\ncall 1\nexit"),
        Fault::PastEnd { .. }
    ));
}

#[test]
fn pointers_that_are_none() {
    assert_eq!(
        trap("r1 = 4096\nr2 = r10\nr2 += -4\ncall 1\nexit").kind,
        TrapKind::NoMap(4096)
    );
    assert_eq!(
        trap("r2 = 7\nr3 = 0\ncall 12\nexit").kind,
        TrapKind::NoMap(7)
    );
}

#[test]
fn code_called_dead() {
    let mut program = Program::text("r0 = 0\nif r0 == 0 goto +1\nexit\nr0 = 1\nexit");
    program.facts[3].seen = false;
    program.facts[4].seen = false;
    let executable = program.executable(&parts());
    let caught = run(&executable, Engine::Check, &[]).unwrap_err();
    assert_eq!(
        (caught.at, caught.kind),
        (InsnIdx(3), TrapKind::Unreachable)
    );
}

#[test]
fn endless_recursion() {
    assert_eq!(
        trap("call f\nexit\nf: call f\nexit").kind,
        TrapKind::CallDepth
    );
}
