//! [`Object::load`]: maps created and filled, programs loaded, in a session of our own.
//!
//! What fails alone is kept beside what works: a map of a type the session lacks only stops the programs that use it.

use skep_isa::{RawInsn, opcode};
use skep_kernel::client::RecordBytes;
use skep_kernel::{Client, Fd, LoadReply, ProgSpec, SysError, SysResult};
use skep_uapi::{ElemFlags, LogLevel, MapType, ProgType};

use crate::map::{Contents, MapSpec, Slot};
use crate::object::Object;
use crate::program::{AttachBtf, Autoload, ProgramSpec};

/// Which programs are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection<'a> {
    /// Every one.
    All,
    /// Those that are not optional.
    Autoload,
    /// Those that are not optional, and this one.
    AutoloadAnd(&'a str),
    /// Only this one.
    Only(&'a str),
}

/// When the verifier logs, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logging {
    /// Every load.
    Always(LogLevel),
    /// Nothing; a program that is rejected is loaded once more with this level, as libbpf does.
    OnRejection(LogLevel),
}

/// How programs are loaded.
#[derive(Clone, Copy, Debug)]
pub struct LoadOptions<'a> {
    /// Which programs.
    pub selection: Selection<'a>,
    /// What the verifier logs.
    pub logging: Logging,
    /// Bytes of room for the log; more is taken if it does not fit.
    pub log_size: u32,
}

/// A loaded object: its descriptors in the client's table.
#[derive(Debug)]
pub struct Loaded {
    /// The object's BTF.
    pub btf: SysResult<Fd>,
    /// Maps, in the order of [`Object::maps`].
    pub maps: Vec<Result<Fd, MapFailure>>,
    /// Programs that were selected.
    pub programs: Vec<LoadedProgram>,
}

/// A map that is not there or does not hold what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {step} map '{map}': {error}")]
pub struct MapFailure {
    /// Its name.
    pub map: String,
    /// What was being done.
    pub step: MapStep,
    /// What the command answered.
    pub error: SysError,
}

/// What is done to a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapStep {
    /// Creating it.
    Create,
    /// Writing its first contents.
    Fill,
    /// Freezing it.
    Freeze,
}

impl std::fmt::Display for MapStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Fill => "fill",
            Self::Freeze => "freeze",
        })
    }
}

/// A program that was to be loaded.
#[derive(Debug)]
pub struct LoadedProgram {
    /// Its name.
    pub name: String,
    /// Its number in [`Object::programs`].
    pub index: usize,
    /// What came of it.
    pub outcome: ProgramOutcome,
}

/// What came of a program.
#[derive(Debug)]
pub enum ProgramOutcome {
    /// It was handed to PROG_LOAD, which answered this.
    Tried(LoadReply),
    /// It could not be handed over; why.
    NotTried(String),
}

impl LoadedProgram {
    /// Its descriptor, if it was accepted.
    pub fn fd(&self) -> Option<Fd> {
        match &self.outcome {
            ProgramOutcome::Tried(reply) => reply.result.as_ref().ok().copied(),
            ProgramOutcome::NotTried(_) => None,
        }
    }
}

impl Object {
    /// Creates the maps and loads the selected programs. The verdict of each is in the answer.
    pub fn load(&self, client: &Client, options: &LoadOptions<'_>) -> Loaded {
        let btf = client.btf_load(self.btf.raw_bytes());
        let mut maps: Vec<_> = self
            .maps
            .iter()
            .map(|map| create(client, map, btf.as_ref().ok().copied()))
            .collect();
        for (number, map) in self.maps.iter().enumerate() {
            if let Err(failure) = fill_with_maps(client, map, number, &maps)
                && let Some(place) = maps.get_mut(number)
            {
                *place = Err(failure);
            }
        }
        let selected = self.programs.iter().enumerate();
        let selected = selected.filter(|(_, program)| options.selects(program));
        let programs: Vec<_> = selected
            .map(|(index, program)| LoadedProgram {
                name: program.name.clone(),
                index,
                outcome: match self.request(program, &maps, btf.as_ref().ok().copied()) {
                    Ok(spec) => ProgramOutcome::Tried(load(client, spec, options)),
                    Err(why) => ProgramOutcome::NotTried(why),
                },
            })
            .collect();
        for (number, map) in self.maps.iter().enumerate() {
            if let Err(failure) = fill_with_programs(client, map, number, &maps, &programs)
                && let Some(place) = maps.get_mut(number)
            {
                *place = Err(failure);
            }
        }
        Loaded {
            btf,
            maps,
            programs,
        }
    }

