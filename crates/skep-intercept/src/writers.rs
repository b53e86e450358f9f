//! Who has a file mapped writably: freezing a map asks.
//!
//! Every process whose mappings we may read is looked at, as a descriptor may have gone anywhere. A mapping that was
//! made read-only later (mprotect) is not seen; Linux counts it still.

use crate::file_key::FileKey;

/// Whether any other process maps a file shared and writably.
pub(crate) fn is_mapped_writable(file: FileKey) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return false;
    };
    let own = std::process::id();
    let numbers = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter(|process| *process != own).any(|process| {
        let maps = std::fs::read_to_string(format!("/proc/{process}/maps"));
        maps.is_ok_and(|maps| maps.lines().any(|line| writes(line, file)))
    })
}

/// A line of proc_pid_maps(5): addresses, permissions, offset, device, inode, path.
fn writes(line: &str, file: FileKey) -> bool {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (Some(permissions), Some(device), Some(inode)) =
        (fields.next(), fields.nth(1), fields.next())
    else {
        return false;
    };
    let major_minor = device.split_once(':').and_then(|(major, minor)| {
        let number = |text| u32::from_str_radix(text, 16).ok();
        Some(rustix::fs::makedev(number(major)?, number(minor)?))
    });
    matches!(permissions.as_bytes(), [_, b'w', _, b's'])
        && inode.parse() == Ok(file.inode())
        && major_minor == Some(file.device())
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn lines_of_mappings() {
        let memory = rustix::fs::memfd_create(c"x", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        let key = FileKey::of(memory.as_fd()).unwrap();
        let (major, minor) = (
            rustix::fs::major(key.device()),
            rustix::fs::minor(key.device()),
        );
        let inode = key.inode();
        let line = |permissions: &str| {
            format!(
                "7f00-7f01 {permissions} 00000000 {major:02x}:{minor:02x} {inode}   /memfd:x (deleted)"
            )
        };
        assert!(writes(&line("rw-s"), key));
        assert!(!writes(&line("r--s"), key));
        assert!(!writes(&line("rw-p"), key));
        assert!(!writes("7f00-7f01 rw-p 00000000 00:00 0", key));
    }
}
