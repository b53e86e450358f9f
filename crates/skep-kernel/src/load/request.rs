//! Reads everything a PROG_LOAD attr points to, in Linux's order.

use skep_catalog::{Caps, prog_type};
use skep_isa::{RawInsn, parse_program};
use skep_object::{Errno, Ref, SysError, SysResult, unsupported};
use skep_uapi::attr::ProgLoadAttr;
use skep_uapi::limits::{BPF_COMPLEXITY_LIMIT_INSNS, BPF_MAXINSNS, LICENSE_MAX};
use skep_uapi::{ProgFlags, ProgType, UserPtr};
use skep_verifier::LoadRequest;
use skep_verifier::request::{LoadFlags, LogRequest, Records};

use super::{check_attach, is_gpl_compatible, with_default_attach_type};
use crate::fd::TaskFds;
use crate::object::{BtfObject, BtfOwner, ObjectName};
use crate::{Fd, Kernel, Task, UnprivilegedBpf};

/// A request as read: what the verifier sees, and what it does not.
pub(crate) struct ReadRequest {
    pub(crate) request: LoadRequest,
    pub(crate) name: ObjectName,
    pub(crate) license: Vec<u8>,
    /// The program's BTF, where something refers to it and it is good.
    pub(crate) btf: Option<Ref<BtfObject>>,
    pub(crate) attach_btf: Option<Ref<BtfObject>>,
    pub(crate) fd_array: UserPtr,
    /// Where the log goes.
    pub(crate) log_buf: UserPtr,
}

/// The checks before the verifier, and the request. The attr's zero rule was checked by the command.
pub(crate) fn read_request(
    kernel: &Kernel,
    task: &Task<'_>,
    attr: ProgLoadAttr,
) -> SysResult<ReadRequest> {
    let fds = TaskFds(task.fds());
    let flags = ProgFlags::from_bits_retain(attr.prog_flags);
    if !ProgFlags::all().contains(flags) {
        return SysError::err(Errno::EINVAL, "prog_flags has an unknown flag");
    }
    let attr = with_default_attach_type(attr);
    if flags.contains(ProgFlags::TOKEN_FD) {
        fds.token(Fd(attr.prog_token_fd))?;
    }
    check_privileges(kernel, task, &attr)?;
    let attach_btf = check_attach(kernel, fds, &attr)?;

    let memory = task.memory();
    let insns = read_insns(task, &attr)?;
    let license = memory.read_string(attr.license, LICENSE_MAX)?;
    if !attr.signature.is_null() {
        return Err(unsupported!(EOPNOTSUPP, "signed programs"));
    }
    if attr.prog_ifindex != 0 {
        return Err(unsupported!(EINVAL, "device-bound programs"));
    }
    let has = kernel.availability();
    let prog_type = match ProgType::from_raw(attr.prog_type) {
        Some(known) if prog_type(known).is_some() && has.prog_type(known) => known,
        Some(_) | None => return SysError::err(Errno::EINVAL, "no such program type"),
    };
    let name = ObjectName::from_attr(attr.prog_name)?;

    let has_info = attr.func_info_cnt != 0 || attr.line_info_cnt != 0;
    let prog_btf = has_info.then(|| program_btf(fds, &attr));
    let records = |at, record_size, count| -> SysResult<Records> {
        let bytes = match prog_btf {
            Some(Ok(_)) => read_records(task, at, record_size, count)?,
            // Without good BTF Linux looks at no record.
            Some(Err(_)) | None => Vec::new(),
        };
        Ok(Records {
            bytes,
            record_size,
            count,
        })
    };
    let request = LoadRequest {
        prog_type,
        expected_attach_type: attr.expected_attach_type,
        flags: LoadFlags(attr.prog_flags),
        insns,
        gpl_compatible: is_gpl_compatible(&license),
        attach_btf_id: attr.attach_btf_id,
        prog_btf: prog_btf
            .clone()
            .map(|found| found.map(|object| object.btf().clone())),
        func_info: records(attr.func_info, attr.func_info_rec_size, attr.func_info_cnt)?,
        line_info: records(attr.line_info, attr.line_info_rec_size, attr.line_info_cnt)?,
        core_relo: records(attr.core_relos, attr.core_relo_rec_size, attr.core_relo_cnt)?,
        has_fd_array: !attr.fd_array.is_null(),
        fd_array_cnt: attr.fd_array_cnt,
        log: LogRequest {
            level: attr.log_level,
            size: attr.log_size,
            has_buffer: !attr.log_buf.is_null(),
        },
    };
    Ok(ReadRequest {
        request,
        name,
        license,
        btf: prog_btf.and_then(Result::ok),
        attach_btf,
        fd_array: attr.fd_array,
        log_buf: attr.log_buf,
    })
}

