//! Ids and infos.

use skep_object::{Errno, SysResult};
use skep_uapi::attr::{GetIdAttr, InfoByFdAttr};
use skep_uapi::info::{BtfInfo, MapInfo, ProgInfo};
use skep_uapi::{Cmd, UserPtr};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::{Client, room_or_null};
use crate::{Buffers, Fd};

/// An info of a program with its arrays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProgDetails {
    /// The numbers.
    pub info: ProgInfo,
    /// Ids of its maps.
    pub map_ids: Vec<u32>,
}

/// An info of a BTF object with its bytes and name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BtfDetails {
    /// The numbers.
    pub info: BtfInfo,
    /// The blob.
    pub raw: Vec<u8>,
    /// The name, empty for a client's.
    pub name: String,
}

/// Longer than any name.
const NAME_ROOM: u32 = 64;

impl Client {
    /// OBJ_GET_INFO_BY_FD of a map.
    pub fn map_info(&self, map: Fd) -> SysResult<MapInfo> {
        self.info(&Buffers::new(), map, MapInfo::default())
    }

    /// OBJ_GET_INFO_BY_FD of a program.
    pub fn prog_info(&self, prog: Fd) -> SysResult<ProgDetails> {
        let memory = Buffers::new();
        let first: ProgInfo = self.info(&memory, prog, ProgInfo::default())?;
        let asked = ProgInfo {
            nr_map_ids: first.nr_map_ids,
            map_ids: room_or_null(&memory, first.nr_map_ids.saturating_mul(4)),
            ..ProgInfo::default()
        };
        let info = self.info(&memory, prog, asked)?;
        let ids = memory.bytes(info.map_ids);
        let (ids, _) = ids.as_chunks::<4>();
        Ok(ProgDetails {
            info,
            map_ids: ids.iter().map(|id| u32::from_ne_bytes(*id)).collect(),
        })
    }

    /// OBJ_GET_INFO_BY_FD of a BTF object.
    pub fn btf_info(&self, btf: Fd) -> SysResult<BtfDetails> {
        let memory = Buffers::new();
        let first: BtfInfo = self.info(&memory, btf, BtfInfo::default())?;
        let asked = BtfInfo {
            btf: room_or_null(&memory, first.btf_size),
            btf_size: first.btf_size,
            name: memory.room(NAME_ROOM as usize),
            name_len: NAME_ROOM,
            ..BtfInfo::default()
        };
        let info = self.info(&memory, btf, asked)?;
        let name = memory.bytes(info.name);
        let name = name.get(..info.name_len as usize).unwrap_or_default();
        Ok(BtfDetails {
            info,
            raw: memory.bytes(info.btf),
            name: String::from_utf8_lossy(name).into_owned(),
        })
    }

    /// MAP_GET_FD_BY_ID.
    pub fn map_by_id(&self, id: u32) -> SysResult<Fd> {
        self.by_id(Cmd::MapGetFdById, id)
    }

    /// PROG_GET_FD_BY_ID.
    pub fn prog_by_id(&self, id: u32) -> SysResult<Fd> {
        self.by_id(Cmd::ProgGetFdById, id)
    }

    /// BTF_GET_FD_BY_ID; 1 is the kernel's.
    pub fn btf_by_id(&self, id: u32) -> SysResult<Fd> {
        self.by_id(Cmd::BtfGetFdById, id)
    }

    /// MAP_GET_NEXT_ID until the end.
    pub fn map_ids(&self) -> SysResult<Vec<u32>> {
        self.ids(Cmd::MapGetNextId)
    }

    /// PROG_GET_NEXT_ID until the end.
    pub fn prog_ids(&self) -> SysResult<Vec<u32>> {
        self.ids(Cmd::ProgGetNextId)
    }

    /// BTF_GET_NEXT_ID until the end.
    pub fn btf_ids(&self) -> SysResult<Vec<u32>> {
        self.ids(Cmd::BtfGetNextId)
    }

    pub(super) fn info<T>(&self, memory: &Buffers, fd: Fd, asked: T) -> SysResult<T>
    where
        T: FromBytes + IntoBytes + Immutable,
    {
        let at: UserPtr = memory.place(asked.as_bytes());
        let mut attr = InfoByFdAttr {
            bpf_fd: fd.to_attr(),
            info_len: size_of::<T>() as u32,
            info: at,
        };
        self.call(memory, Cmd::ObjGetInfoByFd, &mut attr)?;
        Ok(T::read_from_bytes(&memory.bytes(at)).unwrap_or(asked))
    }

    pub(super) fn by_id(&self, cmd: Cmd, id: u32) -> SysResult<Fd> {
        let mut attr = GetIdAttr {
            id,
            ..GetIdAttr::default()
        };
        let fd = self.call(&Buffers::new(), cmd, &mut attr)?;
        Ok(Fd::from_attr(fd))
    }

    pub(super) fn ids(&self, cmd: Cmd) -> SysResult<Vec<u32>> {
        let mut ids = Vec::new();
        let mut attr = GetIdAttr::default();
        loop {
            match self.call(&Buffers::new(), cmd, &mut attr) {
                Ok(_) => ids.push(attr.next_id),
                Err(error) if error.errno == Errno::ENOENT => return Ok(ids),
                Err(error) => return Err(error),
            }
            attr = GetIdAttr {
                id: attr.next_id,
                ..GetIdAttr::default()
            };
        }
    }
}
