//! Helpers: which prototype a program gets for a call, and what each prototype asks and gives.
//!
//! ```text
//! ProtoContext --helper_set()--> HelperSet --get(id)--> &HelperProto
//!   (type, attach type,            (one per distinct       (one per variant:
//!    sleepable, target, caps)       configuration)          276 for 211 helpers)
//! ```
//!
//! A verifier resolves the set once per program; each call then costs one array access.

mod allowed;
mod arg_type;
mod proto;
mod set;

use skep_uapi::HelperId;

pub use allowed::AllowedRule;
pub use arg_type::ArgType;
pub use proto::{Arg, Callback, HelperProto, ProtoFlags, Ret, RetRange, RetType};
pub(crate) use set::HelperConfig;
pub use set::{HelperSet, ProtoContext, Sleepable, helper_set};

/// The prototype a program gets for a helper call.
///
/// `None` where Linux says the program may not call it: unknown helper, not for this program type, or a missing
/// capability. The licence ([`ProtoFlags::GPL_ONLY`]) and [`HelperProto::allowed`] are the caller's to check, as their
/// messages differ.
pub fn helper(context: &ProtoContext<'_>, id: HelperId) -> Option<&'static HelperProto> {
    helper_set(context).get(id)
}

/// Whether Linux 6.18 defines the helper at all; a call of another number is an "invalid func".
pub const fn helper_exists(id: HelperId) -> bool {
    id.exists()
}

/// The name as the log shows it: `bpf_map_lookup_elem`, or `unknown` for a number without a helper.
pub fn helper_name(id: HelperId) -> &'static str {
    match id.name() {
        Some(name) if id.exists() => name,
        Some(_) | None => "unknown",
    }
}
