//! What a broken rule means, and what usually mends it. Chosen by the rule itself and its operands, never by its text.

use skep_verifier::reject::{
    AttachReject, CallReject, ControlReject, KfuncReject, MemoryReject, Rule, ValueReject,
};

/// Words about a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Advice {
    /// The rule.
    pub(crate) rule: &'static str,
    /// What usually helps.
    pub(crate) fix: &'static str,
}

const fn advice(rule: &'static str, fix: &'static str) -> Option<Advice> {
    Some(Advice { rule, fix })
}

/// The words about a rule; rules that only broken compilers and hand-made programs meet have none.
pub(crate) fn of(rule: &Rule) -> Option<Advice> {
    match rule {
        Rule::Memory(rule) => memory(rule),
        Rule::Value(rule) => value(rule),
        Rule::Call(rule) => call(rule),
        Rule::Control(rule) => control(rule),
        Rule::Kfunc(rule) => kfunc(rule),
        Rule::Attach(rule) => attach(rule),
        Rule::Prototype(_) => advice(
            "a global function is verified by its prototype alone",
            "give it a prototype of numbers, context and tagged or sized pointers, or make it static",
        ),
    }
}

const LENGTH: Option<Advice> = advice(
    "the length handed to a call must be known to fit its buffer",
    "bound the length from both sides right before the call; make it unsigned, or mask it (`n &= N - 1`)",
);
const NUMBER_BOUNDS: &str = "the offset of an access must be known to stay inside the object";
const POINTER_MAY_BE_NULL: Option<Advice> = advice(
    "a pointer that may be NULL must be compared with NULL before it is used",
    "compare it with NULL first, on every path to this line",
);

fn memory(rule: &MemoryReject) -> Option<Advice> {
    use MemoryReject as R;
    match rule {
        R::InvalidAccess { ty, .. } if ty.may_be_null() => POINTER_MAY_BE_NULL,
        R::InvalidAccess { ty, .. } if ty.pointer().is_none() => advice(
            "only a pointer that the verifier knows can be followed",
            "this is a number to the verifier: pointers that were stored, cast or computed lose what was known of them; \
             read kernel memory with bpf_probe_read_kernel or through BTF",
        ),
        R::InvalidAccess { .. } => advice(
            "this kind of pointer cannot be followed by a load or store",
            "hand it to the helper or kfunc that takes it",
        ),
        R::OutsidePacket { .. } | R::RegOutsidePacket { .. } => advice(
            "packet bytes may be touched only where the program has compared with data_end",
            "compare the end of the access with data_end first; after a variable offset is added, compare again",
        ),
        R::OutsideMapValue { .. } | R::OutsideMapKey { .. } | R::OutsideMemory { .. } => advice(
            "an access must lie inside the object",
            "it reaches past the end: bound the index (`if (i >= N) return`, or `i &= N - 1`) right before it",
        ),
        R::Unbounded { .. } => advice(
            NUMBER_BOUNDS,
            "bound the offset from both sides before it is added to the pointer; a mask (`i &= N - 1`) is simplest",
        ),
        R::MinNegative { .. } => advice(
            NUMBER_BOUNDS,
            "the offset may be negative: make it unsigned, or compare it with 0 first",
        ),
        R::MinOutside { .. } => advice(
            NUMBER_BOUNDS,
            "the access may begin before the object: check the lower bound of the offset",
        ),
        R::MaxOutside { .. } => advice(
            NUMBER_BOUNDS,
            "the access may end behind the object: check the upper bound of the offset",
        ),
        R::StackRead { .. } | R::StackReadReg { .. } | R::StackReadVariable { .. } => advice(
            "stack must be written before it is read",
            "initialise the whole variable (`= {}`), padding included",
        ),
        R::Context { .. } => advice(
            "a program type has these fields of its context, readable or writable, in these sizes",
            "this program type cannot use that field, or not in that size or direction",
        ),
        R::ModifiedPointer { .. } | R::VariablePointer { .. } | R::NegativeOffset { .. } => advice(
            "this kind of pointer is followed with a constant offset only",
            "read fields straight from the original pointer; keep the compiler from adding to it",
        ),
        R::Misaligned { .. } | R::MisalignedPacket { .. } => advice(
            "an access must be aligned to its size",
            "copy byte by byte, or pack the struct",
        ),
        R::MapWriteForbidden { .. } | R::CannotWriteInto { .. } | R::PacketWrite => advice(
            "this memory is read-only for the program",
            "constant variables are in .rodata: drop const to change them; some program types may not write packets",
        ),
        R::LeakIntoMap { .. }
        | R::LeakIntoMemory { .. }
        | R::LeakIntoCtx { .. }
        | R::LeakIntoPacket { .. } => advice(
            "without privileges no address may reach user space",
            "store a number instead, or load the program with CAP_PERFMON",
        ),
        R::FieldDirect { .. } | R::FieldIndirect { .. } => advice(
            "locks, timers and the like in a value belong to the kernel",
            "use the helpers for the field, and access the other members one by one",
        ),
        _ => None,
    }
}

