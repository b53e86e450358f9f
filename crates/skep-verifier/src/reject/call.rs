//! Helpers, subprograms, references, returns: the rules and their texts. (Attach targets: `attach`; kernel functions: `kfunc`.)

use super::rejections;
use super::words::{ArgTypeNames, HelperName, HexPair, LeakSite, Section, SignedBounds};
use crate::register::RegisterTypeName;

use alloc::string::String;

rejections! {
    /// Helpers, subprograms, references, returns.
    pub enum CallReject {
        /// A rule of Linux that skep does not know yet: never said of a program that Linux would accept for another reason.
        Unsupported { what: &'static str } => EOPNOTSUPP, "skep does not support {what} yet\n";
        /// Something the verifier itself got wrong; no program should reach it.
        Bug { what: &'static str } => EFAULT, "verifier bug: {what}\n";

        // The call itself.
        ReservedFields => EINVAL, "BPF_CALL uses reserved fields\n";
        ExitReservedFields => EINVAL, "BPF_EXIT uses reserved fields\n";
        LockHeld => EINVAL, "function calls are not allowed while holding a lock\n";
        NoSuchHelper { helper: HelperName } => EINVAL, "invalid func {helper}\n";
        HelperNotAvailable { helper: HelperName } => EINVAL, "program of this type cannot use helper {helper}\n";
        GplOnly => EINVAL, "cannot call GPL-restricted function from non-GPL compatible program\n";
        NotInProbe => EINVAL, "helper call is not allowed in probe\n";
        MightSleep => EINVAL, "helper call might sleep in a non-sleepable prog\n";
        SleepableInSection { helper: HelperName, section: Section } => EINVAL, "sleepable helper {helper} in {section} region\n";

        // Arguments.
        ArgType { reg: u8, found: RegisterTypeName, expected: ArgTypeNames } => EACCES, "R{reg} type={found} expected={expected}\n";
        MayWriteInto { helper: &'static str, reg: u8, found: RegisterTypeName } => EACCES,
            "{helper}() may write into memory pointed by R{reg} type={found}\n";
        PossiblyNull { reg: u8 } => EACCES, "Possibly NULL pointer passed to helper arg{reg}\n";
        WrongStruct { reg: u8, found: String, expected: String } => EACCES, "R{reg} is of type {found} but {expected} is expected\n";
        LeaksIntoHelper { reg: u8 } => EACCES, "R{reg} leaks addr into helper function\n";
        PacketToHelper => EACCES, "helper access to the packet is not allowed\n";
        SockmapArgument => EINVAL, "invalid arg_type for sockmap/sockhash\n";
        OffsetInRelease { reg: u8 } => EINVAL, "R{reg} must have zero offset when passed to release func or trusted arg to kfunc\n";
        NegativeOffset { kind: RegisterTypeName, reg: u8, off: i32 } => EACCES, "negative offset {kind} ptr R{reg} off={off} disallowed\n";
        ModifiedPointer { kind: RegisterTypeName, reg: u8, off: i32 } => EACCES,
            "dereference of modified {kind} ptr R{reg} off={off} disallowed\n";
        VariableOffset { kind: RegisterTypeName, var: HexPair } => EACCES, "variable {kind} access var_off={var} disallowed\n";
        UnacquiredDynptr { arg: u8 } => EINVAL, "arg {arg} is an unacquired reference\n";
        UnownedConstDynptr => EINVAL, "cannot release unowned const bpf_dynptr\n";
        NotReferenced { reg: u8 } => EINVAL, "R{reg} must be referenced when passed to release function\n";
        SecondReference { reg: u8, this: u32, other: u32 } => EACCES, "more than one arg with ref_obj_id R{reg} {this} {other}";
        OtherMapThanTimer { timer_uid: u32, map_uid: u32 } => EINVAL,
            "timer pointer in R1 map_uid={timer_uid} doesn't match map pointer in R2 map_uid={map_uid}\n";
        PercpuType { reg: u8 } => EACCES, "Helper has invalid btf_id in R{reg}\n";
        NotConstant { reg: u8 } => EACCES, "R{reg} is not a known constant'\n";

        // Sizes.
        NegativeSize { reg: u8 } => EACCES, "R{reg} min value is negative, either use unsigned or 'var &= const'\n";
        ZeroSizedRead { reg: u8, min: i64, max: i64 } => EACCES, "R{reg} invalid zero-sized read: u64=[{min},{max}]\n";
        UnboundedSize { reg: u8 } => EACCES, "R{reg} unbounded memory access, use 'var &= const' or 'if (var < const)'\n";

        // Constant strings.
        StringNotInReadonlyMap { reg: u8 } => EACCES, "R{reg} does not point to a readonly map'\n";
        StringAddressNotConstant { reg: u8 } => EACCES, "R{reg} is not a constant address'\n";
        NoDirectValue => EACCES, "no direct value access support for this map type\n";
        StringValueUnreadable => EINVAL, "direct value access on string failed\n";
        StringNotTerminated => EINVAL, "string is not zero-terminated\n";
        BadFormat => EINVAL, "Invalid format string\n";

        // Fields of map values and objects: locks, timers, kptrs.
        FieldOffsetVariable { reg: u8, field: &'static str } => EINVAL,
            "R{reg} doesn't have constant offset. {field} has to be at the constant offset\n";
        FieldMapWithoutBtf { map: String, field: &'static str } => EINVAL, "map '{map}' has to have BTF in order to use {field}\n";
        FieldNotInMap { map: String, field: &'static str } => EINVAL, "map '{map}' has no valid {field}\n";
        FieldNotInObject { field: &'static str } => EINVAL, "local 'kptr' has no valid {field}\n";
        FieldElsewhere { off: i64, field: &'static str, at: u32 } => EINVAL, "off {off} doesn't point to 'struct {field}' that is at {at}\n";
        KptrNotInValue { reg: u8 } => EINVAL, "R{reg} has no valid kptr\n";
        KptrElsewhere { off: i32 } => EACCES, "off={off} doesn't point to kptr\n";
        KptrNotReferenced { off: i32 } => EACCES, "off={off} kptr isn't referenced kptr\n";
        SpinInRbtreeCallback => EACCES, "can't spin_{{lock,unlock}} in rbtree cb\n";
        SameLockAgain => EINVAL, "Acquiring the same lock again, AA deadlock detected\n";
        UnlockWithoutLock { lock: &'static str } => EINVAL, "{lock}_unlock without taking a lock\n";
        UnlockOfDifferentLock { lock: &'static str } => EINVAL, "{lock}_unlock of different lock\n";
        UnlockOutOfOrder { lock: &'static str } => EINVAL, "{lock}_unlock cannot be out of order\n";

        // Single helpers, and helpers against maps.
        ReadonlyMap => EACCES, "write into map forbidden\n";
        NotProgArray => EINVAL, "expected prog array map for tail call";
        TailCallMapVaries => EINVAL, "tail_call abusing map_ptr\n";
        ReferenceNotHeld { helper: HelperName } => EINVAL, "func {helper} reference has not been acquired before\n";
        LocalStorageFlags => EINVAL, "get_local_storage() doesn't support non-zero flags\n";
        NoIterationOfMap => ENOTSUPP, "callback function not allowed for map\n";
        DynptrFromOther { found: RegisterTypeName } => EACCES, "Unsupported reg type {found} for bpf_dynptr_from_mem data\n";
        SetRetvalOfVoidHook => EINVAL, "BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!\n";
        PercpuObjectType => EFAULT, "Helper has invalid btf/btf_id in R1\n";
        FuncIpWithoutTrampoline { helper: HelperName } => ENOTSUPP, "func {helper} supported only for fentry/fexit/fmod_ret programs\n";
        FuncIpOfProgramType { helper: HelperName, prog_type: u32 } => ENOTSUPP, "func {helper} not supported for program type {prog_type}\n";
        SizeUnknown { name: String, error: i64 } => EINVAL, "unable to resolve the size of type '{name}': {error}\n";
        MapForHelper { map_type: u32, helper: HelperName } => EINVAL, "cannot pass map_type {map_type} into func {helper}\n";
        SockmapUpdate => EINVAL, "cannot update sockmap in this context\n";

        // Subprograms.
        GlobalUnderLock => EINVAL, "global function calls are not allowed while holding a lock,\nuse static function instead\n";
        GlobalMaySleep => EINVAL,
            "global functions that may sleep are not allowed in non-sleepable context,\ni.e., in a RCU/IRQ/preempt-disabled section, or in\na non-sleepable BPF program context\n";
        GlobalArguments { subprog: u16, name: String } => EINVAL, "Caller passes invalid args into func#{subprog} ('{name}')\n";
        CallStackTooDeep { frames: usize } => E2BIG, "the call stack of {frames} frames is too deep\n";
        ExceptionCallbackArgument => EINVAL, "exception cb only supports single integer argument\n";

        // Arguments of subprograms, at a call.
        SubprogArgNotScalar { reg: u8 } => EINVAL, "R{reg} is not a scalar\n";
        SubprogArgNotCtx { arg: u8 } => EINVAL, "arg#{arg} expects pointer to ctx\n";
        SubprogArgMayBeNull { arg: u8 } => EINVAL, "arg#{arg} is expected to be non-NULL\n";
        SubprogArgNotArena { reg: u8 } => EINVAL, "R{reg} is not a pointer to arena or scalar.\n";

        // Leaving.
        LocksHeld { site: LeakSite } => EINVAL, "{site} cannot be used inside bpf_spin_lock-ed region\n";
        Unreleased { id: u32, insn: u32 } => EINVAL, "Unreleased reference id={id} alloc_insn={insn}\n";
        References { site: LeakSite } => EINVAL, "{site} would lead to reference leak\n";
        IrqSaved { site: LeakSite } => EINVAL, "{site} cannot be used inside bpf_local_irq_save-ed region\n";
        RcuLocked { site: LeakSite } => EINVAL, "{site} cannot be used inside bpf_rcu_read_lock-ed region\n";
        PreemptDisabled { site: LeakSite } => EINVAL, "{site} cannot be used inside bpf_preempt_disable-ed region\n";
        LeaksAsReturn { reg: u8 } => EACCES, "R{reg} leaks addr as return value\n";
        ReturnNotKnown { exit: &'static str, reg: u8, found: RegisterTypeName } => EINVAL,
            "{exit} the register R{reg} is not a known value ({found})\n";
        ReturnNotScalar { reg: u8, found: RegisterTypeName } => EINVAL,
            "At subprogram exit the register R{reg} is not a scalar value ({found})\n";
        ReturnOutside { exit: &'static str, reg: u8, has: SignedBounds, min: i32, max: i32 } => EINVAL,
            "{exit} the register R{reg} has{has} should have been in [{min}, {max}]\n";
        LsmVoidNote => EINVAL, "Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!\n";

    }
}
