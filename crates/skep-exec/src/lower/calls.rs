//! Calls: bodies for helpers and kernel functions, functions for subprograms, and the helpers that are operations.

use skep_isa::{AluOp, CallTarget, CondOp, Operand, Reg, Size, Width};
use skep_maps::InlineLookup;
use skep_uapi::HelperId;
use skep_verifier::verified::{CallMap, Fact};

use super::arithmetic::extended;
use super::emitter::Emitter;
use super::{Function, FunctionIdx, HelperOp, Label, LowerError, Op, Value};

const MAP_LOOKUP_ELEM: HelperId = HelperId(1);
const GET_SMP_PROCESSOR_ID: HelperId = HelperId(8);
const TAIL_CALL: HelperId = HelperId(12);

impl Emitter<'_> {
    pub(super) fn call(&mut self, target: CallTarget) -> Result<(), LowerError> {
        let source = self.source;
        match (target, source.fact(self.here)) {
            (CallTarget::Helper(_), Fact::Helper { id, map, .. }) => self.helper(*id, *map),
            (CallTarget::Kfunc { .. }, Fact::Kfunc { ty }) => {
                let body = self
                    .bindings
                    .kfunc(*ty)
                    .map_err(LowerError::MissingHelper)?;
                self.push(Op::Helper(HelperOp {
                    id: None,
                    body,
                    program_btf: self.bindings.program_btf(),
                    inline: InlineLookup::None,
                }));
                Ok(())
            }
            (CallTarget::Subprog { .. }, Fact::Subprog(subprog)) => {
                if usize::from(subprog.0) >= source.subprogs.len() {
                    return Err(self.inconsistent("a call of a function that is not there"));
                }
                self.push(Op::Call(FunctionIdx(subprog.0)));
                Ok(())
            }
            (CallTarget::Helper(_) | CallTarget::Kfunc { .. } | CallTarget::Subprog { .. }, _) => {
                Err(self.inconsistent("a call without its fact"))
            }
        }
    }

    fn helper(&mut self, id: HelperId, map: CallMap) -> Result<(), LowerError> {
        match id {
            TAIL_CALL => self.push(Op::TailCall),
            GET_SMP_PROCESSOR_ID => self.push(Op::CpuNumber),
            _ => {
                let Some(body) = self.bindings.helper(id) else {
                    return Err(LowerError::MissingHelper(name(id)));
                };
                let inline = match map {
                    CallMap::Always(token) if id == MAP_LOOKUP_ELEM => {
                        self.map(token)?.map().inline_lookup()
                    }
                    CallMap::Always(_) | CallMap::None | CallMap::Varies => InlineLookup::None,
                };
                self.push(Op::Helper(HelperOp {
                    id: Some(id),
                    body,
                    program_btf: self.bindings.program_btf(),
                    inline,
                }));
            }
        }
        Ok(())
    }

    /// LD_ABS and LD_IND: a call, and the end of the function with 0 where the packet is too short.
    pub(super) fn load_packet(
        &mut self,
        size: Size,
        variable: Option<Reg>,
        imm: i32,
    ) -> Result<(), LowerError> {
        let Some(body) = self.bindings.load_packet() else {
            return Err(LowerError::MissingHelper("LD_ABS".to_owned()));
        };
        let offset = extended(Width::W64, Operand::Imm(imm));
        match variable {
            None => self.push(Op::Mov {
                dst: Reg::R2,
                src: offset,
            }),
            Some(reg) => {
                self.push(Op::Mov {
                    dst: Reg::R2,
                    src: Value::Reg(reg),
                });
                self.push(Op::Alu {
                    op: AluOp::Add,
                    width: Width::W64,
                    dst: Reg::R2,
                    src: offset,
                });
            }
        }
        self.push(Op::Mov {
            dst: Reg::R1,
            src: Value::Reg(Reg::R6),
        });
        self.push(Op::Mov {
            dst: Reg::R3,
            src: Value::Const(u64::from(size.bytes())),
        });
        self.push(Op::Helper(HelperOp {
            id: None,
            body,
            program_btf: self.bindings.program_btf(),
            inline: InlineLookup::None,
        }));
        let (left, right) = (Reg::R0, Value::Const(0));
        self.local_branch(CondOp::SGe, left, right, 2);
        self.push(Op::Mov {
            dst: Reg::R0,
            src: Value::Const(0),
        });
        self.push(Op::Exit);
        Ok(())
    }

    /// A branch over the next `skip` operations; resolved at once, since the distance is known.
    fn local_branch(&mut self, op: CondOp, left: Reg, right: Value, skip: u32) {
        let to = Label(self.next_index().saturating_add(1).saturating_add(skip));
        self.resolved.insert(self.ops.len());
        self.push(Op::Branch {
            op,
            width: Width::W64,
            left,
            right,
            to,
        });
    }
}

fn name(id: HelperId) -> String {
    id.name()
        .map_or_else(|| format!("helper {}", id.0), str::to_owned)
}

/// Marks the functions that are entered other than by [`Op::Call`].
pub(super) fn mark_entries(functions: &mut [Function]) {
    let mut entries = vec![FunctionIdx::MAIN];
    for function in functions.iter() {
        entries.extend(function.ops.iter().filter_map(|op| match op {
            Op::FunctionPointer { function, .. } => Some(*function),
            _ => None,
        }));
    }
    for entry in entries {
        if let Some(function) = functions.get_mut(entry.index()) {
            function.entered_from_outside = true;
        }
    }
}
