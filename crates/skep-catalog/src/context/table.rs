//! The shape of context tables.

use skep_uapi::{AttachType, ProgType};

use crate::{CapTier, RegBase, RegType};

/// A context or an object reached from one.
#[derive(Debug)]
pub struct ContextTable {
    /// The C struct (`__sk_buff`), or what stands in its place.
    pub struct_name: &'static str,
    /// Bytes of the struct; of the reachable range where there is no struct.
    pub size: u32,
    /// How accesses are judged.
    pub rule: ContextRule,
    /// Whether offsets must be multiples of the access size, whatever the field allows.
    pub aligned: bool,
}

/// How accesses to a context are judged.
#[derive(Clone, Copy, Debug)]
pub enum ContextRule {
    /// Field by field, in order of offset.
    Fields(&'static [CtxField]),
    /// Any aligned access of a range.
    Flat(FlatRange),
    /// Eight-byte arguments typed by the BTF of the attach target.
    BtfArgs(BtfArgs),
}

/// A field of a context.
#[derive(Debug)]
pub struct CtxField {
    /// Name in C; `(padding)` where there is none.
    pub name: &'static str,
    /// Offset in bytes.
    pub offset: u16,
    /// Bytes of the field, all elements of an array together.
    pub size: u16,
    /// Bytes of one element; a narrower load is the whole element shifted and masked.
    pub elem_size: u8,
    /// Where loads may start, by size.
    pub read: [Starts; 4],
    /// Where stores may start, by size.
    pub write: [Starts; 4],
    /// What a load gives.
    pub reg: RegType,
    /// Kernel struct, where a load gives a BTF pointer.
    pub btf: Option<&'static str>,
    /// Capability for loads.
    pub read_cap: CapTier,
    /// Capability for stores.
    pub write_cap: CapTier,
}

/// Where accesses of one size may start within a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Starts(pub u32);

impl Starts {
    /// Nowhere.
    pub const NONE: Self = Self(0);
    /// At each multiple of the size that keeps the access within the field.
    pub const ALIGNED: Self = Self(u32::MAX);

    /// Whether an access of `size` bytes may start at `offset`, `field` being the one that offset lies in.
    pub(crate) fn allow(self, field: &CtxField, offset: u32, size: u32) -> bool {
        let within = offset.wrapping_sub(u32::from(field.offset));
        if self == Self::ALIGNED {
            offset.is_multiple_of(size) && within.saturating_add(size) <= u32::from(field.size)
        } else {
            within < u32::BITS && self.0 >> within & 1 == 1
        }
    }
}

/// A context without fields: aligned accesses of 1, 2, 4 and 8 bytes (only `only_size`, if given) that start in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlatRange {
    /// First good offset.
    pub min: i32,
    /// Offset from which on accesses are refused.
    pub end: i32,
    /// Linux compares tracepoint offsets unsigned, but only after the end check: negative ones pass.
    pub negative_passes: bool,
    /// Whether stores are good.
    pub writable: bool,
    /// The only size, where there is one.
    pub only_size: Option<u32>,
    /// An eight-byte load at 0 gives the writable tracepoint buffer, other sizes there are refused.
    pub tp_buffer_at_0: bool,
}

/// A context of arguments: `u64` slots, each with the type BTF gives that argument. The verifier knows the BTF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BtfArgs {
    /// Whether one more slot holds the return value (fexit, fmod_ret, LSM cgroup).
    pub return_slot: bool,
}

/// Objects reached from contexts whose fields are tables too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// [`RegBase::PtrToSockCommon`].
    SockCommon,
    /// [`RegBase::PtrToSocket`].
    Socket,
    /// [`RegBase::PtrToTcpSock`].
    TcpSock,
    /// [`RegBase::PtrToXdpSock`].
    XdpSock,
    /// [`RegBase::PtrToFlowKeys`].
    FlowKeys,
}

