//! Temporary front end of the generator.
#[path = "../src/codegen/mod.rs"]
#[allow(unreachable_pub)]
mod codegen;
fn main() -> anyhow::Result<()> {
    let mode = if std::env::args().any(|a| a == "--check") {
        codegen::Mode::Check
    } else {
        codegen::Mode::Write
    };
    codegen::run(mode)
}
