//! The examples that Linux rejects, loaded by the running kernel and by skep: same errno, same log.
//!
//! # Safety
//!
//! Attrs point to buffers of this test that live across the call.
#![allow(unsafe_code)]

use std::fs;
use std::path::Path;

use skep_btf::Btf;
use skep_isa::{encode_program, opcode};
use skep_kernel::{Client, Kernel};
use skep_loader::{
    LoadOptions, Logging, MapSpec, MissingExterns, Object, ProgramOutcome, Selection, Target,
};
use skep_uapi::{Errno, LogLevel};
use zerocopy::IntoBytes;

const MAP_CREATE: i64 = 0;
const PROG_LOAD: i64 = 5;
const BTF_LOAD: i64 = 18;
const LOG_SIZE: usize = 1 << 20;

/// An attr under construction: numbers at their offsets.
struct Attr([u8; 168]);

impl Attr {
    fn new() -> Self {
        Self([0; 168])
    }
    fn with(mut self, offset: usize, bytes: &[u8]) -> Self {
        self.0[offset..offset + bytes.len()].copy_from_slice(bytes);
        self
    }
    fn word(self, offset: usize, value: u32) -> Self {
        self.with(offset, &value.to_ne_bytes())
    }
    fn pointer(self, offset: usize, to: &[u8]) -> Self {
        self.with(offset, &(to.as_ptr() as u64).to_ne_bytes())
    }
    fn call(self, command: i64) -> Result<u32, Errno> {
        // SAFETY: bpf(2) with an attr of this size; what it points to lives in the callers.
        let result =
            unsafe { libc::syscall(libc::SYS_bpf, command, self.0.as_ptr(), self.0.len()) };
        let errno = || std::io::Error::last_os_error().raw_os_error().unwrap_or(0) as u16;
        u32::try_from(result).map_err(|_| Errno(errno()))
    }
}

fn name(text: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().take(15).zip(text.bytes()) {
        *to = from;
    }
    bytes
}

/// The kernel's answer to the object's only program: errno and level-1 log. Descriptors go with the process.
fn ask_kernel(object: &Object) -> (Errno, String) {
    let raw = object.btf.raw_bytes();
    let btf = Attr::new()
        .pointer(0, raw)
        .word(16, raw.len() as u32)
        .call(BTF_LOAD)
        .unwrap();
    let map = |spec: &MapSpec| {
        let attr = Attr::new()
            .word(0, spec.map_type.raw())
            .word(4, spec.key_size)
            .word(8, spec.value_size);
        let attr = attr
            .word(12, spec.max_entries)
            .word(16, spec.flags.bits())
            .with(28, &name(&spec.kernel_name));
        attr.word(48, btf)
            .word(52, spec.key_type.0)
            .word(56, spec.value_type.0)
            .call(MAP_CREATE)
            .unwrap()
    };
    let maps: Vec<u32> = object.maps.iter().map(map).collect();
    let program = &object.programs[0];
    let mut insns = program.insns.clone();
    for insn in &mut insns {
        if insn.is_ld_imm64()
            && matches!(insn.src(), opcode::PSEUDO_MAP_FD | opcode::PSEUDO_MAP_VALUE)
        {
            insn.imm = maps[insn.imm as usize] as i32;
        }
    }
    let code = encode_program(&insns);
    let license = [object.license.as_bytes(), b"\0"].concat();
    let (functions, lines) = (program.func_info.as_bytes(), program.line_info.as_bytes());
    let log = vec![0u8; LOG_SIZE];
    let attr = Attr::new()
        .word(0, program.prog_type.raw())
        .word(4, insns.len() as u32)
        .pointer(8, &code);
    let attr = attr
        .pointer(16, &license)
        .word(24, 1)
        .word(28, LOG_SIZE as u32)
        .pointer(32, &log);
    let attr = attr
        .with(48, &name(&program.name))
        .word(68, program.attach_type)
        .word(72, btf);
    let attr = attr
        .word(76, 8)
        .pointer(80, functions)
        .word(88, program.func_info.len() as u32);
    let attr = attr
        .word(92, 16)
        .pointer(96, lines)
        .word(104, program.line_info.len() as u32);
    let errno = attr
        .call(PROG_LOAD)
        .expect_err("Linux rejects this example");
    let text = log.split(|byte| *byte == 0).next().unwrap();
    (errno, String::from_utf8(text.to_vec()).unwrap())
}

fn ask_skep(object: &Object) -> (Errno, String) {
    let client = Client::new(&Kernel::new());
    let options = LoadOptions {
        selection: Selection::All,
        logging: Logging::Always(LogLevel::LEVEL1),
        log_size: LOG_SIZE as u32,
    };
    let loaded = object.load(&client, &options);
    let ProgramOutcome::Tried(reply) = &loaded.programs[0].outcome else {
        panic!("not tried");
    };
    let error = reply
        .result
        .as_ref()
        .expect_err("skep rejects this example");
    (error.errno, reply.log.clone())
}

/// Lines that hold addresses of kernel objects differ from boot to boot.
fn comparable(log: &str) -> Vec<&str> {
    log.lines()
        .filter(|line| !line.contains("(18) r"))
        .collect()
}

#[test]
fn rejected_examples_have_linuxs_log() {
    let kernel_btf = fs::read("/sys/kernel/btf/vmlinux").unwrap_or_default();
    let Err(probe) = Attr::new().call(BTF_LOAD) else {
        unreachable!("an empty BTF is never loaded");
    };
    // An empty attr is EINVAL where bpf(2) answers, EPERM or ENOSYS where it does not.
    let Some(btf) = Btf::parse(&kernel_btf)
        .ok()
        .filter(|_| probe == Errno::EINVAL)
    else {
        println!("skipped: no kernel bpf(2)");
        return;
    };
    let target = Target {
        btf: Some(&btf),
        release: "6.18.0",
        config: None,
        symbols: None,
        missing: MissingExterns::Fail,
    };
    for example in ["missing_null_check", "missing_bounds_check"] {
        let file = format!("{example}.bpf.o");
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../examples")
            .join(&file);
        let object = Object::open(&file, &fs::read(path).unwrap(), &target).unwrap();
        let (their_errno, theirs) = ask_kernel(&object);
        let (our_errno, ours) = ask_skep(&object);
        assert_eq!(our_errno, their_errno, "{example}");
        assert_eq!(comparable(&ours), comparable(&theirs), "{example}");
    }
}
