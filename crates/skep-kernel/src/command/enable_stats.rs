//! ENABLE_STATS: runs of programs are counted while the descriptor is open.

use skep_catalog::Caps;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::attr::EnableStatsAttr;

use super::{Call, Reply};
use crate::FdObject;

/// BPF_STATS_RUN_TIME.
const RUN_TIME: u32 = 0;

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let attr: EnableStatsAttr = call.parse()?;
    call.task
        .require(Caps::SYS_ADMIN, "statistics need CAP_SYS_ADMIN")?;
    if attr.kind != RUN_TIME {
        return SysError::err(Errno::EINVAL, "no such kind of statistics");
    }
    let on = call.kernel.statistics().enable();
    Ok(Reply::NewFd(FdObject::Statistics(on)))
}
