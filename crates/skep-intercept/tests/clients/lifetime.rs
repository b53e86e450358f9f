//! Who dies with whom: a supervisor, its guard, its client and the client's descendants.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};

use crate::system;
use crate::{Supervision, supervisor};

/// The processes of the client `family`, itself included.
const FAMILY: usize = 4;

/// The client: a child, a session leader, and a daemon whose parent has ended.
pub(crate) fn family() {
    let child = |name: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--client", name]).spawn().unwrap()
    };
    let _children = [child("sleeper"), child("session_leader")];
    child("daemons_parent").wait().unwrap();
    sleeper();
}

/// Says who it is, and waits for its end.
pub(crate) fn sleeper() {
    println!("{}", std::process::id());
    loop {
        std::thread::park();
    }
}

pub(crate) fn session_leader() {
    system::new_session();
    sleeper();
}

pub(crate) fn daemons_parent() {
    system::new_session();
    let mut daemon = Command::new(std::env::current_exe().unwrap());
    #[expect(clippy::zombie_processes, reason = "a daemon is what this makes")]
    daemon.args(["--client", "sleeper"]).spawn().unwrap();
}

struct Family {
    supervisor: Child,
    members: Vec<u32>,
}

impl Family {
    fn start(program: &Path) -> Self {
        let mut command = supervisor(program, "family", Supervision::Quiet);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own, as a shell gives each job: where the tests' group has no shell any more, nothing in it
        // is ever stopped.
        command.process_group(0);
        let mut supervisor = command.spawn().unwrap();
        let lines = BufReader::new(supervisor.stdout.take().unwrap()).lines();
        let members = lines
            .take(FAMILY)
            .map(|line| line.unwrap().parse().unwrap());
        Self {
            members: members.collect(),
            supervisor,
        }
    }

    /// The one process between the supervisor and its first client.
    fn guard(&self) -> u32 {
        let id = self.supervisor.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        children.trim().parse().unwrap()
    }

    /// The first client.
    fn client(&self) -> Option<u32> {
        let is_first = |pid: &u32| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).any(|word| word == b"family")
        };
        self.members.iter().copied().find(is_first)
    }

    /// Waits until all have ended; what was said meanwhile.
    fn end(mut self) -> Result<String, Failed> {
        self.supervisor.wait()?;
        let start = Instant::now();
        while self.members.iter().any(|pid| alive(*pid)) {
            if start.elapsed() > Duration::from_secs(10) {
                self.members
                    .iter()
                    .for_each(|pid| system::kill(*pid, libc::SIGKILL));
                return Err("clients outlive their supervisor".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let mut said = String::new();
        self.supervisor
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)?;
        Ok(said)
    }
}

fn alive(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status
        .rsplit(')')
        .next()
        .is_some_and(|rest| !rest.trim().is_empty() && !rest.starts_with(" Z"))
}

fn one_line(said: &str, why: &str) -> Result<(), Failed> {
    if said.lines().count() == 1 && said.contains(why) {
        Ok(())
    } else {
        Err(format!("said: {said:?}").into())
    }
}

fn a_killed_supervisor_takes_its_clients_with_it(program: &Path) -> Result<(), Failed> {
    let family = Family::start(program);
    system::kill(family.supervisor.id(), libc::SIGKILL);
    one_line(&family.end()?, "the supervisor was killed")
}

fn so_does_a_killed_guard(program: &Path) -> Result<(), Failed> {
    let family = Family::start(program);
    system::kill(family.guard(), libc::SIGKILL);
    one_line(&family.end()?, "the guard process was killed")
}

/// A signal to the supervisor is the first client's; when that has ended, it is for whoever is left.
fn signals_end_what_is_left(program: &Path) -> Result<(), Failed> {
    let mut family = Family::start(program);
    let client = family.client().ok_or("no client")?;
    system::kill(family.supervisor.id(), libc::SIGTERM);
    let start = Instant::now();
    while alive(client) && start.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(50));
    if family.supervisor.try_wait()?.is_some() {
        return Err("the session ended with clients left".into());
    }
    system::kill(family.supervisor.id(), libc::SIGTERM);
    let status = family.supervisor.wait()?;
    let said = family.end()?;
    if status.signal() == Some(libc::SIGTERM) && said.is_empty() {
        Ok(())
    } else {
        Err(format!("{status}, said: {said:?}").into())
    }
}

/// A shell sees the job stopped when the client is, whoever continues it continues both.
fn it_stops_and_goes_on_with_its_client(program: &Path) -> Result<(), Failed> {
    let mut family = Family::start(program);
    let supervisor = family.supervisor.id();
    let state = |pid: u32, wanted: &str| {
        let start = Instant::now();
        loop {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let state = stat.rsplit(") ").next().and_then(|rest| rest.get(..1));
            if state.is_some_and(|state| wanted.contains(state)) {
                return Ok(());
            }
            if start.elapsed() > Duration::from_secs(5) {
                return Err(Failed::from(format!("{pid} is not {wanted}: {stat}")));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    system::kill(supervisor, libc::SIGTSTP);
    state(supervisor, "T")?;
    system::kill(supervisor, libc::SIGCONT);
    state(supervisor, "SRD")?;
    for pid in &family.members {
        state(*pid, "SRD")?;
    }
    family.supervisor.kill()?;
    family.end().map(drop)
}

pub(crate) type Test = fn(&Path) -> Result<(), Failed>;

pub(crate) fn trials(program: &Path) -> Vec<Trial> {
    let all: [(&str, Test); 4] = [
        (
            "a_killed_supervisor_takes_its_clients_with_it",
            a_killed_supervisor_takes_its_clients_with_it,
        ),
        ("so_does_a_killed_guard", so_does_a_killed_guard),
        ("signals_end_what_is_left", signals_end_what_is_left),
        (
            "it_stops_and_goes_on_with_its_client",
            it_stops_and_goes_on_with_its_client,
        ),
    ];
    make(program, &all)
}

/// Trials of tests that need the program.
pub(crate) fn make(program: &Path, tests: &[(&'static str, Test)]) -> Vec<Trial> {
    let trial = |&(name, test): &(&'static str, Test)| {
        let program = program.to_owned();
        Trial::test(name, move || test(&program))
    };
    tests.iter().map(trial).collect()
}
