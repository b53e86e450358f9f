//! Tracepoints: which ones the session's kernel has, and how many arguments they have. The kernel's BTF says so.

use skep_btf::{Btf, BtfKind, BtfTypeId};

/// A tracepoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tracepoint {
    /// Its name.
    pub(crate) name: String,
    /// Arguments, each 8 bytes of the context.
    pub(crate) args: usize,
}

/// What the typedef of a tracepoint's probe is called.
const PREFIX: &str = "btf_trace_";

impl Tracepoint {
    /// The tracepoint with this name.
    pub(crate) fn by_name(btf: &Btf, name: &str) -> Option<Self> {
        let id = btf.find_by_name_kind(&format!("{PREFIX}{name}"), BtfKind::Typedef)?;
        Self::of_typedef(btf, id)
    }

    /// The tracepoint whose probe has this type.
    pub(crate) fn of_typedef(btf: &Btf, id: BtfTypeId) -> Option<Self> {
        let name = btf.name(id).strip_prefix(PREFIX)?.to_owned();
        let pointer = btf.type_by_id(id)?.modified()?.target();
        let function = btf.type_by_id(pointer)?.as_ptr()?.target();
        let params = btf.type_by_id(function)?.as_func_proto()?.params().len();
        // The first is the probe's own data.
        let args = params.checked_sub(1)?;
        Some(Self { name, args })
    }
}
