//! What clients are told in files and calls beside bpf(2).

use std::fs;

use super::scripts::{MAP_FREEZE, MMAPABLE, create, create_of};
use super::system::{bpf, close, get_capabilities, map_shared, set_capabilities, unmap};

/// Prints what is known of some descriptors; compared with the running kernel.
pub(crate) fn fdinfo() {
    let types = [
        ("array", 2, [4, 4, 4, 0]),
        ("mmapable", 2, [4, 8, 4, MMAPABLE]),
        ("hash", 1, [4, 4, 100, 0]),
        ("hash without preallocation", 1, [4, 4, 100, 1]),
        ("read-only", 2, [4, 4, 4, 1 << 3]),
        ("prog array", 3, [4, 4, 8, 0]),
        ("ring", 27, [0, 0, 4096, 0]),
        ("trie", 11, [8, 4, 10, 1]),
        ("queue", 22, [0, 4, 10, 0]),
    ];
    for (name, map_type, [key, value, entries, flags]) in types {
        let fd = create_of(map_type, key, value, entries, flags);
        show(name, fd);
        close(fd);
    }
    let frozen = create(0);
    bpf(MAP_FREEZE, &mut [frozen as u32]).unwrap();
    show("frozen", frozen);
}

fn show(name: &str, fd: i32) {
    let link = fs::read_link(format!("/proc/self/fd/{fd}")).unwrap();
    println!("{name}: {}", link.display());
    for line in fs::read_to_string(format!("/proc/self/fdinfo/{fd}"))
        .unwrap()
        .lines()
    {
        let (key, value) = line.split_once(":\t").unwrap();
        // Numbers that depend on what else there is.
        let known = !matches!(key, "mnt_id" | "ino" | "map_id" | "prog_id");
        println!("{name}, {key}: {}", if known { value } else { "some" });
    }
}

/// CAP_NET_ADMIN, SYS_ADMIN, PERFMON, BPF.
const FOUR: u64 = 1 << 12 | 1 << 21 | 1 << 38 | 1 << 39;

/// bpf(2) goes by capabilities that the host did not give; clients that ask are told so, and can drop them.
pub(crate) fn caps() {
    let [effective, permitted] = get_capabilities();
    assert_eq!((effective & FOUR, permitted & FOUR), (FOUR, FOUR));
    assert_eq!(effective & !FOUR, 0, "nothing else");
    let status = fs::read_to_string("/proc/self/status").unwrap();
    assert!(status.contains(&format!("CapEff:\t{effective:016x}\n")));

    let array_of_locks = || bpf(0, &mut [2, 4, 4, 1, 0]);
    close(array_of_locks().unwrap());
    assert_eq!(set_capabilities(0, FOUR), Ok(()));
    assert_eq!(get_capabilities(), [0, FOUR]);
    assert_eq!(array_of_locks(), Err(libc::EPERM));
    assert_eq!(set_capabilities(FOUR, FOUR), Ok(()), "still permitted");
    close(array_of_locks().unwrap());
    assert_eq!(set_capabilities(0, 0), Ok(()));
    assert_eq!(
        set_capabilities(FOUR, FOUR),
        Err(libc::EPERM),
        "gone for good"
    );
}

/// There is one bpffs, and the settings are the session's.
pub(crate) fn tables() {
    for table in ["/proc/mounts", "/proc/self/mounts", "/etc/mtab"] {
        let text = fs::read_to_string(table).unwrap();
        let of_bpf: Vec<&str> = text
            .lines()
            .filter(|line| line.split(' ').nth(1) == Some("/sys/fs/bpf"))
            .collect();
        let types: Vec<_> = of_bpf.iter().map(|line| line.split(' ').nth(2)).collect();
        assert_eq!(types, [Some("bpf")], "{table}");
    }
    let infos = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert_eq!(infos.matches(" - bpf ").count(), 1);
    let disabled = "/proc/sys/kernel/unprivileged_bpf_disabled";
    assert_eq!(fs::read_to_string(disabled).unwrap(), "2\n");
    let written = fs::write(disabled, "0").unwrap_err();
    assert_eq!(written.raw_os_error(), Some(libc::EACCES));
    let jit = fs::read_to_string("/proc/sys/net/core/bpf_jit_enable").unwrap();
    assert_eq!(jit, "1\n");
    let release = std::process::Command::new("uname")
        .arg("-r")
        .output()
        .unwrap();
    assert_eq!(release.stdout, b"6.18.0\n");
    // This session has no kernel BTF, whatever the host has.
    assert!(fs::read("/sys/kernel/btf/vmlinux").is_err());
    assert!(fs::metadata("/sys/kernel/btf/vmlinux").is_err());
}

/// A map that somebody may write through a mapping cannot be frozen.
pub(crate) fn freeze() {
    let fd = create(MMAPABLE);
    let freeze = || bpf(MAP_FREEZE, &mut [fd as u32]);
    let both = libc::PROT_READ | libc::PROT_WRITE;
    let at = map_shared(fd, 0, 4096, both).unwrap();
    assert_eq!(freeze(), Err(libc::EBUSY));
    unmap(at, 4096);
    map_shared(fd, 0, 4096, libc::PROT_READ).unwrap();
    freeze().unwrap();
    assert_eq!(map_shared(fd, 0, 4096, both), Err(libc::EPERM));
}
