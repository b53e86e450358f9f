//! Linux's rules for files on bpffs: one client asks the running kernel in a mount namespace of its own, and skep with
//! and without namespaces; what differs is listed with its reason.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use super::scripts::{MAP_CREATE, OBJ_GET, OBJ_PIN, at, create};
use super::system;
use super::{Program, Supervision, supervisor};

/// What clients are asked to do.
pub(crate) const RULES: &str = "bpffs-rules";
pub(crate) const FDINFO: &str = "fdinfo";

const ROOT: &str = "/sys/fs/bpf";

fn outcome<T>(result: io::Result<T>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(error) => format!("error {}", error.raw_os_error().unwrap()),
    }
}

fn say<T>(what: &str, result: io::Result<T>) {
    println!("{what}: {}", outcome(result));
}

fn on(name: &str) -> PathBuf {
    Path::new(ROOT).join(name)
}

fn asked(what: &str, result: Result<i32, i32>) {
    say(what, result.map_err(io::Error::from_raw_os_error));
}

fn describe(what: &str, path: &Path) {
    let stat = fs::symlink_metadata(path).unwrap();
    let own = stat.uid() == system::uid() && stat.gid() == system::gid();
    let (mode, links, blocks) = (stat.mode(), stat.nlink(), stat.blocks());
    println!("{what}: mode {mode:o}, {links} links, {blocks} blocks, own {own}");
}

fn names(what: &str, directory: &Path) {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        // Linux makes these when it is mounted: iterators over maps and programs.
        .filter(|name| !name.ends_with(".debug"))
        .collect();
    names.sort();
    println!("{what}: {names:?}");
}

/// The client.
pub(crate) fn rules() {
    let map = create(0) as u32;
    asked("pin", at(OBJ_PIN, "/sys/fs/bpf/m", map));
    asked("pin again", at(OBJ_PIN, "/sys/fs/bpf/m", map));
    asked("pin at a dotted name", at(OBJ_PIN, "/sys/fs/bpf/m.x", map));
    describe("a pin", &on("m"));
    opens();
    makes();
    moves(map);
    changes();
    umasks(map);
    say("working directory", std::env::set_current_dir(on("d")));
    say("made there", fs::create_dir("w"));
    asked("pinned there", at(OBJ_PIN, "q", map));
    names("seen there", Path::new("."));
    removes();
}

fn opens() {
    let flags = [
        ("reading", libc::O_RDONLY),
        ("writing", libc::O_RDWR),
        ("creating", libc::O_RDWR | libc::O_CREAT),
        (
            "creating only",
            libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL,
        ),
        ("truncating", libc::O_WRONLY | libc::O_TRUNC),
        ("a directory", libc::O_DIRECTORY),
        ("a nameless file", libc::O_RDWR | libc::O_TMPFILE),
        ("O_PATH", libc::O_PATH),
    ];
    let paths = [
        ("a pin", "m"),
        ("nothing", "new"),
        ("a dotted name", "n.x"),
        ("the root", ""),
    ];
    for (how, flags) in flags {
        for (what, name) in paths {
            let path = std::ffi::CString::new(on(name).to_str().unwrap()).unwrap();
            asked(&format!("open {what}, {how}"), system::open(&path, flags));
        }
    }
}

fn makes() {
    say("mkdir", fs::create_dir(on("d")));
    say("mkdir again", fs::create_dir(on("d")));
    say("mkdir, dotted", fs::create_dir(on("d.d")));
    say("mkdir below nothing", fs::create_dir(on("no/d")));
    say("mkdir below a pin", fs::create_dir(on("m/d")));
    say("mkdir, long", fs::create_dir(on(&"a".repeat(256))));
    describe("a directory", &on("d"));
    asked(
        "mknod of a file",
        system::mknod(c"/sys/fs/bpf/f", libc::S_IFREG),
    );
    asked(
        "mknod of a pipe",
        system::mknod(c"/sys/fs/bpf/f", libc::S_IFIFO),
    );
    asked(
        "mknod over a pin",
        system::mknod(c"/sys/fs/bpf/m", libc::S_IFIFO),
    );
    say("symlink", symlink("m", on("s")));
    say("symlink, dotted", symlink("m", on("s.s")));
    say("symlink to a dotted name", symlink("a.b", on("t")));
    println!("readlink: {:?}", fs::read_link(on("s")).unwrap());
    say("readlink of a pin", fs::read_link(on("m")));
    asked("get by a symlink", at(OBJ_GET, "/sys/fs/bpf/s", 0));
    say("link", fs::hard_link(on("m"), on("l")));
    say("link, dotted", fs::hard_link(on("m"), on("l.l")));
    say("link over a symlink", fs::hard_link(on("m"), on("s")));
    say(
        "link elsewhere",
        fs::hard_link(on("m"), std::env::temp_dir().join("skep-l")),
    );
    describe("a linked pin", &on("m"));
}

