//! What lowering asks the layer above: bodies, addresses, layouts. And what can be missing.

use std::sync::Arc;

use skep_catalog::ObjectKind;
use skep_isa::InsnIdx;
use skep_uapi::HelperId;
use skep_verifier::env::MapToken;
use skep_verifier::register::TypeRef;

use crate::bound_map::BoundMap;
use crate::context_layout::ContextLayout;
use crate::helper::HelperFn;

/// Where the things live that a program names.
pub trait Bindings {
    /// The map behind a token of the program's environment.
    fn map(&self, token: MapToken) -> Option<Arc<BoundMap>>;

    /// The body of a helper for this program type. Not asked for bpf_tail_call and bpf_get_smp_processor_id.
    fn helper(&self, id: HelperId) -> Option<HelperFn>;

    /// The body of a kernel function, or the name of one that has none.
    fn kfunc(&self, function: TypeRef) -> Result<HelperFn, String>;

    /// A number by which bodies find the BTF of the program that calls them; see [`crate::HelperCall::program_btf`].
    fn program_btf(&self) -> u32 {
        0
    }

    /// What LD_ABS and LD_IND call: R1 the context, R2 the offset, R3 the size (1, 2, 4). Returns the value in host
    /// order, or a negative number as `u64` where the packet ends before it.
    fn load_packet(&self) -> Option<HelperFn>;

    /// The layout of the context.
    fn context(&self) -> &ContextLayout;

    /// Bytes of `struct bpf_map` that programs may read through a map pointer; [`BoundMap::describe`] filled them.
    fn map_struct_size(&self) -> u32 {
        0
    }

    /// The layout of an object reached from the context; `None` where there are no such objects.
    fn object(&self, kind: ObjectKind) -> Option<&ContextLayout>;
}

/// Why a program cannot be run here, though it may be verified.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LowerError {
    /// A helper or kernel function without a body; its name.
    #[error("{0} has no body here")]
    MissingHelper(String),
    /// The bindings do not know a map of the program.
    #[error("insn {at}: the bindings have no map {token:?}")]
    MissingMap {
        /// Where.
        at: InsnIdx,
        /// Which.
        token: MapToken,
    },
    /// No address in the map's value.
    #[error("insn {at}: the map has no address for its value at offset {offset}")]
    NoDirectValue {
        /// Where.
        at: InsnIdx,
        /// Offset in the value.
        offset: u32,
    },
    /// The layout has no place for an access of the context or an object.
    #[error("insn {at}: no place for {size} bytes at offset {offset} of the {object}")]
    NoField {
        /// Where.
        at: InsnIdx,
        /// Of what.
        object: &'static str,
        /// At which offset.
        offset: i32,
        /// How many.
        size: u32,
    },
    /// Something this crate does not execute yet.
    #[error("insn {at}: {what} cannot be executed yet")]
    Unsupported {
        /// Where.
        at: InsnIdx,
        /// What.
        what: &'static str,
    },
    /// The program and its facts do not agree; the verifier never makes such a program.
    #[error("insn {at}: {what}")]
    Inconsistent {
        /// Where.
        at: InsnIdx,
        /// In what.
        what: &'static str,
    },
}
