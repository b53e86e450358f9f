//! The next step of a sequence, from what the steps before it made.

use skep_kernel::Caps;
use skep_uapi::attr::{MapBatchAttr, MapCreateAttr, MapElemAttr};
use skep_uapi::{Cmd, MapFlags, MapType, UserPtr};
use zerocopy::IntoBytes;

use super::shape::Shape;
use super::step::{Action, Call, Handle, Kind, Look, Patch, Place, Step};
use super::types::{BLOBS, ValueTypes};
use crate::corpus::Attr;
use crate::rng::Rng;

/// Paths that are pinned to.
pub(super) const PINS: u8 = 6;
/// Maps open at once, about.
const MAPS: usize = 10;
/// Keys and values beyond this are not filled: such maps are made, and used by hardly any call.
const LARGE: usize = 1 << 16;
/// An address where nothing is.
const NOWHERE: u64 = 8;
/// What calls to a socket filter return.
const RETURN_0: [u64; 2] = [0x0000_0000_0000_00b7, 0x0000_0000_0000_0095];

/// Offsets in the attrs.
const MAP_FD: usize = 0;
const KEY: usize = 8;
const VALUE: usize = 16;

#[derive(Clone, Debug)]
struct LiveMap {
    handle: Handle,
    shape: Shape,
    /// What a Bloom filter holds for sure.
    pushed: Vec<Vec<u8>>,
}

/// What there is.
#[derive(Default)]
pub(super) struct Scene {
    maps: Vec<LiveMap>,
    progs: Vec<Handle>,
    btfs: Vec<(Handle, usize)>,
    next: usize,
    cpus: usize,
    /// A map or BTF in the making, kept if the call succeeds.
    waiting: Option<Waiting>,
}

enum Waiting {
    Map(LiveMap),
    Prog(Handle),
    Btf(Handle, usize),
    Pushed(Handle, Vec<u8>),
}

impl Scene {
    pub(super) fn new(cpus: usize) -> Self {
        Self {
            cpus,
            ..Self::default()
        }
    }

    /// Takes note of what the last step came to.
    pub(super) fn learn(&mut self, answer: i64) {
        let waiting = self.waiting.take();
        if answer < 0 {
            return;
        }
        match waiting {
            Some(Waiting::Map(map)) => self.maps.push(map),
            Some(Waiting::Prog(prog)) => self.progs.push(prog),
            Some(Waiting::Btf(btf, blob)) => self.btfs.push((btf, blob)),
            Some(Waiting::Pushed(handle, value)) => {
                let map = self.maps.iter_mut().find(|map| map.handle == handle);
                if let Some(map) = map {
                    map.pushed.push(value);
                }
            }
            None => {}
        }
    }

    fn handle(&mut self) -> Handle {
        self.next += 1;
        Handle(self.next)
    }

    /// The next step. `path` gives the path of a pin.
    pub(super) fn step(&mut self, rng: &mut Rng, path: &dyn Fn(u8) -> Vec<u8>) -> Step {
        let dice = rng.below(1000);
        if self.maps.len() < 2 || dice < 40 {
            return self.map_create(rng);
        }
        let map = self.maps[rng.below(self.maps.len())].clone();
        let map_type = map.shape.map_type;
        let action = match dice {
            40..55 => Action::Call(self.btf_load(rng)),
            55..60 => Action::Call(self.prog_load(rng)),
            60..110 => Action::Call(info(&map, rng)),
            110..125 => Action::Call(self.pin(rng, &map, path)),
            125..150 => Action::Call(self.get(rng, &map, path)),
            150..160 => Action::Unlink(rng.below(PINS as usize) as u8),
            160..164 => Action::Call(freeze(&map, rng)),
            164..184 => Action::Call(self.by_id(rng, &map)),
            184..186 => Action::Ids([Kind::Map, Kind::Prog, Kind::Btf][rng.below(3)]),
            186..200 => Action::Keys {
                map: map.handle,
                key: map.shape.key as usize,
            },
            200..340 => Action::Call(self.batch(rng, &map)),
            340..400 if self.maps.len() > MAPS => {
                self.maps.retain(|other| other.handle != map.handle);
                Action::Close(map.handle)
            }
            _ => Action::Call(self.element(rng, &map)),
        };
        Step {
            action,
            map_type: Some(map_type),
        }
    }

