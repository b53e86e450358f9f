//! The dispatcher: one file per command, each with its typed arguments.
//!
//! Every command follows one order: the attr's zero rule, flags, descriptors, capabilities, memory, work; where Linux
//! has another order the command's file says so.

mod attach;
mod btf_get_fd_by_id;
mod btf_load;
mod enable_stats;
mod iter_create;
mod link_create;
mod link_detach;
mod link_get_fd_by_id;
mod link_update;
mod map_batch;
mod map_create;
mod map_delete_elem;
mod map_freeze;
mod map_get_fd_by_id;
mod map_get_next_key;
mod map_lookup_and_delete_elem;
mod map_lookup_elem;
mod map_update_elem;
mod next_id;
mod obj_get;
mod obj_get_info_by_fd;
mod obj_path;
mod obj_pin;
mod prog_attach;
mod prog_bind_map;
mod prog_get_fd_by_id;
mod prog_load;
mod prog_query;
mod prog_test_run;
mod raw_tracepoint_open;
mod task_fd_query;

use skep_object::{Errno, SysError, SysResult, unsupported};
use skep_uapi::{Cmd, UserPtr};
use zerocopy::FromBytes;

use crate::attr::Attr;
use crate::fd::TaskFds;
use crate::{FdObject, Kernel, Task};

/// What a command answers.
pub enum Reply {
    /// This value.
    Value(u32),
    /// A new descriptor for this object.
    NewFd(FdObject),
}

/// One call in progress.
struct Call<'c> {
    kernel: &'c Kernel,
    task: &'c Task<'c>,
    cmd: Cmd,
    attr: Attr,
}

impl Call<'_> {
    /// The fields of the command, once nothing is behind its last one. EINVAL.
    fn parse<T: FromBytes>(&self) -> SysResult<T> {
        self.attr.parse(self.cmd)
    }

    /// The task's descriptors.
    fn fds(&self) -> TaskFds<'_> {
        TaskFds(self.task.fds())
    }

    /// Writes a field of the attr back. EFAULT.
    fn write_back(&self, offset: usize, value: u32) -> SysResult<()> {
        self.attr.write_u32(self.task.memory(), offset, value)
    }
}

const DONE: Reply = Reply::Value(0);

/// Answers one bpf(2).
pub(crate) fn dispatch(
    kernel: &Kernel,
    task: &Task<'_>,
    cmd: u32,
    attr: UserPtr,
    size: u32,
) -> SysResult<Reply> {
    let attr = Attr::read(task.memory(), attr, size)?;
    let Some(cmd) = Cmd::from_raw(cmd) else {
        return SysError::err(Errno::EINVAL, "no such command");
    };
    let call = Call {
        kernel,
        task,
        cmd,
        attr,
    };
    match cmd {
        Cmd::MapCreate => map_create::run(&call),
        Cmd::MapLookupElem => map_lookup_elem::run(&call),
        Cmd::MapLookupAndDeleteElem => map_lookup_and_delete_elem::run(&call),
        Cmd::MapUpdateElem => map_update_elem::run(&call),
        Cmd::MapDeleteElem => map_delete_elem::run(&call),
        Cmd::MapGetNextKey => map_get_next_key::run(&call),
        Cmd::MapLookupBatch => map_batch::lookup(&call),
        Cmd::MapLookupAndDeleteBatch => map_batch::lookup_and_delete(&call),
        Cmd::MapUpdateBatch => map_batch::update(&call),
        Cmd::MapDeleteBatch => map_batch::delete(&call),
        Cmd::MapFreeze => map_freeze::run(&call),
        Cmd::ProgLoad => prog_load::run(&call),
        Cmd::ProgTestRun => prog_test_run::run(&call),
        Cmd::BtfLoad => btf_load::run(&call),
        Cmd::ProgGetNextId => next_id::run(&call, kernel.progs()),
        Cmd::MapGetNextId => next_id::run(&call, kernel.maps()),
        Cmd::BtfGetNextId => next_id::run(&call, kernel.btfs()),
        Cmd::ProgGetFdById => prog_get_fd_by_id::run(&call),
        Cmd::MapGetFdById => map_get_fd_by_id::run(&call),
        Cmd::BtfGetFdById => btf_get_fd_by_id::run(&call),
        Cmd::ObjGetInfoByFd => obj_get_info_by_fd::run(&call),
        Cmd::ObjPin => obj_pin::run(&call),
        Cmd::ObjGet => obj_get::run(&call),
        Cmd::ProgAttach => prog_attach::run(&call, prog_attach::Way::Attach),
        Cmd::ProgDetach => prog_attach::run(&call, prog_attach::Way::Detach),
        Cmd::ProgQuery => prog_query::run(&call),
        Cmd::ProgBindMap => prog_bind_map::run(&call),
        Cmd::RawTracepointOpen => raw_tracepoint_open::run(&call),
        Cmd::LinkCreate => link_create::run(&call),
        Cmd::LinkUpdate => link_update::run(&call),
        Cmd::LinkDetach => link_detach::run(&call),
        Cmd::LinkGetNextId => next_id::run(&call, kernel.links()),
        Cmd::LinkGetFdById => link_get_fd_by_id::run(&call),
        Cmd::IterCreate => iter_create::run(&call),
        Cmd::EnableStats => enable_stats::run(&call),
        Cmd::TaskFdQuery => task_fd_query::run(&call),
        Cmd::TokenCreate | Cmd::ProgStreamReadByFd => Err(unsupported!(EINVAL, "command {cmd}")),
    }
}
