//! Debuggers that come to a client that runs already, and a client that a test of another crate starts.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use super::lifetime::Test;
use super::surroundings::{expect, there};
use super::{supervisor_of, system};

/// A client that makes calls for two seconds.
struct Busy {
    supervisor: Child,
    out: BufReader<std::process::ChildStdout>,
    pid: String,
}

impl Busy {
    fn start(program: &Path) -> Result<Self, Failed> {
        let words = [&*program.to_string_lossy(), "--client", "busy"];
        let mut command = supervisor_of(program, &words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut supervisor = command.spawn()?;
        let mut out = BufReader::new(supervisor.stdout.take().ok_or("no pipe")?);
        let mut pid = String::new();
        out.read_line(&mut pid)?;
        let pid = pid.trim().to_owned();
        Ok(Self {
            supervisor,
            out,
            pid,
        })
    }

    /// The client was content to its end.
    fn end(mut self) -> Result<(), Failed> {
        let mut said = String::new();
        self.out.read_to_string(&mut said)?;
        let output = self.supervisor.wait_with_output()?;
        expect(&output, "").map_err(|error| format!("{said}{error:?}").into())
    }
}

/// Whether a debugger may not attach to clients on this machine.
fn refused(output: &Output) -> bool {
    let said = String::from_utf8_lossy(&output.stderr);
    let refused = said.contains("Operation not permitted");
    if refused {
        println!("skipped: processes may not be traced");
    }
    refused
}

fn strace(program: &Path) -> Result<(), Failed> {
    if !there("strace") {
        return Ok(());
    }
    let busy = Busy::start(program)?;
    for _ in 0..3 {
        let mut command = Command::new("strace");
        command.args(["-f", "-e", "trace=bpf", "-p", &busy.pid]);
        let strace = command.stdout(Stdio::null()).stderr(Stdio::piped());
        let strace = strace.spawn()?;
        std::thread::sleep(Duration::from_millis(200));
        system::kill(strace.id(), libc::SIGINT);
        let output = strace.wait_with_output()?;
        if refused(&output) {
            break;
        }
        let said = String::from_utf8_lossy(&output.stderr);
        if !said.contains("bpf(BPF_MAP_CREATE") {
            return Err(format!("strace saw: {said}").into());
        }
    }
    busy.end()
}

fn gdb(program: &Path) -> Result<(), Failed> {
    if !there("gdb") {
        return Ok(());
    }
    let busy = Busy::start(program)?;
    let mut command = Command::new("gdb");
    command.args(["-q", "-batch", "-nx", "-p", &busy.pid]);
    command.args(["-ex", "info registers rip", "-ex", "detach"]);
    let output = command.stdin(Stdio::null()).output()?;
    if !refused(&output) {
        expect(&output, "detached")?;
    }
    busy.end()
}

/// Under `cargo test` standard output and error are pipes, and the supervisor's parent has threads.
fn cargo_test(program: &Path) -> Result<(), Failed> {
    let Some(cargo) = std::env::var_os("CARGO") else {
        println!("skipped: not started by cargo");
        return Ok(());
    };
    let directory = std::env::temp_dir().join(format!("skep-crate-{}", std::process::id()));
    std::fs::create_dir_all(directory.join("src"))?;
    let manifest = "[package]\nname = \"tiny\"\nedition = \"2024\"\n[workspace]\n";
    std::fs::write(directory.join("Cargo.toml"), manifest)?;
    let client = program.to_string_lossy();
    let supervisor = supervisor_of(program, &[&client, "--client", "map"]);
    let words: Vec<_> = std::iter::once(supervisor.get_program())
        .chain(supervisor.get_args())
        .collect();
    let tests = format!(
        "#[test]\nfn a_map_is_made() {{\n    let words = {words:?};\n    \
         let mut tool = std::process::Command::new(words[0]);\n    \
         assert!(tool.args(&words[1..]).status().unwrap().success());\n}}\n"
    );
    std::fs::write(directory.join("src/lib.rs"), tests)?;
    let mut test = Command::new(cargo);
    test.args(["test", "-q", "--offline"])
        .current_dir(&directory);
    test.env("CARGO_TARGET_DIR", directory.join("target"));
    let output = test.stdin(Stdio::null()).output();
    std::fs::remove_dir_all(&directory)?;
    expect(&output?, "1 passed")
}

pub(crate) fn trials(program: &Path) -> Vec<Trial> {
    let all: [(&str, Test); 3] = [
        ("strace_attaches_to_a_client", strace),
        ("gdb_attaches_to_a_client", gdb),
        ("a_test_of_another_crate", cargo_test),
    ];
    super::lifetime::make(program, &all)
}
