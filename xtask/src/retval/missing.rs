//! Which helpers and kfuncs a program calls that skep has no body for.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};
use skep_btf::{Btf, BtfTypeId};
use skep_catalog::support::{self, Support};
use skep_isa::parse_program;
use skep_uapi::HelperId;

use crate::corpus::{Folder, Unit, from_hex};

/// Names calls by the kernel a folder was recorded on.
pub(super) struct Missing {
    kernel: Option<Btf>,
}

impl Missing {
    pub(super) fn new(folder: &Folder) -> Result<Self> {
        let kernel = folder.kernel()?.map(|kernel| Btf::parse(&kernel.btf));
        let kernel = kernel
            .transpose()
            .map_err(|error| anyhow!("the corpus's kernel BTF: {error:?}"))?;
        Ok(Self { kernel })
    }

    /// The names, each once, in alphabetical order.
    pub(super) fn in_program(&self, unit: &Unit) -> BTreeSet<String> {
        let Ok(insns) = from_hex(&unit.insns) else {
            return BTreeSet::new();
        };
        let insns = parse_program(&insns).unwrap_or_default();
        let calls = insns.iter().filter_map(|insn| {
            let id = insn.imm.cast_unsigned();
            if insn.is_helper_call() {
                let helper = HelperId(id);
                let name = helper.name().unwrap_or("unknown helper");
                return (support::helper(helper) == Support::Absent).then(|| name.to_owned());
            }
            if insn.is_kfunc_call() {
                let name = self.kernel.as_ref()?.name(BtfTypeId(id));
                return (support::kfunc(name) == Support::Absent).then(|| name.to_owned());
            }
            None
        });
        calls.collect()
    }
}
