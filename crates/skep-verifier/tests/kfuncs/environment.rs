//! A kernel of a dozen functions, and one ring buffer.
//!
//! # Safety
//! Implements an unsafe trait, for programs that are never run.
#![allow(unsafe_code)]

use skep_btf::{Btf, BtfBuilder, BtfKind, BtfLinkage, BtfTypeId, IntEncoding, MemberSpec};
use skep_catalog::MapMeta;
use skep_isa::asm::{RelocTarget, Symbols, assemble};
use skep_uapi::{Errno, HelperId, MapFlags, MapType, ProgType};
use skep_verifier::env::{Capabilities, Environment, Machine, MapToken, MapView};
use skep_verifier::request::{LoadFlags, LoadRequest, LogRequest, Records};
use std::sync::Arc;

const RINGBUF_FD: i32 = 3;

/// Parameters of a function: names, and types by the letters of [`Types::named`].
type Function = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const FUNCTIONS: &[Function] = &[
    (
        "bpf_iter_num_new",
        "int",
        &[("it", "iter*"), ("start", "int"), ("end", "int")],
    ),
    ("bpf_iter_num_next", "int*", &[("it", "iter*")]),
    ("bpf_iter_num_destroy", "void", &[("it", "iter*")]),
    (
        "bpf_dynptr_from_skb",
        "int",
        &[("s", "skb*"), ("flags", "u64"), ("ptr__uninit", "dynptr*")],
    ),
    (
        "bpf_dynptr_from_xdp",
        "int",
        &[("x", "skb*"), ("flags", "u64"), ("ptr__uninit", "dynptr*")],
    ),
    (
        "bpf_dynptr_slice",
        "void*",
        &[
            ("p", "dynptr*"),
            ("offset", "int"),
            ("buffer__opt", "void*"),
            ("buffer__szk", "int"),
        ],
    ),
    (
        "bpf_dynptr_clone",
        "int",
        &[("p", "dynptr*"), ("clone__uninit", "dynptr*")],
    ),
    ("bpf_rcu_read_lock", "void", &[]),
    ("bpf_rcu_read_unlock", "void", &[]),
    ("bpf_preempt_disable", "void", &[]),
    ("bpf_preempt_enable", "void", &[]),
    ("bpf_local_irq_save", "void", &[("flags__irq_flag", "u64*")]),
    (
        "bpf_local_irq_restore",
        "void",
        &[("flags__irq_flag", "u64*")],
    ),
];

/// The kernel's BTF.
fn kernel() -> Btf {
    let mut b = BtfBuilder::new();
    let int = b.int("int", 4, IntEncoding::Signed);
    let u64 = b.int("long unsigned int", 8, IntEncoding::Unsigned);
    let iter = b.structure("bpf_iter_num", 8, &[MemberSpec::at("__opaque", u64, 0)]);
    let dynptr_words = [MemberSpec::at("a", u64, 0), MemberSpec::at("b", u64, 8)];
    let dynptr = b.structure("bpf_dynptr", 16, &dynptr_words);
    let skb = b.structure("__sk_buff", 4, &[MemberSpec::at("len", int, 0)]);
    let pointers =
        [int, u64, iter, dynptr, skb, BtfTypeId::VOID].map(|target| (target, b.ptr(target)));
    let base = |name: &str| match name {
        "int" => int,
        "u64" => u64,
        "iter" => iter,
        "dynptr" => dynptr,
        "skb" => skb,
        _ => BtfTypeId::VOID,
    };
    let named = |name: &str| match name.strip_suffix('*') {
        Some(target) => pointers.iter().find(|(t, _)| *t == base(target)).unwrap().1,
        None => base(name),
    };
    for (name, returns, params) in FUNCTIONS {
        let params: Vec<_> = params.iter().map(|(name, ty)| (*name, named(ty))).collect();
        let proto = b.func_proto(named(returns), &params);
        b.func(name, proto, BtfLinkage::Static);
    }
    Btf::parse(&b.finish()).unwrap()
}

