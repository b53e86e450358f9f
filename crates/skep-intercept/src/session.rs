//! A session: one kernel, the files that stand for its objects in clients, and who answers.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use rustix::io::Errno;
use skep_kernel::{FdObject, Kernel};
use skep_object::SysResult;

use crate::answer::{self, KernelBtf};
use crate::carrier::{Carrier, ClientCall, Give, OnExec, Received};
use crate::client_caps::ClientCaps;
use crate::client_fds::from_host;
use crate::fd_dirs::FdDirs;
use crate::handles::Handles;
use crate::hints::Hints;
use crate::identity;
use crate::long_calls::LongCalls;
use crate::pins::Pins;
use crate::polls::Polls;
use crate::trace::Trace;
use crate::view::View;
use crate::workers::Workers;

/// Everything a call may need.
pub(crate) struct Session {
    pub(crate) kernel: Arc<Kernel>,
    pub(crate) carrier: Box<dyn Carrier>,
    pub(crate) caps: ClientCaps,
    pub(crate) trace: Trace,
    pub(crate) fd_dirs: FdDirs,
    pub(crate) handles: Handles,
    pub(crate) pins: Pins,
    pub(crate) polls: Polls,
    pub(crate) view: View,
    pub(crate) kernel_btf: KernelBtf,
    pub(crate) hints: Hints,
    pub(crate) long: LongCalls,
    pub(crate) workers: Workers,
    /// Hints are taken and acted on in one step, or a caller would run ahead of what it just closed.
    pub(crate) settling: Mutex<()>,
    /// Held while a descriptor is given: the client runs, and may close it, before our own copy is closed.
    pub(crate) giving: RwLock<()>,
}

/// How long hints are gathered.
const GATHERING: Duration = Duration::from_millis(5);

impl Session {
    /// Receives and answers until no client is left. One of several threads.
    pub(crate) fn serve(&self) {
        loop {
            self.workers.lead();
            match self.carrier.receive() {
                Received::Call(call) => answer::answer(self, &call),
                Received::Nothing => {}
                Received::End => return self.workers.step_down(),
            }
        }
    }

    /// Whether a process is one of ours: a descendant of this one.
    pub(crate) fn is_client(&self, pid: u32) -> bool {
        let supervisor = std::process::id();
        let mut next = Some(pid);
        while let Some(pid) = next.filter(|pid| *pid > 1) {
            next = identity::parent(pid);
            if next == Some(supervisor) {
                return true;
            }
        }
        false
    }

    /// Lets go of what clients have closed or removed.
    pub(crate) fn settle(&self) {
        let _one = self.settling.lock();
        drop(self.giving.write());
        let hinted = self.hints.take();
        self.handles.settle(&self.hints, &hinted);
        self.pins.settle(&self.hints, &hinted);
        self.polls.settle(|key| self.handles.has(key));
    }

    /// Settles as much as the next new object can gain from: its file may be the last object's.
    pub(crate) fn settle_for_another(&self) {
        drop(self.giving.write());
        if !self.handles.settle_last(&self.hints) {
            self.settle();
        }
    }

    /// Settles after hints, for ever. Not at once: calls for which it matters settle themselves, and a wake-up for each
    /// close would cost more than the call that follows.
    pub(crate) fn settle_forever(&self) {
        loop {
            self.hints.wait(self.handles.look_again());
            std::thread::sleep(GATHERING);
            self.settle();
            self.fd_dirs.forget();
        }
    }

    /// Gives the caller a descriptor for an object; its number there. If that fails the handle is nobody's and goes.
    pub(crate) fn give(
        &self,
        call: &ClientCall,
        object: FdObject,
        how: Give,
        exec: OnExec,
    ) -> SysResult<u32> {
        let made = match self.handles.make(&self.hints, object.clone()) {
            // What was closed and not noticed yet may be all it takes.
            Err(Errno::MFILE | Errno::NFILE) => {
                self.settle();
                self.handles.make(&self.hints, object)
            }
            made => made,
        };
        let clients =
            made.map_err(|error| from_host(&error.into(), "the supervisor cannot make a handle"))?;
        let giving = self.giving.read();
        let given = self.carrier.give(call, clients.as_fd(), how, exec);
        drop(clients);
        drop(giving);
        match given {
            Ok(number) => Ok(number as u32),
            Err(error) => {
                self.settle();
                Err(from_host(
                    &error,
                    "the client has no room for a descriptor, or is gone",
                ))
            }
        }
    }
}
