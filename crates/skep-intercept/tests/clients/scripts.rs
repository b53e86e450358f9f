//! What the clients do. A script that is not content panics; its supervisor then ends with 101.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

use super::system::{bpf, call, close, dup, exchange_mapped, kill_self, words};
use super::{bpffs, escapes, lifetime, perf, rings, storm, system, told};

pub(crate) const MAP_CREATE: u32 = 0;
const MAP_LOOKUP: u32 = 1;
const MAP_UPDATE: u32 = 2;
pub(crate) const OBJ_PIN: u32 = 6;
pub(crate) const OBJ_GET: u32 = 7;
pub(crate) const MAP_NEXT_ID: u32 = 12;
const MAP_BY_ID: u32 = 14;
pub(crate) const MAP_FREEZE: u32 = 22;
const ARRAY: u32 = 2;
pub(crate) const MMAPABLE: u32 = 1 << 10;

/// How a script's supervisor ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ends {
    With(i32),
    By(i32),
}

impl Ends {
    pub(crate) fn of(status: ExitStatus) -> Self {
        match status.code() {
            Some(code) => Self::With(code),
            None => Self::By(status.signal().unwrap()),
        }
    }
}

/// A script.
pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) ends: Ends,
    run: fn(),
}

const fn script(name: &'static str, run: fn(), ends: Ends) -> Script {
    Script { name, ends, run }
}

pub(crate) const ALL: &[Script] = &[
    script("map", map, Ends::With(0)),
    script("handles_end_with_their_last_copy", last_copy, Ends::With(0)),
    script("asked_for_by_id_over_and_over", by_id, Ends::With(0)),
    script("ten_thousand_handles_leave_nothing", many, Ends::With(0)),
    script("a_killed_client_leaves_nothing", killed, Ends::With(0)),
    script(
        "a_client_killed_at_any_moment_leaves_nothing",
        storm::killed,
        Ends::With(0),
    ),
    script(
        "no_call_is_lost_or_doubled_by_signals",
        storm::signals,
        Ends::With(0),
    ),
    script("children_are_caught", escapes::children, Ends::With(0)),
    script("values_are_mapped", mapped, Ends::With(0)),
    script("pins", pins, Ends::With(0)),
    script("a_ring_is_mapped_by_rules", rings::mapped, Ends::With(0)),
    script("an_epoll_of_rings_is_level", rings::level, Ends::With(0)),
    script("a_ring_is_polled", rings::polled, Ends::With(0)),
    script("a_million_records", rings::million, Ends::With(0)),
    script("user_ring", rings::user_ring, Ends::With(0)),
    script("perf_events_by_rules", perf::rules, Ends::With(0)),
    script("lost_perf_records", perf::lost, Ends::With(0)),
    script("a_million_perf_records", perf::million, Ends::With(0)),
    script("dead_epolls_are_let_go", rings::many_epolls, Ends::With(0)),
    script("capabilities_are_told", told::caps, Ends::With(0)),
    script("mounts_and_settings_are_told", told::tables, Ends::With(0)),
    script(
        "what_is_mapped_writably_does_not_freeze",
        told::freeze,
        Ends::With(0),
    ),
    script("back_doors_are_shut", doors, Ends::With(0)),
    script("other_threads_have_no_back_doors", threads, Ends::With(0)),
    script("its_own_filter", own_filter, Ends::With(0)),
    script("a_signal_interrupts_a_run", interrupted, Ends::With(0)),
    script("a_killed_run_stops", killed_run, Ends::With(0)),
    script("exit_status", || std::process::exit(7), Ends::With(7)),
    script(
        "death_by_signal",
        || kill_self(libc::SIGTERM),
        Ends::By(libc::SIGTERM),
    ),
];

/// What scripts and tests of other files start as clients of their own.
const PARTS: &[(&str, fn())] = &[
    ("forever", map_forever),
    (bpffs::RULES, bpffs::rules),
    (bpffs::FDINFO, told::fdinfo),
    ("runs", || assert!(long_run().is_err())),
    ("creator", storm::creator),
    ("busy", storm::busy),
    ("changed_root", escapes::changed_root),
    ("objects", escapes::objects),
    ("family", lifetime::family),
    ("sleeper", lifetime::sleeper),
    ("session_leader", lifetime::session_leader),
    ("daemons_parent", lifetime::daemons_parent),
];

pub(crate) fn run(name: &str) {
    if let Some((_, part)) = PARTS.iter().find(|(part, _)| *part == name) {
        return part();
    }
    (ALL.iter().find(|script| script.name == name).unwrap().run)();
}

pub(crate) fn create(flags: u32) -> i32 {
    create_of(ARRAY, 4, 4, 4, flags)
}

pub(crate) fn create_of(map_type: u32, key: u32, value: u32, entries: u32, flags: u32) -> i32 {
    bpf(MAP_CREATE, &mut [map_type, key, value, entries, flags]).unwrap()
}

fn element(cmd: u32, fd: i32, mut key: u32, value: &mut u32) -> Result<i32, i32> {
    let ([key_low, key_high], [low, high]) = (words(&mut key), words(value));
    bpf(cmd, &mut [fd as u32, 0, key_low, key_high, low, high, 0, 0])
}

