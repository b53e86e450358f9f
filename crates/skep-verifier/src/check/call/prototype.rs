//! Arguments of the program's functions as BTF declares them: for checking calls, and for walking a global function by itself.

use super::arg_types::{ArgUser, WantedStruct};
use super::pointer_offset::OffsetRule;
use crate::check::kfunc::DynptrUse;
use crate::register::{Pointer, PtrFlags, Register, Target, TargetKind, TypeRef};
use crate::reject::{CallReject, Check};
use crate::request::LoadFlags;
use crate::scalar::ScalarRange;
use crate::state::{Frame, FrameKind, State, SubprogIdx};
use crate::verifier::Verifier;
use alloc::rc::Rc;
use alloc::string::ToString;
use skep_catalog::{Arg, ArgType, TypeFlags};
use skep_uapi::{Errno, ProgType};

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FuncArg {
    /// A number.
    Scalar,
    /// The program's context.
    Ctx,
    /// A dynptr that the function does not change.
    Dynptr,
    /// Memory of a known size.
    Memory { size: u32, nullable: bool },
    /// Anything, to be read with care.
    UntrustedMemory,
    /// A kernel struct, to be read with care.
    UntrustedStruct(TypeRef),
    /// A kernel object that is valid.
    Trusted { ty: TypeRef, nullable: bool },
    /// A pointer into the arena, or a number.
    Arena,
}

/// What is known of a function's prototype.
#[derive(Clone, Debug, Default)]
pub(crate) struct FuncArgs {
    /// Its parameters, once they were asked for and are all supported.
    args: Option<Rc<[FuncArg]>>,
    /// Some call did not fit.
    pub(crate) unreliable: bool,
}

