//! MAP_GET_FD_BY_ID: a descriptor for a map named by its id.

use skep_catalog::Caps;
use skep_object::{Errno, ObjectId, SysError, SysResult};
use skep_uapi::ObjFlags;
use skep_uapi::attr::GetIdAttr;

use super::{Call, Reply};
use crate::{FdObject, MapAccess};

struct Args {
    id: u32,
    flags: ObjFlags,
}

impl Args {
    fn of(call: &Call<'_>) -> SysResult<Self> {
        let attr: GetIdAttr = call.parse()?;
        let flags = ObjFlags::from_bits_retain(attr.open_flags);
        if !ObjFlags::RDONLY.union(ObjFlags::WRONLY).contains(flags) {
            return SysError::err(Errno::EINVAL, "open_flags has an unknown flag");
        }
        Ok(Self { id: attr.id, flags })
    }
}

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let args = Args::of(call)?;
    call.task
        .require(Caps::SYS_ADMIN, "opening by id needs CAP_SYS_ADMIN")?;
    let Some(access) = MapAccess::from_flags(args.flags) else {
        return SysError::err(Errno::EINVAL, "RDONLY and WRONLY exclude each other");
    };
    let map = ObjectId::new(args.id).and_then(|id| call.kernel.maps().get(id));
    match map {
        Some(map) => Ok(Reply::NewFd(FdObject::map(&map, access))),
        None => SysError::err(Errno::ENOENT, "no map with this id"),
    }
}
