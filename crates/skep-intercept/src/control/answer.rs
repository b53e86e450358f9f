//! The supervisor's side of the private channel. What comes in is a client's bytes: nothing in it is trusted.

use skep_kernel::object::Link;
use skep_kernel::{
    Bpffs, CancelToken, Fired, MapAccess, ObjectId, PinPath, Pinned, TaskIds, UserMemory,
};
use skep_object::{Errno, Ref, SysError, SysResult};
use skep_uapi::UserPtr;

use super::message::{FireAt, FiredProg, Reply, Request};
use super::{VERSION, objects};
use crate::carrier::ClientCall;
use crate::identity;
use crate::pins::ClientBpffs;
use crate::session::Session;
use crate::sys::control::Envelope;
use crate::sys::process_memory::ProcessMemory;

/// A longer request is not read.
const REQUEST_MAX: usize = 64 << 10;

/// Carries out what a call asks for; the bytes of the whole reply, of which the caller gets as many as it has room for.
/// EINVAL: not an envelope. EFAULT, E2BIG.
pub(crate) fn answer(session: &Session, call: &ClientCall, cancel: &CancelToken) -> SysResult<u32> {
    let memory = ProcessMemory(call.thread);
    let memory: &dyn UserMemory = &memory;
    let envelope = Envelope::read(memory, UserPtr(call.arg(1)), call.arg(2))?;
    let size = envelope.request_len as usize;
    if size > REQUEST_MAX {
        return SysError::err(Errno::E2BIG, "request is too long");
    }
    let bytes = memory.read_vec(envelope.request, size)?;
    let reply = match serde_json::from_slice::<Request>(&bytes) {
        Ok(request) => {
            let name = request.name();
            let done = carry_out(session, call, cancel, request);
            let outcome = match &done {
                Ok(_) => "done".to_owned(),
                Err(error) => error.to_string(),
            };
            session
                .trace
                .other(call, &format!("skep {name}: {outcome}"));
            done.unwrap_or_else(|error| Reply::Refused {
                errno: error.errno.to_string(),
                why: error.why.into_owned(),
            })
        }
        Err(error) => Reply::Refused {
            errno: Errno::EINVAL.to_string(),
            why: format!("request cannot be read: {error}"),
        },
    };
    let reply = serde_json::to_vec(&reply)
        .map_err(|error| SysError::new(Errno::EINVAL, format!("no reply: {error}")))?;
    let fits = reply.len().min(envelope.reply_len as usize);
    memory.write(envelope.reply, reply.get(..fits).unwrap_or_default())?;
    u32::try_from(reply.len()).map_err(|_| SysError::new(Errno::E2BIG, "reply is too long"))
}

fn carry_out(
    session: &Session,
    call: &ClientCall,
    cancel: &CancelToken,
    request: Request,
) -> SysResult<Reply> {
    match request {
        Request::Hello => Ok(Reply::Hello { version: VERSION }),
        Request::Fire { at, args } => {
            let who = identity::of_process(call.thread);
            fire(session, call, cancel, &who, &at, &args)
        }
        Request::Objects => Ok(Reply::Objects(objects::list(session))),
        Request::Remove { kind, id } => {
            objects::remove(session, kind.as_deref(), id).map(Reply::Removed)
        }
    }
}

fn fire(
    session: &Session,
    call: &ClientCall,
    cancel: &CancelToken,
    who: &TaskIds,
    at: &FireAt,
    args: &[u8],
) -> SysResult<Reply> {
    let kernel = &session.kernel;
    let fired = match at {
        FireAt::Tracepoint(name) => kernel.fire_tracepoint(who, cancel, name, args)?,
        FireAt::Link(id) => {
            let found = ObjectId::new(*id).and_then(|id| kernel.links().get(id));
            let link = found.ok_or_else(|| SysError::new(Errno::ENOENT, "no link with this id"))?;
            vec![kernel.fire_link(who, cancel, &link, args)?]
        }
        FireAt::Pinned(path) => {
            let link = pinned(session, call, path)?;
            vec![kernel.fire_link(who, cancel, &link, args)?]
        }
    };
    Ok(Reply::Fired(fired.into_iter().map(described).collect()))
}

fn pinned(session: &Session, call: &ClientCall, path: &str) -> SysResult<Ref<Link>> {
    let path = PinPath {
        path: path.as_bytes().to_vec(),
        dir: None,
    };
    let bpffs = ClientBpffs { session, call };
    match bpffs.open(&path, MapAccess::ReadWrite)? {
        Pinned::Link(link) => Ok(link.reference().clone()),
        Pinned::Map(_) | Pinned::Prog(_) => SysError::err(Errno::EINVAL, "the pin is no link"),
    }
}

fn described(fired: Fired) -> FiredProg {
    let (retval, error) = match fired.retval {
        Ok(retval) => (Some(retval), None),
        Err(error) => (None, Some(error.to_string())),
    };
    FiredProg {
        prog_id: fired.prog.map_or(0, ObjectId::get),
        retval,
        error,
    }
}