fn value(rule: &ValueReject) -> Option<Advice> {
    use ValueReject as R;
    match rule {
        R::NotReadable { .. } => advice(
            "a register must be written before it is read",
            "initialise the variable on every path (a call clobbers R1 to R5)",
        ),
        R::PointerMaybeNull { .. } => POINTER_MAY_BE_NULL,
        R::OffsetMath { .. }
        | R::OffsetFixed { .. }
        | R::OffsetUnboundedMin { .. }
        | R::OffsetOutOfBounds { .. } => advice(
            "what is added to a pointer must be bounded",
            "bound the number from both sides before the addition; unsigned types and masks help",
        ),
        R::PointerToPointer { .. }
        | R::PointerImmovable { .. }
        | R::Pointer32Bit { .. }
        | R::PointerBitwise { .. }
        | R::PointerOperator { .. }
        | R::PointerFromScalar { .. } => advice(
            "only + and - with bounded numbers keep a pointer a pointer",
            "compute the offset as a number first, then add it",
        ),
        R::PointerComparison { .. } => advice(
            "pointers of different objects cannot be compared without privileges",
            "compare numbers, or load the program with CAP_PERFMON",
        ),
        R::DivisionByZero => advice(
            "a division by the constant 0 is refused",
            "look for a macro or constant that is 0 here",
        ),
        _ => None,
    }
}

fn call(rule: &CallReject) -> Option<Advice> {
    use CallReject as R;
    match rule {
        R::PossiblyNull { .. } | R::SubprogArgMayBeNull { .. } => POINTER_MAY_BE_NULL,
        R::ArgType { found, .. } if found.may_be_null() => POINTER_MAY_BE_NULL,
        R::ArgType { .. } | R::WrongStruct { .. } => advice(
            "a helper takes arguments of certain kinds",
            "the argument is of another kind than the helper takes: see bpf-helpers(7)",
        ),
        R::NegativeSize { .. } | R::UnboundedSize { .. } | R::ZeroSizedRead { .. } => LENGTH,
        R::Unreleased { .. } | R::References { .. } | R::NotReferenced { .. } => advice(
            "what a program acquires it must release on every path",
            "release it before this path leaves (bpf_ringbuf_submit or _discard, bpf_sk_release, ...)",
        ),
        R::LocksHeld { .. } | R::LockHeld | R::GlobalUnderLock => advice(
            "a lock must be released before the program leaves or calls others",
            "call bpf_spin_unlock on every path before this line",
        ),
        R::IrqSaved { .. } | R::RcuLocked { .. } | R::PreemptDisabled { .. } => advice(
            "a section that was entered must be left on every path",
            "add the matching unlock, enable or restore before this line",
        ),
        R::GplOnly => advice(
            "some helpers are for GPL-compatible programs only",
            "declare the licence: char LICENSE[] SEC(\"license\") = \"GPL\";",
        ),
        R::HelperNotAvailable { .. } => advice(
            "each program type has its own set of helpers",
            "see bpf-helpers(7), or use another program type",
        ),
        R::NoSuchHelper { helper } if helper.is_poison() => advice(
            "a CO-RE relocation that matches nothing must not be reached",
            "the kernel has no such field or type: guard the access with bpf_core_field_exists or bpf_core_type_exists",
        ),
        R::NoSuchHelper { helper } if helper.is_missing_kfunc() => advice(
            "a kernel function that is not there must not be called",
            "guard the call with bpf_ksym_exists(name)",
        ),
        R::NoSuchHelper { .. } => advice(
            "the helper must be one the kernel has",
            "guard the call with bpf_core_enum_value_exists(enum bpf_func_id, ...), or ask for a newer kernel",
        ),
        R::MightSleep | R::SleepableInSection { .. } | R::GlobalMaySleep => advice(
            "only sleepable programs may sleep, and not inside critical sections",
            "put the program in a sleepable section (`.s`), or move the call out of the section",
        ),
        R::NotConstant { .. } | R::StringNotInReadonlyMap { .. } => advice(
            "this argument must be a constant the verifier can see",
            "use a literal, or a const global variable",
        ),
        R::ReturnNotKnown { .. } | R::ReturnOutside { .. } | R::ReturnNotScalar { .. } => advice(
            "programs of this type may return certain values only",
            "return one of the values this program type allows, on every path",
        ),
        R::LeaksAsReturn { .. } | R::LeaksIntoHelper { .. } => advice(
            "without privileges no address may reach user space",
            "return a number, or load the program with CAP_PERFMON",
        ),
        R::MapForHelper { .. } => advice(
            "each map type has its own helpers",
            "use the helper made for this map type, see bpf-helpers(7)",
        ),
        R::SameLockAgain => advice(
            "a lock cannot be taken twice",
            "release it first; two elements of one map share a lock to the verifier",
        ),
        R::CallStackTooDeep { .. } => advice(
            "functions may call each other 8 deep",
            "inline some of them (__always_inline)",
        ),
        _ => None,
    }
}

