//! Where clients are started from and what they do to themselves: pipelines, terminals, debuggers, filters.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};

use crate::lifetime::Test;
use crate::{Supervision, supervisor, supervisor_of};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn expect(output: &Output, wanted: &str) -> Result<(), Failed> {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    if output.status.success() && out.contains(wanted) {
        Ok(())
    } else {
        Err(format!("{}\n{out}\n{err}", output.status).into())
    }
}

pub(crate) fn there(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok()
        || Command::new(tool).arg("-V").output().is_ok();
    if !found {
        println!("skipped: no {tool}");
    }
    found
}

/// The command line of a supervisor, for a shell.
fn quoted(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<String> = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    words.join(" ")
}

fn shell(script: &str) -> Result<Output, Failed> {
    Ok(Command::new("sh").args(["-c", script]).output()?)
}

/// Data passes through, and readers see the end when the client closes its side though the client lives on.
fn a_pipeline(program: &Path) -> Result<(), Failed> {
    let cat = quoted(&supervisor_of(program, &["cat"]));
    expect(&shell(&format!("echo through | {cat} | cat"))?, "through")?;
    let status = quoted(&supervisor_of(program, &["sh", "-c"]));
    expect(
        &shell(&format!("{status} 'kill -TERM $$'; echo status $?"))?,
        "status 143",
    )?;
    expect(
        &shell(&format!("{status} 'exit 3' <&-; echo status $?"))?,
        "status 3",
    )?;
    let mut early = supervisor_of(program, &["sh", "-c", "exec >&-; sleep 20"]);
    let mut supervisor = early.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let start = Instant::now();
    let mut out = supervisor.stdout.take().ok_or("no pipe")?;
    out.read_to_end(&mut Vec::new())?;
    let waited = start.elapsed();
    supervisor.kill()?;
    supervisor.wait()?;
    if waited < Duration::from_secs(10) {
        Ok(())
    } else {
        Err("the supervisor keeps its client's output open".into())
    }
}

/// ^C gives status 130, ^Z stops the job, fg goes on with it.
fn a_terminal(program: &Path) -> Result<(), Failed> {
    if !there("tmux") {
        return Ok(());
    }
    let directory = std::env::temp_dir().join(format!("skep-tmux-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let (socket, answer) = (directory.join("socket"), directory.join("answer"));
    let tmux = |words: &[&str]| {
        Command::new("tmux")
            .arg("-S")
            .arg(&socket)
            .args(words)
            .output()
    };
    tmux(&[
        "-f",
        "/dev/null",
        "new-session",
        "-d",
        "-x",
        "200",
        "-y",
        "50",
        "bash --norc --noprofile",
    ])?;
    let keys = |words: &[&str]| {
        let mut all = vec!["send-keys"];
        all.extend(words);
        let sent = tmux(&all);
        std::thread::sleep(Duration::from_millis(700));
        sent
    };
    let sleeper = quoted(&supervisor_of(program, &["sleep", "100"]));
    let say = |what: &str| format!("echo {what} >> {}", answer.display());
    keys(&[&sleeper, "Enter"])?;
    keys(&["C-z"])?;
    keys(&[&say("stopped $?"), "Enter"])?;
    keys(&["fg", "Enter"])?;
    keys(&["C-c"])?;
    keys(&[&say("ended $?"), "Enter"])?;
    let said = std::fs::read_to_string(&answer).unwrap_or_default();
    let screen = tmux(&["capture-pane", "-p"])?;
    tmux(&["kill-server"])?;
    std::fs::remove_dir_all(&directory)?;
    if said == "stopped 148\nended 130\n" {
        Ok(())
    } else {
        Err(format!("{said}\n{}", text(&screen.stdout)).into())
    }
}

/// Debuggers see their program's calls answered.
fn strace(program: &Path) -> Result<(), Failed> {
    if !there("strace") {
        return Ok(());
    }
    let client = program.to_string_lossy();
    let words = [
        "strace",
        "-f",
        "-e",
        "trace=bpf",
        "-o",
        "/dev/null",
        &client,
        "--client",
        "map",
    ];
    expect(&supervisor_of(program, &words).output()?, "")
}

fn gdb(program: &Path) -> Result<(), Failed> {
    if !there("gdb") {
        return Ok(());
    }
    let client = program.to_string_lossy();
    let words = [
        "gdb", "-q", "-batch", "-nx", "-ex", "run", "--args", &client, "--client", "map",
    ];
    expect(&supervisor_of(program, &words).output()?, "exited normally")
}

/// A user and a process namespace of the client's own: still ours.
fn namespaces(program: &Path) -> Result<(), Failed> {
    let works = Command::new("unshare").args(["-Urpf", "true"]).output();
    if !works.is_ok_and(|output| output.status.success()) {
        println!("skipped: no user namespaces");
        return Ok(());
    }
    let client = program.to_string_lossy();
    for words in [
        &["unshare", "-Ur", &client, "--client", "map"][..],
        &[
            "unshare",
            "-Urpf",
            &client,
            "--client",
            "back_doors_are_shut",
        ][..],
    ] {
        expect(&supervisor_of(program, words).output()?, "")?;
    }
    Ok(())
}

/// Where an outer filter answers bpf(2) first, or another listener is there, nothing is started.
fn nothing_is_started_where_bpf_cannot_be_caught(program: &Path) -> Result<(), Failed> {
    for (kind, why) in [
        ("refused", "another seccomp filter"),
        ("listened", "another seccomp listener"),
    ] {
        let mut command = supervisor(program, "map", Supervision::Quiet);
        command.env("SKEP_TEST_OUTER", kind);
        let output = command.output()?;
        let said = text(&output.stderr);
        if output.status.code() != Some(125) || !said.contains(why) || said.lines().count() != 1 {
            return Err(format!("{kind}: {}: {said}", output.status).into());
        }
    }
    Ok(())
}

pub(crate) const ALL: [(&str, Test); 6] = [
    ("a_pipeline", a_pipeline),
    ("a_terminal", a_terminal),
    ("strace", strace),
    ("gdb", gdb),
    ("namespaces", namespaces),
    (
        "nothing_is_started_where_bpf_cannot_be_caught",
        nothing_is_started_where_bpf_cannot_be_caught,
    ),
];

pub(crate) fn trials(program: &Path) -> Vec<Trial> {
    crate::lifetime::make(program, &ALL)
}
