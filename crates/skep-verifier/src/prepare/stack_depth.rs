//! How much stack a chain of calls may take, over the whole call graph; dead code counts.

use super::subprogs::is_func_reference;
use crate::reject::{Check, ControlReject};
use crate::stack::MAX_STACK;
use crate::state::{InsnIdx, MAX_FRAMES, SubprogIdx};
use crate::verifier::Verifier;
use alloc::vec;
use alloc::vec::Vec;
use hashbrown::HashSet;
use skep_isa::RawInsn;
use skep_uapi::{AttachType, ProgType};

/// Stack that callers may hold when a function that tail calls is entered.
const MAX_BEFORE_TAIL_CALL: u32 = 256;
/// A function with less stack than this gets no private one.
const MIN_PRIVATE_STACK: u32 = 64;
/// Instructions looked at before the environment is asked whether to stop.
const PATIENCE: u64 = 1 << 16;
const THROW: &str = "bpf_throw";

/// Where a function's frame lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Placement {
    Undecided,
    /// On the stack of its caller's.
    Shared,
    /// On one of its own.
    Private,
}

/// A function being scanned.
#[derive(Clone, Copy)]
struct Open {
    subprog: SubprogIdx,
    /// The next instruction to look at.
    at: InsnIdx,
}

struct Scan {
    placement: Vec<Placement>,
    /// Whether this root's functions may have stacks of their own.
    private: bool,
    open: Vec<Open>,
    depth: u32,
    tail_call: bool,
    looked_at: u64,
    /// What was entered before from this root, and found good.
    entered: HashSet<Entry>,
}

/// All that decides about the calls below a function.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Entry {
    subprog: SubprogIdx,
    frames: usize,
    depth: u32,
    in_callback: bool,
}

