//! One load in progress: everything the phases share.

use crate::env::{Capabilities, Environment, Machine, MapToken};
use crate::log::Log;
use crate::register::{BtfRef, MapRef, Register, TypeRef, ValueId};
use crate::reject::{Reject, Rule};
use crate::request::LoadRequest;
use crate::state::{InsnIdx, State};
use crate::verified::{Outcome, ProgramTraits};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use skep_btf::Btf;
use skep_catalog::MapMeta;
use skep_uapi::Errno;

/// What the loader's capabilities and the machine mean for the rules; fixed for the load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Privileges {
    /// CAP_BPF.
    pub(crate) bpf: bool,
    /// CAP_PERFMON: pointers may become numbers, be stored, be compared.
    pub(crate) allow_ptr_leaks: bool,
    /// CAP_PERFMON: stack never written may be read.
    pub(crate) allow_uninit_stack: bool,
    /// CAP_PERFMON: no Spectre v1 handling.
    pub(crate) bypass_spec_v1: bool,
    /// CAP_PERFMON: no Spectre v4 handling.
    pub(crate) bypass_spec_v4: bool,
}

impl Privileges {
    pub(crate) fn of(caps: Capabilities) -> Self {
        let perfmon = caps.grant(Capabilities::PERFMON);
        Privileges {
            bpf: caps.grant(Capabilities::BPF),
            allow_ptr_leaks: perfmon,
            allow_uninit_stack: perfmon,
            bypass_spec_v1: perfmon,
            bypass_spec_v4: perfmon,
        }
    }
}

/// One entry of the map table: a map of the load, or the template of an outer map's inner maps.
#[derive(Clone, Debug)]
pub(crate) struct UsedMap {
    /// Attributes and field record.
    pub(crate) meta: Arc<MapMeta>,
    /// The environment's name; `None` for templates.
    pub(crate) token: Option<MapToken>,
    /// Loads from it are constants.
    pub(crate) constant: bool,
    /// The entry of the template of its inner maps.
    pub(crate) inner: Option<MapRef>,
}

/// Which pointer type an instruction was executed with, to refuse or generalise a second one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeenPointer {
    pub(crate) kind: crate::register::TargetKind,
    pub(crate) flags: crate::register::PtrFlags,
}

/// Everything remembered about one instruction slot during the load. Each group belongs to one part of the verifier.
#[derive(Clone, Debug, Default)]
pub(crate) struct InsnAux {
    /// A non-speculative path executed it.
    pub(crate) seen: bool,
    /// Marks of the control-flow pass.
    pub(crate) marks: crate::prepare::Marks,
    /// Strongly connected component, 0: none.
    pub(crate) scc: u32,
    /// Registers r0..r9 (bits) that may be read from here on.
    pub(crate) live_before: u16,
    /// Which pointer a load, store or atomic used.
    pub(crate) pointer: Option<SeenPointer>,
    /// A speculation barrier stands before it.
    pub(crate) nospec: bool,
    /// A speculation barrier stands after it.
    pub(crate) nospec_result: bool,
    /// How its pointer arithmetic is masked (unprivileged).
    pub(crate) alu_mask: Option<crate::check::AluMask>,
    /// What a call did so far.
    pub(crate) call: crate::check::CallSeen,
    /// What a ld_imm64 was resolved to before the walk.
    pub(crate) imm64: Option<Box<crate::prepare::Imm64>>,
    /// Spill and fill pairs around a call that Linux would drop.
    pub(crate) fastcall_pairs: u8,
    /// Which sides of a conditional jump were walked.
    pub(crate) edges: crate::verified::Edges,
}

/// One load in progress. The walk owns the paths; checks change `state`, `aux`, `traits` and the log, and call the services below.
pub(crate) struct Verifier<'a> {
    pub(crate) env: &'a dyn Environment,
    pub(crate) request: &'a LoadRequest,
    pub(crate) caps: Capabilities,
    pub(crate) privileges: Privileges,
    pub(crate) machine: Machine,
    /// Alignment is always checked.
    pub(crate) strict_alignment: bool,
    /// Every prune point gets a checkpoint.
    pub(crate) test_state_freq: bool,
    pub(crate) kernel_btf: Option<Arc<Btf>>,
    pub(crate) prog_btf: Option<Arc<Btf>>,
    /// The instructions, CO-RE relocations applied.
    pub(crate) insns: Vec<skep_isa::RawInsn>,
    pub(crate) aux: Vec<InsnAux>,
    /// Source lines, by instruction.
    pub(crate) line_info: Vec<crate::log::LineInfo>,
    /// Each function's instructions in postorder, one function after the other.
    pub(crate) postorder: Vec<InsnIdx>,
    pub(crate) subprogs: Vec<crate::prepare::Subprog>,
    pub(crate) maps: Vec<UsedMap>,
    pub(crate) traits: ProgramTraits,
    /// Helpers, attach target, prototypes and kfuncs of the load.
    pub(crate) calls: crate::check::CallState,
    pub(crate) log: Log,
    /// The state being executed.
    pub(crate) state: State,
    /// The instruction being executed.
    pub(crate) at: InsnIdx,
    /// Any pointer arithmetic with an unknown offset needed masking (sticky for the load; pruning compares scalars exactly then).
    pub(crate) explore_alu_limits: bool,
    /// Last id given out.
    pub(crate) last_id: ValueId,
    /// Pending paths, state cache, counters.
    pub(crate) walk: crate::walk::Walk,
    /// Which stack slots are read and written, per call chain.
    pub(crate) stack_liveness: crate::liveness::StackLiveness,
}

