//! Both sides of a comparison: the running kernel and skep, called with the same attrs.
//!
//! A test is a script: calls whose results it writes down. [`compare`] runs it on skep and, where bpf(2) answers, on
//! the kernel, and wants the same lines.
//!
//! # Safety
//!
//! Attrs hold addresses of this process. Scripts point only to buffers that live across the call, or to nothing mapped.
#![allow(unsafe_code)]
#![allow(dead_code, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::sync::Arc;

use skep_kernel::{Caps, Credentials, Fd, InProcessFds, Kernel, OwnMemory, Task};
use skep_uapi::attr::InfoByFdAttr;
use skep_uapi::info::ProgInfo;
use skep_uapi::{Cmd, Errno, UserPtr};
use zerocopy::{Immutable, IntoBytes};

/// An address where nothing is.
pub(crate) const NOWHERE: UserPtr = UserPtr(8);
/// A descriptor that is closed on both sides.
pub(crate) const CLOSED: u32 = 9999;
/// A descriptor that is open and no bpf object on both sides.
pub(crate) const FOREIGN: u32 = 1;

/// Who answers.
pub(crate) enum Side {
    /// skep.
    Ours {
        /// The session.
        kernel: Arc<Kernel>,
        /// Descriptors.
        fds: InProcessFds,
        /// Credentials.
        credentials: Credentials,
    },
    /// The running kernel.
    Linux,
}

impl Side {
    /// A fresh session of ours.
    pub(crate) fn ours(caps: Caps) -> Self {
        let credentials = Credentials {
            caps,
            ..Credentials::privileged()
        };
        Self::Ours {
            kernel: session(),
            fds: InProcessFds::new(),
            credentials,
        }
    }

    /// One call: the value or the errno.
    pub(crate) fn bpf(&self, cmd: u32, attr: &mut [u8], size: usize) -> Result<i32, Errno> {
        match self {
            Self::Ours {
                kernel,
                fds,
                credentials,
            } => {
                // SAFETY: see the header.
                let memory = unsafe { OwnMemory::new() };
                let task = Task::new(credentials, fds, &memory);
                let at = UserPtr(attr.as_mut_ptr().expose_provenance() as u64);
                kernel
                    .bpf(&task, cmd, at, size as u32)
                    .map(|value| value as i32)
                    .map_err(|error| error.errno)
            }
            Self::Linux => {
                // SAFETY: see the header.
                let result = unsafe { libc::syscall(libc::SYS_bpf, cmd, attr.as_mut_ptr(), size) };
                if result >= 0 {
                    return Ok(result as i32);
                }
                let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
                Err(Errno(errno as u16))
            }
        }
    }

    /// Closes a descriptor.
    pub(crate) fn close(&self, fd: i32) {
        match self {
            Self::Ours { fds, .. } => drop(fds.close(Fd(fd))),
            Self::Linux => {
                // SAFETY: the scripts close what they opened, once.
                unsafe { libc::close(fd) };
            }
        }
    }
}

/// A kernel with the host's BTF, shared by the tests of a binary: reading BTF takes a while.
fn session() -> Arc<Kernel> {
    static SESSION: std::sync::OnceLock<Arc<Kernel>> = std::sync::OnceLock::new();
    Arc::clone(SESSION.get_or_init(Kernel::new))
}

/// One run of a script: makes calls and writes down what came of them.
pub(crate) struct Script {
    side: Side,
    lines: Vec<String>,
    opened: Vec<i32>,
}

impl Script {
    fn new(side: Side) -> Self {
        Self {
            side,
            lines: Vec::new(),
            opened: Vec::new(),
        }
    }

