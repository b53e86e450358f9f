//! PROG_LOAD: the attr to a program. The steps are in [`crate::load`].

use skep_object::SysResult;
use skep_uapi::attr::ProgLoadAttr;

use super::{Call, Reply};
use crate::FdObject;
use crate::load::{load, read_request};

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let attr: ProgLoadAttr = call.parse()?;
    let read = read_request(call.kernel, call.task, attr)?;
    let prog = load(call.kernel, call.task, &call.attr, read)?;
    Ok(Reply::NewFd(FdObject::prog(&prog)))
}
