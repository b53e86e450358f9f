//! Register types and the flags that qualify them, as signatures and context tables name them.

use bitflags::bitflags;

/// What a register holds, without qualification (Linux's `bpf_reg_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegBase {
    /// A number.
    Scalar,
    /// The context.
    PtrToCtx,
    /// A map.
    ConstPtrToMap,
    /// A value in a map.
    PtrToMapValue,
    /// A key in a map (callbacks of `bpf_for_each_map_elem`).
    PtrToMapKey,
    /// The stack.
    PtrToStack,
    /// Packet metadata.
    PtrToPacketMeta,
    /// Packet bytes.
    PtrToPacket,
    /// The end of the packet.
    PtrToPacketEnd,
    /// `bpf_flow_keys`.
    PtrToFlowKeys,
    /// `bpf_sock` of a full socket.
    PtrToSocket,
    /// `bpf_sock` of any socket.
    PtrToSockCommon,
    /// `bpf_tcp_sock`.
    PtrToTcpSock,
    /// Buffer of a writable raw tracepoint.
    PtrToTpBuffer,
    /// `bpf_xdp_sock`.
    PtrToXdpSock,
    /// A kernel object described by BTF.
    PtrToBtfId,
    /// Memory of known size.
    PtrToMem,
    /// An arena.
    PtrToArena,
    /// A buffer whose size is checked at attach.
    PtrToBuf,
    /// A function of the program.
    PtrToFunc,
    /// A dynptr given by the kernel.
    ConstPtrToDynptr,
}

bitflags! {
    /// Qualifiers of register, argument and return types (Linux's `bpf_type_flag`).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct TypeFlags: u32 {
        /// May be NULL.
        const MAYBE_NULL = 1 << 0;
        /// Read-only memory; on an argument: read-only memory is good too.
        const MEM_RDONLY = 1 << 1;
        /// A ring buffer record.
        const MEM_RINGBUF = 1 << 2;
        /// User memory.
        const MEM_USER = 1 << 3;
        /// Per-CPU memory.
        const MEM_PERCPU = 1 << 4;
        /// The argument's reference is released.
        const OBJ_RELEASE = 1 << 5;
        /// May be stale; only probed reads.
        const PTR_UNTRUSTED = 1 << 6;
        /// The argument's memory need not be initialised; the call initialises it.
        const MEM_UNINIT = 1 << 7;
        /// A dynptr over program memory.
        const DYNPTR_LOCAL = 1 << 8;
        /// A dynptr over a ring buffer record.
        const DYNPTR_RINGBUF = 1 << 9;
        /// The argument's memory has the fixed size [`crate::Arg::size`].
        const MEM_FIXED_SIZE = 1 << 10;
        /// Allocated by `bpf_obj_new`.
        const MEM_ALLOC = 1 << 11;
        /// Valid while the program runs, with a reference where needed.
        const PTR_TRUSTED = 1 << 12;
        /// Valid within the RCU section.
        const MEM_RCU = 1 << 13;
        /// The argument's memory must be aligned to its size.
        const MEM_ALIGNED = 1 << 14;
        /// The argument's memory is written.
        const MEM_WRITE = 1 << 15;
        /// A non-owning reference to a graph node.
        const NON_OWN_REF = 1 << 16;
        /// A dynptr over an skb.
        const DYNPTR_SKB = 1 << 17;
        /// A dynptr over an XDP frame.
        const DYNPTR_XDP = 1 << 18;
    }
}

/// A base with its flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RegType {
    /// What it is.
    pub base: RegBase,
    /// How it is qualified.
    pub flags: TypeFlags,
}

impl RegType {
    /// A plain number.
    pub const SCALAR: Self = Self::plain(RegBase::Scalar);

    /// A base without flags.
    pub const fn plain(base: RegBase) -> Self {
        Self {
            base,
            flags: TypeFlags::empty(),
        }
    }

    /// A base with flags.
    pub const fn new(base: RegBase, flags: TypeFlags) -> Self {
        Self { base, flags }
    }
}
