//! What is known about one register: nothing, a number, or a pointer to something.

use crate::scalar::ScalarRange;
use bitflags::bitflags;
use core::fmt;
use skep_btf::BtfTypeId;

/// A number that names "the same unknown value" or "the same object" across registers; 0 is none. Never reused within one load.
pub type ValueId = u32;

/// A register's content.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Register {
    /// Never written, or made unreadable.
    #[default]
    Uninit,
    /// A number.
    Scalar(Scalar),
    /// A pointer.
    Pointer(Pointer),
}

/// The constant distance of a scalar to the others that carry its id (Linux's ADD_CONST ids).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Link {
    /// Equal to the others.
    #[default]
    Equal,
    /// Made by a 64-bit addition of this constant.
    Add64(i32),
    /// Made by a 32-bit addition of this constant.
    Add32(i32),
}

impl Link {
    /// The distance, 0 for [`Link::Equal`].
    pub const fn distance(self) -> i32 {
        match self {
            Link::Equal => 0,
            Link::Add64(k) | Link::Add32(k) => k,
        }
    }
}

/// A number: a range, what it is linked to, and whether a decision hung on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The values it may have.
    pub range: ScalarRange,
    /// Scalars of equal id are equal up to the distance of `link`; 0: linked to nothing.
    pub id: ValueId,
    /// The distance; meaningful only with an id.
    pub link: Link,
    /// Whether pruning must compare the value.
    pub precise: bool,
}

impl Scalar {
    /// A scalar of this range without link.
    pub const fn new(range: ScalarRange) -> Self {
        Scalar {
            range,
            id: 0,
            link: Link::Equal,
            precise: false,
        }
    }
    /// An unknown, imprecise number.
    pub const UNKNOWN: Scalar = Scalar::new(ScalarRange::UNKNOWN);
    /// A known, imprecise number.
    pub const fn constant(value: u64) -> Self {
        Scalar::new(ScalarRange::constant(value))
    }
    /// Forgets what it is linked to.
    pub fn unlink(&mut self) {
        self.id = 0;
        self.link = Link::Equal;
    }
}

/// A map of this load: index into the verifier's map table. Templates of inner maps have entries of their own there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MapRef(pub u16);

/// Which BTF a type id belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BtfRef {
    /// The kernel's.
    Kernel,
    /// The program's own.
    Program,
}

/// A struct type: BTF and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TypeRef {
    /// Which BTF.
    pub btf: BtfRef,
    /// The id in it.
    pub id: BtfTypeId,
}

/// Kinds of dynptr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DynptrKind {
    /// Memory of the program.
    Local,
    /// A ring buffer record; holds a reference.
    Ringbuf,
    /// Packet data of an skb.
    Skb,
    /// Packet data of an xdp_buff.
    Xdp,
    /// Metadata of an skb.
    SkbMeta,
}

impl DynptrKind {
    /// As it prints in the log.
    pub const fn name(self) -> &'static str {
        match self {
            DynptrKind::Local => "local",
            DynptrKind::Ringbuf => "ringbuf",
            DynptrKind::Skb => "skb",
            DynptrKind::Xdp => "xdp",
            DynptrKind::SkbMeta => "skb_meta",
        }
    }
    /// The flag that memory sliced from such a dynptr carries.
    pub const fn slice_flag(self) -> PtrFlags {
        match self {
            DynptrKind::Local => PtrFlags::DYNPTR_LOCAL,
            DynptrKind::Ringbuf => PtrFlags::DYNPTR_RINGBUF,
            DynptrKind::Skb => PtrFlags::DYNPTR_SKB,
            DynptrKind::Xdp => PtrFlags::DYNPTR_XDP,
            DynptrKind::SkbMeta => PtrFlags::DYNPTR_SKB_META,
        }
    }
}

/// How much of a packet is known to be there, seen from the pointer with offset 0 of the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PacketRange(pub i32);

impl PacketRange {
    /// Nothing proved.
    pub const NONE: PacketRange = PacketRange(0);
    /// The pointer is at or past the end.
    pub const AT_END: PacketRange = PacketRange(-1);
    /// The pointer is past the end.
    pub const BEYOND_END: PacketRange = PacketRange(-2);
}

