//! Calls that ought to succeed, made from the objects there are.

use anyhow::Result;
use skep_uapi::Cmd;

use super::live::{Live, LiveMap};
use super::target::{Call, Target};
use crate::corpus::request::{self, Placed, ProgBuffers};
use crate::corpus::{Attr, from_hex};
use crate::rng::Rng;

/// What a valid call is about; which command it is follows.
#[derive(Clone, Copy, Debug)]
enum Kind {
    MapCreate,
    /// LOOKUP, UPDATE, DELETE, LOOKUP_AND_DELETE or GET_NEXT_KEY.
    MapElem(Cmd),
    MapFreeze,
    ProgLoad,
    ProgTestRun,
    BtfLoad,
    /// GET_NEXT_ID of a kind of object.
    NextId(Cmd),
    /// GET_FD_BY_ID, with ids from the GET_NEXT_ID named second.
    FdById(Cmd, Cmd),
    ObjGetInfoByFd,
    ObjPin,
    ObjGet,
}

impl Kind {
    fn command(self) -> Cmd {
        match self {
            Self::MapCreate => Cmd::MapCreate,
            Self::MapFreeze => Cmd::MapFreeze,
            Self::ProgLoad => Cmd::ProgLoad,
            Self::ProgTestRun => Cmd::ProgTestRun,
            Self::BtfLoad => Cmd::BtfLoad,
            Self::ObjGetInfoByFd => Cmd::ObjGetInfoByFd,
            Self::ObjPin => Cmd::ObjPin,
            Self::ObjGet => Cmd::ObjGet,
            Self::MapElem(command) | Self::NextId(command) | Self::FdById(command, _) => command,
        }
    }
}

/// Whether valid calls of a command are made.
pub(super) fn makes(command: Cmd) -> bool {
    WEIGHTS.iter().any(|(kind, _)| kind.command() == command)
}

/// How often each kind is chosen, relative to the others.
const WEIGHTS: [(Kind, usize); 19] = [
    (Kind::MapCreate, 8),
    (Kind::MapElem(Cmd::MapLookupElem), 12),
    (Kind::MapElem(Cmd::MapUpdateElem), 18),
    (Kind::MapElem(Cmd::MapDeleteElem), 18),
    (Kind::MapElem(Cmd::MapLookupAndDeleteElem), 14),
    (Kind::MapElem(Cmd::MapGetNextKey), 10),
    (Kind::MapFreeze, 2),
    (Kind::ProgLoad, 12),
    (Kind::ProgTestRun, 10),
    (Kind::BtfLoad, 4),
    (Kind::NextId(Cmd::ProgGetNextId), 3),
    (Kind::NextId(Cmd::MapGetNextId), 3),
    (Kind::NextId(Cmd::BtfGetNextId), 3),
    (Kind::FdById(Cmd::ProgGetFdById, Cmd::ProgGetNextId), 4),
    (Kind::FdById(Cmd::MapGetFdById, Cmd::MapGetNextId), 4),
    (Kind::FdById(Cmd::BtfGetFdById, Cmd::BtfGetNextId), 4),
    (Kind::ObjGetInfoByFd, 8),
    (Kind::ObjPin, 3),
    (Kind::ObjGet, 3),
];

/// Paths that are pinned to and opened: some more than are kept, so that pins are found and made.
const PATHS: usize = 24;

const HASH: u32 = skep_uapi::MapType::Hash as u32;
/// Keys that elements are looked for under: few, so that they are found.
const KEYS: u32 = 4;
/// Room for the values of a per-CPU map: the fuzzer does not ask for the number of CPUs.
const CPUS: usize = 64;
/// Larger keys and values, which only a mutated MAP_CREATE asks for, are not filled in whole.
const LARGE: usize = 1 << 12;

/// One valid call.
pub(super) fn valid(rng: &mut Rng, target: &Target, live: &mut Live<'_>) -> Result<Call> {
    let mut scene = Scene {
        rng,
        target,
        live,
        buffers: Vec::new(),
    };
    let kind = scene.kind();
    let attr = match kind {
        Kind::MapCreate => scene.map_create()?,
        Kind::MapElem(command) => scene.map_elem(command),
        Kind::MapFreeze => Attr::default().fd(scene.map().fd),
        Kind::ProgLoad => scene.prog_load()?,
        Kind::ProgTestRun => scene.test_run(),
        Kind::BtfLoad => {
            let blob = scene.live.btf_blob(scene.rng)?;
            request::btf_load(scene.place(&blob))
        }
        Kind::NextId(command) => {
            let known = scene.live.id(scene.rng, command);
            ids(if scene.rng.chance(1, 2) { 0 } else { known })
        }
        Kind::FdById(_, source) => ids(scene.live.id(scene.rng, source)),
        Kind::ObjGetInfoByFd => scene.info(),
        Kind::ObjPin => {
            let object = if scene.rng.chance(1, 4) {
                scene.rng.pick(&scene.live.progs).copied().unwrap_or(-1)
            } else {
                scene.map().fd
            };
            scene.path().fd(object).u32(0)
        }
        Kind::ObjGet => scene.path().u32(0).u32(0),
    };
    Ok(Call::new(kind.command() as u32, attr.done(), scene.buffers))
}

