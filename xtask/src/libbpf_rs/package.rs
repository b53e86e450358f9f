//! The crate with its tests, as published, ready to run: its archive, the objects its tests load, the test program.
//!
//! The tests look for their objects where they were built, and are run by a user who can read little: so the crate is
//! copied to the directory for temporary files. What cargo makes stays in the target directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::clients::{self, LIBBPF_NEEDS};
use crate::packages;

/// The crate whose tests are run.
const CRATE: &str = "libbpf-rs";
/// The crate with libbpf's sources, of which the objects need the headers.
const HEADERS: &str = "libbpf-sys";
/// What builds the objects.
const CLANG: &str = "clang-19";

/// Builds the test program; else the line that says why there is none.
pub(super) fn build() -> Result<Result<PathBuf, String>> {
    let needs = packages::need(&LIBBPF_NEEDS)
        .and_then(|()| packages::need(&[CLANG, "bpftool", "linux-libc-dev"]))
        .and_then(|()| clients::fetch());
    if let Err(why) = needs {
        return Ok(Err(why));
    }
    let vmlinux = Path::new("/sys/kernel/btf/vmlinux");
    if !vmlinux.exists() {
        return Ok(Err("skipped: no BTF of the kernel".to_owned()));
    }
    let sources = Sources::find()?;
    let package = std::env::temp_dir().join("skep-libbpf-rs-tests");
    copy(&sources.library, &package)?;
    let manifest = package.join("Cargo.toml");
    let text = fs::read_to_string(sources.library.join("Cargo.toml"))?;
    write_if_new(&manifest, format!("{text}\n[workspace]\n").as_bytes())?;
    objects(&package, &sources.headers, vmlinux)?;
    Ok(Ok(test_program(&package)?))
}

/// Where cargo unpacked what is needed.
struct Sources {
    library: PathBuf,
    headers: PathBuf,
}

impl Sources {
    fn find() -> Result<Self> {
        let output = clients::cargo(&["metadata", "--locked", "--format-version", "1"]).output()?;
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        let packages = metadata["packages"].as_array().context("no packages")?;
        let directory = |name: &str| {
            let package = packages.iter().find(|package| package["name"] == name)?;
            Some(
                Path::new(package["manifest_path"].as_str()?)
                    .parent()?
                    .to_owned(),
            )
        };
        Ok(Self {
            library: directory(CRATE).context("clients/ does not use libbpf-rs")?,
            headers: directory(HEADERS)
                .context("no sources of libbpf")?
                .join("libbpf/src"),
        })
    }
}

/// Copies a tree; files keep their times, so that nothing is built again.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if entry.file_name() != "Cargo.toml" {
            write_if_new(&target, &fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

fn write_if_new(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::write(path, bytes).with_context(|| path.display().to_string())
}

/// Compiles the objects. One that does not compile is left out: the tests that load it fail, in both worlds.
fn objects(package: &Path, headers: &Path, vmlinux: &Path) -> Result<()> {
    let include = package.join("include");
    copy(headers, &include.join("bpf"))?;
    let kernel_types = include.join("vmlinux.h");
    if !kernel_types.exists() {
        let output = Command::new("bpftool")
            .args(["btf", "dump", "file"])
            .arg(vmlinux)
            .args(["format", "c"])
            .output()?;
        fs::write(&kernel_types, output.stdout)?;
    }
    let arch = match std::env::consts::ARCH {
        "x86_64" => "x86",
        "aarch64" => "arm64",
        other => other,
    };
    for entry in fs::read_dir(package.join("tests/bin/src"))? {
        let source = entry?.path();
        let Some(name) = source.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let Some(stem) = name.strip_suffix(".c") else {
            continue;
        };
        let object = package.join("tests/bin").join(format!("{stem}.o"));
        if object.exists() {
            continue;
        }
        let compiled = Command::new(CLANG)
            .args(["-g", "-O2", "-target", "bpf", "-c", "-I"])
            .arg(&include)
            .arg(format!(
                "-I/usr/include/{}-linux-gnu",
                std::env::consts::ARCH
            ))
            .arg(format!("-D__TARGET_ARCH_{arch}"))
            .arg(&source)
            .arg("-o")
            .arg(&object)
            .stderr(Stdio::null())
            .status()?;
        if !compiled.success() {
            println!("{name} does not compile against this kernel's types");
        }
    }
    Ok(())
}

/// Builds the tests; the program.
fn test_program(package: &Path) -> Result<PathBuf> {
    // The feature leaves out the one test that needs a generated skeleton.
    let output = Command::new(env!("CARGO"))
        .args(["test", "--no-run", "--locked", "--message-format", "json"])
        .args(["--test", "test", "--features", "dont-generate-test-files"])
        .current_dir(package)
        .env("CARGO_TARGET_DIR", clients::target())
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .output()?;
    let executable = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "test")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    match executable {
        Some(executable) => Ok(executable),
        None => bail!(
            "the tests of libbpf-rs do not build:\n{}",
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}
