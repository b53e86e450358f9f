//! Callbacks: functions of the program that a helper or kfunc runs, during the call or later.
//!
//! A callback that runs during the call is one more state: a frame above the caller, whose return leads back to the call. One that runs later
//! starts from nothing.

use super::args::MapArg;
use crate::register::{BtfRef, MapRef, Pointer, Register, Target, TypeRef};
use crate::reject::{CallReject, Check};
use crate::state::{Frame, FrameKind, ReturnRange, State, SubprogIdx};
use crate::verifier::Verifier;
use skep_btf::{BtfKind, GraphRoot};
use skep_uapi::Errno;

/// What a callback finds in its registers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CallbackArgs {
    /// bpf_for_each_map_elem: map, key, value, context.
    MapElement,
    /// bpf_loop: index, context.
    Loop,
    /// bpf_find_vma: task, vma, context.
    Vma,
    /// bpf_user_ringbuf_drain: dynptr, context.
    UserRingbuf,
    /// bpf_rbtree_add: two nodes.
    RbTreeLess(GraphRoot),
    /// bpf_timer: map, key, value; may not sleep.
    Timer,
    /// bpf_wq: map, key, value; may sleep.
    Workqueue,
    /// bpf_task_work: map, key, value; may sleep.
    TaskWork,
}

/// What decides about a callback's state besides its arguments.
enum Run {
    DuringCall,
    Later {
        may_sleep: bool,
        returns: ReturnRange,
    },
}

const BOOLEAN: ReturnRange = ReturnRange { min: 0, max: 1 };
const ZERO: ReturnRange = ReturnRange { min: 0, max: 0 };
const ANY: ReturnRange = ReturnRange {
    min: i32::MIN,
    max: i32::MAX,
};

impl CallbackArgs {
    const fn run(self) -> Run {
        match self {
            CallbackArgs::MapElement
            | CallbackArgs::Loop
            | CallbackArgs::Vma
            | CallbackArgs::UserRingbuf
            | CallbackArgs::RbTreeLess(_) => Run::DuringCall,
            CallbackArgs::Timer => Run::Later {
                may_sleep: false,
                returns: ZERO,
            },
            CallbackArgs::Workqueue => Run::Later {
                may_sleep: true,
                returns: ZERO,
            },
            CallbackArgs::TaskWork => Run::Later {
                may_sleep: true,
                returns: ANY,
            },
        }
    }
}

