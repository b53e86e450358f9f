//! Iterators: a program and what it is to walk over.

use skep_btf::BtfTypeId;
use skep_object::{Errno, Ref, SysError, SysResult};
use skep_uapi::attr::{IterAttach, IterLinkTarget, LinkCreateAttr};
use skep_uapi::{AttachType, MapType};
use zerocopy::IntoBytes;

use super::publish;
use crate::attr::check_zero_tail;
use crate::command::{Call, Reply};
use crate::object::{IterOnly, LinkKind, Prog};
use crate::{Fd, MemoryFault};

/// How an iterator can be restricted.
#[derive(Clone, Copy)]
enum Restrict {
    /// Not at all.
    No,
    /// To a task.
    Task,
    /// To one map, of a type that is right.
    Map(fn(MapType) -> bool),
    /// To a part of the tree of cgroups.
    Cgroup,
}

/// Whether sleepable programs may walk it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MaySleep {
    Yes,
    No,
}

/// What Linux has iterators for.
fn target(name: &str) -> Option<(Restrict, MaySleep)> {
    Some(match name {
        "task" | "task_file" | "task_vma" => (Restrict::Task, MaySleep::Yes),
        "bpf_map" | "bpf_prog" | "bpf_link" | "netlink" | "unix" | "tcp" | "udp" | "ipv6_route" => {
            (Restrict::No, MaySleep::No)
        }
        "ksym" | "kmem_cache" | "dmabuf" => (Restrict::No, MaySleep::Yes),
        "bpf_map_elem" => (Restrict::Map(has_elements), MaySleep::No),
        "bpf_sk_storage_map" => (Restrict::Map(has_sockets), MaySleep::No),
        "sockmap" => (Restrict::Map(is_sockmap), MaySleep::No),
        "cgroup" => (Restrict::Cgroup, MaySleep::Yes),
        _ => return None,
    })
}

fn has_elements(map: MapType) -> bool {
    matches!(
        map,
        MapType::Hash
            | MapType::LruHash
            | MapType::PercpuHash
            | MapType::LruPercpuHash
            | MapType::Array
            | MapType::PercpuArray
    )
}

fn has_sockets(map: MapType) -> bool {
    map == MapType::SkStorage
}

fn is_sockmap(map: MapType) -> bool {
    matches!(map, MapType::Sockmap | MapType::Sockhash)
}

/// Makes a link. EINVAL, EFAULT, E2BIG, EBADF; ENOENT: nothing has this iterator.
pub(in crate::command) fn attach_iter(
    call: &Call<'_>,
    prog: &Ref<Prog>,
    attr: &LinkCreateAttr,
) -> SysResult<Reply> {
    let invalid = |why| SysError::err(Errno::EINVAL, why);
    if attr.target != 0 || attr.flags != 0 {
        return invalid("iterators have no target_fd and no flags");
    }
    let asked = read_restriction(call, &attr.detail())?;
    let Some((name, (restrict, may_sleep))) = walks_over(prog) else {
        return SysError::err(Errno::ENOENT, "nothing has this iterator");
    };
    if prog.verified().traits().sleepable && may_sleep == MaySleep::No {
        return invalid("sleepable programs cannot walk this");
    }
    let only = match restrict {
        Restrict::No => IterOnly::Everything,
        Restrict::Task => only_task(&asked)?,
        Restrict::Map(fits) => {
            if asked.first == 0 {
                return SysError::err(Errno::EBADF, "the iterator needs a map_fd");
            }
            let (map, _) = call.fds().map_access(Fd::from_attr(asked.first))?;
            if !fits(map.map().base().attr().map_type) {
                return invalid("the iterator does not walk maps of this type");
            }
            IterOnly::Map(map)
        }
        Restrict::Cgroup => {
            return Err(skep_object::unsupported!(ENOENT, "iterators over cgroups"));
        }
    };
    let kind = LinkKind::Iter { target: name, only };
    publish(call, prog, AttachType::TraceIter, kind, None)
}

/// The client's struct, filled up with zeros. EINVAL, E2BIG, EFAULT.
fn read_restriction(call: &Call<'_>, attach: &IterAttach) -> SysResult<IterLinkTarget> {
    let (at, len) = (attach.iter_info, attach.iter_info_len as usize);
    if at.is_null() != (len == 0) {
        return SysError::err(Errno::EINVAL, "iter_info and its size do not go together");
    }
    let mut asked = IterLinkTarget::default();
    let memory = call.task.memory();
    check_zero_tail(memory, at, size_of::<IterLinkTarget>(), len)?;
    let known = len.min(size_of::<IterLinkTarget>());
    let bytes = asked.as_mut_bytes().get_mut(..known).ok_or(MemoryFault)?;
    memory.read(at, bytes)?;
    Ok(asked)
}

/// What a program walks over: the function it was verified for is called after it.
fn walks_over(prog: &Prog) -> Option<(String, (Restrict, MaySleep))> {
    let btf = prog.attach_btf()?;
    let function = btf.btf().name(BtfTypeId(prog.request().attach_btf_id));
    let name = function.strip_prefix("bpf_iter_")?;
    Some((name.to_owned(), target(name)?))
}

/// The task an iterator is restricted to. EINVAL: several. EBADF: a pidfd, which nobody can look into here.
fn only_task(asked: &IterLinkTarget) -> SysResult<IterOnly> {
    let [pid_fd, _] = asked.rest;
    match (asked.first, asked.second, pid_fd) {
        (0, 0, 0) => Ok(IterOnly::Everything),
        (tid, 0, 0) => Ok(IterOnly::Thread(tid)),
        (0, pid, 0) => Ok(IterOnly::Process(pid)),
        (0, 0, _) => Err(skep_object::unsupported!(EBADF, "iterators over a pidfd")),
        _ => SysError::err(Errno::EINVAL, "more than one of tid, pid and pid_fd"),
    }
}
