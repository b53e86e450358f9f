//! Which functions a program has: every target of a call or function reference begins one.

use super::func_info::Function;
use crate::reject::{Check, ControlReject};
use crate::state::{InsnIdx, SubprogIdx};
use crate::verifier::Verifier;
use alloc::collections::BTreeSet;
use alloc::string::String;
use core::ops::Range;
use skep_btf::BtfTypeId;
use skep_isa::{RawInsn, opcode};

/// Functions at most.
const MAX_SUBPROGS: usize = 256;

/// Who may call a function, as its BTF says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Linkage {
    /// Walked at each call, with what the caller knows.
    #[default]
    Static,
    /// Walked once, for any arguments of its prototype.
    Global,
    /// Declared elsewhere.
    Extern,
}

/// One function of the program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subprog {
    pub(crate) start: InsnIdx,
    /// One past its last slot.
    pub(crate) end: InsnIdx,
    pub(crate) name: String,
    /// Its FUNC in the program BTF.
    pub(crate) func_type: Option<BtfTypeId>,
    pub(crate) linkage: Linkage,
    pub(crate) has_tail_call: bool,
    /// It or a function it calls (or that calls it) contains a tail call.
    pub(crate) tail_call_reachable: bool,
    pub(crate) has_ld_abs: bool,
    pub(crate) changes_pkt_data: bool,
    pub(crate) might_sleep: bool,
    /// Used as a callback.
    pub(crate) is_callback: bool,
    /// Used as a timer, work queue or task work callback.
    pub(crate) is_async_callback: bool,
    pub(crate) is_exception_callback: bool,
    /// Bytes of stack the walk saw it use.
    pub(crate) stack_depth: u32,
    /// Offset at which the stack used only by bpf_fastcall patterns ends.
    pub(crate) fastcall_end: i32,
    /// Some pattern keeps its spills, so the stack cannot shrink.
    pub(crate) keep_fastcall_stack: bool,
    /// Part of the load's postorder.
    pub(crate) postorder: Range<usize>,
    /// Global: called by walked code.
    pub(crate) called: bool,
    /// Global: walked successfully.
    pub(crate) verified: bool,
}

impl Subprog {
    /// Whether it is walked by itself, not inline.
    pub(crate) fn is_global(&self) -> bool {
        self.linkage == Linkage::Global
    }
}

impl Verifier<'_> {
    /// A function by number.
    pub(crate) fn subprog(&self, subprog: SubprogIdx) -> Option<&Subprog> {
        self.subprogs.get(usize::from(subprog.0))
    }

    pub(crate) fn subprog_mut(&mut self, subprog: SubprogIdx) -> Option<&mut Subprog> {
        self.subprogs.get_mut(usize::from(subprog.0))
    }

    /// The function that begins at an instruction.
    pub(crate) fn subprog_at(&self, start: InsnIdx) -> Option<SubprogIdx> {
        let found = self.subprogs.binary_search_by_key(&start, |s| s.start);
        found.ok().map(|i| SubprogIdx(i as u16))
    }

    /// The function an instruction belongs to.
    pub(crate) fn subprog_of(&self, insn: InsnIdx) -> SubprogIdx {
        let after = self.subprogs.partition_point(|s| s.start <= insn);
        SubprogIdx(after.saturating_sub(1) as u16)
    }

    /// Finds the functions and registers the kfuncs called.
    pub(super) fn find_subprogs(&mut self, functions: &[Function]) -> Check {
        let mut starts = BTreeSet::from([InsnIdx(0)]);
        for index in 0..self.insns.len() {
            let at = InsnIdx(index as u32);
            let insn = self.insns.get(index).copied().unwrap_or_default();
            let reference = is_func_reference(insn);
            if !(reference || insn.is_subprog_call() || insn.is_kfunc_call()) {
                continue;
            }
            if !self.privileges.bpf {
                return Err(self.reject(ControlReject::CallsNeedCapability));
            }
            if insn.is_kfunc_call() {
                self.at = at;
                self.register_kfunc(insn)?;
            } else {
                let target = InsnIdx(at.next().0.wrapping_add_signed(insn.imm));
                self.add_start(&mut starts, target)?;
            }
        }
        self.at = InsnIdx(0);
        let exception_callback = self.exception_callback(functions)?;
        if let Some(start) = exception_callback {
            self.add_start(&mut starts, start)?;
        }
        self.build_subprogs(&starts, exception_callback);
        Ok(())
    }

    fn add_start(&mut self, starts: &mut BTreeSet<InsnIdx>, start: InsnIdx) -> Check {
        if start.index() >= self.insns.len() {
            return Err(self.reject(ControlReject::InvalidCallTarget));
        }
        if starts.len() >= MAX_SUBPROGS && !starts.contains(&start) {
            return Err(self.reject(ControlReject::TooManySubprogs));
        }
        starts.insert(start);
        Ok(())
    }

    fn build_subprogs(&mut self, starts: &BTreeSet<InsnIdx>, exception_callback: Option<InsnIdx>) {
        let ends = starts
            .iter()
            .skip(1)
            .copied()
            .chain([InsnIdx(self.insns.len() as u32)]);
        for (number, (&start, end)) in starts.iter().zip(ends).enumerate() {
            let is_exception_callback = exception_callback == Some(start);
            self.subprogs.push(Subprog {
                start,
                end,
                is_callback: is_exception_callback,
                is_async_callback: is_exception_callback,
                is_exception_callback,
                ..Subprog::default()
            });
            self.log
                .level2(&format_args!("func#{number} @{}\n", start.0));
        }
    }
}

/// Whether an instruction loads the address of a function of the program.
pub(super) fn is_func_reference(insn: RawInsn) -> bool {
    insn.is_ld_imm64() && insn.src() == opcode::PSEUDO_FUNC
}
