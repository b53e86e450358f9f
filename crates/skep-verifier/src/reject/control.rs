//! Program structure, the walk, exits and limits: the rules and their texts.

use super::rejections;
use alloc::string::String;

rejections! {
    /// Program structure, the walk, exits and limits.
    pub enum ControlReject {
        /// Our own consistency check failed.
        Bug { what: &'static str } => EFAULT, "verifier bug: {what}\n";

        FdArrayTooBig { count: u32 } => EINVAL, "fd_array_cnt is too big ({count})\n";
        BadFdArrayEntry { fd: i32 } => EINVAL, "fd {fd} is not pointing to valid bpf_map or btf\n";
        BadMapFd { fd: i32 } => EINVAL, "fd {fd} is not pointing to valid bpf_map\n";
        TooManyMaps { limit: usize } => E2BIG, "The total number of maps per program has reached the limit of {limit}\n";
        StructOpsMap => EINVAL, "bpf_struct_ops map cannot be used in prog\n";
        MapNotForSleepable => EINVAL, "Sleepable programs can only use array, hash, ringbuf and local storage maps\n";
        TracingMapField { what: &'static str } => EINVAL, "tracing progs cannot use {what} yet\n";
        SocketFilterSpinLock => EINVAL, "socket filter progs cannot use bpf_spin_lock yet\n";
        SecondCgroupStorage => EBUSY, "only one cgroup storage of each type is allowed\n";
        SecondArena => EBUSY, "Only one arena per program\n";
        ArenaCapabilities => EPERM, "CAP_BPF and CAP_PERFMON are required to use arena\n";
        ArenaJit => EOPNOTSUPP, "JIT is required to use arena\n";
        ArenaAddress => EINVAL, "arena's user address must be set via map_extra or mmap()\n";

        CallsNeedCapability => EPERM, "loading/calling other bpf or kernel functions are allowed for CAP_BPF and CAP_SYS_ADMIN\n";
        InvalidCallTarget => EINVAL, "call to invalid destination\n";
        TooManySubprogs => E2BIG, "too many subprograms\n";
        ExceptionCallbackTags => EEXIST, "multiple exception callback tags for main subprog\n";
        ExceptionCallbackMissing { name: String } => ENOENT, "exception callback '{name}' could not be found in BTF\n";
        ExceptionCallbackLinkage { name: String } => EINVAL, "exception callback '{name}' must have global linkage\n";
        ExceptionCallbackNoInfo => EINVAL, "exception callback type id not found in func_info\n";
        ExceptionCallbackMain => EINVAL, "invalid exception callback insn_off in func_info: 0\n";

        JumpOutOfRange { from: u32, to: i64 } => EINVAL, "jump out of range from insn {from} to {to}\n";
        LastInsn => EINVAL, "last insn is not an exit or jmp\n";
        Unreachable { insn: usize } => EINVAL, "unreachable insn {insn}\n";
        IntoLdImm64 { insn: usize } => EINVAL, "jump into the middle of ldimm64 insn {insn}\n";
        BackEdge { from: u32, to: u32 } => EINVAL, "back-edge from insn {from} to {to}\n";

        FuncInfoSize { size: u32 } => EINVAL, "invalid func info rec size {size}\n";
        FuncInfoTail => E2BIG, "nonzero tailing record in func info";
        FuncInfoFirst { off: u32 } => EINVAL, "nonzero insn_off {off} for the first func info record";
        FuncInfoOrder { off: u32, previous: u32 } => EINVAL,
            "same or smaller insn offset ({off}) than previous func info record ({previous})";
        FuncInfoType { id: u32 } => EINVAL, "invalid type id {id} in func info";
        FuncInfoCount => EINVAL, "number of funcs in func_info doesn't match number of subprogs\n";
        FuncInfoLayout => EINVAL, "func_info BTF section doesn't match subprog layout in BPF program\n";
        LdAbsWithoutBtf => EINVAL, "LD_ABS is not allowed in subprogs without BTF\n";
        TailCallWithoutBtf => EINVAL, "tail_call is not allowed in subprogs without BTF\n";
        LdAbsReturn => EINVAL, "LD_ABS is only allowed in functions that return 'int'.\n";
        TailCallReturn => EINVAL, "tail_call is only allowed in functions that return 'int'.\n";
        LineInfoTail => E2BIG, "nonzero tailing record in line_info";
        LineInfoOffset { index: usize, off: u32, previous: u32, length: usize } => EINVAL,
            "Invalid line_info[{index}].insn_off:{off} (prev_offset:{previous} prog->len:{length})\n";
        LineInfoCode { index: usize } => EINVAL, "Invalid insn code at line_info[{index}].insn_off\n";
        LineInfoStrings { index: usize } => EINVAL, "Invalid line_info[{index}].line_off or .file_name_off\n";
        LineInfoMissing { subprog: usize } => EINVAL, "missing bpf_line_info for func#{subprog}\n";
        LineInfoMissingFrom { count: usize, first: usize } => EINVAL,
            "missing bpf_line_info for {count} funcs starting from func#{first}\n";
        CoreReloTail => E2BIG, "nonzero tailing record in core_relo";
        CoreReloOffset { index: usize, off: u32, length: usize } => EINVAL,
            "Invalid core_relo[{index}].insn_off:{off} prog->len:{length}\n";
        CoreReloType { index: usize, id: u32 } => EINVAL, "relo #{index}: bad type id {id}\n";

        LdxReserved => EINVAL, "BPF_LDX uses reserved fields\n";
        UnknownOpcode { code: u8 } => EINVAL, "unknown opcode {code:02x}\n";
        InvalidLdImm64 => EINVAL, "invalid bpf_ld_imm64 insn\n";
        UnrecognizedLdImm64 => EINVAL, "unrecognized bpf_ld_imm64 insn\n";
        NoFdArray => EPROTO, "fd_idx without fd_array is invalid\n";
        ValueOffset { off: u32 } => EINVAL, "direct value offset of {off} is not allowed\n";
        NoDirectValue => EINVAL, "no direct value access support for this map type\n";
        ValueAccess { size: u32, off: u32 } => EINVAL, "invalid access to map value pointer, value_size={size} off={off}\n";
        ModuleBtf => EINVAL, "invalid module BTF object FD specified.\n";
        SymbolBtfId { id: i32 } => ENOENT, "ldimm64 insn specifies invalid btf_id {id}.\n";
        SymbolKind { id: i32 } => EINVAL, "pseudo btf_id {id} in ldimm64 isn't KIND_VAR or KIND_FUNC\n";
        SymbolAddress { name: String } => ENOENT, "ldimm64 failed to find the address for kernel symbol '{name}'.\n";
        SymbolSize { name: String, errno: i64 } => EINVAL, "ldimm64 unable to resolve the size of type '{name}': {errno}\n";

        SyscallMustSleep => EINVAL, "Syscall programs can only be sleepable\n";
        MayNotSleep => EINVAL, "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable\n";

        InsnOutside { at: u32, count: usize } => EFAULT, "invalid insn idx {at} insn_cnt {count}\n";
        TooLarge { processed: u32 } => E2BIG, "BPF program is too large. Processed {processed} insn\n";
        TooComplex { pending: usize } => EFAULT, "The sequence of {pending} jumps is too complex.\n";
        TooComplexAsync { pending: usize } => EFAULT, "The sequence of {pending} jumps is too complex for async cb.\n";
        InfiniteLoop { insn: u32 } => EINVAL, "infinite loop detected at insn {insn}\n";
        ReturnsStackPointer => EINVAL, "cannot return stack pointer to the caller\n";
        CallbackReturnType => EACCES, "R0 not a scalar value\n";
        CallbackReturnRange { known: String, min: i32, max: i32 } => EINVAL,
            "At callback return the register R0 has{known} should have been in [{min}, {max}]\n";

        StackTooLarge { calls: usize, size: u32 } => EACCES, "combined stack size of {calls} calls is {size}. Too large\n";
        PrivateStackTooLarge { subprog: u16, size: u32 } => EACCES, "stack size of subprog {subprog} is {size}. Too large\n";
        StackBeforeTailCall { depth: u32 } => EACCES,
            "tail_calls are not allowed when call stack of previous frames is {depth} bytes. Too large\n";
        CallGraphTooDeep { frames: usize } => E2BIG, "the call stack of {frames} frames is too deep !\n";
        ThrowInCallback { insn: u32, subprog: u16 } => EINVAL,
            "bpf_throw kfunc (insn {insn}) cannot be called from callback subprog {subprog}\n";
        CallsExceptionCallback { insn: u32 } => EINVAL, "insn {insn} cannot call exception cb directly";
        TailCallInExceptionCallback => EINVAL, "cannot tail call within exception cb\n";
    }
}