/// Whether any map is there.
pub(crate) fn maps_exist() -> bool {
    match bpf(MAP_NEXT_ID, &mut [0, 0, 0]) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error, libc::ENOENT);
            false
        }
    }
}

pub(crate) fn map() {
    use_map();
}

/// A map that was made and used.
pub(crate) fn use_map() -> i32 {
    let fd = create(0);
    element(MAP_UPDATE, fd, 1, &mut 7).unwrap();
    let mut value = 0;
    element(MAP_LOOKUP, fd, 1, &mut value).unwrap();
    assert_eq!(value, 7);
    assert_eq!(element(MAP_LOOKUP, fd, 4, &mut value), Err(libc::ENOENT));
    assert_eq!(element(MAP_LOOKUP, 0, 1, &mut value), Err(libc::EINVAL));
    assert_eq!(element(MAP_LOOKUP, 999, 1, &mut value), Err(libc::EBADF));
    assert_eq!(bpf(999, &mut [0]), Err(libc::EINVAL));
    let name = std::fs::read_link(format!("/proc/self/fd/{fd}")).unwrap();
    assert_eq!(name.to_str(), Some("anon_inode:bpf-map"));
    assert_eq!(exchange_mapped(fd, 1), Err(524), "no bytes to map");
    fd
}

fn last_copy() {
    let fd = create(0);
    let copy = dup(fd);
    close(fd);
    assert!(maps_exist());
    close(copy);
    assert!(!maps_exist());
}

pub(crate) fn supervisor_files() -> usize {
    let [files, ..] = supervisor_holds();
    files
}

/// What a supervisor holds: descriptors, inotify watches, threads, memory (KiB).
fn supervisor_holds() -> [usize; 4] {
    let supervisor = system::parent_of(std::os::unix::process::parent_id());
    let file = |name: String| std::fs::read_to_string(name).unwrap_or_default();
    let files = std::fs::read_dir(format!("/proc/{supervisor}/fd")).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    let info = |fd: &std::ffi::OsString| {
        file(format!(
            "/proc/{supervisor}/fdinfo/{}",
            fd.to_string_lossy()
        ))
    };
    let watches = files
        .iter()
        .map(|fd| info(fd).matches("inotify wd").count());
    let status = file(format!("/proc/{supervisor}/status"));
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let memory = memory.and_then(|text| text.trim().strip_suffix(" kB")?.parse().ok());
    let threads = std::fs::read_dir(format!("/proc/{supervisor}/task")).unwrap();
    [files.len(), watches.sum(), threads.count(), memory.unwrap()]
}

/// Whatever is kept for the next one who asks for an id does not keep the object.
fn by_id() {
    let id = |id| bpf(MAP_BY_ID, &mut [id, 0, 0, 0]);
    for _ in 0..20 {
        let first = create(0);
        let mut next = [0, 0, 0];
        bpf(MAP_NEXT_ID, &mut next).unwrap();
        let number = next[1];
        // So long after a close its hint is not waited for any more.
        std::thread::sleep(std::time::Duration::from_millis(30));
        (0..50).for_each(|_| close(id(number).unwrap()));
        let (second, third) = (id(number).unwrap(), id(number).unwrap());
        close(first);
        assert!(maps_exist());
        close(second);
        let fourth = id(number).unwrap();
        close(third);
        assert!(maps_exist());
        close(fourth);
        assert_eq!(id(number), Err(libc::ENOENT));
        assert!(!maps_exist());
    }
}

/// Ten thousand pairs, or as many as SKEP_PAIRS says.
fn many() {
    let pairs = std::env::var("SKEP_PAIRS")
        .ok()
        .and_then(|text| text.parse().ok());
    let pairs = pairs.unwrap_or(10_000);
    let settled = || {
        assert!(!maps_exist());
        // Idle files are let go of a while after the last close.
        std::thread::sleep(std::time::Duration::from_millis(1500));
        // An answer to our own looking may still hold a descriptor: the least of several looks counts.
        let looks = (0..20).map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            supervisor_holds()
        });
        looks
            .reduce(|one, other| std::array::from_fn(|of| one[of].min(other[of])))
            .unwrap()
    };
    (0..1000).for_each(|_| close(create(0)));
    let before = settled();
    (0..pairs).for_each(|_| close(create(0)));
    let after = settled();
    println!("{pairs} pairs; descriptors, watches, threads, KiB: {before:?}, then {after:?}");
    assert_eq!(after[..3], before[..3]);
    assert!(after[3] < before[3] + 2048, "{before:?}, then {after:?}");
}

fn map_forever() {
    for _ in 0..300 {
        create(0);
    }
    kill_self(libc::SIGKILL);
}

fn killed() {
    let mut child = Command::new(std::env::current_exe().unwrap());
    let status = child.args(["--client", "forever"]).status().unwrap();
    assert_eq!(status.signal(), Some(libc::SIGKILL));
    assert!(!maps_exist());
}

