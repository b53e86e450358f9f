//! What earlier calls made: descriptors, shapes of maps, ids.

use std::collections::HashMap;

use anyhow::Result;
use skep_uapi::Cmd;

use super::target::{Call, Outcome, Target};
use crate::corpus::{Folder, MapSpec, Unit, request};
use crate::rng::Rng;

/// Objects of a kind that are kept; the oldest are closed.
const KEPT: usize = 48;

/// Ids that are kept: few, because the objects they name do not live long.
const KEPT_IDS: usize = 4;

/// A map, as far as calls on its elements need to know it.
#[derive(Clone, Copy, Debug)]
pub(super) struct LiveMap {
    pub(super) fd: i32,
    pub(super) map_type: u32,
    pub(super) key_size: u32,
    pub(super) value_size: u32,
    pub(super) max_entries: u32,
}

/// Everything the fuzzer may refer to.
pub(super) struct Live<'a> {
    folder: &'a Folder,
    pub(super) units: &'a [Unit],
    pub(super) maps: Vec<LiveMap>,
    pub(super) progs: Vec<i32>,
    pub(super) btfs: Vec<i32>,
    ids: HashMap<Cmd, Vec<u32>>,
    /// Maps and BTF of a row, made once.
    stages: HashMap<usize, Stage>,
}

/// The descriptors a row's load refers to.
#[derive(Clone, Debug, Default)]
pub(super) struct Stage {
    pub(super) maps: Vec<i32>,
    pub(super) btf: i32,
}

impl Stage {
    /// The template of a map-in-map, 0 for other maps. Templates stand before the maps that need them.
    pub(super) fn inner_of(&self, spec: &MapSpec) -> i32 {
        let index = spec.inner.and_then(|inner| usize::try_from(inner).ok());
        let inner = index.and_then(|index| self.maps.get(index));
        inner.copied().unwrap_or(0)
    }
}

impl<'a> Live<'a> {
    pub(super) fn new(folder: &'a Folder, units: &'a [Unit]) -> Self {
        Self {
            folder,
            units,
            maps: Vec::new(),
            progs: Vec::new(),
            btfs: Vec::new(),
            ids: HashMap::new(),
            stages: HashMap::new(),
        }
    }

    /// An id that the GET_NEXT_ID command `of` has named.
    pub(super) fn id(&self, rng: &mut Rng, of: Cmd) -> u32 {
        let known = self.ids.get(&of).map_or(&[][..], Vec::as_slice);
        rng.pick(known).copied().unwrap_or(1)
    }

    /// A descriptor of any kind.
    pub(super) fn any_fd(&self, rng: &mut Rng) -> i32 {
        let map = rng.pick(&self.maps).map(|map| map.fd);
        let prog = rng.pick(&self.progs).copied();
        let btf = rng.pick(&self.btfs).copied();
        rng.pick(&[map, prog, btf, Some(1), Some(-1)])
            .copied()
            .flatten()
            .unwrap_or(0)
    }

    /// A BTF blob of the corpus.
    pub(super) fn btf_blob(&self, rng: &mut Rng) -> Result<Vec<u8>> {
        let named: Vec<&str> = self
            .units
            .iter()
            .filter_map(|unit| unit.btf.as_deref())
            .collect();
        match rng.pick(&named) {
            Some(name) => self.folder.btf(name),
            None => Ok(Vec::new()),
        }
    }

    /// The maps and the BTF of row `index`, made at the first time.
    pub(super) fn stage(&mut self, target: &Target, index: usize) -> Result<Stage> {
        if let Some(stage) = self.stages.get(&index) {
            return Ok(stage.clone());
        }
        let unit = &self.units[index];
        let mut stage = Stage {
            btf: self.load_btf(target, unit.btf.as_deref())?,
            ..Stage::default()
        };
        for spec in &unit.maps {
            let inner = stage.inner_of(spec);
            let btf = self.load_btf(target, spec.btf.as_deref())?;
            let attr = request::map_create(spec, inner, btf).done();
            stage.maps.push(made(target, Cmd::MapCreate, attr));
        }
        self.stages.insert(index, stage.clone());
        Ok(stage)
    }

    fn load_btf(&self, target: &Target, name: Option<&str>) -> Result<i32> {
        let Some(name) = name else { return Ok(0) };
        let data = target.place(&self.folder.btf(name)?);
        Ok(made(target, Cmd::BtfLoad, request::btf_load(data).done()))
    }

    /// Remembers what a successful call made or named.
    pub(super) fn learn(&mut self, target: &Target, call: &Call, value: u32) {
        let fd = value.cast_signed();
        let field = |at: usize| {
            let bytes = call
                .attr
                .get(at..at + 4)
                .and_then(|bytes| bytes.try_into().ok());
            bytes.map_or(0, u32::from_ne_bytes)
        };
        match Cmd::ALL.get(call.command as usize) {
            Some(Cmd::MapCreate) => {
                let map = LiveMap {
                    fd,
                    map_type: field(0),
                    key_size: field(4),
                    value_size: field(8),
                    max_entries: field(12),
                };
                keep(&mut self.maps, KEPT, map, |map| target.close(map.fd));
            }
            Some(Cmd::ProgLoad) => keep(&mut self.progs, KEPT, fd, |fd| target.close(fd)),
            Some(Cmd::BtfLoad) => keep(&mut self.btfs, KEPT, fd, |fd| target.close(fd)),
            Some(Cmd::ProgGetFdById | Cmd::MapGetFdById | Cmd::BtfGetFdById | Cmd::ObjGet) => {
                target.close(fd);
            }
            Some(of @ (Cmd::ProgGetNextId | Cmd::MapGetNextId | Cmd::BtfGetNextId)) => {
                // next_id stands behind start_id.
                if let Some(id) = target.peek_u32(call.at.wrapping_add(4)) {
                    keep(self.ids.entry(*of).or_default(), KEPT_IDS, id, |_| ());
                }
            }
            Some(_) | None => {}
        }
    }
}

/// A descriptor, or -1 where the call fails: then what refers to it fails too, which is no harm.
fn made(target: &Target, command: Cmd, attr: Vec<u8>) -> i32 {
    let mut call = Call::new(command as u32, attr, Vec::new());
    match target.call(&mut call, &skep_kernel::CancelToken::new()) {
        Outcome::Value(fd) => fd.cast_signed(),
        Outcome::Errno(_) | Outcome::Panicked | Outcome::Trapped => -1,
    }
}

fn keep<T>(all: &mut Vec<T>, most: usize, new: T, close: impl FnOnce(T)) {
    if all.len() >= most {
        close(all.remove(0));
    }
    all.push(new);
}
