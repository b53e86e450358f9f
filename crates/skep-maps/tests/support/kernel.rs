//! The kernel's bpf(2), raw.
//!
//! # Safety
//!
//! Every call passes pointers to buffers that live across it and are as long as the kernel expects.
#![allow(unsafe_code)]

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use skep_maps::MapAttr;

/// An errno of the kernel.
pub type Answer<T> = Result<T, i32>;

fn bpf(cmd: u32, attr: &mut [u64; 21]) -> Answer<i32> {
    // SAFETY: `attr` is as large as the size given; addresses in it are the callers' live buffers.
    let result = unsafe { libc::syscall(libc::SYS_bpf, cmd, attr.as_mut_ptr(), size_of_val(attr)) };
    if result < 0 {
        Err(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
    } else {
        Ok(result as i32)
    }
}

fn owned(fd: i32) -> OwnedFd {
    // SAFETY: bpf(2) just gave us this fd.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

fn words(halves: &[u32]) -> [u64; 21] {
    let mut attr = [0; 21];
    for (i, half) in halves.iter().enumerate() {
        attr[i / 2] |= u64::from(*half) << (i % 2 * 32);
    }
    attr
}

/// Does bpf(2) answer? Says so if it does not.
pub fn answers() -> bool {
    let attr = super::world::attr(skep_uapi::MapType::Array, 4, 4, 1);
    let answers = create(&attr, None).is_ok();
    if !answers {
        println!("skipped: no kernel bpf(2)");
    }
    answers
}

pub fn possible_cpus() -> u32 {
    let text = std::fs::read_to_string("/sys/devices/system/cpu/possible").unwrap_or_default();
    text.trim()
        .rsplit(['-', ','])
        .next()
        .and_then(|last| last.parse().ok())
        .map_or(1, |last: u32| last + 1)
}

pub fn create(attr: &MapAttr, inner: Option<&OwnedFd>) -> Answer<OwnedFd> {
    let inner = inner.map_or(0, |fd| fd.as_raw_fd() as u32);
    let fields = [
        attr.map_type as u32,
        attr.key_size,
        attr.value_size,
        attr.max_entries,
        attr.flags.bits(),
        inner,
        attr.numa_node,
    ];
    let mut attr_words = words(&fields);
    attr_words[8] = attr.map_extra;
    bpf(0, &mut attr_words).map(owned)
}

/// BTF_LOAD.
pub fn btf_load(btf: &[u8]) -> Answer<OwnedFd> {
    let mut attr = [0; 21];
    attr[0] = btf.as_ptr() as u64;
    attr[2] = btf.len() as u64;
    bpf(18, &mut attr).map(owned)
}

/// MAP_CREATE with BTF for key and value.
pub fn create_with_btf(map: &MapAttr, btf: &OwnedFd, key: u32, value: u32) -> Answer<OwnedFd> {
    let mut fields = [0; 14];
    let given = [
        map.map_type as u32,
        map.key_size,
        map.value_size,
        map.max_entries,
        map.flags.bits(),
    ];
    fields[..5].copy_from_slice(&given);
    fields[12] = btf.as_raw_fd() as u32;
    fields[13] = key;
    let mut attr = words(&fields);
    attr[7] = u64::from(value);
    bpf(0, &mut attr).map(owned)
}

fn element(cmd: u32, map: &OwnedFd, key: *const u8, value: *mut u8, flags: u64) -> Answer<()> {
    let mut attr = words(&[map.as_raw_fd() as u32]);
    attr[1] = key as u64;
    attr[2] = value as u64;
    attr[3] = flags;
    bpf(cmd, &mut attr).map(drop)
}

/// Maps without keys want a null pointer.
fn pointer(key: &[u8]) -> *const u8 {
    if key.is_empty() {
        std::ptr::null()
    } else {
        key.as_ptr()
    }
}

pub fn lookup(map: &OwnedFd, key: &[u8], value: &mut [u8], flags: u64) -> Answer<()> {
    element(1, map, pointer(key), value.as_mut_ptr(), flags)
}

pub fn update(map: &OwnedFd, key: &[u8], value: &[u8], flags: u64) -> Answer<()> {
    element(2, map, pointer(key), value.as_ptr().cast_mut(), flags)
}

pub fn delete(map: &OwnedFd, key: &[u8]) -> Answer<()> {
    element(3, map, pointer(key), std::ptr::null_mut(), 0)
}

pub fn next_key(map: &OwnedFd, key: Option<&[u8]>, next: &mut [u8]) -> Answer<()> {
    element(
        4,
        map,
        key.map_or(std::ptr::null(), <[u8]>::as_ptr),
        next.as_mut_ptr(),
        0,
    )
}

pub fn lookup_and_delete(map: &OwnedFd, key: &[u8], value: &mut [u8], flags: u64) -> Answer<()> {
    element(21, map, pointer(key), value.as_mut_ptr(), flags)
}

pub fn freeze(map: &OwnedFd) -> Answer<()> {
    bpf(22, &mut words(&[map.as_raw_fd() as u32])).map(drop)
}

/// Loads a program of a type from raw instructions.
pub fn prog_load(prog_type: u32, insns: &[u64]) -> Answer<OwnedFd> {
    let mut attr = words(&[prog_type, insns.len() as u32]);
    attr[1] = insns.as_ptr() as u64;
    attr[2] = c"GPL".as_ptr() as u64;
    bpf(5, &mut attr).map(owned)
}

/// Runs a socket filter once over an empty packet; its return value.
pub fn run(prog: &OwnedFd) -> Answer<u32> {
    let packet = [0_u8; 64];
    let mut attr = words(&[prog.as_raw_fd() as u32, 0, packet.len() as u32]);
    attr[2] = packet.as_ptr() as u64;
    bpf(10, &mut attr)?;
    Ok((attr[0] >> 32) as u32)
}

/// The id in a map's or program's fdinfo.
pub fn id(fd: &OwnedFd, name: &str) -> u32 {
    fdinfo(fd, name)
        .and_then(|id| u32::try_from(id).ok())
        .unwrap_or(0)
}

/// A decimal line of an fdinfo.
pub fn fdinfo(fd: &OwnedFd, name: &str) -> Option<u64> {
    fdinfo_text(fd, name)?.parse().ok()
}

/// A line of an fdinfo.
pub fn fdinfo_text(fd: &OwnedFd, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", fd.as_raw_fd())).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().to_owned())
}

/// The shared pages of a ring buffer: consumer page, then producer page and data twice.
pub struct Ring {
    consumer: *mut u64,
    producer: *const u8,
    len: usize,
}

impl Ring {
    pub fn map(fd: &OwnedFd, size: usize) -> Self {
        let len = 4096 + 2 * size;
        let raw = fd.as_raw_fd();
        // SAFETY: a fresh mapping of the ring's consumer page.
        let consumer = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                4096,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                raw,
                0,
            )
        };
        // SAFETY: a fresh read-only mapping of the rest.
        let producer = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                libc::PROT_READ,
                libc::MAP_SHARED,
                raw,
                4096,
            )
        };
        assert!(consumer != libc::MAP_FAILED && producer != libc::MAP_FAILED);
        Self {
            consumer: consumer.cast(),
            producer: producer.cast(),
            len,
        }
    }

    pub fn set_consumer(&self, position: u64) {
        // SAFETY: our writable mapping.
        unsafe { self.consumer.write_volatile(position) }
    }

    pub fn producer(&self) -> u64 {
        // SAFETY: our mapping.
        unsafe { self.producer.cast::<u64>().read_volatile() }
    }

    /// Data bytes from an offset on.
    pub fn data(&self, offset: usize, len: usize) -> Vec<u8> {
        assert!(4096 + offset + len <= self.len);
        let first = self.producer.wrapping_add(4096 + offset);
        // SAFETY: inside our mapping; nobody produces while we look.
        (0..len)
            .map(|i| unsafe { first.wrapping_add(i).read_volatile() })
            .collect()
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: our own mapping, not used after.
        unsafe { libc::munmap(self.consumer.cast(), 4096) };
        // SAFETY: our own mapping, not used after.
        unsafe { libc::munmap(self.producer.cast_mut().cast(), self.len) };
    }
}