fn mapped() {
    let fd = create(MMAPABLE);
    element(MAP_UPDATE, fd, 0, &mut 5).unwrap();
    assert_eq!(exchange_mapped(fd, 6), Ok(5));
    let mut value = 0;
    element(MAP_LOOKUP, fd, 0, &mut value).unwrap();
    assert_eq!(value, 6);
    close(fd);
    assert!(maps_exist(), "the mapping holds it");

    let frozen = create(MMAPABLE);
    bpf(MAP_FREEZE, &mut [frozen as u32]).unwrap();
    assert_eq!(exchange_mapped(frozen, 1), Err(libc::EPERM));
}

pub(crate) fn at(cmd: u32, path: &str, fd: u32) -> Result<i32, i32> {
    let mut text = [0u8; 64];
    text[..path.len()].copy_from_slice(path.as_bytes());
    let [low, high] = words(&mut text);
    bpf(cmd, &mut [low, high, fd, 0])
}

fn pins() {
    let fd = create(0);
    element(MAP_UPDATE, fd, 2, &mut 9).unwrap();
    assert_eq!(at(OBJ_PIN, "/sys/fs/bpf/m", fd as u32), Ok(0));
    assert_eq!(at(OBJ_PIN, "/sys/fs/bpf/m", fd as u32), Err(libc::EEXIST));
    assert_eq!(at(OBJ_PIN, "/sys/fs/bpf/m.x", fd as u32), Err(libc::EPERM));
    assert_eq!(
        at(OBJ_PIN, "/sys/fs/bpf/no/m", fd as u32),
        Err(libc::ENOENT)
    );
    assert_eq!(at(OBJ_PIN, "/etc/m", fd as u32), Err(libc::EPERM));
    assert_eq!(at(OBJ_PIN, "/sys/fs/bpf/n", 999), Err(libc::EINVAL));
    assert_eq!(at(OBJ_PIN, "", fd as u32), Err(libc::ENOENT));
    close(fd);

    let again = at(OBJ_GET, "/sys/fs/bpf/../bpf/m", 0).unwrap();
    let mut value = 0;
    element(MAP_LOOKUP, again, 2, &mut value).unwrap();
    assert_eq!(value, 9);
    assert_eq!(at(OBJ_GET, "/sys/fs/bpf", 0), Err(libc::EACCES));
    assert_eq!(at(OBJ_GET, "/sys/fs/bpf/no", 0), Err(libc::ENOENT));
    close(again);

    assert!(maps_exist());
    // Where bpffs is not mounted there is no file to remove.
    if std::fs::remove_file("/sys/fs/bpf/m").is_ok() {
        assert!(!maps_exist());
    }
}

fn doors() {
    assert_eq!(call(libc::SYS_io_uring_setup), Err(libc::ENOSYS));
    #[cfg(target_arch = "x86_64")]
    {
        assert_eq!(call(libc::SYS_bpf | 0x4000_0000), Err(libc::ENOSYS));
        assert_eq!(super::system::int80(357), -libc::ENOSYS);
    }
}

fn threads() {
    std::thread::spawn(doors).join().unwrap();
    std::thread::spawn(map).join().unwrap();
}

/// A client's filter is stricter than ours or has no effect; two listeners are one too many.
fn own_filter() {
    assert_eq!(system::listen(), Err(libc::EBUSY));
    map();
    system::refuse_bpf();
    assert_eq!(bpf(MAP_CREATE, &mut [ARRAY, 4, 4, 4, 0]), Err(libc::EPERM));
}

/// Runs a socket filter that returns 0, as often as can be said.
fn long_run() -> Result<i32, i32> {
    const SOCKET_FILTER: u32 = 1;
    // r0 = 0; exit.
    let mut program = [0x0000_00b7u64, 0x0000_0095];
    let mut license = *b"GPL\0";
    let ([insns, insns_high], [text, text_high]) = (words(&mut program), words(&mut license));
    let mut load = [0u32; 32];
    load[..6].copy_from_slice(&[SOCKET_FILTER, 2, insns, insns_high, text, text_high]);
    let fd = bpf(5, &mut load).unwrap();
    let mut packet = [0u8; 64];
    let [low, high] = words(&mut packet);
    let mut run = [0u32; 20];
    (run[0], run[2], run[4], run[5], run[8]) = (fd as u32, 64, low, high, i32::MAX as u32);
    let result = bpf(10, &mut run);
    close(fd);
    result
}

fn interrupted() {
    system::alarm_in(1);
    let start = std::time::Instant::now();
    assert_eq!(long_run(), Err(libc::EINTR));
    assert!(start.elapsed().as_secs() < 10);
}

/// Whether any program is there.
fn programs_exist() -> bool {
    bpf(11, &mut [0, 0, 0]).is_ok()
}

fn killed_run() {
    let mut child = Command::new(std::env::current_exe().unwrap());
    let mut child = child.args(["--client", "runs"]).spawn().unwrap();
    while !programs_exist() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::thread::sleep(std::time::Duration::from_millis(100));
    child.kill().unwrap();
    child.wait().unwrap();
    let start = std::time::Instant::now();
    while programs_exist() {
        assert!(start.elapsed().as_secs() < 10, "the run goes on");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
