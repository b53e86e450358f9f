//! readlink(2): a handle's link reads as the kernel's, for those who tell objects apart by it.

use std::path::Path;

use skep_kernel::UserMemory;
use skep_uapi::UserPtr;

use super::bpffs;
use crate::carrier::{ClientCall, Verdict};
use crate::client_path;
use crate::file_key::FileKey;
use crate::proc_path::ProcPath;
use crate::session::Session;
use crate::sys::process_memory::ProcessMemory;
use crate::view::Start;

/// Answers a readlink whose path is argument `first` and whose buffer follows, if it is about a handle.
pub(super) fn answer(session: &Session, call: &ClientCall, start: Start, first: usize) -> Verdict {
    let Some(file) = descriptor(call, start, call.arg(first)) else {
        return bpffs::readlink(session, call, start, first);
    };
    let Ok(stat) = rustix::fs::stat(file) else {
        return Verdict::Continue;
    };
    let Some((object, _)) = session.handles.find(FileKey::from_stat(&stat)) else {
        return Verdict::Continue;
    };
    write_link(call, first + 1, object.link_name().as_bytes())
}

/// Writes what a link says into the buffer of argument `buffer`, whose size follows.
pub(super) fn write_link(call: &ClientCall, buffer: usize, text: &[u8]) -> Verdict {
    let Ok(size @ 1..) = usize::try_from(call.arg(buffer + 1) as i32) else {
        return Verdict::Return(-i64::from(libc::EINVAL));
    };
    let text = text.get(..size).unwrap_or(text);
    let to = UserPtr(call.arg(buffer));
    if ProcessMemory(call.thread).write(to, text).is_err() {
        return Verdict::Return(-i64::from(libc::EFAULT));
    }
    Verdict::Return(text.len() as i64)
}

/// Our path of the descriptor that a link stands for.
fn descriptor(call: &ClientCall, start: Start, at: u64) -> Option<String> {
    // Cheaper than looking where a relative path starts: few names are numbers.
    if !client_path::string(call, at)?.last()?.is_ascii_digit() {
        return None;
    }
    parse(&client_path::argument(call, start, at)?, call.thread)
}

fn parse(path: &Path, thread: u32) -> Option<String> {
    let in_dev = path.strip_prefix("/dev/fd").ok();
    let in_dev = in_dev.map(|name| Path::new("/proc/self/fd").join(name));
    let path = ProcPath::parse(in_dev.as_deref().unwrap_or(path), thread)?;
    let ["fd", fd] = *path.rest else {
        return None;
    };
    let fd: u32 = fd.parse().ok()?;
    Some(format!("/proc/{}/fd/{fd}", path.thread))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::parse;

    #[test]
    fn links_of_descriptors() {
        let ours = |path: &str| parse(Path::new(path), 5);
        assert_eq!(ours("/proc/self/fd/7").as_deref(), Some("/proc/5/fd/7"));
        assert_eq!(ours("/dev/fd/7").as_deref(), Some("/proc/5/fd/7"));
        assert_eq!(ours("/proc/12/fd/7").as_deref(), Some("/proc/12/fd/7"));
        assert_eq!(ours("/proc/self/fdinfo/7"), None);
        assert_eq!(ours("/proc/self/fd/7/x"), None);
        assert_eq!(ours("/usr/lib/x86_64/7"), None);
    }
}
