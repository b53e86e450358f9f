//! [`Object`]: everything an object file asks for.

use std::collections::HashMap;
use std::sync::Arc;

use skep_btf::{Btf, Type};
use skep_uapi::{ProgFlags, ProgType};

use crate::elf::{Elf, SectionKind};
use crate::externs::Externs;
use crate::function::{Function, FunctionIdx, Functions, TEXT};
use crate::map::{MapSpec, Maps};
use crate::program::{AttachBtf, Autoload, ProgramSpec, attach_btf, flags};
use crate::section_name::section_rule;
use crate::types::{self, Types};
use crate::{OpenError, Target, core_relo, link, map_data, map_def, reference, struct_ops};

/// An opened object: what to create and load.
#[derive(Debug)]
pub struct Object {
    /// Name: of the file, up to its first dot.
    pub name: String,
    /// Maps; instructions refer to them by number.
    pub maps: Vec<MapSpec>,
    /// Programs.
    pub programs: Vec<ProgramSpec>,
    /// Programs that cannot be put together for the target.
    pub broken: Vec<Broken>,
    /// Types, ready for BTF_LOAD.
    pub btf: Arc<Btf>,
    /// Licence, without its NUL.
    pub license: String,
    /// Kernel version the programs claim: of the `version` section, else the target's.
    pub kern_version: u32,
}

/// A program that cannot be put together.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: Arc<OpenError>,
}

impl Object {
    /// Opens the bytes of an object; `file_name` without directories gives it its name.
    ///
    /// # Errors
    /// What makes the whole object useless; programs that fail alone are in [`Object::broken`].
    pub fn open(file_name: &str, bytes: &[u8], target: &Target<'_>) -> Result<Self, OpenError> {
        let name = file_name.split('.').next().unwrap_or_default();
        let elf = Elf::parse(bytes)?;
        let (compiled, mut image) = types::as_compiled(&elf)?;
        types::fill_in(&elf, &compiled, &mut image)?;
        let mut externs = Externs::collect(&elf, &compiled, &mut image, target)?;
        let types = Types::finish(&elf, &image)?;
        let mut functions = Functions::collect(&elf, &types)?;
        let mut maps = Maps::default();
        map_def::collect(&elf, &types, &mut maps)?;
        map_data::collect(&elf, &types, name, &mut externs, &mut maps)?;
        map_def::fill_slots(&elf, &types, &functions, &mut maps)?;
        reference::collect(&elf, &mut functions, &maps, &externs);
        core_relo::relocate(&elf, &types, &mut functions, target);
        let mut object = Self {
            name: name.to_owned(),
            maps: maps.list,
            programs: Vec::new(),
            broken: Vec::new(),
            btf: Arc::clone(&types.btf),
            license: text_section(&elf, "license"),
            kern_version: version_section(&elf).unwrap_or_else(|| target.version_code()),
        };
        let hooks = struct_ops::hooks(&elf, &types.btf, &functions, target);
        let callbacks = exception_callbacks(&types.btf);
        for index in mains(&elf, &functions) {
            let Some(function) = functions.get(index) else {
                continue;
            };
            let callback = callback_of(function, &callbacks, &functions);
            let linked = link::link(&functions, &externs, index, callback);
            match linked {
                Ok(linked) => {
                    let program = program(&elf, function, linked, target);
                    object.programs.push(struct_ops::apply(&hooks, program));
                }
                Err(why) => object.broken.push(Broken {
                    name: function.name.clone(),
                    why,
                }),
            }
        }
        Ok(object)
    }

    /// The program of a name.
    pub fn program(&self, name: &str) -> Option<&ProgramSpec> {
        self.programs.iter().find(|program| program.name == name)
    }
}

/// The functions that are programs: all but those of `.text`, unless that holds the only one.
fn mains(elf: &Elf<'_>, functions: &Functions) -> impl Iterator<Item = FunctionIdx> {
    let alone = functions.list.len() == 1;
    let is_main = move |function: &Function| alone || elf.section_name(function.section) != TEXT;
    let numbered = functions.list.iter().enumerate();
    let mains: Vec<FunctionIdx> = numbered
        .filter(|(_, function)| is_main(function))
        .map(|(index, _)| FunctionIdx(index))
        .collect();
    mains.into_iter()
}

fn program(
    elf: &Elf<'_>,
    function: &Function,
    linked: link::Linked,
    target: &Target<'_>,
) -> ProgramSpec {
    let full = elf.section_name(function.section);
    let (section, autoload) = match full.strip_prefix('?') {
        Some(section) => (section, Autoload::Optional),
        None => (full, Autoload::Yes),
    };
    let rule = section_rule(section);
    ProgramSpec {
        name: function.name.clone(),
        section: section.to_owned(),
        prog_type: rule.map_or(ProgType::Unspec, |rule| rule.prog_type),
        attach_type: rule.map_or(0, |rule| rule.attach_type),
        flags: rule.map_or(ProgFlags::empty(), flags),
        attach: rule.map_or(AttachBtf::None, |rule| attach_btf(rule, section, target)),
        autoload,
        insns: linked.insns,
        func_info: linked.func_info,
        line_info: linked.line_info,
    }
}

/// Names of exception handlers (`exception_callback:NAME`) by the FUNC that is tagged with them.
fn exception_callbacks(btf: &Btf) -> HashMap<u32, &str> {
    let tagged = btf.types().filter_map(|(_, ty)| match ty {
        Type::DeclTag(tag) if tag.component().is_none() => {
            let name = tag.name().strip_prefix("exception_callback:")?;
            Some((tag.target().get(), name))
        }
        _ => None,
    });
    tagged.collect()
}

fn callback_of(
    main: &Function,
    callbacks: &HashMap<u32, &str>,
    functions: &Functions,
) -> Option<FunctionIdx> {
    let name = callbacks.get(&main.func_info.first()?.type_id)?;
    let mut list = functions.list.iter();
    let found = list.position(|function| function.name == *name);
    found.map(FunctionIdx)
}

fn text_section(elf: &Elf<'_>, name: &str) -> String {
    let data = elf
        .section_by_name(name)
        .map_or(&[][..], |(_, section)| section.data);
    let text = data.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

fn version_section(elf: &Elf<'_>) -> Option<u32> {
    let (_, section) = elf.section_by_name("version")?;
    let holds_number = matches!(section.kind, SectionKind::Data | SectionKind::Other);
    let bytes = section.data.first_chunk().filter(|_| holds_number)?;
    Some(u32::from_le_bytes(*bytes))
}