/// What a pointer points to, with what only that kind of pointer has.
#[allow(missing_docs)] // the fields are explained by their variants
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The program's context.
    Ctx,
    /// A map itself. `uid`: the lookup that gave it out of an outer map, 0 if none.
    Map { map: MapRef, uid: ValueId },
    /// A value of a map.
    MapValue { map: MapRef, uid: ValueId },
    /// A key of a map (in for_each callbacks).
    MapKey { map: MapRef },
    /// The stack of frame number `frame`.
    Stack { frame: u8 },
    /// Packet data.
    Packet { range: PacketRange },
    /// Metadata before the packet.
    PacketMeta { range: PacketRange },
    /// The end of the packet.
    PacketEnd,
    /// struct bpf_flow_keys.
    FlowKeys,
    /// struct bpf_sock, a full socket.
    Socket,
    /// struct bpf_sock, only its common part.
    SockCommon,
    /// struct bpf_tcp_sock.
    TcpSock,
    /// struct bpf_xdp_sock.
    XdpSock,
    /// The buffer of a writable raw tracepoint.
    TpBuffer,
    /// A struct described by BTF.
    Btf { ty: TypeRef },
    /// Memory of a known size; `dynptr_id` of the dynptr it is a slice of, else 0.
    Mem { size: u32, dynptr_id: ValueId },
    /// Arena memory.
    Arena,
    /// Memory whose size is checked when the program is attached.
    Buf,
    /// A function of the program.
    Func { subprog: u16 },
    /// A dynptr that cannot be changed (argument of callbacks and global functions).
    Dynptr { kind: DynptrKind, id: ValueId },
}

/// [`Target`] without payload: what tables of accepted types speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // one variant per variant of Target
pub enum TargetKind {
    Ctx,
    Map,
    MapValue,
    MapKey,
    Stack,
    Packet,
    PacketMeta,
    PacketEnd,
    FlowKeys,
    Socket,
    SockCommon,
    TcpSock,
    XdpSock,
    TpBuffer,
    Btf,
    Mem,
    Arena,
    Buf,
    Func,
    Dynptr,
}

impl TargetKind {
    /// As it prints in the log; BTF pointers are completed by the type's name elsewhere.
    pub const fn name(self) -> &'static str {
        match self {
            TargetKind::Ctx => "ctx",
            TargetKind::Map => "map_ptr",
            TargetKind::MapValue => "map_value",
            TargetKind::MapKey => "map_key",
            TargetKind::Stack => "fp",
            TargetKind::Packet => "pkt",
            TargetKind::PacketMeta => "pkt_meta",
            TargetKind::PacketEnd => "pkt_end",
            TargetKind::FlowKeys => "flow_keys",
            TargetKind::Socket => "sock",
            TargetKind::SockCommon => "sock_common",
            TargetKind::TcpSock => "tcp_sock",
            TargetKind::XdpSock => "xdp_sock",
            TargetKind::TpBuffer => "tp_buffer",
            TargetKind::Btf => "ptr_",
            TargetKind::Mem => "mem",
            TargetKind::Arena => "arena",
            TargetKind::Buf => "buf",
            TargetKind::Func => "func",
            TargetKind::Dynptr => "dynptr_ptr",
        }
    }
}

impl Target {
    /// The kind without payload.
    pub const fn kind(&self) -> TargetKind {
        match self {
            Target::Ctx => TargetKind::Ctx,
            Target::Map { .. } => TargetKind::Map,
            Target::MapValue { .. } => TargetKind::MapValue,
            Target::MapKey { .. } => TargetKind::MapKey,
            Target::Stack { .. } => TargetKind::Stack,
            Target::Packet { .. } => TargetKind::Packet,
            Target::PacketMeta { .. } => TargetKind::PacketMeta,
            Target::PacketEnd => TargetKind::PacketEnd,
            Target::FlowKeys => TargetKind::FlowKeys,
            Target::Socket => TargetKind::Socket,
            Target::SockCommon => TargetKind::SockCommon,
            Target::TcpSock => TargetKind::TcpSock,
            Target::XdpSock => TargetKind::XdpSock,
            Target::TpBuffer => TargetKind::TpBuffer,
            Target::Btf { .. } => TargetKind::Btf,
            Target::Mem { .. } => TargetKind::Mem,
            Target::Arena => TargetKind::Arena,
            Target::Buf => TargetKind::Buf,
            Target::Func { .. } => TargetKind::Func,
            Target::Dynptr { .. } => TargetKind::Dynptr,
        }
    }
}