    fn map_create(&mut self, rng: &mut Rng) -> Step {
        let mut shape = Shape::random(rng);
        let handle = self.handle();
        let mut patches = Vec::new();
        let mut attr = MapCreateAttr::default();
        let inner = shape.holds() == Some(Kind::Map);
        if inner && !self.maps.is_empty() {
            let template = &self.maps[rng.below(self.maps.len())];
            patches.push(Patch::Fd(Place::attr(20), template.handle));
        }
        let storage = matches!(
            shape.map_type,
            MapType::SkStorage
                | MapType::InodeStorage
                | MapType::TaskStorage
                | MapType::CgrpStorage
        );
        if !self.btfs.is_empty() && (storage || rng.chance(1, 4)) {
            let (btf, blob) = self.btfs[rng.below(self.btfs.len())];
            let types = ValueTypes::of(blob);
            patches.push(Patch::Fd(Place::attr(48), btf));
            attr.btf_key_type_id = if rng.chance(1, 12) { 0 } else { types.key };
            attr.btf_value_type_id = types.value;
            if rng.chance(7, 8) {
                shape.value = types.size;
                if !matches!(shape.key, 0 | 4) {
                    shape.key = 4;
                }
            }
        }
        attr.map_type = shape.map_type.raw();
        attr.key_size = shape.key;
        attr.value_size = shape.value;
        attr.max_entries = shape.entries;
        attr.map_flags = shape.flags.bits();
        attr.map_extra = shape.extra;
        if shape.flags.contains(MapFlags::NUMA_NODE) {
            attr.numa_node = [0, 0, u32::MAX, 99][rng.below(4)];
        }
        let names: [&[u8]; 6] = [
            b"",
            b"a",
            b"map_1",
            b"dots.are.fine",
            b"no-dash",
            b"sixteen.bytes.ok",
        ];
        let name = names[rng.below(names.len())];
        attr.map_name[..name.len()].copy_from_slice(name);
        let map_type = Some(shape.map_type);
        let map = LiveMap {
            handle,
            shape,
            pushed: Vec::new(),
        };
        self.waiting = Some(Waiting::Map(map));
        let mut call = call(Cmd::MapCreate, attr.as_bytes(), Vec::new(), patches);
        call.makes = Some((handle, Some(Kind::Map)));
        call.caps = caps(rng);
        cut(rng, &mut call);
        Step {
            action: Action::Call(call),
            map_type,
        }
    }

    fn btf_load(&mut self, rng: &mut Rng) -> Call {
        let blob = rng.below(BLOBS);
        let handle = self.handle();
        self.waiting = Some(Waiting::Btf(handle, blob));
        let bytes = ValueTypes::of(blob).bytes;
        let attr = Attr::default()
            .u64(0)
            .u64(0)
            .u32(bytes.len() as u32)
            .u32(0)
            .u32(0)
            .u32(0)
            .done();
        let place = Patch::Address(Place::attr(0), 0);
        let mut call = call(Cmd::BtfLoad, &attr, vec![bytes], vec![place]);
        call.makes = Some((handle, Some(Kind::Btf)));
        call.caps = caps(rng);
        call
    }

