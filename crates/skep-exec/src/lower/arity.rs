//! How many arguments each function reads, by liveness of R1 to R5 at its start.
//!
//! Callers then pass no more: passing all five costs a third in call-heavy programs.

use super::{Function, Op, Value};
use skep_isa::{AtomicOp, Reg};

/// A set of R0 to R10, one bit each.
type Regs = u16;

const ARGS: Regs = 0b11_1110;
const CALLER_SAVED: Regs = 0b11_1111;

/// Computes [`Function::arity`] for all functions.
pub(super) fn compute(functions: &mut [Function]) {
    let mut arities: Vec<u8> = functions
        .iter()
        .map(|f| if f.entered_from_outside { 5 } else { 0 })
        .collect();
    loop {
        let mut changed = false;
        for (index, function) in functions.iter().enumerate() {
            if function.entered_from_outside {
                continue;
            }
            let live = live_at_start(function, &arities) & ARGS;
            let arity = (Regs::BITS - live.leading_zeros()).saturating_sub(1) as u8;
            if let Some(known) = arities.get_mut(index)
                && *known < arity
            {
                *known = arity;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for (function, arity) in functions.iter_mut().zip(arities) {
        function.arity = arity;
    }
}

/// Registers whose value at the start of the function may be read.
fn live_at_start(function: &Function, arities: &[u8]) -> Regs {
    let mut live: Vec<Regs> = vec![0; function.ops.len().saturating_add(1)];
    loop {
        let mut changed = false;
        for (index, op) in function.ops.iter().enumerate().rev() {
            let at = |index: usize| live.get(index).copied().unwrap_or(0);
            let after = match op {
                Op::Goto(to) => at(to.index()),
                Op::Branch { to, .. } | Op::MayGoto(to) => {
                    at(to.index()) | at(index.saturating_add(1))
                }
                Op::Exit | Op::Unreachable => 0,
                _ => at(index.saturating_add(1)),
            };
            let (reads, writes) = effects(op, arities);
            let before = after & !writes | reads;
            if let Some(known) = live.get_mut(index)
                && *known != before
            {
                *known = before;
                changed = true;
            }
        }
        if !changed {
            return live.first().copied().unwrap_or(0);
        }
    }
}

/// Registers an operation reads and writes.
fn effects(op: &Op, arities: &[u8]) -> (Regs, Regs) {
    const R0: Regs = 1;
    match *op {
        Op::Mov { dst, src } => (value(src), bit(dst)),
        Op::Truncate { dst, src, .. } | Op::MovSx { dst, src, .. } => (bit(src), bit(dst)),
        Op::Alu { dst, src, .. } => (bit(dst) | value(src), bit(dst)),
        Op::Neg { dst, .. } | Op::Swap { dst, .. } => (bit(dst), bit(dst)),
        Op::FunctionPointer { dst, .. } => (0, bit(dst)),
        Op::Load { dst, from, .. } | Op::LoadAcquire { dst, from, .. } => {
            (bit(from.base), bit(dst))
        }
        Op::Store { to, src, .. } => (bit(to.base) | value(src), 0),
        Op::StoreRelease { to, src, .. } => (bit(to.base) | bit(src), 0),
        Op::Atomic { op, at, src, .. } => match op {
            AtomicOp::Add | AtomicOp::Or | AtomicOp::And | AtomicOp::Xor => {
                (bit(at.base) | bit(src), 0)
            }
            AtomicOp::FetchAdd
            | AtomicOp::FetchOr
            | AtomicOp::FetchAnd
            | AtomicOp::FetchXor
            | AtomicOp::Xchg => (bit(at.base) | bit(src), bit(src)),
            AtomicOp::CmpXchg => (bit(at.base) | bit(src) | R0, R0),
        },
        Op::Branch { left, right, .. } => (bit(left) | value(right), 0),
        Op::Goto(_) | Op::MayGoto(_) | Op::Unreachable => (0, 0),
        Op::Call(function) => {
            let arity = arities.get(function.index()).copied().unwrap_or(5);
            (ARGS & ((2 << arity) - 1), CALLER_SAVED)
        }
        Op::Helper(_) => (ARGS, CALLER_SAVED),
        Op::CpuNumber => (0, R0),
        Op::TailCall => (0b1110, 0),
        Op::Exit => (R0, 0),
    }
}

const fn bit(reg: Reg) -> Regs {
    1 << reg.number()
}

const fn value(value: Value) -> Regs {
    match value {
        Value::Reg(reg) => bit(reg),
        Value::Const(_) => 0,
    }
}
