//! PROG_TEST_RUN: the same small programs on the running kernel and in both executors, compared bit by bit.

#[path = "../common/mod.rs"]
mod common;
mod contexts;
mod errors;
mod frames;
mod harness;
mod kfuncs;
mod locks;
mod maps;
mod packets;
mod stopping;
mod texts;