    fn prog_load(&mut self, rng: &mut Rng) -> Call {
        let handle = self.handle();
        self.waiting = Some(Waiting::Prog(handle));
        // Socket filters and classifiers.
        let prog_type = [1, 1, 3][rng.below(3)];
        let attr = Attr::default()
            .u32(prog_type)
            .u32(RETURN_0.len() as u32)
            .u64(0)
            .u64(0)
            .u32(0)
            .u32(0)
            .u64(0)
            .u32(0)
            .u32(0);
        let patches = vec![
            Patch::Address(Place::attr(8), 0),
            Patch::Address(Place::attr(16), 1),
        ];
        let insns = RETURN_0.as_bytes().to_vec();
        let mut call = call(
            Cmd::ProgLoad,
            &attr.done(),
            vec![insns, b"GPL\0".to_vec()],
            patches,
        );
        call.makes = Some((handle, Some(Kind::Prog)));
        call.caps = caps(rng);
        call
    }

    fn pin(&mut self, rng: &mut Rng, map: &LiveMap, path: &dyn Fn(u8) -> Vec<u8>) -> Call {
        let object = self.object(rng, map);
        let flags = [0, 0, 0, 0, 0, 0, 8, 1][rng.below(8)];
        let attr = Attr::default().u64(0).u32(0).u32(flags).done();
        let path = path(rng.below(PINS as usize) as u8);
        let patches = vec![
            Patch::Address(Place::attr(0), 0),
            Patch::Fd(Place::attr(8), object),
        ];
        let mut call = call(Cmd::ObjPin, &attr, vec![path], patches);
        call.caps = caps(rng);
        call
    }

    /// Which object is behind a path is the sides' matter: what comes out is not used as a map.
    fn get(&mut self, rng: &mut Rng, _map: &LiveMap, path: &dyn Fn(u8) -> Vec<u8>) -> Call {
        let flags = [0, 0, 0, 8, 16, 24, 1][rng.below(7)];
        let attr = Attr::default().u64(0).u32(0).u32(flags).done();
        let path = path(rng.below(PINS as usize) as u8);
        let patches = vec![Patch::Address(Place::attr(0), 0)];
        let mut call = call(Cmd::ObjGet, &attr, vec![path], patches);
        call.makes = Some((self.handle(), None));
        call.caps = caps(rng);
        call
    }

    /// GET_FD_BY_ID: the new descriptor is one more of the map.
    fn by_id(&mut self, rng: &mut Rng, map: &LiveMap) -> Call {
        let handle = self.handle();
        let flags = [0, 0, 0, 8, 16, 24, 1][rng.below(7)];
        let attr = Attr::default().u32(0).u32(0).u32(flags).done();
        let (cmd, kind, of) = match rng.below(6) {
            0 if !self.progs.is_empty() => {
                let prog = self.progs[rng.below(self.progs.len())];
                (Cmd::ProgGetFdById, Kind::Prog, prog)
            }
            1 if !self.btfs.is_empty() => {
                let (btf, _) = self.btfs[rng.below(self.btfs.len())];
                (Cmd::BtfGetFdById, Kind::Btf, btf)
            }
            _ => {
                self.waiting = Some(Waiting::Map(LiveMap {
                    handle,
                    ..map.clone()
                }));
                (Cmd::MapGetFdById, Kind::Map, map.handle)
            }
        };
        let patches = vec![Patch::Id(Place::attr(0), of)];
        let mut call = call(cmd, &attr, Vec::new(), patches);
        call.makes = Some((handle, Some(kind)));
        call.caps = caps(rng);
        call
    }

    fn object(&self, rng: &mut Rng, map: &LiveMap) -> Handle {
        match rng.below(5) {
            0 if !self.progs.is_empty() => self.progs[rng.below(self.progs.len())],
            1 if !self.btfs.is_empty() => self.btfs[rng.below(self.btfs.len())].0,
            _ => map.handle,
        }
    }

