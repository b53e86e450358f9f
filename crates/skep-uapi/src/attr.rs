//! The attr of bpf(2), one struct per group of commands that share a layout, and how far each command reads.
//!
//! `union bpf_attr` is [`BPF_ATTR_SIZE`] bytes. A client passes a prefix or more of it: missing bytes count as zero,
//! bytes past the union must be zero (E2BIG), bytes past [`last_field_end`] within the union must be zero (EINVAL).

mod btf_load;
mod get_id;
mod info_by_fd;
mod link;
mod map_batch;
mod map_create;
mod map_elem;
mod misc;
mod obj;
mod prog_attach;
mod prog_load;
mod prog_test_run;

pub use btf_load::BtfLoadAttr;
pub use get_id::GetIdAttr;
pub use info_by_fd::InfoByFdAttr;
pub use link::{
    IterAttach, IterLinkTarget, LinkCreateAttr, LinkFdAttr, LinkUpdateAttr, NetfilterAttach,
    RawTracepointAttr, TracingAttach, UprobeMultiAttach,
};
pub use map_batch::MapBatchAttr;
pub use map_create::MapCreateAttr;
pub use map_elem::MapElemAttr;
pub use misc::{
    EnableStatsAttr, ProgBindMapAttr, ProgStreamReadAttr, TaskFdQueryAttr, TokenCreateAttr,
};
pub use obj::ObjAttr;
pub use prog_attach::{ProgAttachAttr, ProgQueryAttr};
pub use prog_load::ProgLoadAttr;
pub use prog_test_run::ProgTestRunAttr;

use crate::Cmd;

/// Bytes of `union bpf_attr` in Linux 6.18.
pub const BPF_ATTR_SIZE: usize = 168;

/// Where the last field of a command's attr ends; attr bytes from there on must be zero.
pub const fn last_field_end(cmd: Cmd) -> usize {
    match cmd {
        Cmd::MapCreate => 92,
        Cmd::MapLookupElem | Cmd::MapUpdateElem | Cmd::MapLookupAndDeleteElem => 32,
        Cmd::MapDeleteElem => 16,
        Cmd::MapGetNextKey => 24,
        Cmd::MapFreeze => 4,
        Cmd::MapLookupBatch
        | Cmd::MapLookupAndDeleteBatch
        | Cmd::MapUpdateBatch
        | Cmd::MapDeleteBatch => 56,
        Cmd::ProgLoad => 168,
        Cmd::ObjPin | Cmd::ObjGet => 20,
        Cmd::ProgAttach | Cmd::ProgDetach => 32,
        Cmd::ProgQuery => 64,
        Cmd::ProgTestRun => 76,
        Cmd::ProgGetNextId | Cmd::MapGetNextId | Cmd::BtfGetNextId | Cmd::LinkGetNextId => 8,
        Cmd::ProgGetFdById | Cmd::LinkGetFdById => 4,
        Cmd::MapGetFdById => 12,
        Cmd::BtfGetFdById => 16,
        Cmd::ObjGetInfoByFd => 16,
        Cmd::RawTracepointOpen => 24,
        Cmd::BtfLoad => 40,
        Cmd::TaskFdQuery => 48,
        Cmd::LinkCreate => 60,
        Cmd::LinkUpdate => 16,
        Cmd::LinkDetach | Cmd::EnableStats => 4,
        Cmd::IterCreate | Cmd::TokenCreate => 8,
        Cmd::ProgBindMap => 12,
        Cmd::ProgStreamReadByFd => 20,
    }
}
