//! Links.

use skep_object::SysResult;
use skep_uapi::attr::{
    EnableStatsAttr, LinkCreateAttr, LinkFdAttr, LinkUpdateAttr, ProgBindMapAttr,
    RawTracepointAttr, TracingAttach,
};
use skep_uapi::info::{LinkInfo, RawTracepointLinkInfo};
use skep_uapi::{AttachFlags, AttachType, Cmd, UserPtr};

use super::Client;
use crate::{Buffers, Fd};

/// An info of a link with its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkDetails {
    /// The numbers.
    pub info: LinkInfo,
    /// The tracepoint, or what an iterator walks over; empty for others.
    pub name: String,
}

/// Longer than any name of a tracepoint.
const NAME_ROOM: u32 = 128;

impl Client {
    /// RAW_TRACEPOINT_OPEN; without a name for programs that were verified for their place.
    pub fn raw_tracepoint_open(&self, prog: Fd, name: Option<&str>, cookie: u64) -> SysResult<Fd> {
        let memory = Buffers::new();
        let name = name.map_or(UserPtr::NULL, |name| memory.place(format!("{name}\0")));
        let mut attr = RawTracepointAttr {
            name,
            prog_fd: prog.to_attr(),
            cookie,
            ..RawTracepointAttr::default()
        };
        let fd = self.call(&memory, Cmd::RawTracepointOpen, &mut attr)?;
        Ok(Fd::from_attr(fd))
    }

    /// LINK_CREATE of a program that was verified for its place.
    pub fn link_create(&self, prog: Fd, attach_type: AttachType, cookie: u64) -> SysResult<Fd> {
        let tracing = TracingAttach {
            cookie,
            ..TracingAttach::default()
        };
        let attr = LinkCreateAttr {
            fd: prog.to_attr(),
            attach_type: attach_type.raw(),
            ..LinkCreateAttr::default()
        };
        let mut attr = attr.with_detail(&tracing);
        let fd = self.call(&Buffers::new(), Cmd::LinkCreate, &mut attr)?;
        Ok(Fd::from_attr(fd))
    }

    /// LINK_UPDATE; with the program that is there now, if it has to be that one.
    pub fn link_update(&self, link: Fd, new: Fd, old: Option<Fd>) -> SysResult<()> {
        let flags = match old {
            Some(_) => AttachFlags::REPLACE,
            None => AttachFlags::empty(),
        };
        let mut attr = LinkUpdateAttr {
            link_fd: link.to_attr(),
            new_fd: new.to_attr(),
            flags: flags.bits(),
            old_fd: old.map_or(0, Fd::to_attr),
        };
        self.call(&Buffers::new(), Cmd::LinkUpdate, &mut attr)
            .map(drop)
    }

    /// LINK_DETACH.
    pub fn link_detach(&self, link: Fd) -> SysResult<()> {
        let mut attr = LinkFdAttr {
            link_fd: link.to_attr(),
            flags: 0,
        };
        self.call(&Buffers::new(), Cmd::LinkDetach, &mut attr)
            .map(drop)
    }

    /// OBJ_GET_INFO_BY_FD of a link.
    pub fn link_info(&self, link: Fd) -> SysResult<LinkDetails> {
        let memory = Buffers::new();
        let at = memory.room(NAME_ROOM as usize);
        let mut asked = LinkInfo::default();
        // Iterators have pointer and size at the same place; other types do not look.
        asked.set_detail(&RawTracepointLinkInfo {
            tp_name: at,
            tp_name_len: NAME_ROOM,
            ..RawTracepointLinkInfo::default()
        });
        let info = self.link_info_raw(&memory, link, asked)?;
        let bytes = memory.bytes(at);
        let name = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        Ok(LinkDetails {
            info,
            name: String::from_utf8_lossy(name).into_owned(),
        })
    }

    /// OBJ_GET_INFO_BY_FD of a link, asked with pointers to these buffers.
    pub fn link_info_raw(
        &self,
        memory: &Buffers,
        link: Fd,
        asked: LinkInfo,
    ) -> SysResult<LinkInfo> {
        self.info(memory, link, asked)
    }

    /// LINK_GET_FD_BY_ID.
    pub fn link_by_id(&self, id: u32) -> SysResult<Fd> {
        self.by_id(Cmd::LinkGetFdById, id)
    }

    /// LINK_GET_NEXT_ID until the end.
    pub fn link_ids(&self) -> SysResult<Vec<u32>> {
        self.ids(Cmd::LinkGetNextId)
    }

    /// ENABLE_STATS: runs are counted until the descriptor is closed.
    pub fn enable_stats(&self) -> SysResult<Fd> {
        let mut attr = EnableStatsAttr::default();
        let fd = self.call(&Buffers::new(), Cmd::EnableStats, &mut attr)?;
        Ok(Fd::from_attr(fd))
    }

    /// PROG_BIND_MAP.
    pub fn prog_bind_map(&self, prog: Fd, map: Fd) -> SysResult<()> {
        let mut attr = ProgBindMapAttr {
            prog_fd: prog.to_attr(),
            map_fd: map.to_attr(),
            flags: 0,
        };
        self.call(&Buffers::new(), Cmd::ProgBindMap, &mut attr)
            .map(drop)
    }
}