    /// A value to write, and where an object's descriptor goes in it.
    fn value(&self, rng: &mut Rng, map: &LiveMap, patches: &mut Vec<Patch>) -> Vec<u8> {
        let size = map.shape.value_in_memory(self.cpus);
        let mut value = rng.bytes(size.min(LARGE));
        value.resize(size, 0);
        match map.shape.map_type {
            MapType::BloomFilter => value.iter_mut().for_each(|byte| *byte &= 3),
            MapType::ArrayOfMaps | MapType::HashOfMaps | MapType::ProgArray => {
                let maps = map.shape.map_type != MapType::ProgArray;
                let object = match rng.below(10) {
                    0 => self.object(rng, map),
                    _ if maps => self.maps[rng.below(self.maps.len())].handle,
                    _ if self.progs.is_empty() => map.handle,
                    _ => self.progs[rng.below(self.progs.len())],
                };
                patches.push(Patch::Fd(Place::buffer(1, 0), object));
            }
            // Values name sockets, devices, CPUs: a descriptor of none, or a number that is too large.
            MapType::Devmap | MapType::DevmapHash => {
                value.fill(0);
                value[..4].copy_from_slice(&9_999_u32.to_ne_bytes());
            }
            MapType::Cpumap => {
                value.fill(0);
                let size = [0, 16_385, 64, u32::MAX][rng.below(4)];
                value[..4].copy_from_slice(&size.to_ne_bytes());
            }
            MapType::Sockmap
            | MapType::Sockhash
            | MapType::Xskmap
            | MapType::ReuseportSockarray
            | MapType::CgroupArray
            | MapType::PerfEventArray => {
                value.fill(0);
                let object = if rng.chance(1, 2) {
                    map.handle
                } else {
                    Handle(0)
                };
                patches.push(Patch::Fd(Place::buffer(1, 0), object));
            }
            _ => {}
        }
        value
    }

    fn key(&self, rng: &mut Rng, map: &LiveMap, patches: &mut Vec<Patch>) -> Vec<u8> {
        if map.shape.key as usize > LARGE {
            return vec![0; map.shape.key as usize];
        }
        if matches!(
            map.shape.map_type,
            MapType::SkStorage
                | MapType::InodeStorage
                | MapType::TaskStorage
                | MapType::CgrpStorage
        ) {
            // Any open file has an inode, also that of a map.
            let inode = map.shape.map_type == MapType::InodeStorage;
            let object = match inode || rng.chance(1, 2) {
                true => Handle(0),
                false => map.handle,
            };
            patches.push(Patch::Fd(Place::buffer(0, 0), object));
        }
        map.shape.key(rng)
    }

