//! What the load as a whole means for calls: its helpers, its rules, what it attaches to.

use super::attach::AttachTarget;
use super::prototype::FuncArgs;
use crate::check::kfunc::KfuncTable;
use crate::env::Capabilities;
use crate::request::{LoadFlags, LoadRequest};
use crate::state::SubprogIdx;
use crate::verifier::Verifier;
use alloc::collections::BTreeMap;
use alloc::string::String;
use skep_btf::Btf;
use skep_catalog::{
    AllowedRule, Caps, HelperProto, HelperSet, ProgRules, ProgTypeInfo, ProtoContext, Sleepable,
};
use skep_uapi::{HelperId, ProgType};

/// Facts about the load that calls ask for again and again; fixed but for the kfuncs and the attach target, which phases add.
#[derive(Debug)]
pub(crate) struct CallState {
    prog_type: ProgType,
    attach_type: u32,
    sleepable: Sleepable,
    caps: Caps,
    /// What the program attaches to, as the catalog names it.
    target_name: Option<String>,
    helpers: HelperSet,
    rules: Option<ProgRules>,
    /// What `attach_btf_id` means; set by the attach check.
    pub(crate) target: Option<AttachTarget>,
    /// What is known of the prototypes of the program's own functions.
    pub(crate) prototypes: BTreeMap<SubprogIdx, FuncArgs>,
    /// The kernel functions the program calls.
    pub(crate) kfuncs: KfuncTable,
}

impl CallState {
    /// The state at the start of a load.
    pub(crate) fn new(request: &LoadRequest, caps: Capabilities, kernel: Option<&Btf>) -> Self {
        let sleepable = if request.flags.has(LoadFlags::SLEEPABLE) {
            Sleepable::Yes
        } else {
            Sleepable::No
        };
        let caps = Caps::from_bits_truncate(caps.bits());
        let target_name = kernel.and_then(|btf| super::attach::target_name(request, btf));
        let context = ProtoContext {
            prog_type: request.prog_type,
            attach_type: request.expected_attach_type,
            sleepable,
            caps,
            target: target_name.as_deref(),
        };
        let helpers = skep_catalog::helper_set(&context);
        let rules = skep_catalog::prog_rules(&context);
        CallState {
            prog_type: request.prog_type,
            attach_type: request.expected_attach_type,
            sleepable,
            caps,
            target_name,
            helpers,
            rules,
            target: None,
            prototypes: BTreeMap::new(),
            kfuncs: KfuncTable::default(),
        }
    }

    /// What the catalog's look-ups depend on.
    pub(crate) fn context(&self) -> ProtoContext<'_> {
        ProtoContext {
            prog_type: self.prog_type,
            attach_type: self.attach_type,
            sleepable: self.sleepable,
            caps: self.caps,
            target: self.target_name.as_deref(),
        }
    }

    /// The prototype this program gets for a helper, if it may call it.
    pub(crate) fn helper(&self, id: HelperId) -> Option<&'static HelperProto> {
        self.helpers.get(id)
    }

    /// What the program may return.
    pub(crate) fn rules(&self) -> Option<&ProgRules> {
        self.rules.as_ref()
    }

    /// Facts about the program type.
    pub(crate) fn type_info(&self) -> Option<&'static ProgTypeInfo> {
        skep_catalog::prog_type(self.prog_type)
    }

    /// Whether a helper's own condition on the attach target holds.
    pub(super) fn permits(&self, rule: AllowedRule) -> bool {
        rule.permits(&self.context())
    }
}

impl Verifier<'_> {
    /// The prototype this program gets for a helper call; `None` where it may not make it.
    pub(crate) fn helper_proto(&self, id: HelperId) -> Option<&'static HelperProto> {
        self.calls.helper(id)
    }
}
