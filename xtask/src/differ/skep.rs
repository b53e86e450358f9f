//! skep in this process as an [`Answerer`]: buffers are at made-up addresses, so bad pointers are harmless.

use std::sync::Arc;

use skep_kernel::{
    Buffers, Caps, Credentials, Fd, Identity, InProcessFds, Kernel, Task, UnprivilegedBpf,
    UserMemory,
};
use skep_uapi::{Cmd, UserPtr};

use super::side::{Answer, Answerer, poke};
use super::step::Place;
use crate::pins::Pins;

pub(super) struct Skep {
    kernel: Arc<Kernel>,
    fds: InProcessFds,
    memory: Buffers,
    credentials: Credentials,
    pins: Pins,
    directory: Vec<u8>,
}

impl Skep {
    /// A session with the host's identity; pins are under the same path as the kernel's.
    pub(super) fn new(directory: &str) -> Self {
        let unprivileged = std::fs::read_to_string("/proc/sys/kernel/unprivileged_bpf_disabled");
        let unprivileged = match unprivileged.as_deref().map(str::trim) {
            Ok("0") => UnprivilegedBpf::Allowed,
            Ok("1") => UnprivilegedBpf::DisabledForGood,
            _ => UnprivilegedBpf::Disabled,
        };
        Self {
            kernel: Kernel::builder_for(Identity::host())
                .unprivileged(unprivileged)
                .build(),
            fds: InProcessFds::new(),
            memory: Buffers::new(),
            credentials: Credentials::privileged(),
            pins: Pins::default(),
            directory: directory.as_bytes().to_vec(),
        }
    }

    /// Maps and programs that are there.
    pub(super) fn objects(&self) -> usize {
        self.kernel.maps().len() + self.kernel.progs().len()
    }
}

impl Answerer for Skep {
    fn bpf(
        &mut self,
        cmd: Cmd,
        caps: Caps,
        attr: &mut Vec<u8>,
        buffers: &mut [Vec<u8>],
        addresses: &[(Place, usize)],
    ) -> Answer {
        self.memory.clear();
        let placed: Vec<UserPtr> = (0..buffers.len())
            .map(|buffer| {
                // Where buffers are must be known before the bytes that name them are final.
                self.memory.place(buffers[buffer].as_slice())
            })
            .collect();
        for (place, buffer) in addresses {
            poke(attr, buffers, *place, placed[*buffer].0.to_ne_bytes());
            if let Some(of) = place.buffer {
                let _ = self.memory.write(placed[of], &buffers[of]);
            }
        }
        let at = self.memory.place(attr.as_slice());
        self.credentials.caps = caps;
        let task = Task::new(&self.credentials, &self.fds, &self.memory).with_bpffs(&self.pins);
        let answer = self.kernel.bpf(&task, cmd.raw(), at, attr.len() as u32);
        *attr = self.memory.bytes(at);
        for (buffer, at) in buffers.iter_mut().zip(placed) {
            *buffer = self.memory.bytes(at);
        }
        match answer {
            Ok(value) => Ok(value.cast_signed()),
            Err(error) => Err(i32::from(error.errno.0)),
        }
    }

    fn close(&mut self, fd: i32) {
        // Only descriptors that a call gave are closed, each once.
        let _ = self.fds.close(Fd(fd));
    }

    fn unlink(&mut self, name: u8) -> Answer {
        let path = self.path(name);
        let path = path.strip_suffix(b"\0").unwrap_or(&path);
        match self.pins.unlink(path) {
            true => Ok(0),
            false => Err(libc::ENOENT),
        }
    }

    fn path(&self, name: u8) -> Vec<u8> {
        let mut path = self.directory.clone();
        path.extend(format!("/pin{name}\0").bytes());
        path
    }
}