pub(crate) struct TestEnvironment {
    kernel: Arc<Btf>,
}

impl Symbols for TestEnvironment {
    fn helper(&self, name: &str) -> Option<i32> {
        Some(HelperId::from_name(name)?.0.cast_signed())
    }
    fn kfunc(&self, name: &str) -> Option<i32> {
        Some(
            self.kernel
                .find_by_name_kind(name, BtfKind::Func)?
                .0
                .cast_signed(),
        )
    }
}

impl TestEnvironment {
    pub(crate) fn new() -> Self {
        TestEnvironment {
            kernel: Arc::new(kernel()),
        }
    }

    /// Errno (`None`: accepted) and the last log line before the statistics.
    pub(crate) fn verdict(&self, text: &str) -> (Option<Errno>, String) {
        let mut program = assemble(text, self).expect("the program assembles");
        for reloc in &program.relocs {
            assert!(matches!(reloc.target, RelocTarget::Map(_)), "{reloc:?}");
            program.insns[reloc.at.index()].imm = RINGBUF_FD;
        }
        let request = LoadRequest {
            prog_type: ProgType::SchedCls,
            expected_attach_type: 0,
            flags: LoadFlags(0),
            insns: program.insns,
            gpl_compatible: true,
            attach_btf_id: 0,
            prog_btf: None,
            func_info: Records::default(),
            line_info: Records::default(),
            core_relo: Records::default(),
            has_fd_array: false,
            fd_array_cnt: 0,
            log: LogRequest {
                level: 4,
                size: 1 << 16,
                has_buffer: true,
            },
        };
        let outcome = skep_verifier::verify(self, &request);
        let log = String::from_utf8_lossy(&outcome.log.bytes).into_owned();
        let statistics = ["verification time", "stack depth", "processed"];
        let said = |line: &&str| !statistics.iter().any(|s| line.starts_with(s)) && *line != "\0";
        let line = log.lines().rfind(said).unwrap_or_default().to_owned();
        (outcome.result.err().map(|failure| failure.errno), line)
    }
}

// SAFETY: nothing verified here is ever run, so no answer has to stay true.
unsafe impl Environment for TestEnvironment {
    fn capabilities(&self) -> Capabilities {
        Capabilities::all()
    }
    fn machine(&self) -> Machine {
        Machine {
            possible_cpus: 2,
            efficient_unaligned: true,
            jit: true,
        }
    }
    fn kernel_btf(&self) -> Option<&Arc<Btf>> {
        Some(&self.kernel)
    }
    fn map(&self, fd: i32) -> Result<MapView, Errno> {
        if fd != RINGBUF_FD {
            return Err(Errno::EBADF);
        }
        let meta = MapMeta {
            map_type: MapType::Ringbuf,
            key_size: 0,
            value_size: 0,
            max_entries: 4096,
            map_flags: MapFlags::empty(),
            map_extra: 0,
            name: [0; 16],
            btf: None,
            btf_key_type_id: BtfTypeId::VOID,
            btf_value_type_id: BtfTypeId::VOID,
            btf_vmlinux_value_type_id: BtfTypeId::VOID,
            record: None,
            inner: None,
            frozen: false,
        };
        Ok(MapView {
            token: MapToken(1),
            meta: Arc::new(meta),
            constant: false,
        })
    }
    fn btf(&self, _fd: i32) -> Result<Arc<Btf>, Errno> {
        Err(Errno::EBADF)
    }
    fn fd_array(&self, _index: u32) -> Result<i32, Errno> {
        Err(Errno::EFAULT)
    }
    fn read_constant(&self, _map: MapToken, _offset: u32, _size: u32) -> Option<u64> {
        None
    }
    fn kernel_symbol(&self, _name: &str) -> Option<u64> {
        Some(0)
    }
    fn interrupted(&self) -> Option<Errno> {
        None
    }
    fn has_helper(&self, _helper: HelperId) -> bool {
        true
    }
    fn now_ns(&self) -> u64 {
        0
    }
    fn has_kfunc(&self, _name: &str) -> bool {
        true
    }
}
