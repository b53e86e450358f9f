//! MAP_GET_NEXT_ID, PROG_GET_NEXT_ID, BTF_GET_NEXT_ID, LINK_GET_NEXT_ID.

use core::mem::offset_of;

use skep_catalog::Caps;
use skep_object::{Errno, IdTable, Object, SysError, SysResult};
use skep_uapi::attr::GetIdAttr;

use super::{Call, DONE, Reply};

/// Ids stay below this.
const INT_MAX: u32 = i32::MAX as u32;

pub(super) fn run<T: Object>(call: &Call<'_>, table: &IdTable<T>) -> SysResult<Reply> {
    let start_id = call.parse::<GetIdAttr>()?.id;
    if start_id >= INT_MAX {
        return SysError::err(Errno::EINVAL, "start_id is beyond every id");
    }
    call.task
        .require(Caps::SYS_ADMIN, "listing ids needs CAP_SYS_ADMIN")?;
    let Some(next) = table.next_id(start_id) else {
        return SysError::err(Errno::ENOENT, "no id after this one");
    };
    call.write_back(offset_of!(GetIdAttr, next_id), next.get())?;
    Ok(DONE)
}
