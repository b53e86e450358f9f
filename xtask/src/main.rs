//! Repository tasks, `cargo xtask COMMAND`: one file or directory per subcommand.

mod agree;
mod bench;
mod clients;
mod codegen;
mod corpus;
mod differ;
mod fuzz;
mod kernel_btf;
mod libbpf_rs;
mod objects;
mod packages;
mod pins;
mod retval;
mod rng;
mod root;
mod stage;
mod static_build;
mod test;
mod tidy;
mod xlated;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Repository tasks.
#[derive(Parser)]
#[command(name = "cargo xtask", about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Agree(agree::Args),
    Bench(bench::Args),
    Clients(clients::Args),
    Codegen(codegen::Args),
    Differ(differ::Args),
    Fuzz(fuzz::Args),
    KernelBtf(kernel_btf::Args),
    LibbpfRsTests(libbpf_rs::Args),
    Objects(objects::Args),
    Retval(retval::Args),
    StaticBuild(static_build::Args),
    Test(test::Args),
    Tidy(tidy::Args),
    Xlated(xlated::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Agree(args) => agree::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Clients(args) => clients::run(&args),
        Command::Codegen(args) => codegen::command(&args),
        Command::Differ(args) => differ::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::KernelBtf(args) => kernel_btf::run(&args),
        Command::LibbpfRsTests(args) => libbpf_rs::run(&args),
        Command::Objects(args) => objects::run(&args),
        Command::Retval(args) => retval::run(&args),
        Command::StaticBuild(args) => static_build::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Tidy(args) => tidy::run(&args),
        Command::Xlated(args) => xlated::run(&args),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(2)
        }
    }
}
