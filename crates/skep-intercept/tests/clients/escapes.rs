//! Ways in which a process might leave its supervisor behind: each is still answered there, and the host's ids stay.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use libtest_mimic::{Failed, Trial};

use super::lifetime::Test;
use super::scripts::{OBJ_PIN, at, create, map, maps_exist};
use super::{programs, supervisor_of, system};

/// Children made by vfork and clone3 make a map, which ends with them.
pub(crate) fn children() {
    for (name, fd) in system::maps_of_children() {
        assert!((3..128).contains(&fd), "{name}: {fd}");
        assert!(!maps_exist(), "{name}");
    }
}

/// A client in another root directory: no bpffs is there.
pub(crate) fn changed_root() {
    std::os::unix::fs::chroot("/usr").unwrap();
    std::env::set_current_dir("/").unwrap();
    map();
    let pinned = at(OBJ_PIN, "/sys/fs/bpf/m", create(0) as u32);
    assert_eq!(pinned, Err(libc::ENOENT));
}

/// Every kind of object.
pub(crate) fn objects() {
    map();
    system::ids_of_new_objects().unwrap();
    // r0 = 0; exit.
    programs::filter(vec![programs::mov(0, 0), programs::EXIT]);
}

fn success(output: &Output) -> Result<(), Failed> {
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}\n{said}", output.status).into())
}

/// Does something during which the host's next ids of maps, programs and BTF stay where they were.
fn host_sees_nothing(act: impl Fn() -> Result<(), Failed>) -> Result<(), Failed> {
    if system::ids_of_new_objects().is_none() {
        println!("skipped: no kernel bpf(2) to ask for ids");
        return act();
    }
    // Others on this machine may make objects meanwhile: what is done must be seen once to make none of a kind.
    let mut still = [false; 3];
    let mut moved = String::new();
    let start = Instant::now();
    while start.elapsed().as_secs() < 30 {
        let before = system::ids_of_new_objects().unwrap_or_default();
        act()?;
        let after = system::ids_of_new_objects().unwrap_or_default();
        still = std::array::from_fn(|kind| still[kind] || after[kind] == before[kind] + 1);
        if still == [true; 3] {
            return Ok(());
        }
        moved = format!("{before:?}, then {after:?}");
    }
    Err(format!("the host's ids of maps, programs, BTF moved: {moved}; still: {still:?}").into())
}

fn as_root(program: &Path, client: &str) -> Result<(), Failed> {
    if !system::is_root() {
        println!("skipped: not root");
        return Ok(());
    }
    host_sees_nothing(|| {
        let mut command = Command::new(program);
        success(&command.args(["--supervise", client]).output()?)
    })
}

fn in_another_root(program: &Path) -> Result<(), Failed> {
    as_root(program, "changed_root")
}

fn with_every_privilege(program: &Path) -> Result<(), Failed> {
    as_root(program, "objects")?;
    as_root(program, "children_are_caught")
}

/// A copy of the program that makes whoever executes it root.
struct SetUid(PathBuf);

impl SetUid {
    fn new(program: &Path) -> Result<Self, Failed> {
        let path = program.with_extension("setuid");
        std::fs::copy(program, &path)?;
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o4755))?;
        Ok(Self(path))
    }
}

impl Drop for SetUid {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A file that would make its caller root: without privileges it does not; where the supervisor is root it does, and
/// its calls are ours all the same.
fn set_uid(program: &Path) -> Result<(), Failed> {
    if !system::is_root() {
        println!("skipped: not root");
        return Ok(());
    }
    let file = SetUid::new(program)?;
    let client = file.0.to_string_lossy();
    host_sees_nothing(|| {
        for script in ["map", "objects", "back_doors_are_shut"] {
            let words = [&*client, "--client", script];
            success(&supervisor_of(program, &words).output()?)?;
            let mut rooted = Command::new(program);
            rooted.args(["--run", "setpriv", "--reuid", "65534"]);
            rooted.args(["--regid", "65534", "--clear-groups"]);
            success(&rooted.args(words).output()?)?;
        }
        Ok(())
    })
}

pub(crate) fn trials(program: &Path) -> Vec<Trial> {
    let all: [(&str, Test); 3] = [
        ("a_client_in_another_root", in_another_root),
        ("root_reaches_no_object_of_the_host", with_every_privilege),
        ("a_set_uid_program", set_uid),
    ];
    super::lifetime::make(program, &all)
}
