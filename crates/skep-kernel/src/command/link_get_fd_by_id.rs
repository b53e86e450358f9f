//! LINK_GET_FD_BY_ID: a descriptor for a link named by its id.

use skep_catalog::Caps;
use skep_object::{Errno, ObjectId, SysError, SysResult};
use skep_uapi::attr::GetIdAttr;

use super::{Call, Reply};
use crate::{FdObject, LinkOrigin};

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let id = call.parse::<GetIdAttr>()?.id;
    call.task
        .require(Caps::SYS_ADMIN, "opening by id needs CAP_SYS_ADMIN")?;
    let link = ObjectId::new(id).and_then(|id| call.kernel.links().get(id));
    match link {
        Some(link) => Ok(Reply::NewFd(FdObject::link(&link, LinkOrigin::Opened))),
        None => SysError::err(Errno::ENOENT, "no link with this id"),
    }
}
