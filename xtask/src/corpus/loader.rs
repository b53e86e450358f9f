//! Re-issues a row: its BTF, its maps, its program.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use super::attr::Attr;
use super::border::{Border, Caller};
use super::folder::Folder;
use super::hex;
use super::unit::{MapSpec, Unit};

const MAP_CREATE: u32 = 0;
const MAP_UPDATE_ELEM: u32 = 2;
const PROG_LOAD: u32 = 5;
const BTF_LOAD: u32 = 18;
const MAP_FREEZE: u32 = 22;

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
pub(crate) struct SetupError(pub(crate) String);

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<anyhow::Error> for SetupError {
    fn from(error: anyhow::Error) -> Self {
        Self(format!("{error:#}"))
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
        name_maps(&mut insns, stage);
        let license = format!("{}\0", unit.license.as_deref().unwrap_or_default()).into_bytes();
        let func_info = Records::new(&unit.func_info, unit.func_info_rec_size)?;
        let line_info = Records::new(&unit.line_info, unit.line_info_rec_size)?;
        let fd_array = self.fd_array(stage, unit)?;
        let btf_fd = self.btf(unit.btf.as_deref())?;

        if let Some(first) = self.log.first_mut() {
            *first = 0;
        }
        let mut attr = Attr::default()
            .u32(unit.prog_type)
            .u32((insns.len() / 8) as u32)
            .pointer(&insns)
            .pointer(&license)
            .u32(log_level)
            .u32(LOG_SIZE as u32)
            .out_pointer(&mut self.log)
            .u32(unit.kern_version)
            .u32(unit.prog_flags)
            .name(&unit.attr_prog_name)
            .u32(unit.prog_ifindex)
            .u32(unit.expected_attach_type)
            .fd(btf_fd);
        for records in [&func_info, &line_info] {
            attr = attr.u32(records.size);
            attr = match records.bytes.as_slice() {
                [] => attr.u64(0),
                bytes => attr.pointer(bytes),
            };
            attr = attr.u32(records.count());
        }
        attr = attr.u32(unit.attach_btf_id).u32(0).u32(0);
        attr = match fd_array.as_slice() {
            [] => attr.u64(0),
            bytes => attr.pointer(bytes),
        };
        let mut attr = attr.done();

        let start = Instant::now();
        let result = self.border.bpf(Caller::Client, PROG_LOAD, &mut attr);
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
        let attr = Attr::default()
            .pointer(&data)
            .u64(0)
            .u32(data.len() as u32)
            .u32(0)
            .u32(0)
            .u32(0);
        let fd = self.setup(BTF_LOAD, attr, || format!("BTF_LOAD {name}"))?;
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
            .ok_or_else(|| SetupError(format!("no map {index}")))?;
        // A template stands before or after its outer map; only a row that contains itself would not end.
        let inner = match spec.inner.map(usize::try_from) {
            Some(Ok(inner)) if inner == index => {
                return Err(SetupError(format!("map {index} is its own template")));
            }
            Some(Ok(inner)) => self.make_map(stage, unit, inner)?,
            Some(Err(_)) | None => 0,
        };
        let btf = self.btf(spec.btf.as_deref())?;
        let create = Attr::default()
            .u32(spec.map_type)
            .u32(spec.key_size)
            .u32(spec.value_size)
            .u32(spec.max_entries)
            .u32(spec.flags)
            .fd(inner)
            .u32(0)
            .name(&spec.name)
            .u32(0)
            .fd(btf)
            .u32(spec.btf_key_type_id)
            .u32(spec.btf_value_type_id)
            .u32(spec.btf_vmlinux_value_type_id)
            .u64(spec.map_extra);
        let fd = self.setup(MAP_CREATE, create, || {
            format!("MAP_CREATE {} type {}", spec.name, spec.map_type)
        })?;
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
            let update = Attr::default()
                .fd(fd)
                .u32(0)
                .pointer(&key)
                .pointer(&value)
                .u64(0);
            self.setup(MAP_UPDATE_ELEM, update, || {
                format!("MAP_UPDATE {}", spec.name)
            })?;
        }
        if spec.frozen {
            let freeze = Attr::default().fd(fd);
            self.setup(MAP_FREEZE, freeze, || format!("MAP_FREEZE {}", spec.name))?;
        }
        Ok(())
    }

    fn setup(
        &self,
        command: u32,
        attr: Attr,
        what: impl FnOnce() -> String,
    ) -> Result<i32, SetupError> {
        self.border
            .bpf(Caller::Setup, command, &mut attr.done())
            .map_err(|errno| SetupError(format!("{}: errno {errno}", what())))
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

/// func_info or line_info: records of one size.
struct Records {
    bytes: Vec<u8>,
    size: u32,
}

impl Records {
    fn new(text: &str, size: u32) -> Result<Self, SetupError> {
        Ok(Self {
            bytes: hex::decode(text)?,
            size,
        })
    }

    fn count(&self) -> u32 {
        (self.bytes.len() as u32)
            .checked_div(self.size)
            .unwrap_or(0)
    }
}

/// Puts descriptors where `ld_imm64` holds an index into the row's maps.
///
/// -2000 stands for an open descriptor that is no map, -1000 for a closed one (which it is as it stands).
fn name_maps(insns: &mut [u8], stage: &Stage) {
    const LD_IMM64: u8 = 0x18;
    const OPEN_BUT_NO_MAP: i32 = -2000;
    let mut second_half = false;
    for insn in insns.chunks_exact_mut(8) {
        if std::mem::take(&mut second_half) || insn[0] != LD_IMM64 {
            continue;
        }
        second_half = true;
        if !matches!(insn[1] >> 4, 1 | 2) {
            continue;
        }
        let index = i32::from_ne_bytes([insn[4], insn[5], insn[6], insn[7]]);
        let fd = if index == OPEN_BUT_NO_MAP {
            Some(1)
        } else {
            usize::try_from(index)
                .ok()
                .and_then(|index| stage.fd(index))
        };
        if let Some(fd) = fd {
            insn[4..].copy_from_slice(&fd.to_ne_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_first_halves_name_maps() {
        let stage = Stage {
            maps: vec![Some(40), Some(41)],
            arenas: Vec::new(),
        };
        let mut insns =
            hex::decode("18110000010000000000000018000000180600000000000018220000feff0000")
                .unwrap();
        name_maps(&mut insns, &stage);
        assert_eq!(insns[4], 41);
        assert_eq!(insns[8..16], hex::decode("0000000018000000").unwrap());
        // An index past the maps stays as it is.
        assert_eq!(insns[28..], hex::decode("feff0000").unwrap());
    }
}
