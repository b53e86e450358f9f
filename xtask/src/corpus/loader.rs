//! Re-issues a row: its BTF, its maps, its program.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use skep_uapi::Cmd;

use super::attr::Attr;
use super::border::{Border, Caller};
use super::folder::Folder;
use super::hex;
use super::request::{self, Placed, ProgBuffers};
use super::unit::{MapSpec, Unit};

const MAP_TYPE_ARENA: u32 = 33;
const LOG_SIZE: usize = 16 << 20;
/// BTF objects kept open between rows; many rows share one.
const BTF_CACHE: usize = 200;

/// What a load came to.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    /// 0 for an accepted program.
    pub(crate) errno: i32,
    pub(crate) log: String,
    /// Time of the `BPF_PROG_LOAD` call alone.
    pub(crate) time: Duration,
    /// What the caller made of the program's descriptor, where there was one.
    pub(crate) then: Option<T>,
}

/// A row whose BTF or maps could not be made, or which is not well formed.
#[derive(Debug)]
pub(crate) struct SetupError {
    what: String,
    /// The name of a map or BTF blob that `what` is about.
    name: String,
    errno: Option<i32>,
}

impl SetupError {
    fn malformed(why: impl Into<String>) -> Self {
        Self {
            what: why.into(),
            name: String::new(),
            errno: None,
        }
    }

    /// The same for all rows that fail alike, whatever their maps are called.
    pub(crate) fn kind(&self) -> String {
        match self.errno {
            Some(errno) => format!("{}: errno {errno}", self.what),
            None => self.what.clone(),
        }
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.errno {
            Some(errno) => write!(f, "{} {}: errno {errno}", self.what, self.name),
            None => f.write_str(&self.what),
        }
    }
}

impl From<anyhow::Error> for SetupError {
    fn from(error: anyhow::Error) -> Self {
        Self::malformed(format!("{error:#}"))
    }
}

/// Loads rows of one folder over one border.
pub(crate) struct Loader {
    folder: Folder,
    border: Box<dyn Border>,
    btf_fds: HashMap<String, i32>,
    log: Vec<u8>,
}

impl Loader {
    pub(crate) fn new(folder: Folder, border: Box<dyn Border>) -> Self {
        Self {
            folder,
            border,
            btf_fds: HashMap::new(),
            log: vec![0; LOG_SIZE],
        }
    }

    /// One `BPF_PROG_LOAD` at `log_level`; `then` sees the program's descriptor if Linux would give one.
    pub(crate) fn load<T>(
        &mut self,
        unit: &Unit,
        log_level: u32,
        then: impl FnOnce(&dyn Border, i32) -> T,
    ) -> Result<Answer<T>, SetupError> {
        let mut stage = Stage::new(unit.maps.len());
        let answer = self.load_on(&mut stage, unit, log_level, then);
        stage.close(&*self.border);
        answer
    }

    fn load_on<T>(
        &mut self,
        stage: &mut Stage,
        unit: &Unit,
        log_level: u32,
        then: impl FnOnce(&dyn Border, i32) -> T,
    ) -> Result<Answer<T>, SetupError> {
        for index in 0..unit.maps.len() {
            self.make_map(stage, unit, index)?;
        }
        let mut insns = hex::decode(&unit.insns)?;
        request::name_maps(&mut insns, |index| stage.fd(index));
        let license = format!("{}\0", unit.license.as_deref().unwrap_or_default()).into_bytes();
        let func_info = hex::decode(&unit.func_info)?;
        let line_info = hex::decode(&unit.line_info)?;
        let fd_array = self.fd_array(stage, unit)?;
        let btf_fd = self.btf(unit.btf.as_deref())?;

        self.log[0] = 0;
        let buffers = ProgBuffers {
            insns: Placed::here(&insns),
            license: Placed::here(&license),
            func_info: Placed::here(&func_info),
            line_info: Placed::here(&line_info),
            fd_array: Placed::here(&fd_array),
            log: Placed::here_to_write(&mut self.log),
            log_level,
            btf_fd,
        };
        let mut attr = request::prog_load(unit, &buffers).done();

        let start = Instant::now();
        let result = self.border.bpf(Caller::Client, Cmd::ProgLoad, &mut attr);
        let time = start.elapsed();
        let end = self.log.iter().position(|byte| *byte == 0).unwrap_or(0);
        let log = String::from_utf8_lossy(&self.log[..end]).into_owned();
        let then = result.ok().map(|fd| {
            let made = then(&*self.border, fd);
            self.border.close(fd);
            made
        });
        Ok(Answer {
            errno: result.err().unwrap_or(0),
            log,
            time,
            then,
        })
    }

