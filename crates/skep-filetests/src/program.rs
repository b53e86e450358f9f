//! The text of a file into a load request: instructions, maps, records, numbers for names.
//!
//! Beyond the assembler's dialect: `times N: INSN` repeats a line; `type[NAME]` is the id of a declared type or function,
//! `str[TEXT]` the offset of a string in the program's BTF, `kernel[KIND NAME]` the id of a kernel type,
//! `kernel[offset STRUCT.MEMBER]` where a member of one is.

use crate::format::Filetest;
use crate::types::Types;
use crate::{Malformed, malformed};
use skep_btf::{Btf, BtfKind};
use skep_isa::asm::{RelocTarget, Symbols, assemble};
use skep_isa::{InsnIdx, RawInsn};
use skep_kernel::Caps;
use skep_uapi::{AttachType, HelperId, MapType, ProgType};

/// A map the program names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapSpec {
    /// Its name.
    pub name: String,
    /// A [`MapType`].
    pub map_type: u32,
    /// Bytes of a key.
    pub key: u32,
    /// Bytes of a value.
    pub value: u32,
    /// Elements.
    pub entries: u32,
    /// Creation flags.
    pub flags: u32,
    /// Type-specific.
    pub extra: u64,
    /// Template of the inner maps.
    pub inner: Option<String>,
    /// Type of the key, and of the value, in the program's BTF.
    pub types: Option<(u32, u32)>,
    /// Element 0.
    pub first: Option<Vec<u8>>,
    /// Frozen before the load.
    pub frozen: bool,
}

/// Fixed-size records as the attr names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// Bytes of one, as announced.
    pub size: u32,
    /// All of them.
    pub bytes: Vec<u8>,
}

/// An entry of the attr's array of descriptors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FdEntry {
    /// A map by its name.
    Map(String),
    /// The program's BTF.
    Btf,
    /// A number as it is.
    Number(i32),
}

/// Everything a load needs.
#[derive(Clone, Debug)]
pub struct Program {
    /// Program type.
    pub prog_type: ProgType,
    /// `expected_attach_type`.
    pub attach_type: u32,
    /// `attach_btf_id`.
    pub attach_btf_id: u32,
    /// `prog_flags`.
    pub flags: u32,
    /// Licence.
    pub license: String,
    /// What the loader may do.
    pub caps: Caps,
    /// Instructions, descriptors not filled in.
    pub insns: Vec<RawInsn>,
    /// Line of the file's program (from 0) of each slot.
    pub lines: Vec<usize>,
    /// Slots whose immediate becomes the descriptor of a map.
    pub map_slots: Vec<(InsnIdx, String)>,
    /// Maps, templates before what they are templates of.
    pub maps: Vec<MapSpec>,
    /// BTF of the program.
    pub btf: Option<Vec<u8>>,
    /// Functions.
    pub func_info: Records,
    /// Lines.
    pub line_info: Records,
    /// Relocations for the kernel.
    pub core_relo: Records,
    /// `fd_array`.
    pub fd_array: Vec<FdEntry>,
    /// `fd_array_cnt`.
    pub fd_array_cnt: u32,
    /// The numbers of kernel types, and the offsets, that the text names: they differ from kernel to kernel.
    pub kernel_ids: Vec<u32>,
}

/// Why there is no program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoProgram {
    /// The file is wrong.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The kernel whose types are used has none of that name.
    #[error("the kernel has no {0}")]
    NoKernelType(String),
}

