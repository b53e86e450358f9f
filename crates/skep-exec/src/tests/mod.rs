//! Both executors on the same programs. Programs here are instructions with facts that say nothing (everything is
//! reached, all memory is plain), so they need no verifier and may do what it would refuse.

mod calls;
mod context;
mod harness;
mod random;
mod shared_memory;
mod speed;
mod stopping;
mod traps;
mod vectors;
