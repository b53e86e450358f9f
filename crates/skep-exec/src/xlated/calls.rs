//! Calls of the kernel: helpers that Linux inlines, arguments it adds.

use skep_isa::{RawInsn, opcode};
use skep_uapi::{HelperId, ProgType};

use super::insn;
use super::lookup;
use super::shape::{ListedMap, Shape};

const R0: u8 = 0;
const R1: u8 = 1;
const R2: u8 = 2;
const R3: u8 = 3;
const R5: u8 = 5;

/// What a helper call becomes. bpf_loop is not among them: it may become a loop of this program.
pub(super) fn helper(
    id: HelperId,
    map: Option<ListedMap>,
    prog_type: ProgType,
    sleepable: bool,
    shape: &dyn Shape,
) -> Vec<RawInsn> {
    let name = id.name().unwrap_or_default();
    let jit = shape.jit();
    let tracing = prog_type == ProgType::Tracing;
    match (name, map) {
        ("bpf_map_lookup_elem", Some(map)) if jit => {
            lookup::inlined(&map, shape.btf()).unwrap_or_else(|| vec![insn::call()])
        }
        ("bpf_jiffies64", _) if jit => {
            let [low, high] = address(R0);
            vec![low, high, insn::load(opcode::DW, R0, R0, 0)]
        }
        ("bpf_get_smp_processor_id", _) if jit => vec![
            insn::mov_imm(R0, 0),
            insn::percpu(R0),
            insn::load(opcode::W, R0, R0, 0),
        ],
        ("bpf_get_func_arg_cnt", _) if tracing => vec![insn::load(opcode::DW, R0, R1, -8)],
        ("bpf_get_func_ip", _) if tracing => vec![insn::load(opcode::DW, R0, R1, -16)],
        ("bpf_kptr_xchg", _) if jit => vec![
            insn::mov(R0, R2),
            RawInsn::new(
                opcode::STX | opcode::ATOMIC | opcode::DW,
                R1,
                R0,
                0,
                opcode::XCHG,
            ),
        ],
        ("bpf_tail_call", _) => vec![insn::tail_call()],
        ("bpf_timer_set_callback", _) => {
            let [low, high] = address(R3);
            vec![low, high, insn::call()]
        }
        (
            "bpf_sk_storage_get"
            | "bpf_inode_storage_get"
            | "bpf_task_storage_get"
            | "bpf_cgrp_storage_get",
            _,
        ) => vec![insn::mov_imm(R5, allocation(sleepable)), insn::call()],
        _ => vec![insn::call()],
    }
}

/// How memory may be asked for: GFP_KERNEL, or GFP_ATOMIC where nothing may sleep.
const fn allocation(sleepable: bool) -> i32 {
    if sleepable { 0xcc0 } else { 0x820 }
}

/// The address of something in the kernel: of this kernel's nothing, there is none.
fn address(reg: u8) -> [RawInsn; 2] {
    [
        RawInsn::new(opcode::LD_IMM64, reg, 0, 0, 0),
        RawInsn::default(),
    ]
}

/// What a call of a kernel function becomes.
pub(super) fn kfunc(call: RawInsn, name: &str) -> Vec<RawInsn> {
    let call = RawInsn { imm: 0, ..call };
    let with = |regs: &[u8]| {
        let mut code: Vec<RawInsn> = regs.iter().flat_map(|reg| address(*reg)).collect();
        code.push(call);
        code
    };
    match name {
        "bpf_cast_to_kern_ctx" | "bpf_rdonly_cast" => vec![insn::mov(R0, R1)],
        "bpf_obj_drop_impl" | "bpf_percpu_obj_drop_impl" | "bpf_refcount_acquire_impl" => {
            with(&[R2])
        }
        _ => vec![call],
    }
}
