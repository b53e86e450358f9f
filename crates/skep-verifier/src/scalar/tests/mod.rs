//! The laws of the scalar domain: soundness by enumeration and sampling, fidelity by comparison with the kernel.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "a test that overflows should panic"
)]

extern crate std;

mod kernel;
mod known_answers;
mod program;
mod replay;
mod soundness;
mod state_text;
mod tnum_laws;

use super::ScalarRange;

/// A small deterministic generator (splitmix64), so that a failure repeats.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// A word near a place where something happens: zero, a power of two, a sign or width boundary.
    fn word(&mut self) -> u64 {
        let near = self.below(4).wrapping_sub(2);
        match self.below(6) {
            0 => self.next(),
            1 => self.next() >> self.below(64),
            2 => (self.next() >> self.below(64)).wrapping_neg(),
            3 => near,
            _ => (1_u64 << self.below(64)).wrapping_add(near),
        }
    }
}

/// A register that holds a number, or points somewhere with a variable offset.
#[derive(Clone, Copy)]
enum Value {
    Scalar(ScalarRange),
    Pointer(ScalarRange),
}

impl Value {
    /// The text of the log, for pointers of the variable offset only.
    fn shown(&self) -> std::string::String {
        match self {
            Self::Scalar(range) => shown(range),
            Self::Pointer(range) => match range.is_const() {
                Some(0) => "pointer()".into(),
                Some(_) => std::format!("pointer(imm={})", shown(range)),
                None => shown(range).replace("scalar", "pointer"),
            },
        }
    }

    fn scalar(self) -> Option<ScalarRange> {
        match self {
            Self::Scalar(range) => Some(range),
            Self::Pointer(_) => None,
        }
    }
}

/// The text of a register that holds `range`, as the log prints it.
fn shown(range: &ScalarRange) -> std::string::String {
    let mut text = std::string::String::new();
    match range.is_const() {
        Some(value) => super::write_signed(value.cast_signed(), &mut text).unwrap(),
        None => {
            text.push_str("scalar(");
            range.write_fields(&mut text).unwrap();
            text.push(')');
        }
    }
    text
}
