//! BTF_LOAD: types from a client, checked, with an id.

use core::mem::offset_of;
use std::sync::Arc;

use skep_btf::{Btf, KernelTypes, NoKernelTypes, VmlinuxTypes, load_log};
use skep_catalog::Caps;
use skep_object::{Errno, Ref, SysError, SysResult};
use skep_uapi::attr::BtfLoadAttr;
use skep_uapi::limits::BTF_MAX_SIZE;
use skep_uapi::{BtfLoadFlags, UserPtr};

use super::{Call, Reply};
use crate::load::log::{LogRoom, write_text};
use crate::object::{BtfObject, BtfOwner};
use crate::{Fd, FdObject};

struct Args {
    btf: UserPtr,
    size: u32,
    log: LogRoom,
    token: Option<Fd>,
}

impl Args {
    fn of(call: &Call<'_>) -> SysResult<Self> {
        let attr: BtfLoadAttr = call.parse()?;
        let flags = BtfLoadFlags::from_bits_retain(attr.btf_flags);
        if !BtfLoadFlags::all().contains(flags) {
            return SysError::err(Errno::EINVAL, "btf_flags has an unknown flag");
        }
        Ok(Self {
            btf: attr.btf,
            size: attr.btf_size,
            log: LogRoom {
                level: attr.btf_log_level,
                size: attr.btf_log_size,
                buffer: attr.btf_log_buf,
            },
            token: flags
                .contains(BtfLoadFlags::TOKEN_FD)
                .then_some(Fd(attr.btf_token_fd)),
        })
    }
}

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let args = Args::of(call)?;
    if let Some(token) = args.token {
        call.fds().token(token)?;
    }
    call.task.require(Caps::BPF, "BTF_LOAD needs CAP_BPF")?;
    if args.size > BTF_MAX_SIZE {
        return SysError::err(Errno::E2BIG, "BTF is larger than 16 MiB");
    }
    args.log.check()?;
    let parsed = parse(call, &args);
    let (text, result) = match parsed {
        Ok((text, result)) => (text, result),
        // Nothing was written to the log, but its size still is.
        Err(error) => (String::new(), Err(error)),
    };
    let written = write_text(call.task.memory(), &args.log, text.as_bytes());
    call.attr.write_u32_if_there(
        call.task.memory(),
        offset_of!(BtfLoadAttr, btf_log_true_size),
        written.true_size,
    )?;
    written.result?;
    let object = Ref::new(BtfObject::new(result?, BtfOwner::User));
    call.kernel.btfs().publish(&object)?;
    Ok(Reply::NewFd(FdObject::btf(&object)))
}

type Parsed = (String, SysResult<Arc<Btf>>);

/// The log (if one is wanted) and the outcome.
fn parse(call: &Call<'_>, args: &Args) -> SysResult<Parsed> {
    let raw = call.task.memory().read_vec(args.btf, args.size as usize)?;
    let kernel_btf = call.kernel.identity().btf.as_deref().map(VmlinuxTypes);
    let kernel: &dyn KernelTypes = match &kernel_btf {
        Some(types) => types,
        None => &NoKernelTypes,
    };
    let loaded = Btf::load(&raw, kernel);
    let text = if args.log.is_wanted() {
        load_log(&raw, loaded.as_ref())
    } else {
        String::new()
    };
    let result = loaded
        .map(Arc::new)
        .map_err(|error| SysError::new(error.errno(), format!("BTF is refused: {error:?}")));
    Ok((text, result))
}
