//! The running kernel as an oracle, the corpus, and mutations.
//!
//! # Safety
//! One system call with pointers to buffers that live across it.
#![allow(unsafe_code)]

use std::fs;
use std::path::PathBuf;

/// `BPF_BTF_LOAD` on the running kernel: errno (0: accepted) and log.
pub(crate) fn kernel_load(raw: &[u8], log: &mut Vec<u8>) -> i32 {
    match load(raw, log) {
        Ok(fd) => {
            close(fd);
            0
        }
        Err(errno) => errno,
    }
}

/// Whether an array map with this value type gets a field record, seen by whether it can be frozen; `Err`: errno of creation.
pub(crate) fn kernel_map_has_record(
    raw: &[u8],
    key: u32,
    value: u32,
    value_size: u32,
) -> Result<bool, i32> {
    let btf = load(raw, &mut Vec::new())?;
    let mut attr = [0_u32; 18];
    attr[..4].copy_from_slice(&[2, 4, value_size, 1]);
    attr[12..15].copy_from_slice(&[btf as u32, key, value]);
    let map = bpf(0, &attr);
    close(btf);
    let map = map?;
    let frozen = bpf(22, &[map as u32]);
    close(map);
    match frozen {
        Ok(_) => Ok(false),
        Err(524) => Ok(true),
        Err(errno) => panic!("freeze: errno {errno}"),
    }
}

fn bpf<T>(command: i32, attr: &T) -> Result<i32, i32> {
    // SAFETY: the kernel reads `attr`, which outlives the call; what it points to does too (see the callers).
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, attr, size_of::<T>()) };
    if result < 0 {
        return Err(std::io::Error::last_os_error().raw_os_error().unwrap_or(0));
    }
    Ok(result as i32)
}

fn close(fd: i32) {
    // SAFETY: the descriptor was made by `bpf` and nobody else has it.
    unsafe { libc::close(fd) };
}

fn load(raw: &[u8], log: &mut Vec<u8>) -> Result<i32, i32> {
    #[repr(C)]
    struct Attr {
        btf: u64,
        log_buf: u64,
        size: u32,
        log_size: u32,
        log_level: u32,
        log_true_size: u32,
        flags: u32,
        token: i32,
    }
    log.resize(1 << 22, 0);
    let attr = Attr {
        btf: raw.as_ptr() as u64,
        log_buf: log.as_mut_ptr() as u64,
        size: raw.len() as u32,
        log_size: log.len() as u32,
        log_level: 1,
        log_true_size: 0,
        flags: 0,
        token: 0,
    };
    // The kernel reads `raw` and writes at most `log_size` bytes of `log`; both outlive the call.
    let result = bpf(18, &attr);
    let len = log.iter().position(|&byte| byte == 0).unwrap_or(log.len());
    log.truncate(len);
    result
}

/// Whether bpf(2) loads BTF here.
pub(crate) fn has_kernel() -> bool {
    let mut builder = skep_btf::BtfBuilder::new();
    builder.int("int", 4, skep_btf::IntEncoding::Signed);
    kernel_load(&builder.finish(), &mut Vec::new()) == 0
}

/// The shared corpus: `SKEP_CORPUS`, else beside the repository.
pub(crate) fn corpus() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let path = std::env::var_os("SKEP_CORPUS").map_or_else(|| beside.into(), PathBuf::from);
    path.join("btf").is_dir().then_some(path)
}

/// The valid BTFs of the corpus, by name.
pub(crate) fn corpus_btfs() -> Vec<(String, Vec<u8>)> {
    let Some(corpus) = corpus() else {
        return Vec::new();
    };
    let mut all: Vec<_> = fs::read_dir(corpus.join("btf"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect();
    all.sort();
    all
}

/// The kernel's own BTF.
pub(crate) fn vmlinux() -> Option<Vec<u8>> {
    fs::read("/sys/kernel/btf/vmlinux").ok()
}

/// A small deterministic generator (xorshift).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as u32
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end.max(1)
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

fn word(raw: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(raw[at..at + 4].try_into().unwrap())
}

fn set_word(raw: &mut [u8], at: usize, value: u32) {
    raw[at..at + 4].copy_from_slice(&value.to_ne_bytes());
}

/// Changes a valid BTF in one place or two: fields of types, the header, strings, single bytes, the length.
pub(crate) fn mutate(raw: &mut Vec<u8>, random: &mut Random) {
    let types = type_starts(raw);
    for _ in 0..1 + random.below(3) / 2 {
        match random.below(20) {
            0 => {
                let at = random.below(6) * 4;
                let value = [
                    0,
                    1,
                    24,
                    28,
                    word(raw, at) ^ 1,
                    word(raw, at).wrapping_add(4),
                    random.next(),
                ];
                set_word(raw, at, random.pick(&value));
            }
            1 => {
                let at = random.below(raw.len());
                raw[at] = random.next() as u8;
            }
            2 if random.below(4) == 0 => raw.truncate(random.below(raw.len() + 1).max(64)),
            3 => {
                let start = 24 + word(raw, 16) as usize;
                if start < raw.len() {
                    let at = start + random.below(raw.len() - start);
                    raw[at] = random.pick(b"\0a1._- \xc0\xd7\x7fZ");
                }
            }
            _ => mutate_type(raw, &types, random),
        }
        if raw.len() < 64 {
            return;
        }
    }
}

/// Changes one word of one type.
fn mutate_type(raw: &mut [u8], types: &[usize], random: &mut Random) {
    if types.is_empty() {
        return;
    }
    let nth = random.below(types.len());
    let start = types[nth];
    let end = types
        .get(nth + 1)
        .copied()
        .unwrap_or(start + 12)
        .min(raw.len());
    if start + 12 > raw.len() {
        return;
    }
    let some_id = random.below(types.len() + 3) as u32;
    match random.below(6) {
        0 => {
            let info = word(raw, start + 4);
            let kind = random.below(21) as u32;
            let new = [
                info ^ (1 << 31),
                info.wrapping_add(1),
                info.wrapping_sub(1),
                (info & 0x8000_ffff) | (kind << 24),
            ];
            set_word(raw, start + 4, random.pick(&new));
        }
        1 => set_word(raw, start + 8, some_id),
        _ => {
            let at = start + random.below((end - start) / 4) * 4;
            if at + 4 > raw.len() {
                return;
            }
            let old = word(raw, at);
            let new = [
                0,
                1,
                some_id,
                old.wrapping_add(1),
                old.wrapping_sub(1),
                old.wrapping_add(8),
                old ^ (1 << random.below(32)),
                u32::MAX,
            ];
            set_word(raw, at, random.pick(&new));
        }
    }
}

/// Where each type of a valid BTF begins.
fn type_starts(raw: &[u8]) -> Vec<usize> {
    let Ok(btf) = skep_btf::Btf::parse(raw) else {
        return Vec::new();
    };
    let mut at = 24;
    let mut starts = Vec::new();
    for (_, ty) in btf.types() {
        starts.push(at);
        at += 12 + tail(&ty);
    }
    starts
}

fn tail(ty: &skep_btf::Type<'_>) -> usize {
    use skep_btf::BtfKind::*;
    let vlen = ty.vlen() as usize;
    match ty.kind().unwrap() {
        Int | Var | DeclTag => 4,
        Array => 12,
        Struct | Union | Datasec | Enum64 => vlen * 12,
        Enum | FuncProto => vlen * 8,
        _ => 0,
    }
}
