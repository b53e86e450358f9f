//! RCU sections and disabled preemption, entered and left by kfuncs, and what may not be called inside them.

use super::special::Special;
use super::table::KfuncInfo;
use crate::register::{PtrFlags, Register};
use crate::reject::words::Section;
use crate::reject::{Check, KfuncReject};
use crate::verifier::Verifier;
use skep_catalog::KfuncFlags;

impl Verifier<'_> {
    /// What the call does to the sections, and whether it may happen in those that are open.
    pub(super) fn check_sections(&mut self, info: &KfuncInfo) -> Check {
        self.check_rcu_section(info)?;
        self.check_preemption(info)?;
        if self.state.refs.newest_irq().is_some() {
            self.refuse_sleeping(info, Section::IrqDisabled)?;
        }
        if info.has(KfuncFlags::RCU_PROTECTED) && !self.state.in_rcu_cs() {
            return Err(self.reject(KfuncReject::NeedsRcu {
                name: info.name.clone(),
            }));
        }
        Ok(())
    }

    fn check_rcu_section(&mut self, info: &KfuncInfo) -> Check {
        let (locks, unlocks) = (
            info.is(Special::RcuReadLock),
            info.is(Special::RcuReadUnlock),
        );
        let name = || info.name.clone();
        if !self.state.rcu_lock {
            if unlocks {
                return Err(self.reject(KfuncReject::UnmatchedRcu { name: name() }));
            }
            self.state.rcu_lock = locks;
            return Ok(());
        }
        if (locks || unlocks) && self.in_rbtree_callback() {
            return Err(self.reject(KfuncReject::RcuInCallback));
        }
        if locks {
            return Err(self.reject(KfuncReject::NestedRcu { name: name() }));
        }
        if unlocks {
            self.leave_rcu_section();
            return Ok(());
        }
        self.refuse_sleeping(info, Section::RcuReadLock)
    }

    /// Pointers that were valid under RCU can still be read with care, no more.
    fn leave_rcu_section(&mut self) {
        self.state.for_each_register(
            |r| r.pointer().is_some_and(|p| p.flags.contains(PtrFlags::RCU)),
            |r| {
                if let Register::Pointer(p) = r {
                    p.flags -= PtrFlags::RCU | PtrFlags::MAYBE_NULL;
                    p.flags |= PtrFlags::UNTRUSTED;
                }
            },
        );
        self.distrust_iterators();
        self.state.rcu_lock = false;
    }

    fn check_preemption(&mut self, info: &KfuncInfo) -> Check {
        let disables = info.is(Special::PreemptDisable);
        if info.is(Special::PreemptEnable) {
            let Some(left) = self.state.preempt_locks.checked_sub(1) else {
                return Err(self.reject(KfuncReject::UnmatchedPreempt {
                    name: info.name.clone(),
                }));
            };
            self.state.preempt_locks = left;
            return Ok(());
        }
        if disables {
            self.state.preempt_locks += 1;
            return Ok(());
        }
        if self.state.preempt_locks > 0 {
            return self.refuse_sleeping(info, Section::NonPreemptible);
        }
        Ok(())
    }

    fn refuse_sleeping(&mut self, info: &KfuncInfo, section: Section) -> Check {
        if info.has(KfuncFlags::SLEEPABLE) {
            return Err(self.reject(KfuncReject::SleepableInSection {
                name: info.name.clone(),
                section,
            }));
        }
        Ok(())
    }
}
