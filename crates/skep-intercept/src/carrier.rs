//! A carrier: brings the calls of clients here and takes answers back. It knows no command and decides nothing.

use std::io;
use std::os::fd::BorrowedFd;

/// One call of a client, waiting for its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientCall {
    /// The carrier's own name for it.
    pub(crate) id: u64,
    /// The calling thread; its process's descriptors are those of `/proc/<thread>/fd`.
    pub(crate) thread: u32,
    /// The system call's number.
    pub(crate) number: i64,
    /// Its arguments.
    pub(crate) args: [u64; 6],
}

impl ClientCall {
    /// An argument.
    pub(crate) fn arg(&self, index: usize) -> u64 {
        self.args.get(index).copied().unwrap_or_default()
    }
}

/// What waiting for a call gave.
#[derive(Debug)]
pub(crate) enum Received {
    /// A call.
    Call(ClientCall),
    /// Its caller died; there may be others.
    Nothing,
    /// No call will come any more.
    End,
}

/// How a call goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// It returns this; errors are negative.
    Return(i64),
    /// The host's kernel carries it out. Never for bpf(2).
    Continue,
    /// It has returned already: it was given a descriptor.
    Given,
}

/// What giving a descriptor does to the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Give {
    /// The call returns the new number.
    AndAnswer,
    /// The call still waits.
    Only,
}

/// What becomes of a given descriptor when the client executes another program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OnExec {
    /// It is closed, as those of bpf(2) are.
    Close,
    /// It stays.
    Keep,
}

/// The way calls come and answers go.
pub(crate) trait Carrier: Send + Sync {
    /// Waits for a call. For one thread at a time: a call may wake all that wait.
    fn receive(&self) -> Received;

    /// Answers a call. ENOENT: nobody waits for it any more.
    fn answer(&self, call: &ClientCall, verdict: Verdict) -> io::Result<()>;

    /// Gives the caller a copy of a descriptor; its number there. EMFILE, ENOENT.
    fn give(
        &self,
        call: &ClientCall,
        fd: BorrowedFd<'_>,
        how: Give,
        exec: OnExec,
    ) -> io::Result<i32>;

    /// Whether the caller still waits: what was read under its number was really its own.
    fn still_waits(&self, call: &ClientCall) -> bool;
}
