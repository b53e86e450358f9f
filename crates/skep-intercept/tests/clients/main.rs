//! Clients under a supervisor, as uid 65534 without capabilities: a call that reached the host would be EPERM.
//!
//! This program is three: the tests, the supervisor of one client (`--supervise NAME`), and that client
//! (`--client NAME`).

#![allow(clippy::unwrap_used)]

mod attached;
mod bpffs;
mod escapes;
mod lifetime;
mod perf;
mod programs;
mod rings;
mod scripts;
mod storm;
mod surroundings;
mod system;
mod told;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use libtest_mimic::{Arguments, Failed, Trial};
use skep_intercept::{BpffsPlace, Options, Survey, Trace};
use skep_kernel::{Caps, Identity, Kernel};

fn main() {
    let words: Vec<String> = std::env::args().collect();
    match words.get(1).map(String::as_str) {
        Some("--client") => scripts::run(&words[2]),
        Some("--supervise") => supervise(client(&words[2]), Supervision::Traced),
        Some("--supervise-quietly") => supervise(client(&words[2]), Supervision::Quiet),
        Some("--supervise-bare") => supervise(client(&words[2]), Supervision::WithoutNamespaces),
        Some("--run") => {
            let mut command = Command::new(&words[2]);
            command.args(&words[3..]);
            supervise(command, Supervision::Quiet);
        }
        _ => tests(),
    }
}

fn client(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--client", name]);
    command
}

fn supervise(command: Command, supervision: Supervision) {
    match std::env::var("SKEP_TEST_OUTER").as_deref() {
        Ok("refused") => system::refuse_bpf(),
        Ok("listened") => system::listen_to_nothing(),
        _ => {}
    }
    let options = Options {
        caps: Caps::all(),
        trace: match supervision {
            Supervision::Traced | Supervision::WithoutNamespaces => Trace::Calls,
            Supervision::Quiet => Trace::Off,
        },
        bpffs: match supervision {
            Supervision::Traced | Supervision::Quiet => BpffsPlace::Mounted,
            Supervision::WithoutNamespaces => BpffsPlace::CallsOnly,
        },
    };
    let kernel = Kernel::builder_for(Identity::without_btf()).build();
    match skep_intercept::run(&kernel, command, &options) {
        Ok(ended) => ended.leave(),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(125);
        }
    }
}

/// A copy of this program where any user may execute it.
struct Program(PathBuf);

impl Program {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("skep-clients-{}", std::process::id()));
        std::fs::copy(std::env::current_exe().unwrap(), &path).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        Self(path)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// How a client is supervised.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Supervision {
    /// Each call is shown.
    Traced,
    /// Nothing is shown.
    Quiet,
    /// In the host's namespaces.
    WithoutNamespaces,
}

/// A client's supervisor.
fn supervisor(program: &Path, name: &str, supervision: Supervision) -> Command {
    let mut command = unprivileged(program);
    command.arg(match supervision {
        Supervision::Traced => "--supervise",
        Supervision::Quiet => "--supervise-quietly",
        Supervision::WithoutNamespaces => "--supervise-bare",
    });
    command.arg(name);
    command
}

/// The supervisor of a command.
fn supervisor_of(program: &Path, words: &[&str]) -> Command {
    let mut command = unprivileged(program);
    command.arg("--run").args(words);
    command
}

/// The program without privileges, if we have some to shed.
fn unprivileged(program: &Path) -> Command {
    if system::is_root() {
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        setpriv.args(["--inh-caps=-all", "--bounding-set=-all"]);
        setpriv.arg(program);
        setpriv
    } else {
        Command::new(program)
    }
}

/// Runs a client under a supervisor to its end.
fn under_supervisor(program: &Path, name: &str) -> (ExitStatus, String) {
    let output = supervisor(program, name, Supervision::Traced)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status, text)
}

fn tests() {
    let arguments = Arguments::from_args();
    if let Err(why) = Survey::take().notify {
        println!("skipped: {why}");
        return;
    }
    let program = Program::new();
    let trials = scripts::ALL.iter().map(|script| {
        let (name, ends) = (script.name, script.ends);
        let path = program.0.clone();
        Trial::test(name, move || {
            let (status, text) = under_supervisor(&path, name);
            if ends == scripts::Ends::of(status) {
                Ok(())
            } else {
                Err(Failed::from(format!("{status}\n{text}")))
            }
        })
    });
    let mut trials: Vec<Trial> = trials.collect();
    let path = program.0.clone();
    trials.push(Trial::test("the_host_sees_nothing", move || {
        host_sees_nothing(&path)
    }));
    let path = program.0.clone();
    trials.push(Trial::test(
        "calls_are_shown_with_their_arguments",
        move || calls_are_shown(&path),
    ));
    trials.extend(bpffs::trials(&program));
    trials.extend(lifetime::trials(&program.0));
    trials.extend(surroundings::trials(&program.0));
    trials.extend(escapes::trials(&program.0));
    trials.extend(attached::trials(&program.0));
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(program);
    conclusion.exit();
}

/// A call is a line of a trace: its arguments, the answer, our reason.
fn calls_are_shown(program: &Path) -> Result<(), Failed> {
    let (_, text) = under_supervisor(program, "map");
    let shown = |wanted: &str| text.lines().any(|line| line.ends_with(wanted));
    let made = "bpf(MAP_CREATE, {map_type=ARRAY, key_size=4, value_size=4, max_entries=4}, 20) = 3";
    let unknown = "4) = -1 EINVAL (no such command)";
    let mapped = "mmap(4096, prot=0x3, fd=3, 0x0) = -1 ENOTSUPP";
    if shown(made) && shown(unknown) && shown(mapped) {
        return Ok(());
    }
    Err(text.into())
}

/// The host numbers its maps one after the other: no number is missing after a client made some.
fn host_sees_nothing(program: &Path) -> Result<(), Failed> {
    if system::next_host_id().is_none() {
        println!("skipped: no kernel bpf(2) to ask for ids");
        return Ok(());
    }
    // Others on this machine may make maps meanwhile.
    for _ in 0..5 {
        let before = system::next_host_id();
        under_supervisor(program, "map");
        // With every privilege, too.
        let mut command = Command::new(program);
        let status = command
            .args(["--supervise", "back_doors_are_shut"])
            .output()?
            .status;
        if !status.success() {
            return Err(format!("as root: {status}").into());
        }
        if system::next_host_id() == before.map(|id| id + 1) {
            return Ok(());
        }
    }
    Err("the host's ids moved".into())
}
