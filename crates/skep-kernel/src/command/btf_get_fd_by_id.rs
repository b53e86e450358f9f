//! BTF_GET_FD_BY_ID: a descriptor for a BTF object named by its id; 1 is the kernel's.

use skep_catalog::Caps;
use skep_object::{Errno, ObjectId, SysError, SysResult};
use skep_uapi::ObjFlags;
use skep_uapi::attr::GetIdAttr;

use super::{Call, Reply};
use crate::{Fd, FdObject};

struct Args {
    id: u32,
    token: Option<Fd>,
}

impl Args {
    fn of(call: &Call<'_>) -> SysResult<Self> {
        let attr: GetIdAttr = call.parse()?;
        let flags = ObjFlags::from_bits_retain(attr.open_flags);
        if !ObjFlags::TOKEN_FD.contains(flags) {
            return SysError::err(Errno::EINVAL, "open_flags has an unknown flag");
        }
        let token = flags
            .contains(ObjFlags::TOKEN_FD)
            .then_some(Fd(attr.fd_by_id_token_fd));
        Ok(Self { id: attr.id, token })
    }
}

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let args = Args::of(call)?;
    if let Some(token) = args.token {
        call.fds().token(token)?;
    }
    call.task
        .require(Caps::SYS_ADMIN, "opening by id needs CAP_SYS_ADMIN")?;
    let btf = ObjectId::new(args.id).and_then(|id| call.kernel.btfs().get(id));
    match btf {
        Some(btf) => Ok(Reply::NewFd(FdObject::btf(&btf))),
        None => SysError::err(Errno::ENOENT, "no BTF object with this id"),
    }
}
