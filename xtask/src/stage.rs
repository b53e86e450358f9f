//! Programs that are run twice: by the running kernel as root, with a bpf file system of their own; and under `skep run`
//! as a user without any capability, so that a call that reached the host would be refused.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::{corpus, root};

/// Where the bpf file system is, for either.
pub(crate) const BPFFS: &str = "/sys/fs/bpf";

/// A directory with `skep` and the programs, where anyone can read them.
pub(crate) struct Stage {
    directory: PathBuf,
}

impl Stage {
    /// Builds `skep` and puts it there.
    pub(crate) fn new(name: &str) -> Result<Self> {
        let built = Command::new(env!("CARGO"))
            .args(["build", "-q", "-p", "skep-cli"])
            .current_dir(root::root())
            .status()?;
        ensure!(built.success(), "skep does not build");
        Self::of(name, &root::target().join("debug/skep"))
    }

    /// Puts a `skep` there that is built already.
    pub(crate) fn of(name: &str, skep: &Path) -> Result<Self> {
        let directory = std::env::temp_dir().join(format!("skep-{name}-{}", std::process::id()));
        fs::create_dir(&directory)?;
        let stage = Self { directory };
        fs::set_permissions(stage.path(), fs::Permissions::from_mode(0o755))?;
        stage.add_as(skep, "skep".as_ref())?;
        Ok(stage)
    }

    /// The directory.
    pub(crate) fn path(&self) -> &Path {
        &self.directory
    }

    /// Copies a file there.
    pub(crate) fn add(&self, file: &Path) -> Result<PathBuf> {
        self.add_as(file, file.file_name().context("a file has a name")?)
    }

    fn add_as(&self, file: &Path, name: &OsStr) -> Result<PathBuf> {
        let to = self.directory.join(name);
        fs::copy(file, &to).with_context(|| format!("cannot copy {}", file.display()))?;
        let executable = fs::metadata(&to)?.mode() & 0o111;
        fs::set_permissions(&to, fs::Permissions::from_mode(0o644 | executable))?;
        Ok(to)
    }

    /// A program under `skep run`, killed after so many seconds.
    pub(crate) fn under_skep(&self, program: &Path, arguments: &[&str], seconds: u32) -> Command {
        let mut command = self.limited(seconds);
        if is_root() {
            command.args([
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
            ]);
            command.args(["--inh-caps=-all", "--bounding-set=-all"]);
        }
        command.arg(self.directory.join("skep")).args(["run", "--"]);
        command.arg(program).args(arguments);
        command
    }

    /// The same program by the running kernel.
    pub(crate) fn native(&self, program: &Path, arguments: &[&str], seconds: u32) -> Command {
        let mut command = self.limited(seconds);
        command.args(["unshare", "--mount", "sh", "-c"]);
        command.arg(format!("mount -t bpf bpf {BPFFS} && exec \"$@\""));
        command.arg("sh").arg(program).args(arguments);
        command
    }

    fn limited(&self, seconds: u32) -> Command {
        let mut command = Command::new("timeout");
        command.args(["-k", "2", &seconds.to_string()]);
        command.current_dir(self.path()).env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::null());
        command
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Does the running kernel do for us what programs under it need?
pub(crate) fn kernel_answers() -> bool {
    let mut mount = Command::new("unshare");
    mount.args(["--mount", "mount", "-t", "bpf", "bpf", BPFFS]);
    mount.stdin(Stdio::null()).stderr(Stdio::null());
    let mut mounts = || mount.status().is_ok_and(|status| status.success());
    is_root() && corpus::kernel_answers() && mounts()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
