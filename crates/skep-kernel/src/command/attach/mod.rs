//! Attaching programs: what RAW_TRACEPOINT_OPEN, LINK_CREATE, PROG_ATTACH and their like have in common.
//!
//! | file | what it attaches |
//! |---|---|
//! | `raw_tracepoint` | programs at tracepoints |
//! | `trampoline` | programs at functions |
//! | `iter` | iterators |
//! | `target` | where a program would go that needs a live object of the host: which errno says it is missing |
//! | `types` | which programs an attach type takes |

mod iter;
mod raw_tracepoint;
pub(super) mod target;
mod trampoline;
pub(super) mod types;

use skep_object::{Ref, SysResult};
use skep_uapi::AttachType;

use super::{Call, Reply};
use crate::hooks::Attachment;
use crate::object::{Link, LinkKind, Prog};
use crate::{FdObject, LinkOrigin};

pub(super) use iter::attach_iter;
pub(super) use raw_tracepoint::{PlaceName, attach_raw_tracepoint};
pub(super) use trampoline::attach_trampoline;

/// A new link with its id. ENOSPC.
fn publish(
    call: &Call<'_>,
    prog: &Ref<Prog>,
    attach_type: AttachType,
    kind: LinkKind,
    attachment: Option<Attachment>,
) -> SysResult<Reply> {
    let hooks = call.kernel.hooks().clone();
    let link = Ref::new(Link::new(
        kind,
        attach_type,
        prog.clone(),
        hooks,
        attachment,
    ));
    call.kernel.links().publish(&link)?;
    Ok(Reply::NewFd(FdObject::link(&link, LinkOrigin::Created)))
}

/// The attach type a program was loaded for; 0 for those that have none.
fn expected(prog: &Prog) -> Option<AttachType> {
    AttachType::from_raw(prog.request().expected_attach_type)
}
