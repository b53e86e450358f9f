//! EXIT, and what a program must have given back when it leaves: locks, references, sections.

use crate::reject::words::LeakSite;
use crate::reject::{CallReject, Check};
use crate::state::RefKind;
use crate::verifier::{Flow, Verifier};
use skep_isa::RawInsn;
use skep_uapi::ProgType;

/// Which of the things held count at a way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counted {
    /// Locks and sections.
    sections: bool,
    /// Object references.
    objects: bool,
}

impl Verifier<'_> {
    /// Checks an EXIT and applies it.
    pub(crate) fn check_exit(&mut self, insn: RawInsn) -> Check<Flow> {
        if insn.class() != skep_isa::opcode::JMP
            || insn.imm != 0
            || insn.src() != 0
            || insn.dst() != 0
        {
            return Err(self.reject(CallReject::ExitReservedFields));
        }
        self.check_leaks(LeakSite::Exit)?;
        if self.state.current() > 0 {
            return self.return_from_frame();
        }
        self.check_return_value(0)?;
        Ok(Flow::PathEnd)
    }

    /// Nothing may be held here that the program can no longer give back: locks first, then references, IRQs, RCU, preemption.
    pub(crate) fn check_leaks(&mut self, site: LeakSite) -> Check {
        let nested = self.state.current() > 0;
        let counted = match site {
            // What a function holds at its exit belongs to its caller.
            LeakSite::Exit => Counted {
                sections: !nested,
                objects: !nested,
            },
            LeakSite::TailCall | LeakSite::LdAbs => Counted {
                sections: true,
                objects: !nested,
            },
            LeakSite::Throw => Counted {
                sections: true,
                objects: true,
            },
        };
        if counted.sections && self.state.refs.lock_count() > 0 {
            return Err(self.reject(CallReject::LocksHeld { site }));
        }
        if counted.objects {
            self.check_object_references(site)?;
        }
        if !counted.sections {
            return Ok(());
        }
        if self.state.refs.newest_irq().is_some() {
            return Err(self.reject(CallReject::IrqSaved { site }));
        }
        if self.state.rcu_lock {
            return Err(self.reject(CallReject::RcuLocked { site }));
        }
        if self.state.preempt_locks > 0 {
            return Err(self.reject(CallReject::PreemptDisabled { site }));
        }
        Ok(())
    }

    fn check_object_references(&mut self, site: LeakSite) -> Check {
        let returned = self.state.reg(0).ref_obj_id();
        let may_return = self.request.prog_type == ProgType::StructOps && site != LeakSite::Throw;
        let held = self
            .state
            .refs
            .0
            .iter()
            .filter(|r| r.kind == RefKind::Pointer);
        let leaked: alloc::vec::Vec<_> = held
            .filter(|r| !(may_return && r.id == returned))
            .map(|r| (r.id, r.insn.0))
            .collect();
        let mut reject = None;
        for (id, insn) in leaked {
            let rule = CallReject::Unreleased { id, insn };
            reject = Some(match reject {
                None => self.reject(rule),
                Some(first) => self.reject_more(first, rule),
            });
        }
        match reject {
            None => Ok(()),
            Some(reject) => Err(self.reject_more(reject, CallReject::References { site })),
        }
    }
}
