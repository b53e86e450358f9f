//! From a verified program's facts to the lowered form.
//!
//! Each instruction becomes one or a few operations; a file per concern decides which:
//!
//! | file | concern |
//! |---|---|
//! | `dead` | what no path reaches is dropped, by the facts |
//! | `arithmetic` | constants extended, divisions and shifts by constants made plain |
//! | `access` | loads, stores, atomics; which memory is shared |
//! | `context` | fields of contexts and objects, by [`crate::ContextLayout`] |
//! | `constants` | addresses of maps, values, functions, kernel symbols |
//! | `calls` | helpers, kernel functions, subprograms, tail calls; look-ups that can be inlined |
//! | `jumps` | targets, from instructions to operations |
//! | `arity` | how many arguments each function really reads |

mod access;
mod arithmetic;
mod arity;
mod bindings;
mod calls;
mod constants;
mod context;
mod dead;
mod emitter;
mod jumps;
mod op;
mod source;

pub use bindings::{Bindings, LowerError};
pub use op::{Function, FunctionIdx, HelperOp, Label, Lowered, Op, Place, Sharing, Value};
pub(crate) use source::Source;

use skep_isa::{Insn, InsnIdx, Program, Reg};
use skep_verifier::VerifiedProgram;
use skep_verifier::verified::SubprogFacts;

use emitter::Emitter;

/// Bytes of the largest stack frame: Linux's 512, and the slots around fastcall calls that do not count.
pub const MAX_FRAME: u32 = 640;

/// Lowers a verified program.
///
/// # Errors
/// What is missing to run it: [`LowerError`].
pub fn lower(program: &VerifiedProgram, bindings: &dyn Bindings) -> Result<Lowered, LowerError> {
    lower_source(Source::of(program), bindings)
}

/// Lowers instructions and facts, wherever they are from.
pub(crate) fn lower_source(
    source: Source<'_>,
    bindings: &dyn Bindings,
) -> Result<Lowered, LowerError> {
    let mut maps = Vec::new();
    let mut functions = Vec::with_capacity(source.subprogs.len());
    for subprog in source.subprogs {
        let mut emitter = Emitter::new(source, bindings, &mut maps);
        emitter.function(subprog)?;
        functions.push(emitter.finish(subprog)?);
    }
    if functions.is_empty() {
        return Err(LowerError::Inconsistent {
            at: InsnIdx(0),
            what: "a program without functions",
        });
    }
    calls::mark_entries(&mut functions);
    arity::compute(&mut functions);
    Ok(Lowered { functions, maps })
}

impl Emitter<'_> {
    /// Emits the operations of one function.
    fn function(&mut self, subprog: &SubprogFacts) -> Result<(), LowerError> {
        let program = Program::new(self.source.insns);
        let mut at = InsnIdx(subprog.start.0);
        while at.0 < subprog.end.0 {
            self.begin(at);
            if !self.source.is_seen(at) {
                self.dead();
                at = InsnIdx(at.0.saturating_add(1));
                continue;
            }
            let insn = program
                .decode(at)
                .map_err(|_| self.inconsistent("an instruction that does not decode"))?;
            self.insn(insn)?;
            at = InsnIdx(at.0.saturating_add(insn.slots()));
        }
        Ok(())
    }

    /// Emits the operations of one instruction.
    fn insn(&mut self, insn: Insn) -> Result<(), LowerError> {
        match insn {
            Insn::Alu {
                op,
                width,
                dst,
                src,
            } => self.alu(op, width, dst, src),
            Insn::Mov { width, dst, src } => self.mov(width, dst, src),
            Insn::MovSx {
                width,
                from,
                dst,
                src,
            } => self.push(Op::MovSx {
                width,
                from,
                dst,
                src,
            }),
            Insn::AddrSpaceCast { .. } => return Err(self.unsupported("an arena address cast")),
            Insn::Neg { width, dst } => self.push(Op::Neg { width, dst }),
            Insn::Endian { op, width, dst } => self.endian(op, width, dst),
            Insn::LdImm64 { dst, value } => self.constant(dst, value)?,
            Insn::Ldx {
                size,
                extend,
                dst,
                src,
                off,
            } => self.load(size, extend, dst, src, off)?,
            Insn::St {
                size,
                dst,
                off,
                imm,
            } => {
                self.store(size, dst, off, Value::Const(i64::from(imm).cast_unsigned()))?;
            }
            Insn::Stx {
                size,
                dst,
                off,
                src,
            } => self.store(size, dst, off, Value::Reg(src))?,
            Insn::Atomic {
                op,
                size,
                dst,
                off,
                src,
            } => {
                let at = self.plain_place(dst, off, size)?;
                self.push(Op::Atomic { op, size, at, src });
            }
            Insn::LoadAcquire {
                size,
                dst,
                src,
                off,
            } => {
                let from = self.plain_place(src, off, size)?;
                self.push(Op::LoadAcquire { size, dst, from });
            }
            Insn::StoreRelease {
                size,
                dst,
                off,
                src,
            } => {
                let to = self.plain_place(dst, off, size)?;
                self.push(Op::StoreRelease { size, to, src });
            }
            Insn::LdAbs { size, imm } => self.load_packet(size, None, imm)?,
            Insn::LdInd { size, src, imm } => self.load_packet(size, Some(src), imm)?,
            Insn::Ja(_) | Insn::Jump { .. } | Insn::MayGoto { .. } => self.jump(insn)?,
            Insn::Call(target) => self.call(target)?,
            Insn::Exit => self.push(Op::Exit),
        }
        Ok(())
    }

    /// The deepest byte below the frame pointer that the instructions name.
    fn named_stack(&self, subprog: &SubprogFacts) -> u32 {
        let range = subprog.start.index()..subprog.end.index();
        let insns = self.source.insns.get(range).unwrap_or_default();
        let program = Program::new(insns);
        let depth = |(_, insn): (InsnIdx, _)| match insn {
            Ok(
                Insn::Ldx {
                    src: Reg::FP, off, ..
                }
                | Insn::St {
                    dst: Reg::FP, off, ..
                }
                | Insn::Stx {
                    dst: Reg::FP, off, ..
                },
            ) => u32::from(off.saturating_neg().max(0).cast_unsigned()),
            Ok(_) | Err(_) => 0,
        };
        program.iter().map(depth).max().unwrap_or(0)
    }

    /// The finished function.
    fn finish(mut self, subprog: &SubprogFacts) -> Result<Function, LowerError> {
        // Nothing follows a function: what would fall out of it was dead.
        let falls_through = !matches!(
            self.ops.last(),
            Some(Op::Goto(_) | Op::Exit | Op::Unreachable)
        );
        if falls_through {
            self.push(Op::Unreachable);
        }
        self.resolve_jumps(subprog)?;
        let stack = subprog
            .stack_depth
            .max(self.named_stack(subprog))
            .next_multiple_of(8);
        if stack > MAX_FRAME {
            return Err(LowerError::Inconsistent {
                at: InsnIdx(subprog.start.0),
                what: "a stack frame beyond the limit",
            });
        }
        Ok(Function {
            ops: self.ops,
            at: self.at,
            stack,
            arity: 5,
            entered_from_outside: false,
            name: subprog.name.clone(),
        })
    }
}
