//! Commands inside a session, as uid 65534 without capabilities: a call that reached the host would be EPERM.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use skep_intercept::Survey;

/// A place any user can read, with skep and the example in it.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Place {
    /// `None`, with a word, where a session cannot be.
    fn new() -> Option<Self> {
        if let Err(why) = Survey::take().notify {
            println!("skipped: {why}");
            return None;
        }
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("skep-session-{}-{number}", std::process::id());
        let place = Self(std::env::temp_dir().join(name));
        std::fs::create_dir(place.path()).unwrap();
        open_to_all(place.path(), 0o755);
        place.put(Path::new(env!("CARGO_BIN_EXE_skep")), "skep");
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        place.put(&examples.join("exec_counter.bpf.o"), "exec_counter.bpf.o");
        Some(place)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn put(&self, from: &Path, name: &str) -> PathBuf {
        let to = self.path().join(name);
        std::fs::copy(from, &to).unwrap();
        open_to_all(&to, 0o755);
        to
    }

    /// A shell script as nobody; `skep` is on its path.
    fn nobody(&self, script: &str) -> Output {
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}:/usr/sbin", self.path().display());
        let mut command = if is_root() {
            let mut setpriv = Command::new("setpriv");
            setpriv.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
            setpriv.args(["--inh-caps=-all", "--bounding-set=-all", "sh"]);
            setpriv
        } else {
            Command::new("sh")
        };
        let command = command.args(["-c", script]).env("PATH", path);
        command.current_dir(self.path()).output().unwrap()
    }

    /// What a script in a session prints; it has to succeed.
    fn session(&self, script: &str) -> String {
        let output = self.nobody(&format!("skep run -- sh -euc '{script}'"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}\n{errors}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }
}

fn open_to_all(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    uid.and_then(|ids| ids.split_whitespace().nth(1)) == Some("0")
}

/// Tracepoints are those of the kernel's BTF.
fn has_kernel_btf() -> bool {
    let there = Path::new("/sys/kernel/btf/vmlinux").exists();
    if !there {
        println!("skipped: no kernel BTF");
    }
    there
}

fn has(tool: &str) -> bool {
    let there = Command::new("sh")
        .args(["-c", &format!("PATH=$PATH:/usr/sbin command -v {tool}")])
        .output()
        .is_ok_and(|output| output.status.success());
    if !there {
        println!("skipped: no {tool}");
    }
    there
}

#[test]
fn outside_of_a_session() {
    let Some(place) = Place::new() else { return };
    let output = place.nobody("skep fire id 1");
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("not inside a skep session"), "{errors}");
}

#[test]
fn a_session_in_a_session_is_the_same() {
    let Some(place) = Place::new() else { return };
    let status = |script: &str| place.nobody(script).status.code();
    let nested = "skep run -- skep run -- skep run -- sh -c \"exit 7\"";
    assert_eq!(status(nested), Some(7));
    assert_eq!(status("skep run -- skep run -- ./no-such-tool"), Some(127));
    let output = place.nobody("skep run -- skep run --trace -- true");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("joins the session"), "{errors}");
    if has("bpftool") {
        let inner = "bpftool map create /sys/fs/bpf/m type array key 4 value 4 entries 1 name m";
        let listed = place.session(&format!("skep run -- {inner}; bpftool map show"));
        assert!(listed.contains("name m"), "{listed}");
    }
}

#[test]
fn the_doctor_knows_a_session_from_inside() {
    let Some(place) = Place::new() else { return };
    let outside = place.nobody("skep doctor");
    assert!(outside.stdout.ends_with(b"\nskep run works here\n"));
    let inside = place.nobody("skep run -- skep doctor");
    assert_eq!(inside.status.code(), Some(0));
    let said = String::from_utf8_lossy(&inside.stdout);
    assert!(said.contains("joins it"), "{said}");
}