    fn fd_array(&mut self, stage: &Stage, unit: &Unit) -> Result<Vec<u8>, SetupError> {
        let mut packed = Vec::new();
        for entry in unit.fd_array.iter().flatten() {
            let fd = match (entry.map, entry.btf.as_deref()) {
                (Some(index), _) => stage.fd(index).unwrap_or(0),
                (None, name) => self.btf(name)?,
            };
            packed.extend_from_slice(&fd.to_ne_bytes());
        }
        Ok(packed)
    }

    fn btf(&mut self, name: Option<&str>) -> Result<i32, SetupError> {
        let Some(name) = name else { return Ok(0) };
        if let Some(fd) = self.btf_fds.get(name) {
            return Ok(*fd);
        }
        if self.btf_fds.len() >= BTF_CACHE {
            self.close_btfs();
        }
        let data = self.folder.btf(name)?;
        let attr = request::btf_load(Placed::here(&data));
        let fd = self.setup(Cmd::BtfLoad, attr, "BTF_LOAD", name)?;
        self.btf_fds.insert(name.to_owned(), fd);
        Ok(fd)
    }

    fn make_map(
        &mut self,
        stage: &mut Stage,
        unit: &Unit,
        index: usize,
    ) -> Result<i32, SetupError> {
        if let Some(fd) = stage.fd(index) {
            return Ok(fd);
        }
        let spec = unit
            .maps
            .get(index)
            .ok_or_else(|| SetupError::malformed(format!("no map {index}")))?;
        // A template stands before or after its outer map; only a row that contains itself would not end.
        let inner = match spec.inner.map(usize::try_from) {
            Some(Ok(inner)) if inner == index => {
                return Err(SetupError::malformed(format!(
                    "map {index} is its own template"
                )));
            }
            Some(Ok(inner)) => self.make_map(stage, unit, inner)?,
            Some(Err(_)) | None => 0,
        };
        let btf = self.btf(spec.btf.as_deref())?;
        let create = request::map_create(spec, inner, btf);
        let fd = self.setup(
            Cmd::MapCreate,
            create,
            &format!("MAP_CREATE type {}", spec.map_type),
            &spec.name,
        )?;
        stage.maps[index] = Some(fd);
        if spec.map_type == MAP_TYPE_ARENA && spec.map_extra == 0 {
            let bytes = spec.max_entries as usize * 4096;
            stage.arenas.push((self.border.map_arena(fd, bytes), bytes));
        }
        self.fill_map(spec, fd)?;
        Ok(fd)
    }

    fn fill_map(&mut self, spec: &MapSpec, fd: i32) -> Result<(), SetupError> {
        if let Some(value0) = &spec.value0 {
            let (key, value) = ([0; 4], hex::decode(value0)?);
            let (key_at, value_at) = (Placed::here(&key).at, Placed::here(&value).at);
            let update = request::map_elem(fd, key_at, value_at, 0);
            self.setup(Cmd::MapUpdateElem, update, "MAP_UPDATE", &spec.name)?;
        }
        if spec.frozen {
            let freeze = Attr::default().fd(fd);
            self.setup(Cmd::MapFreeze, freeze, "MAP_FREEZE", &spec.name)?;
        }
        Ok(())
    }

    fn setup(&self, command: Cmd, attr: Attr, what: &str, name: &str) -> Result<i32, SetupError> {
        self.border
            .bpf(Caller::Setup, command, &mut attr.done())
            .map_err(|errno| SetupError {
                what: what.to_owned(),
                name: name.to_owned(),
                errno: Some(errno),
            })
    }

    fn close_btfs(&mut self) {
        for (_, fd) in self.btf_fds.drain() {
            self.border.close(fd);
        }
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.close_btfs();
    }
}

/// The maps and mappings of one row.
struct Stage {
    maps: Vec<Option<i32>>,
    arenas: Vec<(usize, usize)>,
}

impl Stage {
    fn new(maps: usize) -> Self {
        Self {
            maps: vec![None; maps],
            arenas: Vec::new(),
        }
    }

    fn fd(&self, index: usize) -> Option<i32> {
        self.maps.get(index).copied().flatten()
    }

    fn close(self, border: &dyn Border) {
        for (address, bytes) in self.arenas {
            border.unmap(address, bytes);
        }
        for fd in self.maps.into_iter().flatten() {
            border.close(fd);
        }
    }
}