fn control(rule: &ControlReject) -> Option<Advice> {
    use ControlReject as R;
    match rule {
        R::BackEdge { .. } => advice(
            "without privileges a program has no loops",
            "unroll the loop (#pragma unroll), or load the program with CAP_BPF",
        ),
        R::InfiniteLoop { .. } => advice(
            "a loop must come to an end the verifier can see",
            "nothing the verifier follows changes from one round to the next: count towards a constant bound, or use \
             bpf_for, bpf_loop or may_goto",
        ),
        R::TooLarge { .. } | R::TooComplex { .. } | R::TooComplexAsync { .. } => advice(
            "the verifier walks at most 1,000,000 instructions over all paths",
            "move work into global functions, use bpf_loop or bpf_for, or bound variables earlier so that paths become alike",
        ),
        R::StackTooLarge { .. }
        | R::PrivateStackTooLarge { .. }
        | R::StackBeforeTailCall { .. } => advice(
            "a chain of calls has 512 bytes of stack, 256 before a tail call",
            "move big local variables into a per-CPU array map",
        ),
        R::CallGraphTooDeep { .. } => advice(
            "functions may call each other 8 deep",
            "inline some of them (__always_inline)",
        ),
        R::Unreachable { .. } => advice(
            "every instruction must be reachable",
            "the compiler left code nobody reaches: look for a function that does not return",
        ),
        R::MapNotForSleepable => advice(
            "sleepable programs use array, hash, ring buffer and local storage maps",
            "use one of those, or a program that does not sleep",
        ),
        R::CallsNeedCapability => advice(
            "without privileges a program has no functions",
            "inline them (__always_inline), or load the program with CAP_BPF",
        ),
        R::MayNotSleep => advice(
            "only fentry, fexit, fmod_ret, lsm, iter, uprobe and struct_ops programs sleep",
            "use a section name without `.s`",
        ),
        R::SymbolAddress { .. } | R::SymbolBtfId { .. } => advice(
            "a kernel variable must be one the kernel has",
            "declare it __weak and compare its address with NULL",
        ),
        _ => None,
    }
}

fn kfunc(rule: &KfuncReject) -> Option<Advice> {
    use KfuncReject as R;
    match rule {
        R::PossiblyNull { .. } => POINTER_MAY_BE_NULL,
        R::NotGpl => advice(
            "kernel functions are for GPL-compatible programs only",
            "declare the licence: char LICENSE[] SEC(\"license\") = \"GPL\";",
        ),
        R::NotAllowed { .. } => advice(
            "a kernel function is open to certain program types",
            "use another program type, or a helper that does the same",
        ),
        R::NotTrusted { .. } | R::NotRcu { .. } => advice(
            "this kernel function takes pointers known to be valid only",
            "acquire the object first (bpf_task_acquire, bpf_cgroup_acquire, ...), or stay inside bpf_rcu_read_lock",
        ),
        R::MustSleep { .. } | R::SleepableInSection { .. } => advice(
            "this kernel function may sleep",
            "put the program in a sleepable section (`.s`), and call it outside of critical sections",
        ),
        R::IteratorNotInit { .. } | R::IteratorNotUninit { .. } => advice(
            "an iterator is made once, asked while it lasts, and destroyed once",
            "use bpf_for and bpf_for_each, which do it in order",
        ),
        R::NestedRcu { .. } | R::UnmatchedRcu { .. } | R::UnmatchedPreempt { .. } => advice(
            "sections are entered and left in pairs",
            "match every lock or disable with its unlock or enable on every path",
        ),
        R::JitRequired => advice(
            "kernel functions need a JIT",
            "verify with --jit on, or set net.core.bpf_jit_enable=1",
        ),
        _ => None,
    }
}

fn attach(rule: &AttachReject) -> Option<Advice> {
    use AttachReject as R;
    match rule {
        R::Denied { .. } | R::NoReturn { .. } => advice(
            "some functions cannot be attached to",
            "attach to a caller or a function it calls",
        ),
        R::NotSleepable { .. } => advice(
            "a sleepable program attaches to functions that may sleep",
            "use a section name without `.s`",
        ),
        R::LsmNotGpl | R::StructOpsNotGpl => advice(
            "programs of this type must be GPL-compatible",
            "declare the licence: char LICENSE[] SEC(\"license\") = \"GPL\";",
        ),
        R::UnknownId { .. } | R::NoAddress { .. } | R::LsmDisabledHook { .. } => advice(
            "the hook must be there in this kernel",
            "look for its name in the kernel's BTF: bpftool btf dump file /sys/kernel/btf/vmlinux",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_people_break_have_advice() {
        let rules = [
            Rule::Memory(MemoryReject::RegOutsidePacket { reg: 1 }),
            Rule::Value(ValueReject::NotReadable { reg: 2 }),
            Rule::Call(CallReject::Unreleased { id: 1, insn: 2 }),
            Rule::Control(ControlReject::InfiniteLoop { insn: 3 }),
        ];
        assert!(rules.iter().all(|rule| of(rule).is_some()));
        assert_eq!(of(&Rule::Memory(MemoryReject::LdxReserved)), None);
    }
}
