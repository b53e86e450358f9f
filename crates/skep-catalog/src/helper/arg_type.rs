//! `ArgType`: kinds of helper arguments and the registers that are good for each.

use crate::{RegBase as B, RegType, TypeFlags as F};

/// Kinds of arguments (Linux's `bpf_arg_type` without its flags).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArgType {
    /// No argument.
    DontCare,
    /// A map.
    ConstMapPtr,
    /// A key of the map argument.
    PtrToMapKey,
    /// A value of the map argument.
    PtrToMapValue,
    /// Memory; its size is fixed or the next argument.
    PtrToMem,
    /// Bytes of the memory before; not 0.
    ConstSize,
    /// Bytes of the memory before; may be 0.
    ConstSizeOrZero,
    /// Bytes to allocate, a constant.
    ConstAllocSizeOrZero,
    /// The context.
    PtrToCtx,
    /// Anything initialised.
    Anything,
    /// A `bpf_spin_lock` in a value.
    PtrToSpinLock,
    /// Any socket.
    PtrToSockCommon,
    /// Any socket, also as a kernel object.
    PtrToBtfIdSockCommon,
    /// A full socket.
    PtrToSocket,
    /// A kernel object.
    PtrToBtfId,
    /// A reserved ring buffer record.
    PtrToRingbufMem,
    /// A per-CPU kernel object.
    PtrToPercpuBtfId,
    /// A callback.
    PtrToFunc,
    /// The stack.
    PtrToStack,
    /// A constant string in a frozen read-only map.
    PtrToConstStr,
    /// A `bpf_timer` in a value.
    PtrToTimer,
    /// A kptr field in a value or an allocated object.
    KptrXchgDest,
    /// A dynptr.
    PtrToDynptr,
}

impl ArgType {
    /// The register types that are good for this argument, in the order the log lists them; empty for
    /// [`ArgType::Anything`] and [`ArgType::DontCare`], which have rules of their own.
    pub const fn accepted(self) -> &'static [RegType] {
        match self {
            Self::DontCare | Self::Anything => &[],
            Self::PtrToMapKey | Self::PtrToMapValue | Self::PtrToMem => &MEMORY,
            Self::ConstSize | Self::ConstSizeOrZero | Self::ConstAllocSizeOrZero => &SCALAR,
            Self::ConstMapPtr => &MAP,
            Self::PtrToCtx => &CONTEXT,
            Self::PtrToSockCommon => &SOCKETS,
            Self::PtrToBtfIdSockCommon => &SOCKETS_OR_BTF,
            Self::PtrToSocket => &SOCKET,
            Self::PtrToBtfId => &BTF,
            Self::PtrToSpinLock | Self::KptrXchgDest => &VALUE_OR_ALLOC,
            Self::PtrToRingbufMem => &RECORD,
            Self::PtrToPercpuBtfId => &PERCPU,
            Self::PtrToFunc => &FUNC,
            Self::PtrToStack => &STACK,
            Self::PtrToConstStr | Self::PtrToTimer => &VALUE,
            Self::PtrToDynptr => &DYNPTR,
        }
    }
}

const fn plain(base: B) -> RegType {
    RegType::plain(base)
}

static SCALAR: [RegType; 1] = [plain(B::Scalar)];
static MAP: [RegType; 1] = [plain(B::ConstPtrToMap)];
static CONTEXT: [RegType; 1] = [plain(B::PtrToCtx)];
static SOCKET: [RegType; 1] = [plain(B::PtrToSocket)];
static FUNC: [RegType; 1] = [plain(B::PtrToFunc)];
static STACK: [RegType; 1] = [plain(B::PtrToStack)];
static VALUE: [RegType; 1] = [plain(B::PtrToMapValue)];
static RECORD: [RegType; 1] = [RegType::new(B::PtrToMem, F::MEM_RINGBUF)];
static DYNPTR: [RegType; 2] = [plain(B::PtrToStack), plain(B::ConstPtrToDynptr)];
static VALUE_OR_ALLOC: [RegType; 2] = [
    plain(B::PtrToMapValue),
    RegType::new(B::PtrToBtfId, F::MEM_ALLOC),
];
static MEMORY: [RegType; 9] = [
    plain(B::PtrToStack),
    plain(B::PtrToPacket),
    plain(B::PtrToPacketMeta),
    plain(B::PtrToMapKey),
    plain(B::PtrToMapValue),
    plain(B::PtrToMem),
    RegType::new(B::PtrToMem, F::MEM_RINGBUF),
    plain(B::PtrToBuf),
    RegType::new(B::PtrToBtfId, F::PTR_TRUSTED),
];
static SOCKETS: [RegType; 4] = [
    plain(B::PtrToSockCommon),
    plain(B::PtrToSocket),
    plain(B::PtrToTcpSock),
    plain(B::PtrToXdpSock),
];
static SOCKETS_OR_BTF: [RegType; 6] = [
    plain(B::PtrToSockCommon),
    plain(B::PtrToSocket),
    plain(B::PtrToTcpSock),
    plain(B::PtrToXdpSock),
    plain(B::PtrToBtfId),
    RegType::new(B::PtrToBtfId, F::PTR_TRUSTED),
];
static BTF: [RegType; 3] = [
    plain(B::PtrToBtfId),
    RegType::new(B::PtrToBtfId, F::PTR_TRUSTED),
    RegType::new(B::PtrToBtfId, F::MEM_RCU),
];
static PERCPU: [RegType; 3] = [
    RegType::new(B::PtrToBtfId, F::MEM_PERCPU),
    RegType::new(B::PtrToBtfId, F::MEM_PERCPU.union(F::MEM_RCU)),
    RegType::new(B::PtrToBtfId, F::MEM_PERCPU.union(F::PTR_TRUSTED)),
];
