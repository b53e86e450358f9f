//! How each client is built.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use super::Client;
use crate::stage::Stage;
use crate::{packages, root};

/// A client, or the line that says why there is none here.
type Built = Result<Result<Client, String>>;

/// One way to get a client.
pub(super) struct Build {
    pub(super) name: &'static str,
    pub(super) build: fn(&Stage, &Path) -> Built,
}

/// All clients.
pub(super) const ALL: [Build; 5] = [
    Build {
        name: "libbpf-rs",
        build: libbpf_rs,
    },
    Build {
        name: "aya",
        build: aya,
    },
    Build {
        name: "aya, static",
        build: aya_static,
    },
    Build {
        name: "cilium/ebpf, static",
        build: go,
    },
    Build {
        name: "python ctypes",
        build: python,
    },
];

/// What libbpf is built with: its sources come with its crate.
pub(crate) const LIBBPF_NEEDS: [&str; 3] = ["libelf-dev", "zlib1g-dev", "pkg-config"];

/// Where clients are built: kept from run to run.
pub(crate) fn target() -> PathBuf {
    root::target().join("clients")
}

/// Gets the crates of the clients; else the line that says that it cannot be.
pub(crate) fn fetch() -> Result<(), String> {
    match cargo(&["fetch", "--locked"]).stderr(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) | Err(_) => Err("skipped: the crates of clients/ cannot be fetched".to_owned()),
    }
}

/// Cargo for the workspace of the clients.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(arguments)
        .current_dir(root::root().join("clients"));
    command.env("CARGO_TARGET_DIR", target());
    command
}

fn libbpf_rs(stage: &Stage, object: &Path) -> Built {
    if let Err(why) = packages::need(&LIBBPF_NEEDS).and_then(|()| fetch()) {
        return Ok(Err(why));
    }
    compile(cargo(&[
        "build",
        "-q",
        "--locked",
        "-p",
        "client-libbpf-rs",
    ]))?;
    staged(stage, object, "libbpf-rs", "debug/client-libbpf-rs")
}

fn aya(stage: &Stage, object: &Path) -> Built {
    if let Err(why) = fetch() {
        return Ok(Err(why));
    }
    compile(cargo(&["build", "-q", "--locked", "-p", "client-aya"]))?;
    staged(stage, object, "aya", "debug/client-aya")
}

/// No shared object, no interpreter: nothing that a preloaded library could get hold of.
fn aya_static(stage: &Stage, object: &Path) -> Built {
    if let Err(why) = fetch() {
        return Ok(Err(why));
    }
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut command = cargo(&["build", "-q", "--locked", "-p", "client-aya"]);
    command.args(["--target", &triple]);
    command.env("RUSTFLAGS", "-C target-feature=+crt-static");
    compile(command)?;
    staged(
        stage,
        object,
        "aya, static",
        &format!("{triple}/debug/client-aya"),
    )
}

/// A static binary with a runtime of its own. The module is Debian's package of it, in the form of a GOPATH.
fn go(stage: &Stage, object: &Path) -> Built {
    if let Err(why) = packages::need(&["golang-go", "golang-github-cilium-ebpf-dev"]) {
        return Ok(Err(why));
    }
    std::fs::create_dir_all(target())?;
    let mut command = Command::new("go");
    command
        .args(["build", "-o"])
        .arg(target().join("client-go"));
    command.arg("main.go");
    command.current_dir(root::root().join("clients/go"));
    command
        .env("GO111MODULE", "off")
        .env("GOPATH", "/usr/share/gocode");
    command
        .env("CGO_ENABLED", "0")
        .env("GOCACHE", target().join("go-cache"));
    compile(command)?;
    staged(stage, object, "cilium/ebpf, static", "client-go")
}

fn python(stage: &Stage, _object: &Path) -> Built {
    // The system's, which anyone may run.
    let python = PathBuf::from("/usr/bin/python3");
    if !python.exists()
        && let Err(why) = packages::need(&["python3"])
    {
        return Ok(Err(why));
    }
    let script = stage.add(&root::root().join("clients/python/client.py"))?;
    Ok(Ok(Client {
        name: "python ctypes",
        program: python,
        with: vec![script.display().to_string()],
    }))
}

fn compile(mut command: Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    bail!("{command:?} fails:\n{errors}")
}

fn staged(stage: &Stage, object: &Path, name: &'static str, built: &str) -> Built {
    Ok(Ok(Client {
        name,
        program: stage.add(&target().join(built))?,
        with: vec![object.display().to_string()],
    }))
}