    fn request(
        &self,
        program: &ProgramSpec,
        maps: &[Result<Fd, MapFailure>],
        btf: Option<Fd>,
    ) -> Result<ProgSpec, String> {
        if program.prog_type == ProgType::Unspec {
            let section = &program.section;
            return Err(format!(
                "section name '{section}' does not say what type of program it is"
            ));
        }
        let attach_btf_id = match &program.attach {
            AttachBtf::None => 0,
            AttachBtf::Kernel(id) => id.get(),
            AttachBtf::Program(function) => {
                return Err(format!(
                    "it replaces function '{function}' of a program that is not given"
                ));
            }
            AttachBtf::Unknown(why) => return Err(why.clone()),
        };
        let mut spec = ProgSpec::new(program.prog_type, with_fds(&program.insns, maps)?);
        spec.expected_attach_type = program.attach_type;
        spec.flags = program.flags;
        spec.license.clone_from(&self.license);
        spec.name.clone_from(&program.name);
        spec.attach_btf_id = attach_btf_id;
        if btf.is_some() {
            spec.btf = btf;
            spec.func_info = records(
                8,
                program
                    .func_info
                    .iter()
                    .flat_map(|info| [info.insn_off, info.type_id]),
            );
            let lines = program.line_info.iter();
            let words = lines.flat_map(|l| [l.insn_off, l.file_name_off, l.line_off, l.line_col]);
            spec.line_info = records(16, words);
        }
        Ok(spec)
    }
}

impl LoadOptions<'_> {
    fn selects(&self, program: &ProgramSpec) -> bool {
        let automatic = program.autoload == Autoload::Yes;
        match self.selection {
            Selection::All => true,
            Selection::Autoload => automatic,
            Selection::AutoloadAnd(name) => automatic || program.name == name,
            Selection::Only(name) => program.name == name,
        }
    }
}

fn records(record_size: u32, words: impl Iterator<Item = u32>) -> RecordBytes {
    let bytes: Vec<u8> = words.flat_map(u32::to_ne_bytes).collect();
    RecordBytes {
        // Linux takes no record size without records.
        record_size: if bytes.is_empty() { 0 } else { record_size },
        bytes,
    }
}

/// Instructions with descriptors in place of numbers of maps.
fn with_fds(insns: &[RawInsn], maps: &[Result<Fd, MapFailure>]) -> Result<Vec<RawInsn>, String> {
    let mut insns = insns.to_vec();
    let mut second_half = false;
    for insn in &mut insns {
        let wide = !std::mem::take(&mut second_half) && insn.is_ld_imm64();
        second_half = wide;
        if !wide || !matches!(insn.src(), opcode::PSEUDO_MAP_FD | opcode::PSEUDO_MAP_VALUE) {
            continue;
        }
        let number = usize::try_from(insn.imm).ok();
        match number.and_then(|number| maps.get(number)) {
            Some(Ok(fd)) => insn.imm = fd.0,
            Some(Err(failure)) => return Err(failure.to_string()),
            None => return Err("it refers to a map the object does not have".to_owned()),
        }
    }
    Ok(insns)
}

fn load(client: &Client, mut spec: ProgSpec, options: &LoadOptions<'_>) -> LoadReply {
    spec.log_level = match options.logging {
        Logging::Always(level) => level,
        Logging::OnRejection(level) => {
            let reply = client.prog_load(&spec);
            if reply.result.is_ok() {
                return reply;
            }
            level
        }
    };
    spec.log_size = options.log_size;
    client.prog_load_with_whole_log(&spec)
}

