//! What BPF_PROG_LOAD hands to the verifier.

use alloc::sync::Arc;
use alloc::vec::Vec;
use skep_btf::Btf;
use skep_isa::RawInsn;
use skep_uapi::{Errno, ProgType};

/// An array of fixed-size records out of the loader's memory (func_info, line_info, CO-RE relocations).
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// `count * record_size` bytes.
    pub bytes: Vec<u8>,
    /// Size of one record in bytes, as the loader said it.
    pub record_size: u32,
    /// How many records the loader announced.
    pub count: u32,
}

/// Where the log goes, as the attr says it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogRequest {
    /// Bits: 1 and 2 verbosity, 4 statistics, 8 fixed buffer.
    pub level: u32,
    /// Bytes of the loader's buffer.
    pub size: u32,
    /// Whether there is a buffer at all.
    pub has_buffer: bool,
}

/// The program BTF named by `prog_btf_fd`, looked up lazily: errors count only if func_info or line_info is given.
pub type ProgBtf = Result<Arc<Btf>, Errno>;

/// Flags of the load, see `BPF_F_*` of BPF_PROG_LOAD; bits as in uapi.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LoadFlags(pub u32);

impl LoadFlags {
    /// BPF_F_STRICT_ALIGNMENT.
    pub const STRICT_ALIGNMENT: u32 = 1;
    /// BPF_F_ANY_ALIGNMENT.
    pub const ANY_ALIGNMENT: u32 = 2;
    /// BPF_F_TEST_RND_HI32.
    pub const TEST_RND_HI32: u32 = 4;
    /// BPF_F_TEST_STATE_FREQ.
    pub const TEST_STATE_FREQ: u32 = 8;
    /// BPF_F_SLEEPABLE.
    pub const SLEEPABLE: u32 = 16;
    /// BPF_F_XDP_HAS_FRAGS.
    pub const XDP_HAS_FRAGS: u32 = 32;
    /// BPF_F_XDP_DEV_BOUND_ONLY.
    pub const XDP_DEV_BOUND_ONLY: u32 = 64;
    /// BPF_F_TEST_REG_INVARIANTS.
    pub const TEST_REG_INVARIANTS: u32 = 128;

    /// Whether `bit` is set.
    pub const fn has(self, bit: u32) -> bool {
        self.0 & bit != 0
    }
}

/// A program to verify, with everything the attr and its pointers held. Syscall-level checks (sizes, types, capabilities per type) are
/// already done by the command; the verifier starts at its phase 1.
#[derive(Clone, Debug)]
pub struct LoadRequest {
    /// The program type.
    pub prog_type: ProgType,
    /// `expected_attach_type`, raw (a member index for struct_ops).
    pub expected_attach_type: u32,
    /// `prog_flags`.
    pub flags: LoadFlags,
    /// The instructions as loaded.
    pub insns: Vec<RawInsn>,
    /// Whether the licence is GPL compatible.
    pub gpl_compatible: bool,
    /// `attach_btf_id`, in the kernel BTF (0: none).
    pub attach_btf_id: u32,
    /// The program BTF; `None` when neither func_info nor line_info asks for it.
    pub prog_btf: Option<ProgBtf>,
    /// func_info.
    pub func_info: Records,
    /// line_info.
    pub line_info: Records,
    /// CO-RE relocations to be done by the kernel.
    pub core_relo: Records,
    /// Whether an `fd_array` was given.
    pub has_fd_array: bool,
    /// `fd_array_cnt`.
    pub fd_array_cnt: u32,
    /// Where the log goes.
    pub log: LogRequest,
}
