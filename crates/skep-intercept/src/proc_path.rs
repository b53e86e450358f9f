//! Paths of processes: `/proc/self/fdinfo/7`, `/proc/12/task/13/fd/7`, `/proc/thread-self/mounts` and their like.

use std::path::{Component, Path};

/// What a path below a process's directory in /proc says.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct ProcPath<'p> {
    /// The process or thread.
    pub(crate) thread: u32,
    /// The rest.
    pub(crate) rest: Vec<&'p str>,
}

impl<'p> ProcPath<'p> {
    /// A path without dots, as `thread` uses it.
    pub(crate) fn parse(path: &'p Path, thread: u32) -> Option<Self> {
        let mut parts = path.strip_prefix("/proc").ok()?.components().map(name);
        let mut thread = match parts.next()?? {
            "self" | "thread-self" => thread,
            pid => pid.parse().ok()?,
        };
        let mut rest = parts.collect::<Option<Vec<_>>>()?;
        if let ["task", tid, _, ..] = *rest {
            thread = tid.parse().ok()?;
            rest.drain(..2);
        }
        Some(Self { thread, rest })
    }
}

fn name(part: Component<'_>) -> Option<&str> {
    match part {
        Component::Normal(name) => name.to_str(),
        Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_threads_and_processes() {
        let parse = |path: &'static str| ProcPath::parse(Path::new(path), 5);
        let found = |thread, rest: &[&'static str]| {
            let rest = rest.to_vec();
            Some(ProcPath { thread, rest })
        };
        assert_eq!(parse("/proc/self/fd/7"), found(5, &["fd", "7"]));
        assert_eq!(parse("/proc/thread-self/mounts"), found(5, &["mounts"]));
        assert_eq!(parse("/proc/12/fdinfo/7"), found(12, &["fdinfo", "7"]));
        assert_eq!(parse("/proc/12/task/13/fd/0"), found(13, &["fd", "0"]));
        assert_eq!(parse("/proc/12/task/13"), found(12, &["task", "13"]));
        assert_eq!(parse("/proc/mounts"), None);
        assert_eq!(parse("/usr/self/fd/7"), None);
    }
}
