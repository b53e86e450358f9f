//! The programs: classifiers with every capability, and what Linux 6.18 says about each.

/// What is expected of a program.
pub(crate) enum Expected {
    /// It loads.
    Accept,
    /// It is refused, with this errno and last line.
    Reject(&'static str, &'static str),
}
use Expected::{Accept, Reject};

/// A program and what is expected of it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) expected: Expected,
}

const fn case(name: &'static str, text: &'static str, expected: Expected) -> Case {
    Case {
        name,
        text,
        expected,
    }
}

/// All of them. Map `ringbuf` is a ring buffer of a page.
pub(crate) const CASES: &[Case] = &[
    case(
        "iterate",
        "r1 = r10
         r1 += -8
         r2 = 0
         r3 = 10
         call kfunc bpf_iter_num_new
         next:
         r1 = r10
         r1 += -8
         call kfunc bpf_iter_num_next
         if r0 == 0 goto done
         r6 = *(u32 *)(r0 +0)
         goto next
         done:
         r1 = r10
         r1 += -8
         call kfunc bpf_iter_num_destroy
         r0 = 0
         exit",
        Accept,
    ),
    case(
        "iterator is not destroyed",
        "r1 = r10
         r1 += -8
         r2 = 0
         r3 = 10
         call kfunc bpf_iter_num_new
         r0 = 0
         exit",
        Reject(
            "EINVAL",
            "BPF_EXIT instruction in main prog would lead to reference leak",
        ),
    ),
    case(
        "iterator over an iterator",
        "r1 = r10
         r1 += -8
         r2 = 0
         r3 = 10
         call kfunc bpf_iter_num_new
         r1 = r10
         r1 += -8
         r2 = 0
         r3 = 10
         call kfunc bpf_iter_num_new
         r0 = 0
         exit",
        Reject("EINVAL", "expected uninitialized iter_num as arg #0"),
    ),
    case(
        "next of no iterator",
        "r1 = r10
         r1 += -8
         call kfunc bpf_iter_num_next
         r0 = 0
         exit",
        Reject("EINVAL", "expected an initialized iter_num as arg #0"),
    ),
    case(
        "iterator between two slots",
        "r1 = r10
         r1 += -12
         r2 = 0
         r3 = 10
         call kfunc bpf_iter_num_new
         r0 = 0
         exit",
        Reject("EINVAL", "expected uninitialized iter_num as arg #0"),
    ),
    case(
        "iterator of a number",
        "r1 = 0
         r2 = 0
         r3 = 10
         call kfunc bpf_iter_num_new
         r0 = 0
         exit",
        Reject("EINVAL", "arg#0 expected pointer to an iterator on stack"),
    ),
    case(
        "element after the end of the iterator",
        "r1 = r10
         r1 += -8
         r2 = 0
         r3 = 10
         call kfunc bpf_iter_num_new
         r1 = r10
         r1 += -8
         call kfunc bpf_iter_num_next
         r6 = r0
         r1 = r10
         r1 += -8
         call kfunc bpf_iter_num_destroy
         if r6 == 0 goto done
         r0 = *(u32 *)(r6 +0)
         done:
         r0 = 0
         exit",
        Reject("EACCES", "R6 invalid mem access 'scalar'"),
    ),
    case(
        "slice of a packet",
        "r2 = 0
         r3 = r10
         r3 += -16
         call kfunc bpf_dynptr_from_skb
         r1 = r10
         r1 += -16
         r2 = 0
         r3 = r10
         r3 += -32
         *(u64 *)(r10 -32) = 0
         *(u64 *)(r10 -24) = 0
         r4 = 14
         call kfunc bpf_dynptr_slice
         if r0 == 0 goto done
         r0 = *(u8 *)(r0 +13)
         done:
         r0 = 0
         exit",
        Accept,
    ),
    case(
        "past the end of a slice",
        "r2 = 0
         r3 = r10
         r3 += -16
         call kfunc bpf_dynptr_from_skb
         r1 = r10
         r1 += -16
         r2 = 0
         r3 = 0
         r4 = 14
         call kfunc bpf_dynptr_slice
         if r0 == 0 goto done
         r0 = *(u8 *)(r0 +14)
         done:
         r0 = 0
         exit",
        Reject(
            "EACCES",
            "R0 min value is outside of the allowed memory range",
        ),
    ),
    case(
        "slice of unknown length",
        "r6 = r1
         call 7
         r7 = r0
         r7 &= 7
         r1 = r6
         r2 = 0
         r3 = r10
         r3 += -16
         call kfunc bpf_dynptr_from_skb
         r1 = r10
         r1 += -16
         r2 = 0
         r3 = 0
         r4 = r7
         call kfunc bpf_dynptr_slice
         r0 = 0
         exit",
        Reject("EINVAL", "R4 must be a known constant"),
    ),
    case(
        "slice of no dynptr",
        "r1 = r10
         r1 += -16
         r2 = 0
         r3 = 0
         r4 = 14
         call kfunc bpf_dynptr_slice
         r0 = 0
         exit",
        Reject("EINVAL", "Expected an initialized dynptr as arg #0"),
    ),
    case(
        "ring buffer dynptr is submitted",
        "r1 = map[ringbuf]
         r2 = 8
         r3 = 0
         r4 = r10
         r4 += -16
         call bpf_ringbuf_reserve_dynptr
         r1 = r10
         r1 += -16
         r2 = 0
         call bpf_ringbuf_submit_dynptr
         r0 = 0
         exit",
        Accept,
    ),
    case(
        "ring buffer dynptr is kept",
        "r1 = map[ringbuf]
         r2 = 8
         r3 = 0
         r4 = r10
         r4 += -16
         call bpf_ringbuf_reserve_dynptr
         r0 = 0
         exit",
        Reject(
            "EINVAL",
            "BPF_EXIT instruction in main prog would lead to reference leak",
        ),
    ),
    case(
        "ring buffer dynptr is overwritten",
        "r1 = map[ringbuf]
         r2 = 8
         r3 = 0
         r4 = r10
         r4 += -16
         call bpf_ringbuf_reserve_dynptr
         *(u64 *)(r10 -8) = 0
         r0 = 0
         exit",
        Reject("EINVAL", "cannot overwrite referenced dynptr"),
    ),
    case(
        "clone of a released dynptr",
        "r1 = map[ringbuf]
         r2 = 8
         r3 = 0
         r4 = r10
         r4 += -16
         call bpf_ringbuf_reserve_dynptr
         r1 = r10
         r1 += -16
         r2 = r10
         r2 += -32
         call kfunc bpf_dynptr_clone
         r1 = r10
         r1 += -16
         r2 = 0
         call bpf_ringbuf_submit_dynptr
         r1 = r10
         r1 += -32
         r2 = 0
         r3 = 8
         call bpf_dynptr_data
         r0 = 0
         exit",
        Reject("EINVAL", "Expected an initialized dynptr as arg #0"),
    ),
    case(
        "RCU section",
        "call kfunc bpf_rcu_read_lock
         call kfunc bpf_rcu_read_unlock
         r0 = 0
         exit",
        Accept,
    ),
    case(
        "RCU section in an RCU section",
        "call kfunc bpf_rcu_read_lock
         call kfunc bpf_rcu_read_lock
         r0 = 0
         exit",
        Reject(
            "EINVAL",
            "nested rcu read lock (kernel function bpf_rcu_read_lock)",
        ),
    ),
    case(
        "unlock without lock",
        "call kfunc bpf_rcu_read_unlock
         r0 = 0
         exit",
        Reject(
            "EINVAL",
            "unmatched rcu read unlock (kernel function bpf_rcu_read_unlock)",
        ),
    ),
    case(
        "exit inside an RCU section",
        "call kfunc bpf_rcu_read_lock
         r0 = 0
         exit",
        Reject(
            "EINVAL",
            "BPF_EXIT instruction in main prog cannot be used inside bpf_rcu_read_lock-ed region",
        ),
    ),
    case(
        "preemption is disabled twice and enabled once",
        "call kfunc bpf_preempt_disable
         call kfunc bpf_preempt_disable
         call kfunc bpf_preempt_enable
         r0 = 0
         exit",
        Reject(
            "EINVAL",
            "BPF_EXIT instruction in main prog cannot be used inside bpf_preempt_disable-ed region",
        ),
    ),
    case(
        "IRQ flags in order",
        "r1 = r10
         r1 += -8
         call kfunc bpf_local_irq_save
         r1 = r10
         r1 += -16
         call kfunc bpf_local_irq_save
         r1 = r10
         r1 += -16
         call kfunc bpf_local_irq_restore
         r1 = r10
         r1 += -8
         call kfunc bpf_local_irq_restore
         r0 = 0
         exit",
        Accept,
    ),
    case(
        "IRQ flags out of order",
        "r1 = r10
         r1 += -8
         call kfunc bpf_local_irq_save
         r1 = r10
         r1 += -16
         call kfunc bpf_local_irq_save
         r1 = r10
         r1 += -8
         call kfunc bpf_local_irq_restore
         r0 = 0
         exit",
        Reject(
            "EACCES",
            "cannot restore irq state out of order, expected id=2 acquired at insn_idx=5",
        ),
    ),
    case(
        "restore of no IRQ flag",
        "r1 = r10
         r1 += -8
         call kfunc bpf_local_irq_restore
         r0 = 0
         exit",
        Reject("EINVAL", "expected an initialized irq flag as arg#0"),
    ),
    case(
        "number for a kernel function",
        "r2 = r10
         r1 = r10
         r1 += -8
         r3 = 10
         call kfunc bpf_iter_num_new
         r0 = 0
         exit",
        Reject("EINVAL", "R2 is not a scalar"),
    ),
    case(
        "function of another program type",
        "r2 = 0
         r3 = r10
         r3 += -16
         call kfunc bpf_dynptr_from_xdp
         r0 = 0
         exit",
        Reject(
            "EACCES",
            "calling kernel function bpf_dynptr_from_xdp is not allowed",
        ),
    ),
];
