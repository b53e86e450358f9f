//! What a loader without CAP_PERFMON adds: pointers moved by unknown numbers are masked at run time, so that a mispredicted branch
//! cannot read beyond the object; the verifier decides the mask and follows what the processor might do.

use crate::register::{Pointer, Register, Scalar, Target};
use crate::reject::{Check, Reject, ValueReject};
use crate::stack::MAX_STACK;
use crate::state::{Execution, InsnIdx};
use crate::verifier::Verifier;
use skep_isa::{RawInsn, opcode};

/// Which operand of a masked addition is the pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointerOperand {
    /// Neither: two numbers.
    None,
    /// The destination.
    Dst,
    /// The source.
    Src,
}

/// How an addition or subtraction of a register is masked; must be the same on every path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AluMask {
    /// Which operand is the pointer.
    pub pointer: PointerOperand,
    /// The number is negative.
    pub negative: bool,
    /// The number is a constant.
    pub constant: bool,
    /// Bytes the pointer may move.
    pub limit: u32,
}

/// What the first phase hands to the second.
pub(super) struct Masking {
    mask: AluMask,
    direction: Direction,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Left,
    Right,
}

impl Verifier<'_> {
    fn needs_masking(&self, insn: RawInsn) -> bool {
        let barrier = self.aux.get(self.at.index()).is_some_and(|a| a.nospec);
        matches!(insn.op(), opcode::ADD | opcode::SUB)
            && !self.privileges.bypass_spec_v1
            && insn.source() == opcode::X
            && !barrier
    }

    /// Two numbers are added: the same instruction must not move a pointer on another path.
    pub(super) fn note_scalar_for_masking(&mut self, insn: RawInsn) -> Check {
        if !self.needs_masking(insn) {
            return Ok(());
        }
        self.record_mask(
            insn,
            AluMask {
                pointer: PointerOperand::None,
                negative: false,
                constant: false,
                limit: 0,
            },
        )
    }

    fn record_mask(&mut self, insn: RawInsn, mask: AluMask) -> Check {
        match self.aux.get_mut(self.at.index()) {
            Some(aux) if aux.alu_mask.is_none_or(|old| old == mask) => {
                aux.alu_mask = Some(mask);
                Ok(())
            }
            _ => Err(self.reject(ValueReject::MaskPaths {
                reg: insn.dst(),
                op: verb(insn),
            })),
        }
    }

    /// First phase, before the operation: is there a mask, and what would the processor do with the pointer not moved?
    pub(super) fn begin_masking(
        &mut self,
        insn: RawInsn,
        pointer: &Pointer,
        number: &Scalar,
        pointer_is_dst: bool,
    ) -> Check<Option<Masking>> {
        if !self.needs_masking(insn) {
            return Ok(None);
        }
        let (pointer_reg, number_reg) = if pointer_is_dst {
            (insn.dst(), insn.src())
        } else {
            (insn.src(), insn.dst())
        };
        let constant = number.range.is_const().is_some();
        let negative = number.range.smin < 0;
        let speculative = self.state.execution == Execution::Speculative;
        let mut masking = None;
        if !speculative {
            if !constant && negative != (number.range.smax < 0) {
                return Err(self.reject(ValueReject::MaskMixedBounds { reg: number_reg }));
            }
            let direction = if (insn.op() == opcode::ADD) == negative {
                Direction::Left
            } else {
                Direction::Right
            };
            let limit = self.pointer_limit(insn, pointer, direction, pointer_reg)?;
            let operand = if pointer_is_dst {
                PointerOperand::Dst
            } else {
                PointerOperand::Src
            };
            // Pruning must not hide a path that needs another mask.
            self.explore_alu_limits |= !constant;
            masking = Some(Masking {
                mask: AluMask {
                    pointer: operand,
                    negative,
                    constant,
                    limit,
                },
                direction,
            });
        }
        if !constant {
            self.simulate_unmoved(insn, pointer)?;
        }
        Ok(masking)
    }

    /// Follows, speculatively, the path on which the mask turned the number into 0.
    fn simulate_unmoved(&mut self, insn: RawInsn, pointer: &Pointer) -> Check {
        let mut unmoved = self.state.clone();
        unmoved.execution = Execution::Speculative;
        unmoved.set_reg(insn.dst(), Register::Pointer(*pointer));
        let next = self.at.next();
        self.push_state(unmoved, next)
            .map_err(|_| self.reject(ValueReject::MaskStack { reg: insn.dst() }))
    }

    /// Second phase, after the operation: the mask is as wide as the pointer really moved.
    pub(super) fn finish_masking(
        &mut self,
        insn: RawInsn,
        moved: &Pointer,
        masking: Option<Masking>,
    ) -> Check {
        let Some(Masking { mask, direction }) = masking else {
            return Ok(());
        };
        let after = self.pointer_limit(insn, moved, direction, insn.dst())?;
        self.record_mask(
            insn,
            AluMask {
                limit: mask.limit.abs_diff(after),
                ..mask
            },
        )
    }

    /// How far the pointer is from the end of its object it moves towards.
    fn pointer_limit(
        &mut self,
        insn: RawInsn,
        pointer: &Pointer,
        direction: Direction,
        pointer_reg: u8,
    ) -> Check<u32> {
        let off = i64::from(pointer.off);
        let (limit, max) = match pointer.target {
            Target::Stack { .. } => {
                let max = i64::from(MAX_STACK) + i64::from(direction == Direction::Left);
                (-(pointer.var.smin.wrapping_add(off)), max)
            }
            Target::MapValue { map, .. } => {
                let variable = if direction == Direction::Left {
                    pointer.var.smin
                } else {
                    pointer.var.umax.cast_signed()
                };
                let size = self.map_meta(map).map_or(0, |m| i64::from(m.value_size));
                (variable.wrapping_add(off), size)
            }
            _ => return Err(self.reject(ValueReject::MaskPointerType { reg: pointer_reg })),
        };
        u32::try_from(limit)
            .ok()
            .filter(|l| i64::from(*l) < max)
            .ok_or_else(|| {
                self.reject(ValueReject::MaskLimit {
                    reg: insn.dst(),
                    op: verb(insn),
                })
            })
    }

    /// Without CAP_PERFMON a moved pointer must stay inside its object, even if it is never used there.
    pub(super) fn check_moved_unprivileged(&mut self, reg: u8, moved: &Pointer) -> Check {
        if self.privileges.bypass_spec_v1 {
            return Ok(());
        }
        match moved.target {
            Target::Stack { .. } => {
                let off = moved
                    .var
                    .tnum
                    .value
                    .cast_signed()
                    .wrapping_add(i64::from(moved.off));
                if moved.var.is_const().is_none() {
                    return Err(self.reject(ValueReject::VariableStackUnprivileged {
                        reg,
                        var: moved.var.tnum,
                        off: off as i32,
                    }));
                }
                if !(-i64::from(MAX_STACK)..0).contains(&off) {
                    return Err(
                        self.reject(ValueReject::StackPointerRangeUnprivileged { reg, off })
                    );
                }
                Ok(())
            }
            Target::MapValue { .. } => self
                .check_map_value_reachable(reg, moved)
                .map_err(|r| self.out_of_range(r, reg)),
            _ => Ok(()),
        }
    }

    fn out_of_range(&mut self, reject: Reject, reg: u8) -> Reject {
        self.reject_more(reject, ValueReject::MapValueRangeUnprivileged { reg })
    }

    /// The side of a decided jump that is not taken, as the processor may still run it: the compared registers hold anything there.
    pub(super) fn push_mispredicted(&mut self, insn: RawInsn, to: InsnIdx) -> Check {
        if self.privileges.bypass_spec_v1 {
            return Ok(());
        }
        let mut state = self.state.clone();
        state.execution = Execution::Speculative;
        state.set_reg(insn.dst(), self.unknown_register());
        if insn.source() == opcode::X {
            state.set_reg(insn.src(), self.unknown_register());
        }
        self.push_state(state, to)
    }
}

fn verb(insn: RawInsn) -> &'static str {
    if insn.op() == opcode::ADD {
        "add"
    } else {
        "sub"
    }
}
