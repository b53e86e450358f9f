//! RAW_TRACEPOINT_OPEN: attaches a program to a tracepoint by name, or one that knows its place to that place.

use skep_object::SysResult;
use skep_uapi::attr::RawTracepointAttr;

use super::attach::{PlaceName, attach_raw_tracepoint};
use super::{Call, Reply};
use crate::Fd;

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let attr: RawTracepointAttr = call.parse()?;
    let prog = call.fds().prog(Fd::from_attr(attr.prog_fd))?;
    attach_raw_tracepoint(call, &prog, PlaceName::At(attr.name), attr.cookie)
}
