//! Info of a link.

use skep_object::{Errno, Ref, SysError, SysResult};
use skep_uapi::UserPtr;
use skep_uapi::info::{IterLinkInfo, LinkInfo, RawTracepointLinkInfo, TracingLinkInfo};

use super::{Args, Call, Reply, read_info, write_info};
use crate::UserMemory;
use crate::object::{IterOnly, Link, LinkKind};

pub(super) fn run(call: &Call<'_>, args: &Args, link: &Ref<Link>) -> SysResult<Reply> {
    // What a link does not fill stays as the client had it.
    let mut info: LinkInfo = read_info(call, args)?;
    info.link_type = link.link_type().raw();
    info.id = link.id().map_or(0, |id| id.get());
    info.prog_id = link.prog().id().map_or(0, |id| id.get());
    match link.kind() {
        LinkKind::RawTracepoint { name, cookie } => {
            let mut detail: RawTracepointLinkInfo = info.detail();
            let (at, room) = (detail.tp_name, detail.tp_name_len);
            check_pair(at, room)?;
            detail.tp_name_len = size_with_nul(name);
            detail.cookie = *cookie;
            write_name(call.task.memory(), at, room, name)?;
            info.set_detail(&detail);
        }
        LinkKind::Tracing { target, cookie } => {
            let detail: TracingLinkInfo = info.detail();
            info.set_detail(&TracingLinkInfo {
                attach_type: link.attach_type().raw(),
                target_obj_id: target.btf_object,
                target_btf_id: target.btf_id,
                cookie: *cookie,
                ..detail
            });
        }
        LinkKind::Iter { target, only } => {
            let mut detail: IterLinkInfo = info.detail();
            let (at, room) = (detail.target_name, detail.target_name_len);
            check_pair(at, room)?;
            detail.target_name_len = size_with_nul(target);
            write_name(call.task.memory(), at, room, target)?;
            match only {
                IterOnly::Everything => {}
                IterOnly::Map(map) => detail.map_id = map.id().map_or(0, |id| id.get()),
                IterOnly::Thread(tid) => detail.ids = [*tid, 0],
                IterOnly::Process(pid) => detail.ids = [0, *pid],
            }
            info.set_detail(&detail);
        }
    }
    write_info(call, args, &info)
}

/// A buffer comes with its size or not at all. EINVAL.
fn check_pair(at: UserPtr, room: u32) -> SysResult<()> {
    if at.is_null() == (room == 0) {
        Ok(())
    } else {
        SysError::err(Errno::EINVAL, "name and its size do not go together")
    }
}

fn size_with_nul(name: &str) -> u32 {
    u32::try_from(name.len())
        .unwrap_or(u32::MAX)
        .saturating_add(1)
}

/// Writes a name with its NUL, unless no buffer is given. ENOSPC: as much of it as there is room for. EFAULT.
pub(in crate::command) fn write_name(
    memory: &dyn UserMemory,
    at: UserPtr,
    room: u32,
    name: &str,
) -> SysResult<()> {
    let Some(last) = (room as usize).checked_sub(1) else {
        return Ok(());
    };
    if at.is_null() {
        return Ok(());
    }
    let cut = name.len().min(last);
    let mut text = name.as_bytes().get(..cut).unwrap_or_default().to_vec();
    text.push(0);
    memory.write(at, &text)?;
    if cut < name.len() {
        return SysError::err(Errno::ENOSPC, "no room for the whole name");
    }
    Ok(())
}
