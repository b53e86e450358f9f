//! readlink(2): a handle's link reads as the kernel's, for those who tell objects apart by it.

use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use skep_kernel::UserMemory;
use skep_uapi::UserPtr;

use super::string;
use crate::carrier::{ClientCall, Verdict};
use crate::client_fds;
use crate::file_key::FileKey;
use crate::session::Session;
use crate::sys::process_memory::ProcessMemory;

/// Answers a readlink whose path is argument `first` and whose buffer follows, relative to a directory if there is one.
pub(super) fn answer(
    session: &Session,
    call: &ClientCall,
    directory: Option<i32>,
    first: usize,
) -> Verdict {
    let Some(file) = descriptor(call, directory, call.arg(first)) else {
        return Verdict::Continue;
    };
    let Ok(stat) = rustix::fs::stat(file) else {
        return Verdict::Continue;
    };
    let Some((object, _)) = session.handles.find(FileKey::from_stat(&stat)) else {
        return Verdict::Continue;
    };
    let size = call.arg(first + 2) as i32;
    let Ok(size @ 1..) = usize::try_from(size) else {
        return Verdict::Continue;
    };
    let name = object.link_name().as_bytes();
    let name = name.get(..size).unwrap_or(name);
    let to = UserPtr(call.arg(first + 1));
    if ProcessMemory(call.thread).write(to, name).is_err() {
        return Verdict::Return(-i64::from(libc::EFAULT));
    }
    Verdict::Return(name.len() as i64)
}

/// Our path of the descriptor that a link stands for.
fn descriptor(call: &ClientCall, directory: Option<i32>, at: u64) -> Option<String> {
    let path = string(call, at)?;
    if !path.last()?.is_ascii_digit() {
        return None;
    }
    if path.first() == Some(&b'/') {
        return parse(&path, call.thread);
    }
    // `ls -l` in a directory of descriptors.
    let directory = client_fds::path(call.thread, directory.filter(|fd| *fd >= 0)?);
    let mut whole = rustix::fs::readlink(directory, Vec::new())
        .ok()?
        .into_bytes();
    whole.push(b'/');
    whole.extend(path);
    parse(&whole, call.thread)
}

/// `/proc/self/fd/7`, `/proc/12/task/13/fd/7`, `/dev/fd/7` and their like.
fn parse(path: &[u8], thread: u32) -> Option<String> {
    let path = Path::new(std::ffi::OsStr::from_bytes(path));
    let mut parts = path.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => {
            None
        }
    });
    let mut owner = thread.to_string();
    match parts.next()? {
        "dev" => {}
        "proc" => match parts.next()? {
            "self" | "thread-self" => {}
            pid => owner = pid.parse::<u32>().ok()?.to_string(),
        },
        _ => return None,
    }
    let mut next = parts.next()?;
    if next == "task" {
        owner = parts.next()?.parse::<u32>().ok()?.to_string();
        next = parts.next()?;
    }
    let fd: u32 = parts.next()?.parse().ok()?;
    (next == "fd" && parts.next().is_none()).then(|| format!("/proc/{owner}/fd/{fd}"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn links_of_descriptors() {
        let ours = |path: &str| parse(path.as_bytes(), 5);
        assert_eq!(ours("/proc/self/fd/7").as_deref(), Some("/proc/5/fd/7"));
        assert_eq!(ours("/dev/fd/7").as_deref(), Some("/proc/5/fd/7"));
        assert_eq!(ours("/proc/12/fd/7").as_deref(), Some("/proc/12/fd/7"));
        assert_eq!(
            ours("/proc/12/task/13/fd/0").as_deref(),
            Some("/proc/13/fd/0")
        );
        assert_eq!(ours("/proc/self/fdinfo/7"), None);
        assert_eq!(ours("/proc/self/fd/7/x"), None);
        assert_eq!(ours("/usr/lib/x86_64/7"), None);
    }
}
