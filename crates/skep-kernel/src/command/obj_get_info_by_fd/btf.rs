//! Info of a BTF object.

use skep_object::{Errno, Ref, SysError, SysResult};
use skep_uapi::info::BtfInfo;

use super::{Args, Call, Reply, read_info, write_info};
use crate::object::{BtfObject, BtfOwner};

pub(super) fn run(call: &Call<'_>, args: &Args, object: &Ref<BtfObject>) -> SysResult<Reply> {
    let mut info: BtfInfo = read_info(call, args)?;
    let memory = call.task.memory();
    let raw = object.btf().raw_bytes();
    let fits = raw.len().min(info.btf_size as usize);
    memory.write(info.btf, raw.get(..fits).unwrap_or_default())?;
    info.btf_size = raw.len() as u32;
    info.id = object.id().map_or(0, |id| id.get());
    info.kernel_btf = u32::from(object.owner() == BtfOwner::Kernel);

    let room = info.name_len as usize;
    if info.name.is_null() != (room == 0) {
        return SysError::err(Errno::EINVAL, "name and name_len do not go together");
    }
    let name = object.name().as_bytes();
    info.name_len = name.len() as u32;
    let mut outcome = Ok(());
    if room > 0 {
        // Always with a NUL, if need be in place of the rest.
        let cut = name.len().min(room.saturating_sub(1));
        let mut text = name.get(..cut).unwrap_or_default().to_vec();
        text.push(0);
        memory.write(info.name, &text)?;
        if cut < name.len() {
            outcome = SysError::err(Errno::ENOSPC, "no room for the whole name");
        }
    }
    let reply = write_info(call, args, &info)?;
    outcome.map(|()| reply)
}