impl ObjectKind {
    /// The object a register of this type points at.
    pub const fn of(base: RegBase) -> Option<Self> {
        Some(match base {
            RegBase::PtrToSockCommon => Self::SockCommon,
            RegBase::PtrToSocket => Self::Socket,
            RegBase::PtrToTcpSock => Self::TcpSock,
            RegBase::PtrToXdpSock => Self::XdpSock,
            RegBase::PtrToFlowKeys => Self::FlowKeys,
            RegBase::Scalar
            | RegBase::PtrToCtx
            | RegBase::ConstPtrToMap
            | RegBase::PtrToMapValue
            | RegBase::PtrToMapKey
            | RegBase::PtrToStack
            | RegBase::PtrToPacketMeta
            | RegBase::PtrToPacket
            | RegBase::PtrToPacketEnd
            | RegBase::PtrToTpBuffer
            | RegBase::PtrToBtfId
            | RegBase::PtrToMem
            | RegBase::PtrToArena
            | RegBase::PtrToBuf
            | RegBase::PtrToFunc
            | RegBase::ConstPtrToDynptr => return None,
        })
    }
}

/// Which table a program type and attach type have.
#[derive(Debug)]
pub(crate) struct ContextConfig {
    pub(crate) attach_type: Option<AttachType>,
    pub(crate) table: &'static ContextTable,
}

const FLAT: FlatRange = FlatRange {
    min: 0,
    end: 0,
    negative_passes: false,
    writable: false,
    only_size: None,
    tp_buffer_at_0: false,
};

/// Bytes of a raw tracepoint's or traced function's arguments: 12 slots.
const ARGS_SIZE: u32 = 96;

static TRACEPOINT: ContextTable = flat(
    "trace record",
    8192,
    FlatRange {
        min: 8,
        end: 8192,
        negative_passes: true,
        ..FLAT
    },
);
static RAW_TRACEPOINT: ContextTable = flat(
    "bpf_raw_tracepoint_args",
    ARGS_SIZE,
    FlatRange { end: 96, ..FLAT },
);
static RAW_TRACEPOINT_WRITABLE: ContextTable = flat(
    "bpf_raw_tracepoint_args",
    ARGS_SIZE,
    FlatRange {
        end: 96,
        tp_buffer_at_0: true,
        ..FLAT
    },
);
static SYSCALL: ContextTable = flat(
    "syscall context",
    65535,
    FlatRange {
        end: 65535,
        writable: true,
        ..FLAT
    },
);
static LIRC: ContextTable = flat(
    "lirc sample",
    4,
    FlatRange {
        end: 4,
        only_size: Some(4),
        ..FLAT
    },
);
static NOTHING: ContextTable = flat("no context", 0, FLAT);
static ARGS: ContextTable = args(false);
static ARGS_AND_RETURN: ContextTable = args(true);

const fn flat(struct_name: &'static str, size: u32, range: FlatRange) -> ContextTable {
    ContextTable {
        struct_name,
        size,
        rule: ContextRule::Flat(range),
        aligned: true,
    }
}

const fn args(return_slot: bool) -> ContextTable {
    let rule = ContextRule::BtfArgs(BtfArgs { return_slot });
    ContextTable {
        struct_name: "arguments",
        size: ARGS_SIZE,
        rule,
        aligned: true,
    }
}

/// The contexts that are no struct.
pub(super) fn by_rule(prog_type: ProgType, attach: Option<AttachType>) -> &'static ContextTable {
    match prog_type {
        ProgType::Tracepoint => &TRACEPOINT,
        ProgType::RawTracepoint => &RAW_TRACEPOINT,
        ProgType::RawTracepointWritable => &RAW_TRACEPOINT_WRITABLE,
        ProgType::Syscall => &SYSCALL,
        ProgType::LircMode2 => &LIRC,
        ProgType::Tracing | ProgType::Lsm | ProgType::StructOps | ProgType::Ext => match attach {
            Some(AttachType::TraceFexit | AttachType::ModifyReturn | AttachType::LsmCgroup) => {
                &ARGS_AND_RETURN
            }
            Some(_) | None => &ARGS,
        },
        _ => &NOTHING,
    }
}