/// Builds the libbpf client; `None`, with a word, where that cannot be.
fn build_client(place: &Place) -> Option<()> {
    if !has_kernel_btf() {
        return None;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/session/attach.c");
    let program = place.path().join("attach");
    let built = Command::new("cc")
        .arg(source)
        .arg("-o")
        .arg(&program)
        .arg("-lbpf")
        .output();
    if !built.is_ok_and(|output| output.status.success()) {
        println!("skipped: no C compiler with libbpf");
        return None;
    }
    open_to_all(&program, 0o755);
    Some(())
}

/// What the client prints, and the commands it runs while it is attached and after.
fn attached(place: &Place, while_attached: &str, after: &str) -> String {
    let script = |name: &str, lines: &str| {
        let path = place.path().join(name);
        std::fs::write(&path, format!("set -eu\n{lines}\n")).unwrap();
        open_to_all(&path, 0o644);
    };
    script("attached", while_attached);
    script("after", after);
    place.session("./attach exec_counter.bpf.o \"sh attached\" \"sh after\"")
}

#[test]
fn libbpf_attaches_and_skep_fires() {
    let Some(place) = Place::new() else { return };
    if build_client(&place).is_none() {
        return;
    }
    let printed = attached(
        &place,
        "skep fire id $LINK --arg 0 --arg 41
         skep fire id $LINK --data 00000000000000002a00000000000000
         skep fire tracepoint sched_process_exec --json
         if skep fire id $LINK --arg 1 --arg 2 --arg 3 --arg 4 2>/dev/null; then echo four; fi
         if skep fire tracepoint no_such_tracepoint 2>/dev/null; then echo none; fi",
        "skep fire tracepoint sched_process_exec",
    );
    assert_eq!(printed.matches("returned 0").count(), 2, "{printed}");
    assert!(printed.contains("\"retval\": 0"), "{printed}");
    let end = "count 3\nnothing is attached there\ncount 3\n";
    assert!(printed.ends_with(end), "{printed}");
}

#[test]
fn bpftool_lists_and_pins_links() {
    let Some(place) = Place::new() else { return };
    if !has("bpftool") || build_client(&place).is_none() {
        return;
    }
    let printed = attached(
        &place,
        "bpftool link show
         bpftool -j link show
         bpftool link pin id $LINK /sys/fs/bpf/link
         bpftool link show pinned /sys/fs/bpf/link
         skep fire pinned /sys/fs/bpf/link
         if bpftool link detach id $LINK 2>/dev/null; then echo detached; fi
         bpftool perf show",
        "skep fire pinned /sys/fs/bpf/link
         bpftool prog show
         rm /sys/fs/bpf/link
         bpftool link show",
    );
    assert_eq!(
        printed.matches(": raw_tracepoint  prog ").count(),
        2,
        "{printed}"
    );
    assert!(
        printed.contains("\"tp_name\":\"sched_process_exec\""),
        "{printed}"
    );
    assert!(
        printed.contains("raw_tracepoint  sched_process_exec"),
        "{printed}"
    );
    assert!(printed.contains("name count_exec"), "{printed}");
    assert!(!printed.contains("detached"), "{printed}");
    assert!(printed.contains("count 1\n"), "{printed}");
    assert!(printed.ends_with("count 2\n"), "{printed}");
}

#[test]
fn objects_are_listed_and_removed() {
    let Some(place) = Place::new() else { return };
    if !has("bpftool") {
        return;
    }
    let printed = place.session(
        "map=\"type hash key 4 value 4 entries 9\"
         bpftool map create /sys/fs/bpf/first $map name first
         bpftool map create /sys/fs/bpf/second $map name second
         skep objects
         skep objects rm map:1
         skep objects rm 2 --json
         bpftool map show; ls /sys/fs/bpf; skep objects --json
         if skep objects rm map:1 2>&1; then echo twice; fi",
    );
    assert!(printed.contains("/sys/fs/bpf/second"), "{printed}");
    let removed = "removed map:1, held by: /sys/fs/bpf/first\n";
    assert!(printed.contains(removed), "{printed}");
    assert!(printed.contains("\"name\": \"second\""), "{printed}");
    let end = "[]\nskep: ENOENT: no object with this id\n";
    assert!(printed.ends_with(end), "{printed}");
}

#[test]
fn what_others_hold_is_not_removed() {
    let Some(place) = Place::new() else { return };
    if build_client(&place).is_none() {
        return;
    }
    let printed = attached(
        &place,
        "skep objects | tr -s \" \"
         map=$(skep objects | grep by_user | tr -s \" \" | cut -d\" \" -f2)
         if skep objects rm $map 2>&1; then echo taken; fi
         skep fire id $LINK
         skep objects rm link:$LINK
         skep fire tracepoint sched_process_exec",
        "skep objects --json | grep -c attach",
    );
    assert!(printed.contains("count_exec 256 attach["), "{printed}");
    assert!(printed.contains("is in use by prog:"), "{printed}");
    assert!(!printed.contains("taken"), "{printed}");
    assert!(printed.contains("nothing is attached there\n"), "{printed}");
    assert!(printed.contains("count 1\n"), "{printed}");
}
