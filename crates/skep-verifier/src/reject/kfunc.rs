//! Kernel functions, dynptrs, iterators, lists and trees: the rules and their texts.

use super::rejections;
use super::words::{KfuncName, Section};
use crate::register::RegisterTypeName;
use alloc::string::String;

rejections! {
    /// Kernel functions, dynptrs, iterators, lists and trees.
    pub enum KfuncReject {
        /// A rule of Linux that skep does not know yet: never said of a program that Linux would accept for another reason.
        Unsupported { what: &'static str } => EOPNOTSUPP, "skep does not support {what} yet\n";
        /// Something the verifier itself got wrong; no program should reach it.
        Bug { what: &'static str } => EFAULT, "verifier bug: {what}\n";

        // Resolution, before the walk.
        NoKernelBtf => ENOTSUPP, "calling kernel function is not supported without CONFIG_DEBUG_INFO_BTF\n";
        JitRequired => ENOTSUPP, "JIT is required for calling kernel function\n";
        NotGpl => EINVAL, "cannot call kernel function from non-GPL compatible program\n";
        NegativeOffset => EINVAL, "negative offset disallowed for kernel module function call\n";
        NoFdArray => EPROTO, "kfunc offset > 0 without fd_array is invalid\n";
        InvalidModuleFd => EINVAL, "invalid module BTF fd specified\n";
        NotModuleBtf => EINVAL, "BTF fd for kfunc is not a module BTF\n";
        NoBtfFound => EINVAL, "failed to find BTF for kernel function\n";
        TooMany => E2BIG, "too many different kernel function calls\n";
        NotFunction { id: u32 } => EINVAL, "kernel btf_id {id} is not a function\n";
        NoProto { id: u32 } => EINVAL, "kernel function btf_id {id} does not have a valid func_proto\n";
        DeviceBound => EINVAL, "metadata kfuncs require device-bound program\n";

        // The call.
        NotAllowed { name: String } => EACCES, "calling kernel function {name} is not allowed\n";
        Trap => EFAULT, "unexpected __bpf_trap() due to uninitialized variable?\n";
        Destructive => EACCES, "destructive kfunc calls require CAP_SYS_BOOT capability\n";
        MustSleep { name: String } => EACCES, "program must be sleepable to call sleepable kfunc {name}\n";
        CallbackFailed { kfunc: KfuncName } => EINVAL, "kfunc {kfunc} failed callback verification\n";
        RcuInCallback => EACCES, "Calling bpf_rcu_read_{{lock,unlock}} in unnecessary rbtree callback\n";
        NestedRcu { name: String } => EINVAL, "nested rcu read lock (kernel function {name})\n";
        UnmatchedRcu { name: String } => EINVAL, "unmatched rcu read unlock (kernel function {name})\n";
        UnmatchedPreempt { name: String } => EINVAL, "unmatched attempt to enable preemption (kernel function {name})\n";
        SleepableInSection { name: String, section: Section } => EACCES, "kernel func {name} is sleepable within {section} region\n";
        NeedsRcu { name: String } => EACCES, "kernel func {name} requires RCU critical section protection\n";
        ReferenceNotHeld { kfunc: KfuncName } => EINVAL, "kfunc {kfunc} reference has not been acquired before\n";
        ReleaseWithoutReference { name: String } => EINVAL, "release kernel function {name} expects refcounted PTR_TO_BTF_ID\n";

        // Arguments.
        TooManyArgs { name: String, count: usize, most: usize } => EINVAL, "Function {name} has {count} > {most} args\n";
        NotScalar { reg: u8 } => EINVAL, "R{reg} is not a scalar\n";
        NotKnownConstant { reg: u8 } => EINVAL, "R{reg} must be a known constant\n";
        NotConst { reg: u8 } => EINVAL, "R{reg} is not a const\n";
        TwoBufferSizes => EINVAL, "2 or more rdonly/rdwr_buf_size parameters for kfunc";
        UnknownArgument { arg: u8, kind: &'static str } => EINVAL, "Unrecognized arg#{arg} type {kind}\n";
        PossiblyNull { arg: u8 } => EACCES, "Possibly NULL pointer passed to trusted arg{arg}\n";
        PointerNotSupported { name: String, arg: u8, kind: &'static str, ty: String } => EINVAL,
            "kernel function {name} args#{arg} pointer type {kind} {ty} is not supported\n";
        NotScalarStruct { arg: u8, kind: &'static str, ty: String, or_void: &'static str } => EINVAL,
            "arg#{arg} pointer type {kind} {ty} must point to {or_void}scalar, or struct with scalar\n";
        NestedTooDeep => EINVAL, "max struct nesting depth exceeded\n";
        NotTrusted { reg: u8 } => EINVAL, "R{reg} must be referenced or trusted\n";
        NotRcu { reg: u8 } => EINVAL, "R{reg} must be a rcu pointer\n";
        NotCtx { arg: u8, found: RegisterTypeName } => EINVAL, "arg#{arg} expected pointer to ctx, but got {found}\n";
        OnlyObjDrop { arg: u8 } => EINVAL, "arg#{arg} expected for bpf_obj_drop_impl()\n";
        OnlyPercpuObjDrop { arg: u8 } => EINVAL, "arg#{arg} expected for bpf_percpu_obj_drop_impl()\n";
        NotAllocated { arg: u8 } => EINVAL, "arg#{arg} expected pointer to allocated object\n";
        AllocatedUnreferenced => EINVAL, "allocated object must be referenced\n";
        NotValueOrAllocated { arg: u8 } => EINVAL, "arg#{arg} expected pointer to map value or allocated object\n";
        NotOwnedNode { name: String } => EINVAL, "{name} can only take non-owning or refcounted bpf_rb_node pointer\n";
        NotInRbtreeCallback { name: String } => EINVAL, "{name} not allowed in rbtree cb\n";
        NotMap { reg: u8 } => EINVAL, "pointer in R{reg} isn't map pointer\n";
        OtherWorkqueueMap { this: u32, map: u32 } => EINVAL,
            "workqueue pointer in R1 map_uid={this} doesn't match map pointer in R2 map_uid={map}\n";
        OtherTaskWorkMap { this: u32, map: u32 } => EINVAL,
            "bpf_task_work pointer in R2 map_uid={this} doesn't match map pointer in R3 map_uid={map}\n";
        NotBtfOrSocket { arg: u8, found: RegisterTypeName, expected: RegisterTypeName } => EINVAL,
            "arg#{arg} is {found} expected {expected} or socket\n";
        WrongStruct { name: String, arg: u8, want_kind: &'static str, want: String, reg: u8, kind: &'static str, have: String } => EINVAL,
            "kernel function {name} args#{arg} expected pointer to {want_kind} {want} but R{reg} has a pointer to {kind} {have}\n";
        SizeUnknown { arg: u8, kind: &'static str, ty: String, error: i64 } => EINVAL,
            "arg#{arg} reference type('{kind} {ty}') size cannot be determined: {error}\n";
        MemoryAndSize { arg: u8, size_arg: u8 } => EINVAL, "arg#{arg} arg#{size_arg} memory, len pair leads to invalid memory access\n";
        NotFunc { arg: u8 } => EINVAL, "arg{arg} expected pointer to func\n";
        NotRefcounted { arg: u8 } => EINVAL, "arg#{arg} is neither owning or non-owning ref\n";
        NoRefcount { arg: u8 } => EINVAL, "arg#{arg} doesn't point to a type with bpf_refcount field\n";
        NotConstString { arg: u8 } => EINVAL, "arg#{arg} doesn't point to a const string\n";
        NotMapValue { arg: u8 } => EINVAL, "arg#{arg} doesn't point to a map value\n";
        NotIrqFlag { arg: u8 } => EINVAL, "arg#{arg} doesn't point to an irq flag on stack\n";
        NotLockHolder { arg: u8 } => EINVAL, "arg#{arg} doesn't point to map value or allocated object\n";

        // Objects on the stack.
        StackObjectVariable { what: &'static str } => EINVAL, "{what} has to be at a constant offset\n";
        StackObjectOffset { what: &'static str, off: i64 } => EINVAL, "cannot pass in {what} at an offset={off}\n";
        NotDynptr { arg: u8 } => EINVAL, "arg#{arg} expected pointer to stack or const struct bpf_dynptr\n";
        DynptrNotUninit => EINVAL, "Dynptr has to be an uninitialized dynptr\n";
        DynptrUninitConst => EFAULT, "verifier bug: misconfigured dynptr helper type flags\n";
        DynptrReferenced => EINVAL, "cannot overwrite referenced dynptr\n";
        DynptrConst => EINVAL, "cannot pass pointer to const bpf_dynptr, the helper mutates it\n";
        DynptrNotInit { arg: u8 } => EINVAL, "Expected an initialized dynptr as arg #{arg}\n";
        DynptrKind { kind: &'static str, arg: u8 } => EINVAL, "Expected a dynptr of type {kind} as arg #{arg}\n";
        NotIterator { arg: u8 } => EINVAL, "arg#{arg} expected pointer to an iterator on stack\n";
        NotIteratorType { arg: u8 } => EINVAL, "expected valid iter pointer as arg #{arg}\n";
        IteratorNotUninit { name: String, arg: u8 } => EINVAL, "expected uninitialized iter_{name} as arg #{arg}\n";
        IteratorNotInit { name: String, arg: u8 } => EINVAL, "expected an initialized iter_{name} as arg #{arg}\n";
        IteratorNeedsRcu { name: String } => EPROTO, "expected an RCU CS when using {name}\n";
        CssTaskIterator => EINVAL, "css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs\n";
        IrqNotUninit { arg: u8 } => EINVAL, "expected uninitialized irq flag as arg#{arg}\n";
        IrqNotInit { arg: u8 } => EINVAL, "expected an initialized irq flag as arg#{arg}\n";
        IrqClass { saved: &'static str, used: &'static str } => EINVAL,
            "irq flag acquired by {saved} kfuncs cannot be restored with {used} kfuncs\n";
        IrqOutOfOrder { id: u32, insn: u32 } => EACCES,
            "cannot restore irq state out of order, expected id={id} acquired at insn_idx={insn}\n";

        // Lists and trees.
        GraphOffsetVariable { reg: u8, what: &'static str } => EINVAL,
            "R{reg} doesn't have constant offset. {what} has to be at the constant offset\n";
        GraphFieldMissing { what: &'static str, off: u32 } => EINVAL, "{what} not found at offset={off}\n";
        GraphLockElsewhere => EINVAL, "held lock and object are not in the same allocation\n";
        GraphLockNotHeld { off: i64, what: &'static str } => EINVAL, "bpf_spin_lock at off={off} must be held for {what}\n";
        GraphWrongStruct { head: &'static str, node: &'static str, want_off: u32, want: String, off: u32, have: String } => EINVAL,
            "operation on {head} expects arg#1 {node} at offset={want_off} in struct {want}, but arg is at offset={off} in struct {have}\n";
        GraphWrongOffset { off: u32, node: &'static str, want_off: u32, want: String } => EINVAL,
            "arg#1 offset={off}, but expected {node} at offset={want_off} in struct {want}\n";

        // Results.
        TypeIdRange => EINVAL, "local type ID argument must be in range [0, U32_MAX]\n";
        NoProgramBtf => EINVAL, "bpf_obj_new/bpf_percpu_obj_new requires prog BTF\n";
        TypeIdNotStruct => EINVAL, "bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct\n";
        PercpuTooLarge { size: u32, most: u32 } => EINVAL, "bpf_percpu_obj_new type size ({size}) is greater than {most}\n";
        PercpuNotScalars => EINVAL, "bpf_percpu_obj_new type ID argument must be of a struct of scalars\n";
        PercpuFields => EINVAL, "bpf_percpu_obj_new type ID argument must not contain special fields\n";
        KernCtxNotStruct { id: u32 } => EINVAL, "kern ctx type id {id} is not a struct\n";
        RdonlyCastUnknown { id: i64 } => EINVAL, "Unknown type ID {id} passed to kfunc bpf_rdonly_cast\n";
        RdonlyCastNotStruct => EINVAL, "kfunc bpf_rdonly_cast type ID argument must be of a struct or void\n";
        PacketReadOnly => EINVAL, "the prog does not allow writes to packet data\n";
        AcquireWithoutPointer => EINVAL, "acquire kernel function does not return PTR_TO_BTF_ID\n";
        ReturnNotSupported { name: String, kind: &'static str, ty: String } => EINVAL,
            "kernel function {name} returns pointer type {kind} {ty} is not supported\n";
        NotEliminated => EINVAL, "invalid kernel function call not eliminated in verifier pass\n";
    }
}