    fn element(&mut self, rng: &mut Rng, map: &LiveMap) -> Call {
        let cmd = match rng.below(20) {
            0..8 if map.shape.is_slow() && rng.chance(9, 10) => Cmd::MapLookupElem,
            0..8 => Cmd::MapUpdateElem,
            8..13 => Cmd::MapLookupElem,
            13..16 => Cmd::MapDeleteElem,
            16..18 => Cmd::MapLookupAndDeleteElem,
            _ => Cmd::MapGetNextKey,
        };
        let mut patches = vec![Patch::Fd(Place::attr(MAP_FD), map.handle)];
        let mut key = self.key(rng, map, &mut patches);
        let size = map.shape.value_in_memory(self.cpus);
        let mut value = match cmd {
            Cmd::MapUpdateElem => self.value(rng, map, &mut patches),
            Cmd::MapGetNextKey => vec![0xaa; key.len()],
            _ => vec![0xaa; size],
        };
        let bloom = map.shape.map_type == MapType::BloomFilter;
        let mut look = Look::All;
        if bloom && cmd == Cmd::MapLookupElem {
            match map.pushed.is_empty() || rng.chance(1, 4) {
                true => {
                    value.fill(0x77);
                    look = Look::Chance;
                }
                false => value.clone_from(&map.pushed[rng.below(map.pushed.len())]),
            }
        }
        if bloom && cmd == Cmd::MapUpdateElem {
            self.waiting = Some(Waiting::Pushed(map.handle, value.clone()));
        }
        let flags = match rng.below(16) {
            0..11 => 0,
            11 | 12 => 1,
            13 => 2,
            14 => 4,
            _ => [3, 5, 8, 1 << 32, 1 << 40][rng.below(5)],
        };
        // Neither a value nor flags are fields of these, and what is no field must be zero.
        let deletes = cmd == Cmd::MapDeleteElem && !rng.chance(1, 20);
        let steps = cmd == Cmd::MapGetNextKey && !rng.chance(1, 20);
        let flags = if deletes || steps { 0 } else { flags };
        let mut attr = MapElemAttr {
            flags,
            ..MapElemAttr::default()
        };
        let ids = match (cmd, map.shape.holds()) {
            (Cmd::MapLookupElem | Cmd::MapLookupAndDeleteElem, Some(kind)) => {
                vec![(Place::buffer(1, 0), kind)]
            }
            _ => Vec::new(),
        };
        if map.shape.has_own_order() && cmd == Cmd::MapGetNextKey {
            // Only whether there is a first one.
            look = Look::Answer;
            key.clear();
        }
        if key.is_empty() {
            if rng.chance(1, 40) {
                attr.key = UserPtr(NOWHERE);
            }
        } else {
            match rng.below(60) {
                0 if cmd != Cmd::MapGetNextKey || !map.shape.has_own_order() => {}
                1 => attr.key = UserPtr(NOWHERE),
                _ => patches.push(Patch::Address(Place::attr(KEY), 0)),
            }
        }
        let reads = matches!(cmd, Cmd::MapLookupElem | Cmd::MapUpdateElem);
        match rng.below(80) {
            _ if deletes => {}
            0 => {}
            1 if reads => attr.value = UserPtr(NOWHERE),
            _ => patches.push(Patch::Address(Place::attr(VALUE), 1)),
        }
        let mut call = call(cmd, attr.as_bytes(), vec![key, value], patches);
        call.look = look;
        call.ids = ids;
        if rng.chance(1, 30) {
            call.caps = caps(rng);
        }
        if look == Look::All {
            cut(rng, &mut call);
        }
        call
    }

    fn batch(&mut self, rng: &mut Rng, map: &LiveMap) -> Call {
        let shape = &map.shape;
        let cmd = [
            Cmd::MapLookupBatch,
            Cmd::MapUpdateBatch,
            Cmd::MapUpdateBatch,
            Cmd::MapDeleteBatch,
            Cmd::MapLookupAndDeleteBatch,
        ][rng.below(if shape.is_slow() { 1 } else { 5 })];
        let size = shape.value_in_memory(self.cpus);
        let small = size <= LARGE && shape.key as usize <= LARGE;
        let room = if small { 20 } else { 1 };
        let mut patches = vec![Patch::Fd(Place::attr(36), map.handle)];
        let mut attr = MapBatchAttr {
            elem_flags: [0, 0, 0, 0, 0, 0, 1, 2, 4, 8][rng.below(10)],
            flags: [0, 0, 0, 0, 0, 1][rng.below(6)],
            ..MapBatchAttr::default()
        };
        let takes = matches!(cmd, Cmd::MapLookupBatch | Cmd::MapLookupAndDeleteBatch);
        let (mut look, mut ids) = (Look::All, Vec::new());
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        if takes {
            let own_order = shape.has_own_order();
            let roomy = shape.entries.min(16) as usize + 3;
            attr.count = match own_order {
                // Room for everything at once: what a bucket holds is each side's own.
                true => roomy.min(room) as u32,
                false => rng.below(room) as u32,
            };
            if own_order {
                look = Look::Elements {
                    key: shape.key as usize,
                    value: size,
                };
            }
            keys.resize(shape.key as usize * room, 0xaa);
            values.resize(size * room, 0xaa);
            if let Some(kind) = shape.holds() {
                ids = (0..room)
                    .map(|at| (Place::buffer(1, 4 * at), kind))
                    .collect();
                // Of what was not written nothing is an id.
                values.fill(0);
            }
        } else {
            let count = rng.below(room.min(9));
            attr.count = count as u32;
            for _ in 0..count {
                keys.extend(shape.key(rng));
                values.extend(rng.bytes(size));
            }
        }
        let token = vec![0; (shape.key as usize).max(4)];
        let start = map.shape.key(rng);
        let start = if start.len() < 4 { vec![0; 4] } else { start };
        let buffers = vec![keys, values, start, token];
        if !buffers[0].is_empty() {
            patches.push(Patch::Address(Place::attr(16), 0));
        }
        if !buffers[1].is_empty() {
            patches.push(Patch::Address(Place::attr(24), 1));
        }
        if look == Look::All && rng.chance(1, 2) {
            patches.push(Patch::Address(Place::attr(0), 2));
        }
        patches.push(Patch::Address(Place::attr(8), 3));
        let mut call = call(cmd, attr.as_bytes(), buffers, patches);
        call.look = look;
        call.ids = ids;
        call
    }
}