impl Verifier<'_> {
    /// Compares the argument registers with the prototype of the function. A mismatch makes the prototype unreliable for the rest of the load.
    pub(crate) fn check_subprog_arguments(&mut self, callee: SubprogIdx) -> Check {
        if self.subprog(callee).is_none_or(|s| s.func_type.is_none())
            || self.prototype(callee).unreliable
        {
            return Err(self.reject_silently(Errno::EINVAL));
        }
        let result = self.check_arguments_against(callee);
        if result.is_err() {
            self.prototype(callee).unreliable = true;
        }
        result
    }

    fn check_arguments_against(&mut self, callee: SubprogIdx) -> Check {
        let args = self.function_args(callee)?;
        for (index, arg) in (0u8..).zip(args.iter()) {
            self.check_subprog_argument(index, *arg)?;
        }
        Ok(())
    }

    fn check_subprog_argument(&mut self, index: u8, arg: FuncArg) -> Check {
        let reg = index + 1;
        let register = self.state.reg(reg).clone();
        let kind = register.pointer().map(|p| p.kind());
        match arg {
            FuncArg::Scalar if register.scalar().is_none() => {
                Err(self.reject(CallReject::SubprogArgNotScalar { reg }))
            }
            // Reads through untrusted pointers are probes, whatever they point to.
            FuncArg::Scalar | FuncArg::UntrustedMemory | FuncArg::UntrustedStruct(_) => Ok(()),
            FuncArg::Ctx => {
                self.check_arg_offset(reg, OffsetRule::Use)?;
                let is_ctx = register
                    .pointer()
                    .is_some_and(|p| p.kind() == TargetKind::Ctx && p.flags.is_empty());
                if is_ctx {
                    Ok(())
                } else {
                    Err(self.reject(CallReject::SubprogArgNotCtx { arg: index }))
                }
            }
            FuncArg::Memory { size, nullable } => {
                self.check_arg_offset(reg, OffsetRule::Use)?;
                if let Err(mut reject) = self.check_read_write_memory(reg, size) {
                    reject.errno = Errno::EINVAL;
                    return Err(reject);
                }
                let may_be_null = register.pointer().is_some_and(|p| p.maybe_null());
                if may_be_null && !nullable {
                    Err(self.reject(CallReject::SubprogArgMayBeNull { arg: index }))
                } else {
                    Ok(())
                }
            }
            FuncArg::Arena => {
                let fits = kind == Some(TargetKind::Arena) || register.scalar().is_some();
                if fits {
                    Ok(())
                } else {
                    Err(self.reject(CallReject::SubprogArgNotArena { reg }))
                }
            }
            FuncArg::Dynptr => {
                self.check_arg_offset(reg, OffsetRule::Use)?;
                self.check_dynptr(reg, DynptrUse::Read(None))?;
                Ok(())
            }
            FuncArg::Trusted { nullable: true, .. } if register.is_null() => Ok(()),
            FuncArg::Trusted { ty, nullable } => self.check_trusted_argument(reg, ty, nullable),
        }
    }

    /// As an ARG_PTR_TO_BTF_ID of a helper.
    fn check_trusted_argument(&mut self, reg: u8, ty: TypeRef, nullable: bool) -> Check {
        let flags = if nullable {
            TypeFlags::MAYBE_NULL
        } else {
            TypeFlags::empty()
        };
        let arg = Arg {
            kind: ArgType::PtrToBtfId,
            flags,
            size: 0,
            btf: None,
        };
        self.check_arg_type(reg, &arg, Some(WantedStruct::Type(ty)), ArgUser::SUBPROG)?;
        self.check_arg_offset(reg, OffsetRule::Use)
    }

    /// The parameters of a function; computed once, as long as they are supported.
    fn function_args(&mut self, subprog: SubprogIdx) -> Check<Rc<[FuncArg]>> {
        if let Some(args) = &self.prototype(subprog).args {
            return Ok(args.clone());
        }
        let args: Rc<[FuncArg]> = self.declared_args(subprog)?.into();
        self.prototype(subprog).args = Some(args.clone());
        Ok(args)
    }

    fn prototype(&mut self, subprog: SubprogIdx) -> &mut FuncArgs {
        self.calls.prototypes.entry(subprog).or_default()
    }

    /// The state in which the walk of a function begins: of the main program, of a global function, of the exception callback.
    pub(crate) fn function_entry_state(&mut self, subprog: SubprogIdx) -> Check<State> {
        let mut frame = Frame::new(0, None, subprog);
        if subprog == SubprogIdx(0) && self.request.prog_type != ProgType::Ext {
            self.note_main_prototype();
            frame
                .regs
                .set(1, Register::Pointer(Pointer::new(Target::Ctx)));
        } else {
            self.set_global_arguments(&mut frame, subprog)?;
        }
        Ok(State::new(
            frame,
            self.request.flags.has(LoadFlags::SLEEPABLE),
        ))
    }

    /// The main program's prototype is only of interest to those who attach to it: anything but one context makes it unreliable.
    fn note_main_prototype(&mut self) {
        let main = SubprogIdx(0);
        if self.subprog(main).is_none_or(|s| s.func_type.is_none()) {
            return;
        }
        let is_ctx_only = self
            .function_args(main)
            .is_ok_and(|args| *args == [FuncArg::Ctx]);
        if !is_ctx_only {
            self.prototype(main).unreliable = true;
        }
    }

    fn set_global_arguments(&mut self, frame: &mut Frame, subprog: SubprogIdx) -> Check {
        let (name, is_exception_callback) =
            self.subprog(subprog).map_or_else(Default::default, |s| {
                (s.name.to_string(), s.is_exception_callback)
            });
        self.log
            .message(&format_args!("Validating {name}() func#{}...\n", subprog.0));
        let args = self.function_args(subprog)?;
        if is_exception_callback {
            frame.kind = FrameKind::ExceptionCallback;
            if *args != [FuncArg::Scalar] {
                return Err(self.reject(CallReject::ExceptionCallbackArgument));
            }
        }
        for (reg, arg) in (1u8..).zip(args.iter()) {
            let value = self.assumed_argument(*arg);
            frame.regs.set(reg, value);
        }
        Ok(())
    }

    /// What a global function may assume of an argument.
    fn assumed_argument(&mut self, arg: FuncArg) -> Register {
        let untrusted = PtrFlags::UNTRUSTED;
        let pointer = match arg {
            FuncArg::Scalar | FuncArg::Arena => return self.new_scalar(ScalarRange::UNKNOWN),
            FuncArg::Dynptr => return self.const_dynptr(),
            FuncArg::Ctx => Pointer::new(Target::Ctx),
            FuncArg::Memory { size, nullable } => {
                let flags = if nullable {
                    PtrFlags::MAYBE_NULL
                } else {
                    PtrFlags::empty()
                };
                let id = if nullable { self.fresh_id() } else { 0 };
                Pointer {
                    id,
                    ..Pointer::new(Target::Mem { size, dynptr_id: 0 }).with(flags)
                }
            }
            FuncArg::UntrustedMemory => Pointer::new(Target::Mem {
                size: 0,
                dynptr_id: 0,
            })
            .with(untrusted | PtrFlags::RDONLY),
            FuncArg::UntrustedStruct(ty) => Pointer {
                id: self.fresh_id(),
                ..Pointer::new(Target::Btf { ty }).with(untrusted)
            },
            FuncArg::Trusted { ty, nullable } => {
                let null = if nullable {
                    PtrFlags::MAYBE_NULL
                } else {
                    PtrFlags::empty()
                };
                Pointer {
                    id: self.fresh_id(),
                    ..Pointer::new(Target::Btf { ty }).with(PtrFlags::TRUSTED | null)
                }
            }
        };
        Register::Pointer(pointer)
    }
}
