//! Limits a client can meet, by their kernel names.

/// Instructions of a program loaded without CAP_BPF.
pub const BPF_MAXINSNS: u32 = 4096;
/// Instructions of a program loaded with CAP_BPF, and instructions the verifier may process.
pub const BPF_COMPLEXITY_LIMIT_INSNS: u32 = 1_000_000;
/// Pending branches while verifying.
pub const BPF_COMPLEXITY_LIMIT_JMP_SEQ: u32 = 8192;
/// Bytes of stack of one program, all frames together.
pub const MAX_BPF_STACK: u32 = 512;
/// Frames of subprogram calls.
pub const MAX_CALL_FRAMES: u32 = 8;
/// Subprograms of a program.
pub const BPF_MAX_SUBPROGS: u32 = 256;
/// Tail calls in one run.
pub const MAX_TAIL_CALL_CNT: u32 = 33;
/// Maps of a program.
pub const MAX_USED_MAPS: usize = 64;
/// BTF objects of a program.
pub const MAX_USED_BTFS: usize = 64;
/// Distinct kfuncs of a program.
pub const MAX_KFUNC_DESCS: usize = 256;
/// Iterations of `bpf_loop`.
pub const BPF_MAX_LOOPS: u32 = 8 * 1024 * 1024;
/// Special fields of one value.
pub const BTF_FIELDS_MAX: usize = 11;
/// Highest BTF type id.
pub const BTF_MAX_TYPE: u32 = 0x000f_ffff;
/// Highest offset of a BTF string.
pub const BTF_MAX_NAME_OFFSET: u32 = 0x00ff_ffff;
/// Members, parameters and the like of one BTF type.
pub const BTF_MAX_VLEN: u32 = 0xffff;
/// Bytes of a BTF blob.
pub const BTF_MAX_SIZE: u32 = 16 * 1024 * 1024;
/// Bytes of a dynptr.
pub const DYNPTR_MAX_SIZE: u32 = (1 << 24) - 1;
/// Bytes of a name, the final NUL included.
pub const BPF_OBJ_NAME_LEN: usize = 16;
/// Bytes of a program's tag.
pub const BPF_TAG_SIZE: usize = 8;
/// Bytes of a licence string that count; longer ones are cut.
pub const LICENSE_MAX: usize = 127;
/// Bytes of one ring buffer record.
pub const RINGBUF_MAX_RECORD_SZ: u32 = u32::MAX / 4;
/// Bytes of one element that per-CPU memory can hold.
pub const PCPU_MIN_UNIT_SIZE: u32 = 32 << 10;
/// Bytes of one kernel allocation, which bounds hash keys and values.
pub const KMALLOC_MAX_SIZE: u32 = 4 << 20;
/// Bytes of a page, which bounds the `size` argument of bpf(2).
pub const PAGE_SIZE: usize = 4096;
/// Bytes of an Ethernet header: the least `data_size_in` of network test runs.
pub const ETH_HLEN: u32 = 14;
