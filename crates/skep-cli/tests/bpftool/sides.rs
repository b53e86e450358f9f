//! The two sides: the running kernel, and skep.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use libtest_mimic::Failed;

use crate::Answers;
use crate::sequences::Sequence;

/// The release whose answers count.
const REFERENCE: &str = "6.18.";
/// The bpftool whose output was recorded; others word some of it differently.
const RECORDED_WITH: &str = "bpftool v7.1.0";

/// Whether there is a kernel to compare with.
#[derive(Clone)]
pub(crate) enum Native {
    Answers,
    /// And why not.
    Absent(&'static str),
}

/// What is missing to run anything at all.
pub(crate) fn can_run() -> Result<(), String> {
    if !succeeds(Command::new("bpftool").arg("version")) {
        return Err("no bpftool; install it with: apt-get install -y bpftool".to_owned());
    }
    let skep = env!("CARGO_BIN_EXE_skep");
    let output = Command::new(skep).args(["run", "--", "true"]).output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!(
            "skep run: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
        Err(error) => Err(format!("skep run: {error}")),
    }
}

/// Asks whether this process may use bpf(2) and mount a bpffs, on the kernel that counts.
pub(crate) fn native() -> Native {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    if !succeeds(&mut in_own_bpffs(&[
        "bpftool",
        "map",
        "create",
        "/sys/fs/bpf/skt",
        "type",
        "array",
        "key",
        "4",
        "value",
        "4",
        "entries",
        "1",
        "name",
        "skt",
    ])) {
        Native::Absent("no kernel bpf(2)")
    } else if !release.starts_with(REFERENCE) {
        Native::Absent("no Linux 6.18")
    } else {
        Native::Answers
    }
}

/// Whether bpftool is the one that the recorded answers are of.
pub(crate) fn recorded_with_this_bpftool() -> bool {
    let output = Command::new("bpftool").arg("version").output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).starts_with(RECORDED_WITH))
}

/// A command as root, with a bpffs and a mount namespace of its own, and without CAP_SYSLOG: kernel addresses are not shown.
fn in_own_bpffs(command: &[&str]) -> Command {
    let mut unshare = Command::new("unshare");
    let script = "mount -t bpf bpf /sys/fs/bpf && exec setpriv --inh-caps=-syslog --bounding-set=-syslog -- \"$@\"";
    unshare.args([
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        script,
        "sh",
    ]);
    unshare.args(command);
    unshare
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Copies of all that clients need, where any user may read them; removed with the last one.
#[derive(Clone)]
pub(crate) struct Stage(Arc<Folder>);

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Stage {
    pub(crate) fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("skep-bpftool-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let stage = Self(Arc::new(Folder(folder)));
        let this = std::env::current_exe().unwrap();
        stage.copy(Path::new(env!("CARGO_BIN_EXE_skep")), "skep", 0o755);
        stage.copy(&this, "steps", 0o755);
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        for object in [
            "packet_counter",
            "block_list",
            "dispatcher",
            "missing_null_check",
        ] {
            let name = format!("{object}.bpf.o");
            stage.copy(&examples.join(&name), &name, 0o644);
        }
        fs::write(stage.path("zeros"), [0; 64]).unwrap();
        fs::set_permissions(stage.path("zeros"), PermissionsExt::from_mode(0o644)).unwrap();
        fs::set_permissions(stage.path(""), PermissionsExt::from_mode(0o755)).unwrap();
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.0.join(name)
    }

    fn copy(&self, from: &Path, name: &str, mode: u32) {
        let to = self.path(name);
        fs::copy(from, &to).unwrap();
        fs::set_permissions(&to, PermissionsExt::from_mode(mode)).unwrap();
    }

    pub(crate) fn native(&self, sequence: &Sequence) -> Result<Answers, Failed> {
        let steps = self.path("steps");
        self.answers(in_own_bpffs(&[
            steps.to_str().unwrap(),
            "--steps",
            sequence.name,
        ]))
    }

    /// As uid 65534 without capabilities if there are some to shed: a call that reached the host would be EPERM. Where no kernel
    /// answers, the types are those that skep brings along, as its offsets are recorded.
    pub(crate) fn under_skep(
        &self,
        sequence: &Sequence,
        native: &Native,
    ) -> Result<Answers, Failed> {
        let skep = self.path("skep");
        let mut command = if is_root() {
            let mut setpriv = Command::new("setpriv");
            setpriv.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
            setpriv.args(["--inh-caps=-all", "--bounding-set=-all"]);
            setpriv.arg(skep);
            setpriv
        } else {
            Command::new(skep)
        };
        let types = match native {
            Native::Answers => "host",
            Native::Absent(_) => "builtin",
        };
        command
            .args(["run", "--kernel-btf", types, "--"])
            .arg(self.path("steps"));
        command.args(["--steps", sequence.name]);
        self.answers(command)
    }

    fn answers(&self, mut command: Command) -> Result<Answers, Failed> {
        let output = command.current_dir(self.path("")).output()?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Failed::from(format!(
                "{command:?}: {}\n{text}",
                output.status
            )));
        }
        let text = String::from_utf8(output.stdout)?;
        let answers: Result<Answers, _> = text.lines().map(serde_json::from_str).collect();
        Ok(answers?)
    }
}

fn is_root() -> bool {
    let mut id = Command::new("id");
    id.arg("-u")
        .output()
        .is_ok_and(|output| output.stdout == b"0\n")
}