/// What a call is made from, and the buffers it has placed.
struct Scene<'s, 'a> {
    rng: &'s mut Rng,
    target: &'s Target,
    live: &'s mut Live<'a>,
    buffers: Vec<Placed>,
}

impl Scene<'_, '_> {
    fn kind(&mut self) -> Kind {
        let total = WEIGHTS.iter().map(|(_, weight)| weight).sum();
        let mut left = self.rng.below(total);
        for (kind, weight) in WEIGHTS {
            match left.checked_sub(weight) {
                Some(rest) => left = rest,
                None => return kind,
            }
        }
        Kind::MapCreate
    }

    fn place(&mut self, bytes: &[u8]) -> Placed {
        let placed = self.target.place(bytes);
        self.buffers.push(placed);
        placed
    }

    fn map(&mut self) -> LiveMap {
        let none = LiveMap {
            fd: -1,
            map_type: HASH,
            key_size: 4,
            value_size: 4,
            max_entries: 1,
        };
        self.rng.pick(&self.live.maps).copied().unwrap_or(none)
    }

    fn hash(&mut self) -> LiveMap {
        let hashes = self.live.maps.iter().filter(|map| map.map_type == HASH);
        let hashes: Vec<LiveMap> = hashes.copied().collect();
        let other = self.map();
        self.rng.pick(&hashes).copied().unwrap_or(other)
    }

    fn map_create(&mut self) -> Result<Attr> {
        let index = self.rng.below(self.live.units.len());
        let stage = self.live.stage(self.target, index)?;
        let Some(spec) = self.rng.pick(&self.live.units[index].maps) else {
            // Most rows have no map; a plain hash is the map with most behaviour.
            return Ok(Attr::default().u32(HASH).u32(4).u32(8).u32(16));
        };
        Ok(request::map_create(spec, stage.inner_of(spec), 0))
    }

    fn map_elem(&mut self, command: Cmd) -> Attr {
        let map = match command {
            // Elements of arrays cannot be deleted.
            Cmd::MapDeleteElem | Cmd::MapLookupAndDeleteElem => self.hash(),
            _ => self.map(),
        };
        let mut key = vec![0; (map.key_size as usize).min(LARGE)];
        if let Some(first) = key.first_mut() {
            *first = self.rng.below(map.max_entries.clamp(1, KEYS) as usize) as u8;
        }
        let key = self.place(&key);
        let value = match command {
            Cmd::MapDeleteElem => 0,
            Cmd::MapGetNextKey => self.place(&vec![0; (map.key_size as usize).min(LARGE)]).at,
            _ => {
                let one = (map.value_size as usize).min(LARGE).next_multiple_of(8);
                let filling = self.rng.next() as u8;
                self.place(&vec![filling; one * CPUS]).at
            }
        };
        let key = match command {
            Cmd::MapGetNextKey if self.rng.chance(1, 4) => 0,
            _ => key.at,
        };
        request::map_elem(map.fd, key, value, 0)
    }

    fn prog_load(&mut self) -> Result<Attr> {
        let index = self.rng.below(self.live.units.len());
        let stage = self.live.stage(self.target, index)?;
        let unit = &self.live.units[index];
        let mut insns = from_hex(&unit.insns)?;
        request::name_maps(&mut insns, |index| stage.maps.get(index).copied());
        let license = format!("{}\0", unit.license.as_deref().unwrap_or_default());
        let log_level = [0, 0, 1, 2, 4][self.rng.below(5)];
        let log = match log_level {
            0 => Placed::default(),
            _ => self.place(&vec![0; 1 << 14]),
        };
        let buffers = ProgBuffers {
            insns: self.place(&insns),
            license: self.place(license.as_bytes()),
            func_info: self.place(&from_hex(&unit.func_info)?),
            line_info: self.place(&from_hex(&unit.line_info)?),
            fd_array: Placed::default(),
            log,
            log_level,
            btf_fd: stage.btf,
        };
        Ok(request::prog_load(unit, &buffers))
    }

    fn test_run(&mut self) -> Attr {
        let prog = self.rng.pick(&self.live.progs).copied().unwrap_or(-1);
        let len = 14 + self.rng.below(100);
        // The second half of an Ethernet header that is neither IPv4 nor IPv6: those must not be short.
        let mut packet = self.rng.bytes(len);
        packet[12] = 0x12;
        request::test_run(prog, self.place(&packet))
    }

    /// An attr that begins with the address of a path.
    fn path(&mut self) -> Attr {
        let path = format!("/sys/fs/bpf/{}\0", self.rng.below(PATHS));
        let path = self.place(path.as_bytes());
        Attr::default().u64(path.at)
    }

    fn info(&mut self) -> Attr {
        let fd = self.live.any_fd(self.rng);
        let info = self.place(&[0; 256]);
        Attr::default().fd(fd).u32(info.len).u64(info.at)
    }
}

/// The attr of GET_NEXT_ID and GET_FD_BY_ID: an id, room for the next one, flags.
fn ids(id: u32) -> Attr {
    Attr::default().u32(id).u32(0).u32(0)
}
