//! What the tests of this crate share: small maps, pretended programs, and the kernel's bpf(2).
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod kernel;
pub mod pair;
pub mod world;