    /// Writes a line down.
    pub(crate) fn note(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// A call whose result is written down: `ok` (numbers of descriptors differ) or the errno.
    pub(crate) fn call<T: IntoBytes + Immutable>(
        &mut self,
        what: &str,
        cmd: Cmd,
        attr: &T,
    ) -> Option<i32> {
        let mut bytes = attr.as_bytes().to_vec();
        self.call_bytes(what, cmd, &mut bytes)
    }

    /// The same with raw bytes, which come back as the command left them.
    pub(crate) fn call_bytes(&mut self, what: &str, cmd: Cmd, attr: &mut [u8]) -> Option<i32> {
        let size = attr.len();
        self.call_sized(what, cmd.raw(), attr, size)
    }

    /// The same with a size of its own.
    pub(crate) fn call_sized(
        &mut self,
        what: &str,
        cmd: u32,
        attr: &mut [u8],
        size: usize,
    ) -> Option<i32> {
        let result = self.side.bpf(cmd, attr, size);
        let mut line = format!("{what}: ");
        match result {
            Ok(_) => line.push_str("ok"),
            Err(errno) => write!(line, "{errno}").unwrap(),
        }
        self.lines.push(line);
        let value = result.ok()?;
        if makes_fd(cmd) {
            self.opened.push(value);
        }
        Some(value)
    }

    /// A call that has to succeed.
    pub(crate) fn must<T: IntoBytes + Immutable>(&mut self, what: &str, cmd: Cmd, attr: &T) -> i32 {
        let made = self.call(what, cmd, attr);
        made.unwrap_or_else(|| panic!("{what}: {:?}", self.lines.last()))
    }

    /// An info of a program, the line being `info: ` and the answer.
    pub(crate) fn prog_info(&mut self, prog: u32, asked: &ProgInfo) -> ProgInfo {
        let mut info = *asked;
        let attr = InfoByFdAttr {
            bpf_fd: prog,
            info_len: size_of::<ProgInfo>() as u32,
            info: out(&mut info),
        };
        self.call("info", Cmd::ObjGetInfoByFd, &attr);
        info
    }

    /// A call that has to succeed and leaves no line; the caller closes what it made.
    pub(crate) fn quietly(&mut self, cmd: Cmd, attr: &mut [u8]) -> i32 {
        let size = attr.len();
        let result = self.side.bpf(cmd.raw(), attr, size);
        result.unwrap_or_else(|errno| panic!("{cmd}: {errno}"))
    }

    /// A call that leaves no line: its answer.
    pub(crate) fn side_answer(&self, cmd: Cmd, attr: &mut [u8]) -> Result<i32, Errno> {
        let size = attr.len();
        self.side.bpf(cmd.raw(), attr, size)
    }

    /// A call that fails once something that is being freed is gone; waits for that.
    pub(crate) fn eventually_gone<T: IntoBytes + Immutable>(
        &mut self,
        what: &str,
        cmd: Cmd,
        attr: &T,
    ) {
        let mut bytes = attr.as_bytes().to_vec();
        for _ in 0..200 {
            let size = bytes.len();
            match self.side.bpf(cmd.raw(), &mut bytes, size) {
                Ok(fd) => self.side.close(fd),
                Err(errno) => {
                    self.note(format!("{what}: {errno}"));
                    return;
                }
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        self.note(format!("{what}: still there"));
    }

    /// Leaves only the lines of calls.
    pub(crate) fn forget_notes(&mut self) {
        self.lines.retain(|line| {
            let answer = line.rsplit(": ").next().unwrap_or_default();
            answer == "ok" || Errno::from_name(answer).is_some()
        });
    }

    /// Closes a descriptor.
    pub(crate) fn close(&mut self, fd: i32) {
        self.opened.retain(|open| *open != fd);
        self.side.close(fd);
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        for fd in self.opened.drain(..) {
            self.side.close(fd);
        }
    }
}

fn makes_fd(cmd: u32) -> bool {
    matches!(
        Cmd::from_raw(cmd),
        Some(
            Cmd::MapCreate
                | Cmd::ProgLoad
                | Cmd::BtfLoad
                | Cmd::MapGetFdById
                | Cmd::ProgGetFdById
                | Cmd::BtfGetFdById
                | Cmd::EnableStats
        )
    )
}

/// Whether the running kernel answers bpf(2) to us.
fn kernel_answers() -> bool {
    let mut attr = [0_u8; 16];
    attr[0] = 2;
    attr[4] = 4;
    attr[8] = 4;
    attr[12] = 1;
    match Side::Linux.bpf(Cmd::MapCreate.raw(), &mut attr, 16) {
        Ok(fd) => {
            Side::Linux.close(fd);
            true
        }
        Err(_) => false,
    }
}

/// Runs a script on skep, wants the lines in `expected` (one per line, `what: ok` or `what: errno`), and the same from
/// the kernel where it answers.
pub(crate) fn compare(caps: Caps, expected: &str, script: impl Fn(&mut Script) + Send + Sync) {
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let ours = compare_sides(caps, &script);
    assert_eq!(ours, expected, "skep (left) is not as expected");
}

/// Runs a script on skep and wants the same lines from the kernel, where it answers.
pub(crate) fn compare_sides(caps: Caps, script: &(dyn Fn(&mut Script) + Sync)) -> Vec<String> {
    let ours = lines(Side::ours(caps), script);
    if !kernel_answers() {
        eprintln!("skipped: no kernel bpf(2)");
        return ours;
    }
    let theirs = std::thread::scope(|scope| {
        let run = || {
            // Capabilities belong to the thread.
            if caps.is_empty() {
                drop_capabilities();
            }
            lines(Side::Linux, script)
        };
        scope.spawn(run).join().unwrap()
    });
    let differ: Vec<_> = ours.iter().zip(&theirs).filter(|(a, b)| a != b).collect();
    assert_eq!(differ, [], "skep (left) and the kernel (right) differ");
    assert_eq!(ours.len(), theirs.len(), "one of the two made more calls");
    ours
}

fn lines(side: Side, script: &dyn Fn(&mut Script)) -> Vec<String> {
    let mut run = Script::new(side);
    script(&mut run);
    std::mem::take(&mut run.lines)
}

fn drop_capabilities() {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: i32,
    }
    let header = Header {
        version: 0x2008_0522,
        pid: 0,
    };
    let none = [0_u32; 6];
    // SAFETY: capset(2) reads a header of 8 bytes and three words for each of two sets.
    let result = unsafe { libc::syscall(libc::SYS_capset, &header, none.as_ptr()) };
    assert_eq!(result, 0);
}

/// The address of bytes, for attrs.
pub(crate) fn ptr<T: ?Sized>(bytes: &T) -> UserPtr {
    UserPtr((&raw const *bytes).cast::<u8>().expose_provenance() as u64)
}

/// The address of bytes a command writes to.
pub(crate) fn out<T: ?Sized>(bytes: &mut T) -> UserPtr {
    UserPtr((&raw mut *bytes).cast::<u8>().expose_provenance() as u64)
}