impl Program {
    /// Resolves a file against the types of a kernel.
    ///
    /// # Errors
    /// The file is wrong, or the kernel lacks something.
    pub fn of(file: &Filetest, kernel: Option<&Btf>) -> Result<Self, NoProgram> {
        let mut names = Names {
            types: Types::parse(&file.types)?,
            kernel,
            used: Vec::new(),
        };
        let (text, line_of) = expand(&file.program)?;
        let text = names.fill_in(&text)?;
        let assembly = assemble(&text, &Helpers).map_err(|error| Malformed(error.to_string()))?;
        let mut insns = assembly.insns;
        let mut map_slots = Vec::new();
        for reloc in assembly.relocs {
            match reloc.target {
                RelocTarget::Map(name) | RelocTarget::MapValue(name) => {
                    map_slots.push((reloc.at, name));
                }
                RelocTarget::Kfunc(name) => {
                    let id = names.kernel_id(BtfKind::Func, &name)?;
                    if let Some(insn) = insns.get_mut(reloc.at.index()) {
                        insn.imm = id.cast_signed();
                    }
                }
            }
        }
        let lines = assembly.lines.iter().map(|line| {
            let index = usize::try_from(line.saturating_sub(1)).unwrap_or_default();
            line_of.get(index).copied().unwrap_or_default()
        });
        let func_info = match file.value("func_info") {
            Some(text) => records(&names.fill_in(text)?)?,
            None => {
                let mut found: Vec<(u32, u32)> = names
                    .types
                    .functions()
                    .filter_map(|(name, id)| Some((assembly.labels.get(name)?.0, id)))
                    .collect();
                found.sort_unstable();
                let words = found.iter().flat_map(|(at, id)| [*at, *id]);
                Records {
                    size: if found.is_empty() { 0 } else { 8 },
                    bytes: words.flat_map(u32::to_ne_bytes).collect(),
                }
            }
        };
        let attach_btf_id = match file.value("attach") {
            Some(text) => names.attach(text)?,
            None => 0,
        };
        let mut maps = Vec::new();
        for text in file.values("map") {
            maps.push(map(&names.fill_in(text)?, &names.types)?);
        }
        let mut record = |key| match file.value(key) {
            Some(text) => Ok::<_, NoProgram>(records(&names.fill_in(text)?)?),
            None => Ok(Records::default()),
        };
        Ok(Self {
            line_info: record("line_info")?,
            core_relo: record("core_relo")?,
            func_info,
            prog_type: prog_type(file.value("type").unwrap_or("socket_filter"))?,
            attach_type: attach_type(file.value("attach_type").unwrap_or("0"))?,
            attach_btf_id,
            flags: number(file.value("flags").unwrap_or("0"))?,
            license: file.value("license").unwrap_or("GPL").to_owned(),
            caps: caps(file.value("caps"))?,
            lines: lines.collect(),
            insns,
            map_slots,
            maps,
            btf: blob(file, &names.types)?,
            fd_array_cnt: number(file.value("fd_array_cnt").unwrap_or("0"))?,
            fd_array: fd_array(file.value("fd_array").unwrap_or_default()),
            kernel_ids: names.used,
        })
    }
}

/// The program's BTF: what was declared, unless the header says `btf: none` or gives a blob.
fn blob(file: &Filetest, types: &Types) -> Result<Option<Vec<u8>>, Malformed> {
    match file.value("btf") {
        Some("none") => Ok(None),
        Some(other) => malformed(format!("btf: none is all it can be, not {other}")),
        None if file.types.is_empty() => Ok(None),
        None => Ok(Some(types.finish())),
    }
}

struct Names<'k> {
    types: Types,
    kernel: Option<&'k Btf>,
    used: Vec<u32>,
}

