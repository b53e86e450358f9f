//! `cargo xtask static-build`: `skep` as one file that needs no library of the machine, made and run.
//!
//! It is checked that the file names no interpreter, which is what would load libraries; that it judges programs; and
//! that a tool under its `skep run`, as a user without capabilities, gets a map.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use anyhow::{Context, Result, ensure};
use object::Endianness;
use object::elf::PT_INTERP;
use object::read::elf::{ElfFile64, ProgramHeader as _};

use crate::root;
use crate::stage::Stage;

/// Make `skep` as one static file and run it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Check this file instead of making one.
    #[arg(long, value_name = "FILE")]
    skep: Option<PathBuf>,
}

/// Fast to make rather than fast: nothing is measured.
const PROFILE: [(&str, &str); 2] = [
    ("CARGO_PROFILE_DEV_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_DEV_DEBUG", "0"),
];

/// What a tool does under `skep run`; the last line says which maps there are.
const TOOLS: &str = "if command -v bpftool >/dev/null; then \
     bpftool map create /sys/fs/bpf/m type hash key 4 value 4 entries 4 name m && bpftool -j map show; \
     else echo 'skipped: no bpftool, only skep objects ran in the static build'; fi; \
     ./skep objects --json";

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let skep = match &args.skep {
        Some(file) => file.clone(),
        None => build()?,
    };
    ensure!(
        interpreter(&skep)?.is_none(),
        "{} needs an interpreter",
        skep.display()
    );
    let stage = Stage::of("static", &skep)?;
    for (example, status) in [("packet_counter", 0), ("missing_null_check", 1)] {
        let object = root::root().join(format!("examples/{example}.bpf.o"));
        let mut verify = Command::new(stage.path().join("skep"));
        let output = verify.arg("verify").arg(object).output()?;
        ensure!(
            output.status.code() == Some(status),
            "skep verify {example}: {}",
            told(&output)
        );
    }
    let output = stage
        .under_skep(Path::new("sh"), &["-c", TOOLS], 60)
        .output()?;
    let out = String::from_utf8_lossy(&output.stdout);
    let skipped = out.lines().find(|line| line.starts_with("skipped:"));
    skipped.iter().for_each(|line| println!("{line}"));
    let made = out.contains(r#""type":"hash","name":"m""#) || skipped.is_some();
    ensure!(
        output.status.success() && made,
        "tools under skep run: {}",
        told(&output)
    );
    println!(
        "{} bytes, no interpreter: verify and run work",
        std::fs::metadata(&skep)?.len()
    );
    Ok(ExitCode::SUCCESS)
}

/// Builds for the host's own target, named: only then do build scripts and procedural macros stay dynamic.
fn build() -> Result<PathBuf> {
    let (host, target) = (host()?, root::target().join("static"));
    let status = Command::new(env!("CARGO"))
        .args(["build", "-q", "-p", "skep-cli", "--target", &host])
        .arg("--target-dir")
        .arg(&target)
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .envs(PROFILE)
        .current_dir(root::root())
        .status()?;
    ensure!(status.success(), "skep does not build statically");
    Ok(target.join(host).join("debug/skep"))
}

/// The target that the compiler runs on.
fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}

/// The program that would load an executable's libraries.
fn interpreter(file: &Path) -> Result<Option<Vec<u8>>> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let elf = ElfFile64::<Endianness>::parse(&*bytes)?;
    let mut headers = elf.elf_program_headers().iter();
    let header = headers.find(|header| header.p_type(elf.endian()) == PT_INTERP);
    let data = header.map(|header| header.data(elf.endian(), &*bytes));
    let path = data.map(|data| data.map(<[u8]>::to_vec));
    path.transpose()
        .map_err(|()| anyhow::anyhow!("a broken program header"))
}

fn told(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dynamic_program_names_its_interpreter() {
        let own = std::env::current_exe().unwrap();
        let interpreter = interpreter(&own).unwrap();
        assert!(interpreter.is_some_and(|path| path.starts_with(b"/lib")));
    }
}
