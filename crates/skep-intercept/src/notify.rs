//! The notify carrier: seccomp user notification, for wherever our filter is asked.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::carrier::{Carrier, ClientCall, Give, OnExec, Received, Verdict};
use crate::sys::listener;

/// A listener.
pub(crate) struct Notify {
    listener: OwnedFd,
}

impl Notify {
    /// A carrier over a listener that nobody else receives from.
    pub(crate) fn new(listener: OwnedFd) -> Self {
        listener::wake_synchronously(listener.as_fd());
        Self { listener }
    }

    /// Whether any thread still has the filter.
    fn in_use(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut source = [PollFd::new(&self.listener, PollFlags::IN)];
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let polled = poll(&mut source, Some(&now));
        let [source] = source;
        polled.is_ok() && !source.revents().contains(PollFlags::HUP)
    }
}

impl Carrier for Notify {
    fn receive(&self) -> Received {
        match listener::receive(self.listener.as_fd()) {
            Ok(call) => Received::Call(ClientCall {
                id: call.id,
                thread: call.pid,
                number: i64::from(call.data.nr),
                args: call.data.args,
            }),
            Err(error) => match error.raw_os_error() {
                Some(libc::EINTR) => Received::Nothing,
                // A caller that died, or the last user of the filter.
                Some(libc::ENOENT) if self.in_use() => Received::Nothing,
                _ => Received::End,
            },
        }
    }

    fn answer(&self, call: &ClientCall, verdict: Verdict) -> io::Result<()> {
        listener::send(self.listener.as_fd(), call.id, verdict)
    }

    fn give(
        &self,
        call: &ClientCall,
        fd: BorrowedFd<'_>,
        how: Give,
        exec: OnExec,
    ) -> io::Result<i32> {
        listener::give(self.listener.as_fd(), call.id, fd, how, exec)
    }

    fn still_waits(&self, call: &ClientCall) -> bool {
        listener::still_waits(self.listener.as_fd(), call.id)
    }
}