impl Verifier<'_> {
    /// Checks every chain of calls from the main program and from asynchronous callbacks.
    pub(crate) fn check_stack_depth(&mut self) -> Check {
        let count = self.subprogs.len();
        let private = self.private_stacks() && !self.subprogs.iter().any(|s| s.has_tail_call);
        let placement = vec![Placement::Undecided; count];
        let mut scan = Scan {
            placement,
            private: false,
            open: Vec::new(),
            depth: 0,
            tail_call: false,
            looked_at: 0,
            entered: HashSet::new(),
        };
        for number in (0..count).rev() {
            if number == 0
                || self
                    .subprogs
                    .get(number)
                    .is_some_and(|s| s.is_async_callback)
            {
                scan.private = private && number == 0;
                (scan.depth, scan.tail_call) = (0, false);
                scan.entered.clear();
                self.scan_from(SubprogIdx(number as u16), &mut scan)?;
            }
        }
        Ok(())
    }

    /// Whether programs of this type run with private stacks.
    fn private_stacks(&self) -> bool {
        let kind = self.request.prog_type;
        let not_iterator = self.request.expected_attach_type != AttachType::TraceIter.raw();
        self.machine.jit
            && match kind {
                ProgType::Kprobe
                | ProgType::Tracepoint
                | ProgType::PerfEvent
                | ProgType::RawTracepoint => true,
                ProgType::Tracing => not_iterator,
                _ => false,
            }
    }

    fn scan_from(&mut self, root: SubprogIdx, scan: &mut Scan) -> Check {
        self.enter_function(root, scan)?;
        while let Some(open) = scan.open.last().copied() {
            let end = self.subprog(open.subprog).map_or(InsnIdx(0), |s| s.end);
            if open.at >= end {
                self.leave_function(open.subprog, scan)?;
                continue;
            }
            scan.looked_at += 1;
            if scan.looked_at.is_multiple_of(PATIENCE)
                && let Some(errno) = self.env.interrupted()
            {
                return Err(self.reject_silently(errno));
            }
            if let Some(open) = scan.open.last_mut() {
                open.at = open.at.next();
            }
            self.scan_insn(open, scan)?;
        }
        Ok(())
    }

    fn scan_insn(&mut self, open: Open, scan: &mut Scan) -> Check {
        let insn = self.insns.get(open.at.index()).copied().unwrap_or_default();
        if insn.is_kfunc_call() && insn.off == 0 {
            return self.check_throw(open, insn, scan);
        }
        if !insn.is_subprog_call() && !is_func_reference(insn) {
            return Ok(());
        }
        let target = InsnIdx(open.at.next().0.wrapping_add_signed(insn.imm));
        let Some(callee) = self.subprog_at(target) else {
            return Ok(());
        };
        let (is_async, is_exception) = self.subprog(callee).map_or((false, false), |s| {
            (s.is_async_callback, s.is_exception_callback)
        });
        if is_async && !insn.is_subprog_call() {
            return Ok(());
        }
        if is_async && is_exception {
            return Err(self.reject(ControlReject::CallsExceptionCallback { insn: open.at.0 }));
        }
        self.enter_function(callee, scan)
    }

    fn enter_function(&mut self, number: SubprogIdx, scan: &mut Scan) -> Check {
        let frames = scan.open.len();
        let Some(subprog) = self.subprog(number) else {
            return Ok(());
        };
        let (depth, tail_calls) = (subprog.stack_depth, subprog.has_tail_call);
        scan.tail_call |= tail_calls && frames > 0;
        let in_callback = self.in_callback(scan);
        let entry = Entry {
            subprog: number,
            frames,
            depth: scan.depth,
            in_callback,
        };
        // The number of call chains can be exponential in the size of the program.
        if scan.entered.contains(&entry) {
            return self.note_tail_call(scan);
        }
        if frames >= MAX_FRAMES {
            return Err(self.reject(ControlReject::CallGraphTooDeep { frames }));
        }
        if number.0 > 0 && tail_calls && scan.depth >= MAX_BEFORE_TAIL_CALL {
            return Err(self.reject(ControlReject::StackBeforeTailCall { depth: scan.depth }));
        }
        let size = self.rounded(depth);
        if let Some(placement) = scan.placement.get_mut(usize::from(number.0)) {
            if !scan.private {
                *placement = Placement::Shared;
            } else if *placement == Placement::Undecided && size >= MIN_PRIVATE_STACK {
                *placement = Placement::Private;
            }
        }
        if is_private(scan, number) {
            if size > MAX_STACK.unsigned_abs() {
                return Err(self.reject(ControlReject::PrivateStackTooLarge {
                    subprog: number.0,
                    size,
                }));
            }
        } else {
            scan.depth += size;
            if scan.depth > MAX_STACK.unsigned_abs() {
                return Err(self.reject(ControlReject::StackTooLarge {
                    calls: frames + 1,
                    size: scan.depth,
                }));
            }
        }
        scan.entered.insert(entry);
        let at = self.subprog(number).map_or(InsnIdx(0), |s| s.start);
        scan.open.push(Open {
            subprog: number,
            at,
        });
        Ok(())
    }

    fn leave_function(&mut self, number: SubprogIdx, scan: &mut Scan) -> Check {
        scan.open.pop();
        self.note_tail_call(scan)?;
        if !is_private(scan, number) {
            let size = self
                .subprog(number)
                .map_or(0, |s| self.rounded(s.stack_depth));
            scan.depth = scan.depth.saturating_sub(size);
        }
        Ok(())
    }

    /// Functions that may be on the stack when a tail call happens must pass its counter on.
    fn note_tail_call(&mut self, scan: &Scan) -> Check {
        if !scan.tail_call {
            return Ok(());
        }
        for caller in &scan.open {
            let Some(subprog) = self.subprogs.get_mut(usize::from(caller.subprog.0)) else {
                continue;
            };
            if subprog.is_exception_callback {
                return Err(self.reject(ControlReject::TailCallInExceptionCallback));
            }
            subprog.tail_call_reachable = true;
        }
        Ok(())
    }

    fn in_callback(&self, scan: &Scan) -> bool {
        scan.open
            .iter()
            .any(|o| self.subprog(o.subprog).is_some_and(|s| s.is_callback))
    }

    /// Bytes a frame takes: the JIT aligns to 16, the interpreter has frames in steps of 32.
    fn rounded(&self, depth: u32) -> u32 {
        if self.machine.jit {
            depth.next_multiple_of(16)
        } else {
            depth.max(1).next_multiple_of(32)
        }
    }

    /// Exceptions do not unwind through callbacks.
    fn check_throw(&mut self, open: Open, insn: RawInsn, scan: &Scan) -> Check {
        if self.kfunc_name(insn.imm, insn.off) != Some(THROW) {
            return Ok(());
        }
        if !self.in_callback(scan) {
            return Ok(());
        }
        Err(self.reject(ControlReject::ThrowInCallback {
            insn: open.at.0,
            subprog: open.subprog.0,
        }))
    }
}

fn is_private(scan: &Scan, number: SubprogIdx) -> bool {
    scan.placement.get(usize::from(number.0)) == Some(&Placement::Private)
}