impl Names<'_> {
    /// Puts numbers where names in brackets are.
    fn fill_in(&mut self, text: &str) -> Result<String, NoProgram> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, kind, after)) = ["type[", "str[", "kernel["]
            .into_iter()
            .filter_map(|word| Some((rest.find(word)?, word)))
            .min()
            .and_then(|(at, word)| {
                let (before, from) = rest.split_at_checked(at)?;
                Some((before, word, from.strip_prefix(word)?))
            })
        {
            let (name, behind) = after.split_once(']').unwrap_or((after, ""));
            let number = match kind {
                "str[" => self.types.string(name),
                "type[" => self
                    .types
                    .id(name)
                    .ok_or_else(|| Malformed(format!("no type is declared as {name}")))?,
                _ => self.kernel_type(name)?,
            };
            out.push_str(before);
            out.push_str(&number.to_string());
            rest = behind;
        }
        out.push_str(rest);
        Ok(out)
    }

    /// `struct X`, `func X`, `var X`, `typedef X`, `int X`; `offset STRUCT.MEMBER` in bytes.
    fn kernel_type(&mut self, text: &str) -> Result<u32, NoProgram> {
        let (kind, name) = text.split_once(' ').unwrap_or(("struct", text));
        let kind = match kind {
            "offset" => return self.kernel_offset(name),
            "struct" => BtfKind::Struct,
            "func" => BtfKind::Func,
            "var" => BtfKind::Var,
            "typedef" => BtfKind::Typedef,
            "int" => BtfKind::Int,
            _ => return Err(Malformed(format!("no kind of kernel type: {text}")).into()),
        };
        self.kernel_id(kind, name)
    }

    fn kernel_offset(&mut self, text: &str) -> Result<u32, NoProgram> {
        let (name, member) = text.split_once('.').unwrap_or((text, ""));
        let found = self.kernel.and_then(|btf| {
            let id = btf.find_by_name_kind(name, BtfKind::Struct)?;
            let composite = btf.type_by_id(id)?.as_composite()?;
            Some(composite.member_by_name(member)?.byte_offset())
        });
        let offset = found.ok_or_else(|| NoProgram::NoKernelType(text.to_owned()))?;
        self.used.push(offset);
        Ok(offset)
    }

    fn kernel_id(&mut self, kind: BtfKind, name: &str) -> Result<u32, NoProgram> {
        let id = self
            .kernel
            .and_then(|btf| btf.find_by_name_kind(name, kind))
            .ok_or_else(|| NoProgram::NoKernelType(name.to_owned()))?;
        self.used.push(id.get());
        Ok(id.get())
    }

    /// A number, or a kernel function, or a kind and a name.
    fn attach(&mut self, text: &str) -> Result<u32, NoProgram> {
        match text.parse() {
            Ok(id) => Ok(id),
            Err(_) if text.contains(' ') => self.kernel_type(text),
            Err(_) => self.kernel_id(BtfKind::Func, text),
        }
    }
}

/// Knows helpers; kernel functions are filled in later.
struct Helpers;

impl Symbols for Helpers {
    fn helper(&self, name: &str) -> Option<i32> {
        let full = name.starts_with("bpf_").then_some(name)?;
        HelperId::from_name(full).map(|id| id.0.cast_signed())
    }
}

/// Repeats what is to be repeated: the text, and for each of its lines the line it comes from.
fn expand(program: &[String]) -> Result<(String, Vec<usize>), Malformed> {
    let mut text = String::new();
    let mut line_of = Vec::new();
    for (index, line) in program.iter().enumerate() {
        let (count, code) = match line.trim_start().strip_prefix("times ") {
            Some(rest) => match rest.split_once(':') {
                Some((count, code)) => (number(count.trim())?, code),
                None => return malformed("times wants `N: INSN`"),
            },
            None => (1, line.as_str()),
        };
        for _ in 0..count {
            text.push_str(code);
            text.push('\n');
            line_of.push(index);
        }
    }
    Ok((text, line_of))
}

/// `SIZE: WORD WORD ...`, words of 32 bits.
fn records(text: &str) -> Result<Records, Malformed> {
    let Some((size, words)) = text.split_once(':') else {
        return malformed(format!("records are `SIZE: WORDS`, not {text}"));
    };
    let words: Result<Vec<u32>, _> = words.split_whitespace().map(number).collect();
    Ok(Records {
        size: number(size.trim())?,
        bytes: words?.into_iter().flat_map(u32::to_ne_bytes).collect(),
    })
}