bitflags! {
    /// What else is known about a pointer's type; part of the type wherever types are compared.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct PtrFlags: u16 {
        /// May be NULL; must be compared with 0 first.
        const MAYBE_NULL = 1 << 0;
        /// No stores.
        const RDONLY = 1 << 1;
        /// A ring buffer record.
        const RINGBUF = 1 << 2;
        /// User memory; never dereferenced directly.
        const USER = 1 << 3;
        /// Per-CPU memory; needs bpf_per_cpu_ptr or bpf_this_cpu_ptr.
        const PERCPU = 1 << 4;
        /// Valid only inside an RCU section.
        const RCU = 1 << 5;
        /// Loads only, and those must not fault.
        const UNTRUSTED = 1 << 6;
        /// The kernel guarantees validity.
        const TRUSTED = 1 << 7;
        /// An object of the program's own BTF.
        const ALLOC = 1 << 8;
        /// A list or tree node the program does not own.
        const NON_OWN_REF = 1 << 9;
        /// Slice of a local dynptr.
        const DYNPTR_LOCAL = 1 << 10;
        /// Slice of a ring buffer dynptr.
        const DYNPTR_RINGBUF = 1 << 11;
        /// Slice of an skb dynptr.
        const DYNPTR_SKB = 1 << 12;
        /// Slice of an xdp dynptr.
        const DYNPTR_XDP = 1 << 13;
        /// Slice of an skb metadata dynptr.
        const DYNPTR_SKB_META = 1 << 14;
        /// All slice flags.
        const DYNPTR = 0x7c00;
        /// The modifiers that do not make a trusted pointer less so.
        const TRUSTED_MODIFIERS = (1 << 7) | (1 << 8) | (1 << 9);
    }
}

/// A pointer: to what, how safe, and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// To what.
    pub target: Target,
    /// How safe.
    pub flags: PtrFlags,
    /// The fixed part of the offset, in bytes.
    pub off: i32,
    /// The variable part of the offset, in bytes; the constant 0 where there is none.
    pub var: ScalarRange,
    /// Links pointers of one origin (null checks, packet ranges, locks); 0: none.
    pub id: ValueId,
    /// The reference it stands for; 0: none.
    pub ref_obj_id: ValueId,
}

impl Pointer {
    /// A pointer to the start of `target`, without flags or ids.
    pub const fn new(target: Target) -> Self {
        Pointer {
            target,
            flags: PtrFlags::empty(),
            off: 0,
            var: ScalarRange::constant(0),
            id: 0,
            ref_obj_id: 0,
        }
    }
    /// The same with `flags`.
    pub const fn with(mut self, flags: PtrFlags) -> Self {
        self.flags = flags;
        self
    }
    /// The kind of its target.
    pub const fn kind(&self) -> TargetKind {
        self.target.kind()
    }
    /// Whether it may be NULL.
    pub const fn maybe_null(&self) -> bool {
        self.flags.contains(PtrFlags::MAYBE_NULL)
    }
    /// Linux's "trusted": referenced, or of a type that is always safe, or flagged so, and nothing unsafe about it.
    pub fn is_trusted(&self) -> bool {
        if self.ref_obj_id != 0 {
            return true;
        }
        let unsafe_flags = !(self.flags - PtrFlags::TRUSTED_MODIFIERS).is_empty();
        let always = matches!(
            self.kind(),
            TargetKind::Socket | TargetKind::SockCommon | TargetKind::TcpSock | TargetKind::Map
        );
        !unsafe_flags && (always || self.flags.intersects(PtrFlags::TRUSTED_MODIFIERS))
    }
    /// The type without payload.
    pub const fn type_name(&self) -> TypeName {
        TypeName {
            kind: self.kind(),
            flags: self.flags,
        }
    }
}