impl Verifier<'_> {
    /// Queues the callback; the current state goes on as if it had not run (again).
    pub(crate) fn push_callback(&mut self, callback: SubprogIdx, args: CallbackArgs) -> Check {
        if let Err(reject) = self.check_subprog_arguments(callback)
            && reject.errno == Errno::EFAULT
        {
            return Err(reject);
        }
        if let Some(subprog) = self.subprog_mut(callback) {
            subprog.is_callback = true;
            subprog.is_async_callback |= matches!(args.run(), Run::Later { .. });
        }
        match args.run() {
            Run::DuringCall => self.push_sync(callback, args),
            Run::Later { may_sleep, returns } => {
                self.push_async(callback, args, may_sleep, returns)
            }
        }
    }

    fn push_sync(&mut self, callback: SubprogIdx, args: CallbackArgs) -> Check {
        let mut frame = self.callee_frame(callback)?;
        frame.kind = FrameKind::Callback(BOOLEAN);
        self.set_callback_args(&mut frame, args)?;
        let mut state = self.state.clone();
        if let Some(caller) = state.top_mut() {
            caller.callback_depth += 1;
        }
        state.push_frame(frame);
        state.callback_unroll_depth += 1;
        if let Some(caller) = self.state.top_mut() {
            caller.callback_depth = 0;
        }
        let entry = self.subprog(callback).map_or(self.at, |s| s.start);
        self.push_state(state, entry).map_err(out_of_memory)
    }

    fn push_async(
        &mut self,
        callback: SubprogIdx,
        args: CallbackArgs,
        may_sleep: bool,
        returns: ReturnRange,
    ) -> Check {
        let mut frame = Frame::new(0, None, callback);
        frame.kind = FrameKind::AsyncCallback(returns);
        frame.async_entries = self.state.top().map_or(0, |f| f.async_entries) + 1;
        self.set_callback_args(&mut frame, args)?;
        let entry = self.subprog(callback).map_or(self.at, |s| s.start);
        self.push_async_state(State::new(frame, may_sleep), entry)
    }

    fn set_callback_args(&mut self, frame: &mut Frame, args: CallbackArgs) -> Check {
        let pointer = |target| Register::Pointer(Pointer::new(target));
        match args {
            CallbackArgs::MapElement => {
                let map = self.iterable_map()?;
                frame.regs.set(1, self.argument(1));
                frame.regs.set(2, pointer(Target::MapKey { map }));
                frame.regs.set(3, pointer(Target::MapValue { map, uid: 0 }));
                frame.regs.set(4, self.argument(3));
            }
            CallbackArgs::Loop => {
                frame.regs.set(1, self.unknown_register());
                frame.regs.set(2, self.argument(3));
            }
            CallbackArgs::Vma => {
                let vma = self
                    .kernel_btf
                    .as_ref()
                    .and_then(|b| b.find_by_name_kind("vm_area_struct", BtfKind::Struct));
                let Some(id) = vma else {
                    return Err(self.reject(CallReject::Unsupported {
                        what: "bpf_find_vma without vm_area_struct in the kernel BTF",
                    }));
                };
                frame.regs.set(1, self.argument(1));
                frame.regs.set(
                    2,
                    pointer(Target::Btf {
                        ty: TypeRef {
                            btf: BtfRef::Kernel,
                            id,
                        },
                    }),
                );
                frame.regs.set(3, self.argument(4));
            }
            CallbackArgs::UserRingbuf => {
                let dynptr = self.const_dynptr();
                frame.regs.set(1, dynptr);
                frame.regs.set(2, self.argument(3));
            }
            CallbackArgs::RbTreeLess(root) => {
                let node = Register::Pointer(self.borrowed_node(&root)?);
                frame.regs.set(1, node.clone());
                frame.regs.set(2, node);
            }
            CallbackArgs::Timer | CallbackArgs::Workqueue => self.set_element_args(frame, 1)?,
            CallbackArgs::TaskWork => self.set_element_args(frame, 3)?,
        }
        Ok(())
    }

    /// Map, key and value of the map that `reg` is or points into.
    fn set_element_args(&mut self, frame: &mut Frame, reg: u8) -> Check {
        let Some(MapArg { map, .. }) = self.map_of(reg) else {
            return Err(self.reject(CallReject::Bug {
                what: "a callback of no map",
            }));
        };
        frame.regs.set(
            1,
            Register::Pointer(Pointer::new(Target::Map { map, uid: 0 })),
        );
        frame
            .regs
            .set(2, Register::Pointer(Pointer::new(Target::MapKey { map })));
        frame.regs.set(
            3,
            Register::Pointer(Pointer::new(Target::MapValue { map, uid: 0 })),
        );
        Ok(())
    }

    /// The map that register `reg` is, or points into.
    pub(crate) fn map_of(&self, reg: u8) -> Option<MapArg> {
        match self.state.reg(reg).pointer()?.target {
            Target::Map { map, uid } | Target::MapValue { map, uid } => Some(MapArg { map, uid }),
            _ => None,
        }
    }

    fn iterable_map(&mut self) -> Check<MapRef> {
        let map = self.map_of(1).map(|m| m.map);
        let iterable = |map: &MapRef| {
            let info = self
                .map_meta(*map)
                .and_then(|m| skep_catalog::map_type(m.map_type));
            info.is_some_and(|info| info.for_each)
        };
        match map.filter(iterable) {
            Some(map) => Ok(map),
            None => Err(self.reject(CallReject::NoIterationOfMap)),
        }
    }

    /// A dynptr of the kernel, of which only is known that it is some memory.
    pub(super) fn const_dynptr(&mut self) -> Register {
        let target = Target::Dynptr {
            kind: crate::register::DynptrKind::Local,
            id: 0,
        };
        Register::Pointer(Pointer {
            id: self.fresh_id(),
            ..Pointer::new(target)
        })
    }
}

/// Linux answers ENOMEM where too many states wait for a callback.
fn out_of_memory(mut reject: crate::reject::Reject) -> crate::reject::Reject {
    reject.errno = Errno::ENOMEM;
    reject
}