/// `NAME key=value ...`
fn map(text: &str, types: &Types) -> Result<MapSpec, Malformed> {
    let mut words = text.split_whitespace();
    let mut spec = MapSpec {
        name: words.next().unwrap_or_default().to_owned(),
        ..MapSpec::default()
    };
    let id = |name: &str| match types.id(name) {
        Some(id) => Ok(id),
        None if name == "0" => Ok(0),
        None => malformed(format!("no type is declared as {name}")),
    };
    for word in words {
        match word.split_once('=') {
            Some(("type", name)) => spec.map_type = map_type(name)?,
            Some(("key", size)) => spec.key = number(size)?,
            Some(("value", size)) => spec.value = number(size)?,
            Some(("entries", count)) => spec.entries = number(count)?,
            Some(("flags", bits)) => spec.flags = number(bits)?,
            Some(("extra", extra)) => spec.extra = u64::from(number(extra)?),
            Some(("inner", name)) => spec.inner = Some(name.to_owned()),
            Some(("value_type", name)) => {
                let key = spec.types.map_or(0, |(key, _)| key);
                spec.types = Some((key, id(name)?));
            }
            Some(("key_type", name)) => {
                let value = spec.types.map_or(0, |(_, value)| value);
                spec.types = Some((id(name)?, value));
            }
            Some(("first", hex)) => spec.first = crate::format::bytes(hex),
            None if word == "frozen" => spec.frozen = true,
            Some(_) | None => return malformed(format!("no such word about a map: {word}")),
        }
    }
    Ok(spec)
}

fn fd_array(text: &str) -> Vec<FdEntry> {
    text.split_whitespace()
        .map(|word| match (word, word.parse()) {
            ("btf", _) => FdEntry::Btf,
            (_, Ok(number)) => FdEntry::Number(number),
            (name, Err(_)) => FdEntry::Map(name.to_owned()),
        })
        .collect()
}

fn prog_type(name: &str) -> Result<ProgType, Malformed> {
    ProgType::from_name(&name.to_uppercase())
        .map_or_else(|| malformed(format!("no program type: {name}")), Ok)
}

fn map_type(name: &str) -> Result<u32, Malformed> {
    MapType::from_name(&name.to_uppercase()).map_or_else(
        || malformed(format!("no map type: {name}")),
        |ty| Ok(ty.raw()),
    )
}

fn attach_type(name: &str) -> Result<u32, Malformed> {
    match AttachType::from_name(&name.to_uppercase()) {
        Some(ty) => Ok(ty.raw()),
        None => number(name),
    }
}

/// All of them if the key is not there, `none`, or names without `CAP_`.
fn caps(text: Option<&str>) -> Result<Caps, Malformed> {
    let Some(text) = text else {
        return Ok(Caps::all());
    };
    let mut caps = Caps::empty();
    for word in text.split_whitespace().filter(|word| *word != "none") {
        match Caps::from_name(&word.to_uppercase()) {
            Some(cap) => caps |= cap,
            None => return malformed(format!("no capability: {word}")),
        }
    }
    Ok(caps)
}

/// A 32-bit number, decimal or hexadecimal, signed or not.
fn number(text: &str) -> Result<u32, Malformed> {
    let parsed = match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    };
    let parsed = parsed.or_else(|| text.parse::<i32>().ok().map(i32::cast_unsigned));
    parsed.map_or_else(|| malformed(format!("no number: {text}")), Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_numbers() {
        let text = "map: m type=hash key=4 value=8 entries=1\n---\nint main(void);\nstatic int f(void);\n---\nmain:\n  r1 = map[m]\n  times 2: r0 = type[f]\n  call f\n  exit\nf:\n  exit\n---\n";
        let file = Filetest::parse(text).unwrap();
        let program = Program::of(&file, None).unwrap();
        assert_eq!(program.insns.len(), 7);
        assert_eq!(program.lines, [1, 1, 2, 2, 3, 4, 6]);
        assert_eq!(program.map_slots, [(InsnIdx(0), "m".to_owned())]);
        assert_eq!(program.func_info.bytes.len(), 16);
        assert_eq!(program.caps, Caps::all());
        assert_eq!(program.maps[0].map_type, MapType::Hash.raw());
    }

    #[test]
    fn kernel_types_are_missing_without_a_kernel() {
        let file = Filetest::parse("---\n  call kfunc bpf_rcu_read_lock\n  exit\n---\n").unwrap();
        assert!(matches!(
            Program::of(&file, None),
            Err(NoProgram::NoKernelType(name)) if name == "bpf_rcu_read_lock"
        ));
    }
}