fn moves(map: u32) {
    say("rename", fs::rename(on("l"), on("d/l")));
    say("rename, dotted", fs::rename(on("d/l"), on("d/l.l")));
    say(
        "rename elsewhere",
        fs::rename(on("d/l"), std::env::temp_dir().join("skep-l")),
    );
    say(
        "rename a directory over a pin",
        fs::rename(on("d"), on("m")),
    );
    say(
        "rename a pin over a directory",
        fs::rename(on("m"), on("d")),
    );
    asked("another pin", at(OBJ_PIN, "/sys/fs/bpf/o", map));
    say("rename over a pin", fs::rename(on("o"), on("d/l")));
    asked("get the renamed", at(OBJ_GET, "/sys/fs/bpf/d/l", 0));
    names("the root", Path::new(ROOT));
    names("the directory", &on("d"));
}

fn changes() {
    let set = |mode| fs::set_permissions(on("m"), fs::Permissions::from_mode(mode));
    say("chmod", set(0o640));
    describe("after chmod", &on("m"));
    say(
        "chmod of a dotted name",
        fs::set_permissions(on("m.m"), fs::Permissions::from_mode(0o600)),
    );
    say("chmod back", set(0o600));
    say(
        "chown",
        std::os::unix::fs::chown(on("m"), Some(system::uid()), None),
    );
    say("access", fs::metadata(on("m")));
    say(
        "open as std does",
        fs::OpenOptions::new()
            .read(true)
            .custom_flags(0)
            .open(on("m")),
    );
}

fn umasks(map: u32) {
    let before = system::umask(0o277);
    asked("pin with a umask", at(OBJ_PIN, "/sys/fs/bpf/u", map));
    say("mkdir with a umask", fs::create_dir(on("v")));
    system::umask(before);
    describe("a pin with a umask", &on("u"));
    describe("a directory with a umask", &on("v"));
    say("removed", fs::remove_dir(on("v")));
}

fn removes() {
    say("back", std::env::set_current_dir("/"));
    say("unlink a directory", fs::remove_file(on("d")));
    say("rmdir a full directory", fs::remove_dir(on("d")));
    say("rmdir a pin", fs::remove_dir(on("m")));
    say("unlink, dotted", fs::remove_file(on("m.m")));
    say("rmdir, dotted", fs::remove_dir(on("d.d")));
    say("unlink", fs::remove_file(on("m")));
    say("unlink again", fs::remove_file(on("m")));
    asked("get the removed", at(OBJ_GET, "/sys/fs/bpf/m", 0));
    say("all of a directory", fs::remove_dir_all(on("d")));
    names("the rest", Path::new(ROOT));
}

/// Lines that differ with a mounted file system.
const MOUNTED: &[&str] = &[
    // Looking files up is the host's there; nothing is at such a name.
    "chmod of a dotted name",
];

/// Lines that differ without namespaces.
const PRIVATE: &[&str] = &[
    // A descriptor of this kind cannot be handed over.
    "open a pin, O_PATH",
    // There is no directory of the host's for one that only we have.
    "working directory",
    "made there",
    "pinned there",
    "seen there",
];

pub(crate) fn trials(program: &Program) -> Vec<Trial> {
    let trial = |name: &str, script, supervision, differ: &'static [&'static str]| {
        let program = program.0.clone();
        Trial::test(name, move || compare(&program, script, supervision, differ))
    };
    let (mounted, bare) = (Supervision::Traced, Supervision::WithoutNamespaces);
    vec![
        trial("bpffs_rules_mounted", RULES, mounted, MOUNTED),
        trial("bpffs_rules_without_namespaces", RULES, bare, PRIVATE),
        trial("fdinfo_as_linux_has_it", FDINFO, mounted, &[]),
    ]
}

fn compare(
    program: &Path,
    script: &str,
    supervision: Supervision,
    differ: &[&str],
) -> Result<(), Failed> {
    let ours = lines(&mut supervisor(program, script, supervision), differ)?;
    if !system::is_root() || system::bpf(MAP_CREATE, &mut [2, 4, 4, 1, 0]).is_err() {
        println!("skipped: no kernel bpf(2) to compare with");
        return Ok(());
    }
    let mut native = Command::new("unshare");
    native.args(["-m", "sh", "-c"]);
    native.arg("mount -t bpf bpf /sys/fs/bpf && exec \"$0\" --client \"$1\"");
    let linux = lines(native.arg(program).arg(script), differ)?;
    let differences: Vec<String> = ours
        .iter()
        .zip(&linux)
        .filter(|(ours, linux)| ours != linux)
        .map(|(ours, linux)| format!("skep   {ours}\nLinux  {linux}"))
        .collect();
    if differences.is_empty() && ours.len() == linux.len() {
        Ok(())
    } else {
        Err(Failed::from(differences.join("\n")))
    }
}

fn lines(command: &mut Command, but: &[&str]) -> Result<Vec<String>, Failed> {
    let output = command.output()?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(Failed::from(format!("{}\n{text}", output.status)));
    }
    let text = String::from_utf8(output.stdout)?;
    let kept = text
        .lines()
        .filter(|line| !but.iter().any(|but| line.starts_with(&format!("{but}:"))));
    Ok(kept.map(str::to_owned).collect())
}
