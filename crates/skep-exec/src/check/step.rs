//! What each operation does.

use std::sync::atomic::{Ordering, fence};

use skep_isa::{AtomicOp, EndianWidth, Extend, Reg, Size};
use skep_memory::racy::AtomicOp as Rmw;
use skep_memory::{AccessSize, Addr, AtomicWidth};

use super::frame::{Frame, MAY_GOTO_POLL};
use super::{Session, alu};
use crate::bound_map::BoundMap;
use crate::executable::tail_call_target;
use crate::helper::{Caller, HelperCall};
use crate::lower::{FunctionIdx, HelperOp, Op, Place};
use crate::trap::{Trap, TrapKind};

/// What follows an operation.
enum Next {
    /// The operation at the frame's `pc`.
    Continue,
    /// The end of the function, with its R0 if it was set.
    Return(Option<u64>),
}

impl<'s> Session<'s, '_> {
    /// Executes a function to its end.
    pub(super) fn execute(&self, frame: &mut Frame<'s>) -> Result<Option<u64>, Trap> {
        loop {
            let op = frame.function.ops.get(frame.pc);
            frame.pc = frame.pc.saturating_add(1);
            let Some(op) = op else {
                return Err(self.trap(frame.at(), TrapKind::Unreachable));
            };
            if !self.run.context().spend(1) {
                return Err(self.trap(frame.at(), TrapKind::Budget));
            }
            let next = match op {
                Op::Call(function) => self.subprogram(frame, *function)?,
                Op::Helper(helper) => self.helper(frame, helper)?,
                Op::TailCall => self.tail_call(frame)?,
                op => match self.step(frame, op) {
                    Ok(next) => next,
                    Err(kind) => return Err(self.trap(frame.at(), kind)),
                },
            };
            match next {
                Next::Continue => {}
                Next::Return(value) => return Ok(value),
            }
        }
    }

    /// Everything but calls.
    #[inline]
    fn step(&self, frame: &mut Frame<'s>, op: &Op) -> Result<Next, TrapKind> {
        match *op {
            Op::Mov { dst, src } => frame.set(dst, frame.value(src)?),
            Op::Truncate { dst, src, bits } => frame.set(dst, alu::truncate(frame.get(src)?, bits)),
            Op::MovSx {
                width,
                from,
                dst,
                src,
            } => {
                let value = alu::sign_extend(frame.get(src)?, from.bits());
                frame.set(dst, alu::at_width(width, value));
            }
            Op::Alu {
                op,
                width,
                dst,
                src,
            } => {
                let (left, right) = (frame.get(dst)?, frame.value(src)?);
                frame.set(dst, alu::compute(op, width, left, right));
            }
            Op::Neg { width, dst } => {
                let value = frame.get(dst)?.wrapping_neg();
                frame.set(dst, alu::at_width(width, value));
            }
            Op::Swap { width, dst } => {
                let value = frame.get(dst)?;
                frame.set(dst, swap(width, value));
            }
            Op::FunctionPointer { dst, function } => {
                let pointer = self.pointer_of(function).ok_or(TrapKind::Unreachable)?;
                frame.set(dst, pointer);
            }
            Op::Load {
                size,
                extend,
                dst,
                from,
            } => {
                let addr = address(frame, from)?;
                let value = self
                    .memory
                    .with(|table| table.read(addr, access_size(size)))?;
                frame.set(dst, extended(extend, size, value));
            }
            Op::Store { size, to, src } => {
                let (addr, value) = (address(frame, to)?, frame.value(src)?);
                self.memory
                    .with(|table| table.write(addr, access_size(size), value))?;
            }
            Op::LoadAcquire { size, dst, from } => {
                let addr = address(frame, from)?;
                let value = self
                    .memory
                    .with(|table| table.read(addr, access_size(size)))?;
                fence(Ordering::Acquire);
                frame.set(dst, value);
            }
            Op::StoreRelease { size, to, src } => {
                let (addr, value) = (address(frame, to)?, frame.get(src)?);
                fence(Ordering::Release);
                self.memory
                    .with(|table| table.write(addr, access_size(size), value))?;
            }
            Op::Atomic { op, size, at, src } => self.atomic(frame, op, size, at, src)?,
            Op::Goto(to) => frame.jump(to),
            Op::Branch {
                op,
                width,
                left,
                right,
                to,
            } => {
                if alu::holds(op, width, frame.get(left)?, frame.value(right)?) {
                    frame.jump(to);
                }
            }
            Op::MayGoto(to) => {
                if self.may_goto_ends(frame) {
                    frame.jump(to);
                }
            }
            Op::CpuNumber => frame.set(Reg::R0, u64::from(self.run.context().cpu())),
            Op::Exit => return Ok(Next::Return(frame.get(Reg::R0).ok())),
            Op::Unreachable => return Err(TrapKind::Unreachable),
            // Calls are done by `execute`.
            Op::Call(_) | Op::Helper(_) | Op::TailCall => return Err(TrapKind::Unreachable),
        }
        Ok(Next::Continue)
    }

    fn may_goto_ends(&self, frame: &mut Frame<'s>) -> bool {
        if frame.may_goto == 0 {
            return true;
        }
        frame.may_goto -= 1;
        let context = self.run.context();
        let poll = frame.may_goto.is_multiple_of(MAY_GOTO_POLL);
        context.should_stop() || poll && context.poll().is_some()
    }

    fn atomic(
        &self,
        frame: &mut Frame<'s>,
        op: AtomicOp,
        size: Size,
        at: Place,
        src: Reg,
    ) -> Result<(), TrapKind> {
        let addr = address(frame, at)?;
        let operand = frame.get(src)?;
        let width = if size == Size::DW {
            AtomicWidth::Eight
        } else {
            AtomicWidth::Four
        };
        let fetch = |op| {
            self.memory
                .with(|table| table.fetch(op, addr, width, operand))
        };
        match op {
            AtomicOp::Add => drop(fetch(Rmw::Add)?),
            AtomicOp::Or => drop(fetch(Rmw::Or)?),
            AtomicOp::And => drop(fetch(Rmw::And)?),
            AtomicOp::Xor => drop(fetch(Rmw::Xor)?),
            AtomicOp::FetchAdd => frame.set(src, fetch(Rmw::Add)?),
            AtomicOp::FetchOr => frame.set(src, fetch(Rmw::Or)?),
            AtomicOp::FetchAnd => frame.set(src, fetch(Rmw::And)?),
            AtomicOp::FetchXor => frame.set(src, fetch(Rmw::Xor)?),
            AtomicOp::Xchg => frame.set(src, fetch(Rmw::Exchange)?),
            AtomicOp::CmpXchg => {
                let expected = frame.get(Reg::R0)?;
                let old = self
                    .memory
                    .with(|table| table.compare_exchange(addr, width, expected, operand))?;
                frame.set(Reg::R0, old);
            }
        }
        Ok(())
    }

    fn subprogram(&self, frame: &mut Frame<'s>, function: FunctionIdx) -> Result<Next, Trap> {
        let Some(function) = self.program.function(function) else {
            return Err(self.trap(frame.at(), TrapKind::Unreachable));
        };
        let (args, given) = frame.args();
        let result = self.call(function, args, given)?;
        frame.returned(result);
        Ok(Next::Continue)
    }

    fn helper(&self, frame: &mut Frame<'s>, helper: &HelperOp) -> Result<Next, Trap> {
        let (args, _) = frame.args();
        let call = HelperCall::new(self.run, helper, args, Caller::Checked(self));
        let result = (helper.body)(&call).map_err(|_| self.raised(frame.at()))?;
        frame.returned(Some(result));
        Ok(Next::Continue)
    }

    fn tail_call(&self, frame: &mut Frame<'s>) -> Result<Next, Trap> {
        let here = |kind| self.trap(frame.at(), kind);
        let ctx = Addr::new(frame.get(Reg::R1).map_err(here)?);
        let handle = Addr::new(frame.get(Reg::R2).map_err(here)?);
        let index = frame.get(Reg::R3).map_err(here)? as u32;
        let array = BoundMap::known(self.memory, handle)
            .ok_or_else(|| here(TrapKind::NoMap(handle.raw())))?;
        match tail_call_target(self.run, array.map(), index) {
            Some(target) => target
                .run(ctx, self.run)
                .map(|value| Next::Return(Some(value))),
            None => {
                frame.returned(None);
                Ok(Next::Continue)
            }
        }
    }
}

fn address(frame: &Frame<'_>, place: Place) -> Result<Addr, TrapKind> {
    let base = Addr::new(frame.get(place.base)?);
    Ok(base.wrapping_add(i64::from(place.off).cast_unsigned()))
}

const fn access_size(size: Size) -> AccessSize {
    match size {
        Size::B => AccessSize::One,
        Size::H => AccessSize::Two,
        Size::W => AccessSize::Four,
        Size::DW => AccessSize::Eight,
    }
}

const fn extended(extend: Extend, size: Size, value: u64) -> u64 {
    match extend {
        Extend::Zero => value,
        Extend::Sign => alu::sign_extend(value, (size.bytes() * 8) as u8),
    }
}

const fn swap(width: EndianWidth, value: u64) -> u64 {
    match width {
        EndianWidth::B16 => (value as u16).swap_bytes() as u64,
        EndianWidth::B32 => (value as u32).swap_bytes() as u64,
        EndianWidth::B64 => value.swap_bytes(),
    }
}
