//! Verifies a request and makes a program of it.

use core::mem::offset_of;

use skep_object::{Clock, Errno, Ref, SysError, SysResult};
use skep_uapi::attr::ProgLoadAttr;
use skep_uapi::btf::{CoreRelo, FuncInfo, LineInfo};
use skep_verifier::reject::{ControlReject, Rule};
use skep_verifier::verified::{Failure, Outcome};
use skep_verifier::verify;

use super::request::ReadRequest;
use crate::attr::Attr;
use crate::environment::LoadEnvironment;
use crate::object::{MapObject, Prog, ProgParts};
use crate::{Kernel, Task};

/// From a request to a program with an id. What the verifier writes goes to the log and the attr first.
pub(crate) fn load(
    kernel: &Kernel,
    task: &Task<'_>,
    attr: &Attr,
    read: ReadRequest,
) -> SysResult<Ref<Prog>> {
    let env = LoadEnvironment::new(kernel, task, read.fd_array);
    let outcome = verify(&env, &read.request);
    if let Some(observer) = task.observer() {
        observer.verified(&read.request, &outcome);
    }
    write_outs(task, attr, &read, &outcome)?;
    let verified = outcome.result.map_err(refused)?;

    let maps = verified
        .maps()
        .iter()
        .map(|token| env.held_map(*token))
        .collect::<Option<Vec<Ref<MapObject>>>>();
    let Some(maps) = maps else {
        return SysError::err(Errno::EFAULT, "verifier names a map it was not given");
    };
    let prog = Prog::new(ProgParts {
        verified,
        statistics: outcome.statistics,
        name: read.name,
        license: read.license,
        maps,
        btf: read.btf,
        other_btfs: env.held_btfs(),
        attach_btf: read.attach_btf,
        symbols: kernel.symbols().clone(),
        load_time_ns: kernel.platform().now_ns(Clock::Boottime),
        uid: task.credentials().ids.uid,
        jit: kernel.identity().jit,
        domains: kernel.rcu().clone(),
        request: read.request,
    });
    join_prog_arrays(&prog)?;
    let prog = Ref::new(prog);
    kernel.progs().publish(&prog)?;
    Ok(prog)
}

/// A program joins the prog arrays it uses, or is not like their programs. EINVAL, without a word in the log.
fn join_prog_arrays(prog: &Prog) -> SysResult<()> {
    for map in prog.maps() {
        if let Some(array) = map.map().as_prog_array() {
            array.bind(&prog.compat())?;
        }
    }
    Ok(())
}

fn refused(failure: Failure) -> SysError {
    let rule = failure
        .reject
        .as_ref()
        .and_then(|reject| reject.rules.first());
    match rule {
        Some(rule) => SysError::new(failure.errno, rule.to_string().trim_end().to_owned()),
        None => SysError::new(failure.errno, "the verifier refuses the program"),
    }
}

/// Writes the log, its true size and, for records of a size from the future, the size we know. EFAULT.
fn write_outs(
    task: &Task<'_>,
    attr: &Attr,
    read: &ReadRequest,
    outcome: &Outcome,
) -> SysResult<()> {
    let memory = task.memory();
    if let Some((offset, size)) = expected_record_size(outcome) {
        attr.write_u32(memory, offset, size)?;
    }
    if let Some(true_size) = outcome.log.true_size {
        // The log is written while the program is looked at; a fault shows once it is done.
        let written = memory.write(read.log_buf, &outcome.log.bytes);
        attr.write_u32_if_there(memory, offset_of!(ProgLoadAttr, log_true_size), true_size)?;
        written?;
    }
    Ok(())
}

/// For records that are longer than ours and not zero there: where the size goes, and the size we know.
fn expected_record_size(outcome: &Outcome) -> Option<(usize, u32)> {
    let failure = outcome.result.as_ref().err()?;
    let (offset, size) = match failure.reject.as_ref()?.rules.first()? {
        Rule::Control(ControlReject::FuncInfoTail) => (
            offset_of!(ProgLoadAttr, func_info_rec_size),
            size_of::<FuncInfo>(),
        ),
        Rule::Control(ControlReject::LineInfoTail) => (
            offset_of!(ProgLoadAttr, line_info_rec_size),
            size_of::<LineInfo>(),
        ),
        Rule::Control(ControlReject::CoreReloTail) => (
            offset_of!(ProgLoadAttr, core_relo_rec_size),
            size_of::<CoreRelo>(),
        ),
        _ => return None,
    };
    Some((offset, u32::try_from(size).ok()?))
}