fn call(cmd: Cmd, attr: &[u8], buffers: Vec<Vec<u8>>, patches: Vec<Patch>) -> Call {
    Call {
        cmd,
        caps: Caps::all(),
        attr: attr.to_vec(),
        buffers,
        patches,
        ids: Vec::new(),
        makes: None,
        look: Look::All,
    }
}

fn info(map: &LiveMap, rng: &mut Rng) -> Call {
    let len = [104, 104, 104, 0, 4, 40, 80, 88, 96, 100, 120][rng.below(11)];
    let attr = Attr::default().u32(0).u32(len).u64(0).done();
    let mut info = vec![0; len.max(104) as usize];
    if rng.chance(1, 20) {
        info[rng.below(len.max(1) as usize)] = 1;
    }
    let patches = vec![
        Patch::Fd(Place::attr(0), map.handle),
        Patch::Address(Place::attr(8), 0),
    ];
    let mut call = call(Cmd::ObjGetInfoByFd, &attr, vec![info], patches);
    call.ids = vec![
        (Place::buffer(0, 4), Kind::Map),
        (Place::buffer(0, 64), Kind::Btf),
    ];
    if rng.chance(1, 4) {
        call.caps = caps(rng);
    }
    call
}

fn freeze(map: &LiveMap, rng: &mut Rng) -> Call {
    let patches = vec![Patch::Fd(Place::attr(MAP_FD), map.handle)];
    let mut call = call(Cmd::MapFreeze, &[0; 4], Vec::new(), patches);
    call.caps = caps(rng);
    call
}

/// Capabilities to call with: mostly all.
fn caps(rng: &mut Rng) -> Caps {
    let all = Caps::all();
    match rng.below(12) {
        0 => Caps::empty(),
        1 => Caps::BPF,
        2 => Caps::BPF | Caps::NET_ADMIN,
        3 => Caps::BPF | Caps::PERFMON,
        4 => [Caps::NET_ADMIN, Caps::PERFMON, Caps::SYS_ADMIN][rng.below(3)],
        _ => all,
    }
}

/// Sometimes an attr is shorter than what there is of it, or longer with something behind it.
fn cut(rng: &mut Rng, call: &mut Call) {
    match rng.below(60) {
        0 => {
            let len = 4 * rng.below(call.attr.len() / 4 + 1);
            call.attr.truncate(len);
            let attr_len = call.attr.len();
            call.patches.retain(|patch| {
                let (place, size) = match patch {
                    Patch::Fd(place, _) | Patch::Id(place, _) => (place, 4),
                    Patch::Address(place, _) => (place, 8),
                };
                place.buffer.is_some() || place.offset + size <= attr_len
            });
        }
        1 => call.attr.extend([0; 8]),
        2 => call.attr.extend([0, 0, 0, 0, 1, 0, 0, 0]),
        _ => {}
    }
}