/// Where the walk goes after an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// To the next instruction (two slots on for ld_imm64).
    Next,
    /// To this one.
    Goto(InsnIdx),
    /// Nowhere: this path is finished.
    PathEnd,
}

/// Services for the checks. (The ones on paths, history, precision and liveness are in `walk`, `precision` and `liveness`.)
impl Verifier<'_> {
    /// A number never given out before in this load.
    pub(crate) fn fresh_id(&mut self) -> ValueId {
        self.last_id += 1;
        self.last_id
    }

    /// A rejection of the current instruction; its line goes to the log at once, as Linux's does.
    pub(crate) fn reject(&mut self, rule: impl Into<Rule>) -> Reject {
        let rule = rule.into();
        self.log.message(&rule);
        Reject {
            at: Some(self.at),
            errno: rule.errno(),
            rules: alloc::vec![rule],
        }
    }

    /// Adds a line to a rejection (its errno stays).
    pub(crate) fn reject_more(&mut self, mut reject: Reject, rule: impl Into<Rule>) -> Reject {
        let rule = rule.into();
        self.log.message(&rule);
        reject.rules.push(rule);
        reject
    }

    /// A rejection without a line.
    pub(crate) fn reject_silently(&self, errno: Errno) -> Reject {
        Reject {
            at: Some(self.at),
            errno,
            rules: Vec::new(),
        }
    }

    /// The instruction being executed.
    pub(crate) fn insn(&self) -> skep_isa::RawInsn {
        self.insns.get(self.at.index()).copied().unwrap_or_default()
    }

    /// What is remembered about the current instruction.
    pub(crate) fn aux_mut(&mut self) -> Option<&mut InsnAux> {
        self.aux.get_mut(self.at.index())
    }

    /// A map of the table.
    pub(crate) fn map(&self, map: MapRef) -> Option<&UsedMap> {
        self.maps.get(usize::from(map.0))
    }

    /// Attributes of a map of the table.
    pub(crate) fn map_meta(&self, map: MapRef) -> Option<Arc<MapMeta>> {
        self.map(map).map(|m| m.meta.clone())
    }

    /// The BTF a reference means.
    pub(crate) fn btf(&self, btf: BtfRef) -> Option<&Arc<Btf>> {
        match btf {
            BtfRef::Kernel => self.kernel_btf.as_ref(),
            BtfRef::Program => self.prog_btf.as_ref(),
        }
    }

    /// The name of a type, empty if it has none.
    pub(crate) fn type_name(&self, ty: TypeRef) -> &str {
        self.btf(ty.btf)
            .and_then(|b| b.type_by_id(ty.id))
            .map_or("", |t| t.name())
    }

    /// Makes a register unreadable, or an unknown number for those who may see pointers: what happens to pointers whose object is gone.
    pub(crate) fn invalidated(&self) -> Register {
        if self.privileges.allow_ptr_leaks {
            self.unknown_register()
        } else {
            Register::Uninit
        }
    }

    /// An unknown number, precise from birth where precision is not tracked (without CAP_BPF).
    pub(crate) fn unknown_register(&self) -> Register {
        let mut scalar = crate::register::Scalar::UNKNOWN;
        scalar.precise = !self.privileges.bpf;
        Register::Scalar(scalar)
    }

    /// Writes r`reg` of the current frame and flags it for the log.
    pub(crate) fn set_reg(&mut self, reg: u8, value: Register) {
        self.state.set_reg(reg, value);
        self.touch_reg(reg);
    }
}

/// Verifies a load request in an environment.
pub fn verify(env: &dyn Environment, request: &LoadRequest) -> Outcome {
    crate::walk::run(env, request)
}