/// Types whose keys or values are kernel objects: Linux takes no BTF for them.
fn takes_btf(map_type: MapType) -> bool {
    !matches!(
        map_type,
        MapType::PerfEventArray
            | MapType::CgroupArray
            | MapType::StackTrace
            | MapType::ArrayOfMaps
            | MapType::HashOfMaps
            | MapType::Devmap
            | MapType::DevmapHash
            | MapType::Cpumap
            | MapType::Xskmap
            | MapType::Sockmap
            | MapType::Sockhash
            | MapType::Queue
            | MapType::Stack
            | MapType::Arena
    )
}

fn create(client: &Client, map: &MapSpec, btf: Option<Fd>) -> Result<Fd, MapFailure> {
    let fail = |step| {
        move |error| MapFailure {
            map: map.name.clone(),
            step,
            error,
        }
    };
    let inner = match map.inner.as_deref() {
        Some(inner) => Some(create(client, inner, btf)?),
        None => None,
    };
    let mut spec =
        skep_kernel::MapSpec::new(map.map_type, map.key_size, map.value_size, map.max_entries);
    spec.flags = map.flags;
    spec.name.clone_from(&map.kernel_name);
    spec.numa_node = map.numa_node;
    spec.map_extra = map.map_extra;
    spec.inner = inner;
    if map.map_type == MapType::PerfEventArray && map.max_entries == 0 {
        spec.max_entries = client.kernel().identity().possible_cpus;
    }
    if takes_btf(map.map_type) && !map.value_type.is_void() {
        spec.btf = btf.map(|btf| (btf, map.key_type, map.value_type));
    }
    let created = client.map_create(&spec);
    // BTF is a courtesy for most types: without it the map does the same.
    let created = match created {
        Err(_) if spec.btf.is_some() => {
            spec.btf = None;
            client.map_create(&spec).or(created)
        }
        created => created,
    };
    if let Some(inner) = inner {
        // The outer map keeps what it needs of the template.
        let _ = client.close(inner);
    }
    let fd = created.map_err(fail(MapStep::Create))?;
    let (value, freeze) = match &map.contents {
        Contents::Nothing => return Ok(fd),
        Contents::Value(value) => (value, false),
        Contents::FrozenValue(value) => (value, true),
    };
    let written = client.map_update(fd, &0_u32.to_ne_bytes(), value, ElemFlags::empty());
    written.map_err(fail(MapStep::Fill))?;
    if freeze {
        client.map_freeze(fd).map_err(fail(MapStep::Freeze))?;
    }
    Ok(fd)
}

fn fill_with_maps(
    client: &Client,
    map: &MapSpec,
    number: usize,
    maps: &[Result<Fd, MapFailure>],
) -> Result<(), MapFailure> {
    let inner = |slot: &Slot| match slot {
        Slot::Map(inner) => maps.get(*inner)?.as_ref().ok().copied(),
        Slot::Program(_) => None,
    };
    fill(client, map, number, maps, inner)
}

fn fill_with_programs(
    client: &Client,
    map: &MapSpec,
    number: usize,
    maps: &[Result<Fd, MapFailure>],
    programs: &[LoadedProgram],
) -> Result<(), MapFailure> {
    let program = |slot: &Slot| match slot {
        Slot::Program(name) => programs.iter().find(|program| program.name == *name)?.fd(),
        Slot::Map(_) => None,
    };
    fill(client, map, number, maps, program)
}

fn fill(
    client: &Client,
    map: &MapSpec,
    number: usize,
    maps: &[Result<Fd, MapFailure>],
    held: impl Fn(&Slot) -> Option<Fd>,
) -> Result<(), MapFailure> {
    let Some(Ok(outer)) = maps.get(number) else {
        return Ok(());
    };
    for (index, slot) in &map.slots {
        let Some(fd) = held(slot) else {
            continue;
        };
        let (key, value) = (index.to_ne_bytes(), fd.0.to_ne_bytes());
        let written = client.map_update(*outer, &key, &value, ElemFlags::empty());
        written.map_err(|error| MapFailure {
            map: map.name.clone(),
            step: MapStep::Fill,
            error,
        })?;
    }
    Ok(())
}
