//! /proc/PID/fdinfo/N of a handle: the common lines of the host's, then those of the object.

use std::fmt::Write;

use crate::client_fds;
use crate::file_key::FileKey;
use crate::handles::Backing;
use crate::session::Session;

/// The text for a descriptor of a thread; `None` if it is no handle.
pub(super) fn of(session: &Session, thread: u32, fd: u32) -> Option<String> {
    let fd = i32::try_from(fd).ok()?;
    let stat = rustix::fs::stat(client_fds::path(thread, fd)).ok()?;
    let key = FileKey::from_stat(&stat);
    let (object, backing) = session.handles.find(key)?;
    let host = std::fs::read_to_string(format!("/proc/{thread}/fdinfo/{fd}")).ok()?;
    let mode = match backing {
        // How the client opened it is what it may do.
        Backing::Memory => flags(&host) & libc::O_ACCMODE as u32,
        Backing::Name => object.access_mode(),
    };
    Some(replaced(&host, mode, &object.fdinfo()))
}

/// How the host's lines begin that stay. Objects have no position.
const COMMON: [&str; 2] = ["mnt_id:", "ino:"];

fn line<'t>(host: &'t str, name: &str) -> Option<&'t str> {
    host.lines().find_map(|line| line.strip_prefix(name))
}

fn flags(host: &str) -> u32 {
    let flags = line(host, "flags:").and_then(|text| u32::from_str_radix(text.trim(), 8).ok());
    flags.unwrap_or_default()
}

fn replaced(host: &str, mode: u32, object: &str) -> String {
    let on_exec = flags(host) & libc::O_CLOEXEC as u32;
    let mut text = String::from("pos:\t0\n");
    // Writing to a string does not fail.
    let _ = writeln!(text, "flags:\t0{:o}", on_exec | mode);
    for name in COMMON {
        if let Some(value) = line(host, name) {
            let _ = writeln!(text, "{name}\t{}", value.trim());
        }
    }
    text + object
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn the_common_lines_stay() {
        let host = "pos:\t3\nflags:\t02100001\nmnt_id:\t14\nino:\t1055\nlock:\t1: x\n";
        let text = replaced(host, 2, "map_type:\t1\n");
        assert_eq!(
            text,
            "pos:\t0\nflags:\t02000002\nmnt_id:\t14\nino:\t1055\nmap_type:\t1\n"
        );
        assert!(replaced("flags:\t01\n", 0, "").contains("flags:\t00\n"));
    }
}
