//! The running kernel as an [`Answerer`], in a mount namespace of its own with a bpf file system of its own.
//!
//! # Safety
//!
//! This file makes system calls about this thread: unshare(2), mount(2), capset(2), none of which touches memory beyond
//! the strings and structs passed. Attrs point to the buffers of the call, which live across it.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use skep_kernel::Caps;
use skep_uapi::Cmd;

use super::side::{Answer, Answerer, poke};
use super::step::Place;
use crate::corpus::{Border, Caller, Native};

/// capset(2)'s numbers.
const CAP_NET_ADMIN: u32 = 12;
const CAP_SYS_ADMIN: u32 = 21;
const CAP_PERFMON: u32 = 38;
const CAP_BPF: u32 = 39;
const CAPABILITY_VERSION_3: u32 = 0x2008_0522;

pub(super) struct Linux {
    directory: PathBuf,
    /// The effective capabilities of the thread.
    effective: Caps,
    /// What the thread has at most.
    permitted: u64,
}

impl Linux {
    /// Moves this thread to a mount namespace of its own and mounts a bpf file system there, on `directory`.
    pub(super) fn new(directory: &Path) -> Result<Self> {
        // SAFETY: see the header.
        let unshared = unsafe { libc::unshare(libc::CLONE_NEWNS) };
        check(unshared).context("unshare(CLONE_NEWNS)")?;
        mount(
            "none",
            Path::new("/"),
            None,
            libc::MS_REC | libc::MS_PRIVATE,
        )?;
        mount("bpf", directory, Some("bpf"), 0)?;
        let permitted = std::fs::read_to_string("/proc/thread-self/status")?
            .lines()
            .find_map(|line| u64::from_str_radix(line.strip_prefix("CapPrm:")?.trim(), 16).ok())
            .context("no CapPrm in /proc/thread-self/status")?;
        Ok(Self {
            directory: directory.to_path_buf(),
            effective: Caps::all(),
            permitted,
        })
    }

    /// Keeps every capability that bpf(2) does not look at.
    fn set_capabilities(&mut self, caps: Caps) {
        if caps == self.effective {
            return;
        }
        let mut effective = self.permitted;
        for (cap, number) in [
            (Caps::NET_ADMIN, CAP_NET_ADMIN),
            (Caps::SYS_ADMIN, CAP_SYS_ADMIN),
            (Caps::PERFMON, CAP_PERFMON),
            (Caps::BPF, CAP_BPF),
        ] {
            if !caps.contains(cap) {
                effective &= !(1 << number);
            }
        }
        let header = [CAPABILITY_VERSION_3, 0];
        let halves = |set: u64| [set as u32, (set >> 32) as u32];
        let ([e0, e1], [p0, p1]) = (halves(effective), halves(self.permitted));
        let sets = [e0, p0, 0, e1, p1, 0];
        // SAFETY: a header of 8 bytes and three words for each of two sets, only read.
        unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), sets.as_ptr()) };
        self.effective = caps;
    }
}

impl Drop for Linux {
    fn drop(&mut self) {
        if let Ok(on) = CString::new(self.directory.as_os_str().as_encoded_bytes()) {
            // SAFETY: a string that lives across the call; what is pinned goes with the mount.
            unsafe { libc::umount2(on.as_ptr(), libc::MNT_DETACH) };
        }
    }
}

impl Answerer for Linux {
    fn bpf(
        &mut self,
        cmd: Cmd,
        caps: Caps,
        attr: &mut Vec<u8>,
        buffers: &mut [Vec<u8>],
        addresses: &[(Place, usize)],
    ) -> Answer {
        let placed: Vec<u64> = buffers
            .iter_mut()
            .map(|buffer| buffer.as_mut_ptr().expose_provenance() as u64)
            .collect();
        for (place, buffer) in addresses {
            poke(attr, buffers, *place, placed[*buffer].to_ne_bytes());
        }
        self.set_capabilities(caps);
        Native.bpf(Caller::Client, cmd, attr)
    }

    fn close(&mut self, fd: i32) {
        Native.close(fd);
    }

    fn unlink(&mut self, name: u8) -> Answer {
        let path = self.directory.join(format!("pin{name}"));
        match std::fs::remove_file(path) {
            Ok(()) => Ok(0),
            Err(error) => Err(error.raw_os_error().unwrap_or(libc::EIO)),
        }
    }

    fn path(&self, name: u8) -> Vec<u8> {
        let path = self.directory.join(format!("pin{name}\0"));
        path.into_os_string().into_encoded_bytes()
    }
}

fn mount(source: &str, target: &Path, kind: Option<&str>, flags: libc::c_ulong) -> Result<()> {
    let source = CString::new(source)?;
    let on = CString::new(target.as_os_str().as_encoded_bytes())?;
    let kind = kind.map(CString::new).transpose()?;
    let kind = kind.as_ref().map_or(std::ptr::null(), |kind| kind.as_ptr());
    // SAFETY: strings that live across the call, and no data.
    let mounted =
        unsafe { libc::mount(source.as_ptr(), on.as_ptr(), kind, flags, std::ptr::null()) };
    check(mounted).with_context(|| format!("mount on {}", target.display()))
}

fn check(result: libc::c_int) -> Result<()> {
    match result {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error().into()),
    }
}
