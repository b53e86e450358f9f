//! Tables of mounts: where our file system is, there is one bpffs.
//!
//! bpftool's `-f` walks every mount of type `bpf`. The host's own under ours is left out: paths do not lead to it.

use crate::session::Session;
use crate::view::Form;

/// The two shapes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Table {
    /// fstab(5): source, target, type, options, two zeros.
    Mounts,
    /// proc(5): numbers, root, target, options, tags, `-`, type, source, options.
    MountInfo,
}

const TARGET: &str = "/sys/fs/bpf";
const OPTIONS: &str = "rw,nosuid,nodev,noexec,relatime";

/// The table of a thread; `None` if it is no client of ours.
pub(super) fn of(session: &Session, thread: u32, table: Table) -> Option<String> {
    if !session.is_client(thread) {
        return None;
    }
    let name = match table {
        Table::Mounts => "mounts",
        Table::MountInfo => "mountinfo",
    };
    let host = std::fs::read_to_string(format!("/proc/{thread}/{name}")).ok()?;
    Some(replaced(&host, table, session.view.form()))
}

fn replaced(host: &str, table: Table, form: &Form) -> String {
    let is_target = |line: &&str| {
        let mut fields = line.split(' ');
        let target = match table {
            Table::Mounts => fields.nth(1),
            Table::MountInfo => fields.nth(4),
        };
        target == Some(TARGET)
    };
    let ours = match form {
        // The last is on top.
        Form::Mounted => host.lines().rfind(is_target),
        Form::Private(_) => None,
    };
    let mut text: String = host
        .lines()
        .filter(|line| !is_target(line))
        .map(|line| format!("{line}\n"))
        .collect();
    text.push_str(&match table {
        Table::Mounts => format!("bpf {TARGET} bpf {OPTIONS} 0 0\n"),
        Table::MountInfo => {
            let numbers = ours.map_or_else(|| free_numbers(host), numbers);
            format!("{numbers} / {TARGET} {OPTIONS} - bpf bpf rw\n")
        }
    });
    text
}

/// Mount, parent and device of a line.
fn numbers(line: &str) -> String {
    line.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// Numbers for a mount on the root that is not there.
fn free_numbers(host: &str) -> String {
    let id = |line: &str| line.split(' ').next()?.parse::<u32>().ok();
    let last = host.lines().filter_map(id).max().unwrap_or_default();
    let root = host
        .lines()
        .find(|line| line.split(' ').nth(4) == Some("/"));
    let root = root.and_then(id).unwrap_or(1);
    format!("{} {root} 0:0", last.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bpffs() {
        let host = "/dev/vda / ext4 rw 0 0\n\
                    bpf /sys/fs/bpf bpf rw 0 0\n\
                    bpf /sys/fs/bpf tmpfs rw 0 0\n";
        let ours =
            "/dev/vda / ext4 rw 0 0\nbpf /sys/fs/bpf bpf rw,nosuid,nodev,noexec,relatime 0 0\n";
        for form in [Form::Mounted, Form::Private("/x".into())] {
            assert_eq!(replaced(host, Table::Mounts, &form), ours);
        }
        let host = "21 1 254:0 / / rw - ext4 /dev/vda rw\n90 30 0:55 / /sys/fs/bpf rw,nosuid - tmpfs bpf rw\n";
        let line = |numbers: &str| {
            format!(
                "21 1 254:0 / / rw - ext4 /dev/vda rw\n{numbers} / /sys/fs/bpf {OPTIONS} - bpf bpf rw\n"
            )
        };
        let mounted = replaced(host, Table::MountInfo, &Form::Mounted);
        assert_eq!(mounted, line("90 30 0:55"));
        let private = replaced(host, Table::MountInfo, &Form::Private("/x".into()));
        assert_eq!(private, line("91 21 0:0"));
    }
}
