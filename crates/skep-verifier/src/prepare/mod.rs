//! Everything before the walk, in Linux's order; the first failing phase decides errno and last message.
//!
//! ```text
//! bound maps -> BTF, func_info -> subprograms, kfuncs -> jump ranges -> func_info, line_info, CO-RE -> ld_imm64, opcodes
//!   -> control flow (marks, effects) -> postorder -> attach target -> SCCs -> live registers -> fastcall patterns
//! ```
//!
//! [`stack_depth`] runs after the walk: it needs the depths the walk found.

mod btf_lookup;
mod calls;
mod cfg;
mod core_relo;
mod fastcall;
mod func_info;
mod imm64;
mod layout;
mod line_info;
mod maps;
mod marks;
mod opcodes;
mod postorder;
mod records;
mod scc;
mod sleepable;
mod stack_depth;
mod subprogs;

pub(crate) use imm64::Imm64;
pub(crate) use marks::Marks;
pub(crate) use subprogs::{Linkage, Subprog};

use crate::reject::Check;
use crate::verifier::Verifier;

impl Verifier<'_> {
    /// Phases 2 to 15.
    pub(crate) fn prepare(&mut self) -> Check {
        self.bind_fd_array()?;
        self.take_program_btf()?;
        let functions = self.read_func_info()?;
        self.find_subprogs(&functions)?;
        self.check_layout()?;
        self.match_func_info(&functions)?;
        self.read_line_info()?;
        self.apply_core_relocations()?;
        self.resolve_constants()?;
        self.walk_control_flow()?;
        self.compute_postorder();
        self.check_sleepable()?;
        self.check_attach_target()?;
        self.compute_components();
        self.compute_live_registers();
        self.mark_fastcall_patterns();
        Ok(())
    }
}