/// Who may load what: the sysctl, the length, the type. EPERM, E2BIG.
fn check_privileges(kernel: &Kernel, task: &Task<'_>, attr: &ProgLoadAttr) -> SysResult<()> {
    let bpf = task.capable(Caps::BPF);
    if kernel.unprivileged() != UnprivilegedBpf::Allowed && !bpf {
        return SysError::err(Errno::EPERM, "unprivileged bpf is disabled");
    }
    let longest = if bpf {
        BPF_COMPLEXITY_LIMIT_INSNS
    } else {
        BPF_MAXINSNS
    };
    if attr.insn_cnt == 0 || attr.insn_cnt > longest {
        return SysError::err(Errno::E2BIG, "program is empty or too long");
    }
    let known = ProgType::from_raw(attr.prog_type);
    let open_to_all = matches!(known, Some(ProgType::SocketFilter | ProgType::CgroupSkb));
    if !bpf && !open_to_all {
        return SysError::err(Errno::EPERM, "program type needs CAP_BPF");
    }
    let needed = known
        .and_then(prog_type)
        .map_or(Caps::empty(), |info| info.load_caps);
    // Two types may be loaded without CAP_BPF, whatever the table says of a locked-down system.
    let needed = if open_to_all {
        needed.difference(Caps::BPF)
    } else {
        needed
    };
    task.require(needed, "program type needs more capabilities")
}

fn read_insns(task: &Task<'_>, attr: &ProgLoadAttr) -> SysResult<Vec<RawInsn>> {
    let len = (attr.insn_cnt as usize).saturating_mul(RawInsn::SIZE);
    let bytes = task.memory().read_vec(attr.insns, len)?;
    parse_program(&bytes).map_err(|error| SysError::new(Errno::EINVAL, error.to_string()))
}

/// The BTF behind `prog_btf_fd`: a client's. EBADF, EINVAL, EACCES.
fn program_btf(fds: TaskFds<'_>, attr: &ProgLoadAttr) -> Result<Ref<BtfObject>, Errno> {
    let object = fds
        .btf(Fd::from_attr(attr.prog_btf_fd))
        .map_err(|error| error.errno)?;
    match object.owner() {
        BtfOwner::User => Ok(object),
        BtfOwner::Kernel => Err(Errno::EACCES),
    }
}

/// Reads records. Sizes that no record can have are the verifier's to refuse. EFAULT.
fn read_records(task: &Task<'_>, at: UserPtr, record_size: u32, count: u32) -> SysResult<Vec<u8>> {
    if record_size > RECORD_SIZE_MAX {
        return Ok(Vec::new());
    }
    let len = (record_size as usize).saturating_mul(count as usize);
    if len > RECORDS_BYTES_MAX {
        return SysError::err(Errno::EFAULT, "more records than a program can have");
    }
    task.memory().read_vec(at, len)
}

/// Linux refuses larger records.
const RECORD_SIZE_MAX: u32 = 252;
/// As many bytes as the longest program has with a record of the largest size for each instruction.
const RECORDS_BYTES_MAX: usize = (BPF_COMPLEXITY_LIMIT_INSNS * RECORD_SIZE_MAX) as usize;
