//! Map commands.

use skep_btf::BtfTypeId;
use skep_object::{Errno, SysError, SysResult};
use skep_uapi::attr::{MapCreateAttr, MapElemAttr};
use skep_uapi::{Cmd, ElemFlags, MapFlags, MapType, UserPtr};

use super::Client;
use crate::object::ObjectName;
use crate::{Buffers, Fd, FdEntry, FdObject, FdTable};

/// The arguments of MAP_CREATE.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MapSpec {
    /// Type.
    pub map_type: MapType,
    /// Bytes of a key.
    pub key_size: u32,
    /// Bytes of a value.
    pub value_size: u32,
    /// Elements; bytes of a ring buffer.
    pub max_entries: u32,
    /// Flags.
    pub flags: MapFlags,
    /// Name, cut to 15 bytes.
    pub name: String,
    /// Node, with `NUMA_NODE`.
    pub numa_node: u32,
    /// Template of the inner maps.
    pub inner: Option<Fd>,
    /// BTF, and the types of key and value in it.
    pub btf: Option<(Fd, BtfTypeId, BtfTypeId)>,
    /// Type-specific.
    pub map_extra: u64,
}

impl MapSpec {
    /// A map without name, flags and BTF.
    pub fn new(map_type: MapType, key_size: u32, value_size: u32, max_entries: u32) -> Self {
        Self {
            map_type,
            key_size,
            value_size,
            max_entries,
            flags: MapFlags::empty(),
            name: String::new(),
            numa_node: 0,
            inner: None,
            btf: None,
            map_extra: 0,
        }
    }

    fn to_attr(&self) -> MapCreateAttr {
        let (btf, key, value) = self
            .btf
            .unwrap_or((Fd(0), BtfTypeId::VOID, BtfTypeId::VOID));
        MapCreateAttr {
            map_type: self.map_type.raw(),
            key_size: self.key_size,
            value_size: self.value_size,
            max_entries: self.max_entries,
            map_flags: self.flags.bits(),
            inner_map_fd: self.inner.map_or(0, Fd::to_attr),
            numa_node: self.numa_node,
            map_name: ObjectName::truncated(&self.name).bytes(),
            btf_fd: btf.to_attr(),
            btf_key_type_id: key.get(),
            btf_value_type_id: value.get(),
            map_extra: self.map_extra,
            ..MapCreateAttr::default()
        }
    }
}

impl Client {
    /// MAP_CREATE.
    pub fn map_create(&self, spec: &MapSpec) -> SysResult<Fd> {
        let memory = Buffers::new();
        let fd = self.call(&memory, Cmd::MapCreate, &mut spec.to_attr())?;
        Ok(Fd::from_attr(fd))
    }

    /// MAP_LOOKUP_ELEM: the value, of all CPUs for per-CPU types.
    pub fn map_lookup(&self, map: Fd, key: &[u8], flags: ElemFlags) -> SysResult<Vec<u8>> {
        let memory = Buffers::new();
        let room = self.value_size(map)?;
        let value = memory.room(room);
        let mut attr = element(&memory, map, key);
        attr.value = value;
        attr.flags = flags.bits();
        self.call(&memory, Cmd::MapLookupElem, &mut attr)?;
        Ok(memory.bytes(value))
    }

    /// MAP_UPDATE_ELEM. `value` is of all CPUs for per-CPU types, an fd for maps that hold programs or maps.
    pub fn map_update(&self, map: Fd, key: &[u8], value: &[u8], flags: ElemFlags) -> SysResult<()> {
        let memory = Buffers::new();
        let mut attr = element(&memory, map, key);
        attr.value = memory.place(value);
        attr.flags = flags.bits();
        self.call(&memory, Cmd::MapUpdateElem, &mut attr).map(drop)
    }

    /// MAP_DELETE_ELEM.
    pub fn map_delete(&self, map: Fd, key: &[u8]) -> SysResult<()> {
        let memory = Buffers::new();
        let mut attr = element(&memory, map, key);
        self.call(&memory, Cmd::MapDeleteElem, &mut attr).map(drop)
    }

    /// MAP_GET_NEXT_KEY: the first key for `None`; `None` after the last.
    pub fn map_next_key(&self, map: Fd, key: Option<&[u8]>) -> SysResult<Option<Vec<u8>>> {
        let memory = Buffers::new();
        let size = self.with_map(map, |map| map.base().attr().key_size as usize)?;
        let next = memory.room(size);
        let mut attr = element(&memory, map, key.unwrap_or_default());
        attr.value = next;
        match self.call(&memory, Cmd::MapGetNextKey, &mut attr) {
            Ok(_) => Ok(Some(memory.bytes(next))),
            Err(error) if error.errno == Errno::ENOENT => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every key and value, as far as nobody changes the map meanwhile.
    pub fn map_entries(&self, map: Fd) -> SysResult<Vec<(Vec<u8>, Vec<u8>)>> {
        let most = self.with_map(map, |map| map.base().attr().max_entries)?;
        let mut entries = Vec::new();
        let mut last = None;
        // A map that is written meanwhile could show its first keys again and again.
        for _ in 0..most {
            let Some(key) = self.map_next_key(map, last.as_deref())? else {
                break;
            };
            match self.map_lookup(map, &key, ElemFlags::empty()) {
                Ok(value) => entries.push((key.clone(), value)),
                Err(error) if error.errno == Errno::ENOENT => {}
                Err(error) => return Err(error),
            }
            last = Some(key);
        }
        Ok(entries)
    }

    /// MAP_FREEZE.
    pub fn map_freeze(&self, map: Fd) -> SysResult<()> {
        let mut attr = MapElemAttr {
            map_fd: map.to_attr(),
            ..MapElemAttr::default()
        };
        self.call(&Buffers::new(), Cmd::MapFreeze, &mut attr)
            .map(drop)
    }

    /// Bytes of a value as system calls see it. EBADF, EINVAL.
    pub fn value_size(&self, map: Fd) -> SysResult<usize> {
        let size = self.with_map(map, |map| map.sys_value_size())?;
        usize::try_from(size).map_err(|_| SysError::new(Errno::ENOMEM, "value is too large"))
    }

    fn with_map<R>(&self, map: Fd, ask: impl FnOnce(&dyn skep_maps::Map) -> R) -> SysResult<R> {
        match self.fds.get(map) {
            FdEntry::Object(FdObject::Map { map, .. }) => Ok(ask(map.map())),
            FdEntry::Object(_) | FdEntry::Foreign => {
                SysError::err(Errno::EINVAL, "fd is not a map")
            }
            FdEntry::Closed => SysError::err(Errno::EBADF, "no such fd"),
        }
    }
}

fn element(memory: &Buffers, map: Fd, key: &[u8]) -> MapElemAttr {
    MapElemAttr {
        map_fd: map.to_attr(),
        key: memory.place_or_null(key),
        value: UserPtr::NULL,
        ..MapElemAttr::default()
    }
}
