//! PROG_GET_FD_BY_ID: a descriptor for a program named by its id.

use skep_catalog::Caps;
use skep_object::{Errno, ObjectId, SysError, SysResult};
use skep_uapi::attr::GetIdAttr;

use super::{Call, Reply};
use crate::FdObject;

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let id = call.parse::<GetIdAttr>()?.id;
    call.task
        .require(Caps::SYS_ADMIN, "opening by id needs CAP_SYS_ADMIN")?;
    let prog = ObjectId::new(id).and_then(|id| call.kernel.progs().get(id));
    match prog {
        Some(prog) => Ok(Reply::NewFd(FdObject::prog(&prog))),
        None => SysError::err(Errno::ENOENT, "no program with this id"),
    }
}
