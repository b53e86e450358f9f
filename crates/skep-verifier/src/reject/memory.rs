//! Loads, stores, and memory handed to calls: the rules and their texts.

use super::rejections;
use crate::register::{RegisterTypeName, TypeName};
use crate::scalar::Tnum;
use alloc::string::String;

rejections! {
    /// Loads, stores, and memory handed to calls.
    pub enum MemoryReject {
        Unsupported { what: &'static str } => EOPNOTSUPP, "skep does not support {what} yet\n";

        LdxReserved => EINVAL, "BPF_LDX uses reserved fields\n";
        StxReserved => EINVAL, "BPF_STX uses reserved fields\n";
        StReserved => EINVAL, "BPF_ST uses reserved fields\n";
        InvalidAccess { reg: u8, ty: RegisterTypeName } => EACCES, "R{reg} invalid mem access '{ty}'\n";
        DifferentPointers => EINVAL, "same insn cannot be used with different pointers\n";
        Misaligned { what: &'static str, var: Tnum, reg_off: i32, off: i32, size: u32 } => EACCES, "misaligned {what}access off {var}+{reg_off}+{off} size {size}\n";
        MisalignedPacket { pad: i32, var: Tnum, reg_off: i32, off: i32, size: u32 } => EACCES, "misaligned packet access off {pad}+{var}+{reg_off}+{off} size {size}\n";

        MinNegative { reg: u8 } => EACCES, "R{reg} min value is negative, either use unsigned index or do a if (index >=0) check.\n";
        MinOutside { reg: u8 } => EACCES, "R{reg} min value is outside of the allowed memory range\n";
        MaxOutside { reg: u8 } => EACCES, "R{reg} max value is outside of the allowed memory range\n";
        Unbounded { reg: u8 } => EACCES, "R{reg} unbounded memory access, make sure to bounds check any such access\n";
        OutsideMapKey { size: u32, off: i64, len: u32 } => EACCES, "invalid access to map key, key_size={size} off={off} size={len}\n";
        OutsideMapValue { size: u32, off: i64, len: u32 } => EACCES, "invalid access to map value, value_size={size} off={off} size={len}\n";
        OutsideMemory { size: u32, off: i64, len: u32 } => EACCES, "invalid access to memory, mem_size={size} off={off} size={len}\n";
        OutsidePacket { off: i64, len: u32, reg: u8, id: u32, range: i32 } => EACCES, "invalid access to packet, off={off} size={len}, R{reg}(id={id},off={off},r={range})\n";
        RegOutsidePacket { reg: u8 } => EACCES, "R{reg} offset is outside of the packet\n";

        LeakIntoMap { reg: u8 } => EACCES, "R{reg} leaks addr into map\n";
        LeakIntoMemory { reg: u8 } => EACCES, "R{reg} leaks addr into mem\n";
        LeakIntoCtx { reg: u8 } => EACCES, "R{reg} leaks addr into ctx\n";
        LeakIntoPacket { reg: u8 } => EACCES, "R{reg} leaks addr into packet\n";
        LeakIntoFlowKeys { reg: u8 } => EACCES, "R{reg} leaks addr into flow keys\n";

        CannotWriteInto { reg: u8, ty: TypeName } => EACCES, "R{reg} cannot write into {ty}\n";
        MapKeyWrite { reg: u8 } => EACCES, "write to change key R{reg} not allowed\n";
        MapWriteForbidden { size: u32, off: i64, len: u32 } => EACCES, "write into map forbidden, value_size={size} off={off} size={len}\n";
        MapReadForbidden { size: u32, off: i64, len: u32 } => EACCES, "read from map forbidden, value_size={size} off={off} size={len}\n";
        FieldDirect { field: &'static str } => EACCES, "{field} cannot be accessed directly by load/store\n";
        FieldIndirect { field: &'static str } => EACCES, "{field} cannot be accessed indirectly by helper\n";
        FieldVariable { field: &'static str } => EACCES, "{field} access cannot have variable offset\n";
        FieldMisaligned { field: &'static str, expected: u32, off: u64 } => EACCES, "{field} access misaligned expected={expected} off={off}\n";
        FieldSize { field: &'static str } => EACCES, "{field} access size must be BPF_DW\n";
        KptrMode => EACCES, "kptr in map can only be accessed using BPF_MEM instruction mode\n";
        KptrStoreReferenced => EACCES, "store to referenced kptr disallowed\n";
        UptrStore => EACCES, "store to uptr disallowed\n";
        KptrStoreImm { off: u32 } => EACCES, "BPF_ST imm must be 0 when storing to kptr at off={off}\n";
        KptrType { reg: u8, ty: RegisterTypeName, name: String, expected: String } => EACCES, "invalid kptr access, R{reg} type={ty}{name} expected=ptr_{expected}\n";
        KptrTypeUnref { reg: u8, ty: RegisterTypeName, name: String, expected: String } => EACCES, "invalid kptr access, R{reg} type={ty}{name} expected=ptr_{expected} or untrusted_ptr_{expected}\n";

        BufferOffset { reg: u8, kind: &'static str, off: i64, len: u32 } => EACCES, "R{reg} invalid {kind} buffer access: off={off}, size={len}\n";
        BufferVariable { reg: u8, off: i64, var: Tnum } => EACCES, "R{reg} invalid variable buffer offset: off={off}, var_off={var}\n";
        PacketWrite => EACCES, "cannot write into packet\n";

        NegativeOffset { ty: TypeName, reg: u8, off: i32 } => EACCES, "negative offset {ty} ptr R{reg} off={off} disallowed\n";
        ModifiedPointer { ty: TypeName, reg: u8, off: i32 } => EACCES, "dereference of modified {ty} ptr R{reg} off={off} disallowed\n";
        VariablePointer { ty: RegisterTypeName, var: Tnum } => EACCES, "variable {ty} access var_off={var} disallowed\n";
        Context { off: i32, len: u32 } => EACCES, "invalid bpf_context access off={off} size={len}\n";
        SocketField { reg: u8, ty: TypeName, off: i64, len: u32 } => EACCES, "R{reg} invalid {ty} access off={off} size={len}\n";
        FlowKeys { off: i64, len: u32 } => EACCES, "invalid access to flow keys off={off} size={len}\n";

        ArgOffset { func: String, off: i32 } => EACCES, "func '{func}' offset {off} is not multiple of 8\n";
        ArgMissing { func: String, index: u32 } => EACCES, "func '{func}' doesn't have {index}-th argument\n";
        ArgReturnType { ty: String } => EACCES, "ret type {ty} not allowed for fmod_ret\n";
        ArgKind { func: String, index: u32, name: String, kind: &'static str } => EACCES, "func '{func}' arg{index} '{name}' has type {kind}. Only pointer access is allowed\n";
        ArgSize { func: String, size: u32 } => EACCES, "func '{func}' size {size} must be 8\n";
        ArgNotStruct { func: String, index: u32, kind: &'static str } => EACCES, "func '{func}' arg{index} type {kind} is not a struct\n";

        BtfCapability { name: String } => EPERM, "'struct {name}' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN\n";
        BtfLicence { name: String } => EINVAL, "Cannot access kernel 'struct {name}' from non-GPL compatible program\n";
        BtfNegative { reg: u8, name: String, off: i32 } => EACCES, "R{reg} is ptr_{name} invalid negative access: off={off}\n";
        BtfVariable { reg: u8, name: String, off: i32, var: Tnum } => EACCES, "R{reg} is ptr_{name} invalid variable offset: off={off}, var_off={var}\n";
        BtfUser { reg: u8, name: String, off: i32 } => EACCES, "R{reg} is ptr_{name} access user memory: off={off}\n";
        BtfPercpu { reg: u8, name: String, off: i32 } => EACCES, "R{reg} is ptr_{name} access percpu memory: off={off}\n";
        BtfReadOnly => EACCES, "only read is supported\n";
        NoWriteSupport { name: &'static str, off: i32 } => EACCES, "no write support to {name} at off {off}\n";
        WriteBeyondField { off: i32, size: u32, name: &'static str, end: u32 } => EACCES, "write access at off {off} with size {size} beyond the member of {name} ended at {end}\n";
        MapStructType { map_type: u32 } => ENOTSUPP, "map_ptr access not supported for map type {map_type}\n";
        MapStructNoBtf => ENOTSUPP, "map_ptr access not supported without CONFIG_DEBUG_INFO_BTF\n";
        MapStructNegative { reg: u8, name: String, off: i32 } => EACCES, "R{reg} is {name} invalid negative access: off={off}\n";
        MapStructWrite { name: String } => EACCES, "only read from {name} is supported\n";

        WalkNotStruct { name: String } => EINVAL, "Type '{name}' is not a struct\n";
        WalkBeyond { name: String, off: u32, size: u32 } => EACCES, "access beyond struct {name} at off {off} size {size}\n";
        WalkPointerPart { member: String, member_off: u32, name: String, off: u32, size: u32 } => EACCES, "cannot access ptr member {member} with moff {member_off} in struct {name} with off {off} size {size}\n";
        WalkBeyondMember { member: String, end: u32, name: String, off: u32, size: u32 } => EACCES, "access beyond the end of member {member} (mend:{end}) in struct {name} with off {off} size {size}\n";
        WalkHole { name: String, off: u32 } => EINVAL, "struct {name} doesn't have field at offset {off}\n";
        WalkUnsized { name: String } => EFAULT, "field {name} doesn't have size\n";
        AllocField { field: &'static str } => EACCES, "direct access to {field} is disallowed\n";

        StackUnbounded { what: &'static str, reg: u8 } => EACCES, "invalid unbounded variable-offset{what} stack R{reg}\n";
        StackRange { what: &'static str, reg: u8, off: i64, len: i64 } => EACCES, "invalid{what} stack R{reg} off={off} size={len}\n";
        StackRangeEnd { what: &'static str, reg: u8, off: i64, len: i64 } => EINVAL, "invalid{what} stack R{reg} off={off} size={len}\n";
        StackRangeVariable { what: &'static str, reg: u8, var: Tnum, off: i32, len: i64 } => EACCES, "invalid variable-offset{what} stack R{reg} var_off={var} off={off} size={len}\n";
        StackRangeVariableEnd { what: &'static str, reg: u8, var: Tnum, off: i32, len: i64 } => EINVAL, "invalid variable-offset{what} stack R{reg} var_off={var} off={off} size={len}\n";
        StackCorrupt => EACCES, "attempt to corrupt spilled pointer on stack\n";
        StackLeak { off: i32 } => EACCES, "leaking pointer from stack off {off}\n";
        SpillSize => EACCES, "invalid size of register spill\n";
        FillSize => EACCES, "invalid size of register fill\n";
        SpillStackPointer => EINVAL, "cannot spill pointers to stack into stack frame of the caller\n";
        SpilledInRange { insn: u32, off: i32 } => EINVAL, "spilled ptr in range of var-offset stack write; insn {insn}, ptr off: {off}";
        UninitInRange { insn: u32, off: i32 } => EINVAL, "uninit stack in range of var-offset write prohibited for !root; insn {insn}, off: {off}";
        StackRead { off: i32, index: i32, size: u32 } => EACCES, "invalid read from stack off {off}+{index} size {size}\n";
        StackReadReg { reg: u8, off: i64, index: i64, size: u32 } => EACCES, "invalid read from stack R{reg} off {off}+{index} size {size}\n";
        StackReadVariable { reg: u8, var: Tnum, index: i64, size: u32 } => EACCES, "invalid read from stack R{reg} var_off {var}+{index} size {size}\n";
        StackVariableUnprivileged { reg: u8, var: Tnum } => EACCES, "R{reg} variable offset stack access prohibited for !root, var_off={var}\n";
        StackVariableToHelper { var: Tnum, off: i32, size: u32 } => EACCES, "variable offset stack pointer cannot be passed into helper function; var_off={var} off={off} size={size}\n";
        ZeroSizedStack => EACCES, "invalid zero-sized read\n";
        DynptrWrite { off: i64 } => EACCES, "potential write to dynptr at off={off} disallowed\n";

        HelperMemory { reg: u8, ty: RegisterTypeName, expected: &'static str } => EACCES, "R{reg} type={ty} expected={expected}\n";

        AtomicOpcode { op: i32 } => EINVAL, "BPF_ATOMIC uses invalid atomic opcode {op:02x}\n";
        AtomicSize => EINVAL, "invalid atomic operand size\n";
        AtomicStore { reg: u8, ty: RegisterTypeName } => EACCES, "BPF_ATOMIC stores into R{reg} {ty} is not allowed\n";
        AtomicLoad { reg: u8, ty: RegisterTypeName } => EACCES, "BPF_ATOMIC loads from R{reg} {ty} is not allowed\n";

        LdImm64 => EINVAL, "invalid BPF_LD_IMM insn\n";
        LdImm64Reserved => EINVAL, "BPF_LD_IMM64 uses reserved fields\n";
        LdMode => EINVAL, "invalid BPF_LD mode\n";
        LdAbsProgType => EINVAL, "BPF_LD_[ABS|IND] instructions not allowed for this program type\n";
        LdAbsReserved => EINVAL, "BPF_LD_[ABS|IND] uses reserved fields\n";
        LdAbsNoSkb => EINVAL, "at the time of BPF_LD_ABS|IND R6 != pointer to skb\n";
        CallbackNoBtf => EINVAL, "missing btf func_info\n";
        CallbackNotStatic => EINVAL, "callback function not static\n";
    }
}