impl Register {
    /// An unknown number.
    pub const UNKNOWN: Register = Register::Scalar(Scalar::UNKNOWN);
    /// A known number.
    pub const fn constant(value: u64) -> Self {
        Register::Scalar(Scalar::constant(value))
    }
    /// The number in it.
    pub const fn scalar(&self) -> Option<&Scalar> {
        match self {
            Register::Scalar(s) => Some(s),
            Register::Uninit | Register::Pointer(_) => None,
        }
    }
    /// The number in it, to change.
    pub const fn scalar_mut(&mut self) -> Option<&mut Scalar> {
        match self {
            Register::Scalar(s) => Some(s),
            Register::Uninit | Register::Pointer(_) => None,
        }
    }
    /// The pointer in it.
    pub const fn pointer(&self) -> Option<&Pointer> {
        match self {
            Register::Pointer(p) => Some(p),
            Register::Uninit | Register::Scalar(_) => None,
        }
    }
    /// The pointer in it, to change.
    pub const fn pointer_mut(&mut self) -> Option<&mut Pointer> {
        match self {
            Register::Pointer(p) => Some(p),
            Register::Uninit | Register::Scalar(_) => None,
        }
    }
    /// Whether it was never written or made unreadable.
    pub const fn is_uninit(&self) -> bool {
        matches!(self, Register::Uninit)
    }
    /// The constant it is known to be.
    pub fn known(&self) -> Option<u64> {
        self.scalar().and_then(|s| s.range.is_const())
    }
    /// Whether it is known to be NULL (the number 0).
    pub fn is_null(&self) -> bool {
        self.known() == Some(0)
    }
    /// Its value id, 0 if none.
    pub const fn id(&self) -> ValueId {
        match self {
            Register::Uninit => 0,
            Register::Scalar(s) => s.id,
            Register::Pointer(p) => p.id,
        }
    }
    /// The reference it stands for, 0 if none.
    pub const fn ref_obj_id(&self) -> ValueId {
        match self {
            Register::Pointer(p) => p.ref_obj_id,
            Register::Uninit | Register::Scalar(_) => 0,
        }
    }
    /// How its type prints in messages: `scalar`, `?`, `map_value_or_null`, ...
    pub const fn type_name(&self) -> RegisterTypeName {
        RegisterTypeName(match self {
            Register::Uninit => None,
            Register::Scalar(_) => Some(None),
            Register::Pointer(p) => Some(Some(p.type_name())),
        })
    }
}

/// A pointer type as it prints: prefixes, kind, `_or_null`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TypeName {
    /// To what.
    pub kind: TargetKind,
    /// How safe.
    pub flags: PtrFlags,
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PREFIXES: [(PtrFlags, &str); 7] = [
            (PtrFlags::RDONLY, "rdonly_"),
            (PtrFlags::RINGBUF, "ringbuf_"),
            (PtrFlags::USER, "user_"),
            (PtrFlags::PERCPU, "percpu_"),
            (PtrFlags::RCU, "rcu_"),
            (PtrFlags::UNTRUSTED, "untrusted_"),
            (PtrFlags::TRUSTED, "trusted_"),
        ];
        for (flag, prefix) in PREFIXES {
            if self.flags.contains(flag) {
                f.write_str(prefix)?;
            }
        }
        f.write_str(self.kind.name())?;
        match (self.flags.contains(PtrFlags::MAYBE_NULL), self.kind) {
            (false, _) => Ok(()),
            (true, TargetKind::Btf) => f.write_str("or_null_"),
            (true, _) => f.write_str("_or_null"),
        }
    }
}

/// A register's type as it prints in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RegisterTypeName(Option<Option<TypeName>>);

impl RegisterTypeName {
    /// The pointer type; `None` for numbers and registers nothing is known of.
    pub fn pointer(&self) -> Option<TypeName> {
        self.0.flatten()
    }

    /// Whether it is a pointer that may be NULL.
    pub fn may_be_null(&self) -> bool {
        self.pointer()
            .is_some_and(|name| name.flags.contains(PtrFlags::MAYBE_NULL))
    }
}

impl fmt::Display for RegisterTypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("?"),
            Some(None) => f.write_str("scalar"),
            Some(Some(name)) => name.fmt(f),
        }
    }
}
