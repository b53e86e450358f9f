//! Fields of a context, where the layout puts them.

use skep_isa::Size;

use super::harness::{Parts, Program, both, run};
use crate::lower::LowerError;
use crate::{ContextLayout, CtxField, CtxStorage, Engine};

/// len at 0 (native 8, 64 bits); data at 4 (native 16, a pointer); protocol at 8 (native 24, 16 bits); cb at 12, 20
/// bytes (native 32).
fn layout() -> ContextLayout {
    let value = |offset, native, width| CtxField {
        offset,
        size: 4,
        native,
        storage: CtxStorage::Value(width),
    };
    let cb = CtxField {
        offset: 12,
        size: 20,
        native: 32,
        storage: CtxStorage::Bytes,
    };
    ContextLayout::new(vec![
        cb,
        value(0, 8, Size::DW),
        value(4, 16, Size::DW),
        value(8, 24, Size::H),
    ])
}

fn object() -> Vec<u8> {
    (0..64).collect()
}

fn load(text: &str) -> u64 {
    let mut program = Program::text(text);
    program.context_in_r1();
    let parts = Parts {
        context: Some(layout()),
        ..Parts::default()
    };
    both(&program, &parts, &object()).unwrap()
}

#[test]
fn loads() {
    assert_eq!(
        load("r0 = *(u32 *)(r1 +4)\nexit"),
        0x1716_1514_1312_1110,
        "a pointer is loaded whole"
    );
    assert_eq!(
        load("r0 = *(u32 *)(r1 +8)\nexit"),
        0x1918,
        "a narrow value is extended"
    );
    assert_eq!(
        load("r0 = *(u8 *)(r1 +9)\nexit"),
        0x19,
        "the second byte of a field"
    );
    assert_eq!(
        load("r0 = *(u16 *)(r1 +2)\nexit"),
        0x0b0a,
        "the upper half of a field"
    );
    assert_eq!(
        load("r0 = *(u64 *)(r1 +20)\nexit"),
        0x2f2e_2d2c_2b2a_2928,
        "bytes at any size"
    );
    assert_eq!(load("r0 = *(s8 *)(r1 +12)\nexit"), 0x20);
    assert_eq!(
        load("r1 = *(u32 *)(r1 +8)\nr0 = r1\nexit"),
        0x1918,
        "into the base register"
    );
}

#[test]
fn stores() {
    let parts = Parts {
        context: Some(layout()),
        ..Parts::default()
    };
    let mut program =
        Program::text("r2 = -1\n*(u32 *)(r1 +0) = r2\n*(u16 *)(r1 +14) = 7\nr0 = 0\nexit");
    program.context_in_r1();
    both(&program, &parts, &object()).unwrap();
    let (_, after) = run(&program.executable(&parts), Engine::Jit, &object()).unwrap();
    assert_eq!(
        after[8..16],
        [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
        "a field is written whole"
    );
    assert_eq!(after[34..36], [7, 0]);
}

#[test]
fn what_has_no_place_is_an_error() {
    let parts = Parts {
        context: Some(layout()),
        ..Parts::default()
    };
    for text in [
        "r0 = *(u64 *)(r1 +4)\nexit",
        "r0 = *(u32 *)(r1 +64)\nexit",
        "r0 = *(u32 *)(r1 -4)\nexit",
    ] {
        let mut program = Program::text(text);
        program.context_in_r1();
        assert!(
            matches!(program.lower(&parts), Err(LowerError::NoField { .. })),
            "{text}"
        );
    }
}
