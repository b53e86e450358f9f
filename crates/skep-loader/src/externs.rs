//! [`Externs`]: what an object declares and the kernel defines: `.kconfig` options and `.ksyms` functions and variables.

use std::collections::HashMap;

use skep_btf::{Btf, BtfKind, BtfLinkage, BtfTypeId, Type, essential_name};

use crate::elf::{Binding, Elf, SymbolIdx};
use crate::target::MissingExterns;
use crate::type_image::{TypeImage, word};
use crate::{OpenError, Target, config_value};

/// One extern, resolved.
#[derive(Debug)]
pub(crate) struct Extern {
    pub(crate) name: String,
    pub(crate) answer: Answer,
}

/// What an extern is in this kernel.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A place in the `.kconfig` map.
    Config { offset: u32 },
    /// A kernel function.
    Function(BtfTypeId),
    /// A kernel function that is not there: calls are poisoned.
    NoFunction,
    /// A kernel variable.
    Variable(BtfTypeId),
    /// A bare address.
    Address(u64),
    /// Not there, and needed.
    Missing(String),
}

/// All externs, in the order that numbers poisoned calls.
#[derive(Debug, Default)]
pub(crate) struct Externs {
    pub(crate) list: Vec<Extern>,
    by_symbol: HashMap<SymbolIdx, usize>,
    /// Contents of the `.kconfig` map; `None` if the object has no options.
    pub(crate) config: Option<Vec<u8>>,
    /// The number of that map.
    pub(crate) map: Option<usize>,
}

/// More than any object's options take; a guest may declare a text of 4 GiB.
const CONFIG_MAX: usize = 1 << 20;

/// An extern as declared.
struct Declared<'a> {
    symbol: SymbolIdx,
    name: &'a str,
    binding: Binding,
    id: BtfTypeId,
    what: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Largest alignment first, then smallest size.
    Config {
        align: std::cmp::Reverse<u32>,
        size: u32,
    },
    Ksym,
}

impl Externs {
    /// Resolves the externs of an object, and gives them their final form in its BTF.
    pub(crate) fn collect(
        elf: &Elf<'_>,
        btf: &Btf,
        image: &mut TypeImage,
        target: &Target<'_>,
    ) -> Result<Self, OpenError> {
        let mut declared = declarations(elf, btf)?;
        declared.sort_by(|a, b| (a.what, a.name).cmp(&(b.what, b.name)));
        let mut externs = Self::default();
        for one in declared {
            let answer = match one.what {
                Kind::Config { align, size } => {
                    externs.config(&one, (align.0, size), btf, target)?
                }
                Kind::Ksym => ksym(&one, btf, target),
            };
            externs.by_symbol.insert(one.symbol, externs.list.len());
            externs.list.push(Extern {
                name: one.name.to_owned(),
                answer,
            });
        }
        externs.describe(btf, image);
        Ok(externs)
    }

    /// The number of the extern a symbol names.
    pub(crate) fn by_symbol(&self, symbol: SymbolIdx) -> Option<usize> {
        self.by_symbol.get(&symbol).copied()
    }

    fn config(
        &mut self,
        one: &Declared<'_>,
        (align, size): (u32, u32),
        btf: &Btf,
        target: &Target<'_>,
    ) -> Result<Answer, OpenError> {
        let bytes = self.config.get_or_insert_default();
        let offset = bytes.len().next_multiple_of((align as usize).max(1));
        let end = offset.saturating_add(size as usize);
        if end > CONFIG_MAX {
            return Err(OpenError::Extern {
                name: one.name.to_owned(),
                why: "options of the kernel take less than a megabyte".to_owned(),
            });
        }
        bytes.resize(end, 0);
        let value = config_value::bytes(one.name, one.id, size, btf, target);
        match (value, one.binding) {
            (Ok(Some(value)), _) => {
                for (to, from) in bytes.iter_mut().skip(offset).zip(value) {
                    *to = from;
                }
            }
            (Ok(None), Binding::Weak) => {}
            (Ok(None), Binding::Local | Binding::Global) => {
                let why = if target.config.is_some() {
                    "the kernel's configuration does not have it"
                } else {
                    "the kernel's configuration is not known"
                };
                if target.missing == MissingExterns::Fail {
                    return Ok(Answer::Missing(why.to_owned()));
                }
            }
            (Err(why), _) => {
                return Err(OpenError::Extern {
                    name: one.name.to_owned(),
                    why,
                });
            }
        }
        Ok(Answer::Config {
            offset: u32::try_from(offset).unwrap_or(u32::MAX),
        })
    }

    /// Makes the extern sections of the BTF what the kernel takes: variables that exist, functions that are global.
    fn describe(&self, btf: &Btf, image: &mut TypeImage) {
        let section = |name| btf.find_by_name_kind(name, BtfKind::Datasec);
        if let Some(id) = section(".ksyms") {
            describe_ksyms(btf, image, id);
        }
        if let (Some(id), Some(config)) = (section(".kconfig"), &self.config) {
            self.describe_config(btf, image, id);
            image.set(
                id,
                word::SIZE,
                u32::try_from(config.len()).unwrap_or(u32::MAX),
            );
        }
    }

    fn describe_config(&self, btf: &Btf, image: &mut TypeImage, id: BtfTypeId) {
        let Some(section) = btf.type_by_id(id).and_then(|ty| ty.as_datasec()) else {
            return;
        };
        let mut entries: Vec<_> = section.entries().collect();
        for entry in &mut entries {
            let name = btf.name(entry.var);
            let found = self.list.iter().find(|one| one.name == name);
            if let Some(Answer::Config { offset }) = found.map(|one| &one.answer) {
                entry.offset = *offset;
            }
            image.set(entry.var, word::FIRST, BtfLinkage::Global.raw());
        }
        entries.sort_by_key(|entry| entry.offset);
        for (index, entry) in entries.iter().enumerate() {
            let at = word::FIRST.saturating_add(index.saturating_mul(3));
            image.set(id, at, entry.var.get());
            image.set(id, at.saturating_add(1), entry.offset);
            image.set(id, at.saturating_add(2), entry.size);
        }
    }
}

/// Every undefined symbol that a section of externs in the BTF declares.
fn declarations<'a>(elf: &Elf<'a>, btf: &Btf) -> Result<Vec<Declared<'a>>, OpenError> {
    let mut by_name: HashMap<&str, (&str, BtfTypeId)> = HashMap::new();
    for section in btf.types().filter_map(|(_, ty)| ty.as_datasec()) {
        for entry in section.entries() {
            by_name.insert(btf.name(entry.var), (section.name(), entry.var));
        }
    }
    let mut declared = Vec::new();
    for (index, symbol) in elf.symbols.iter().enumerate() {
        if symbol.section.is_some() || symbol.binding == Binding::Local || symbol.name.is_empty() {
            continue;
        }
        let fail = |why: &str| OpenError::Extern {
            name: symbol.name.to_owned(),
            why: why.to_owned(),
        };
        let Some(&(section, id)) = by_name.get(symbol.name) else {
            return Err(fail("BTF does not declare it in .ksyms or .kconfig"));
        };
        let what = match section {
            ".ksyms" => Kind::Ksym,
            ".kconfig" => {
                let ty = match btf.type_by_id(id) {
                    Some(Type::Var(var)) => var.type_id(),
                    _ => return Err(fail("it is no variable")),
                };
                let unsized_type = || fail("its type has no size");
                Kind::Config {
                    align: std::cmp::Reverse(btf.align_of(ty).ok_or_else(unsized_type)?),
                    size: btf.size_of(ty).ok_or_else(unsized_type)?,
                }
            }
            _ => return Err(fail("externs are in .ksyms or .kconfig only")),
        };
        declared.push(Declared {
            symbol: SymbolIdx(index),
            name: symbol.name,
            binding: symbol.binding,
            id,
            what,
        });
    }
    Ok(declared)
}

fn ksym(one: &Declared<'_>, btf: &Btf, target: &Target<'_>) -> Answer {
    let name = std::str::from_utf8(essential_name(one.name.as_bytes())).unwrap_or(one.name);
    let weak = one.binding == Binding::Weak || target.missing == MissingExterns::AsWeak;
    let in_kernel = |kind| {
        target
            .btf
            .and_then(|kernel| kernel.find_by_name_kind(name, kind))
    };
    let missing = |what: &str| {
        Answer::Missing(match target.btf {
            Some(_) => format!("the kernel has no such {what}"),
            None => "finding it needs the BTF of a kernel; name one with --kernel-btf FILE".into(),
        })
    };
    match btf.type_by_id(one.id) {
        Some(Type::Func(_)) => match in_kernel(BtfKind::Func) {
            Some(id) => Answer::Function(id),
            None if weak => Answer::NoFunction,
            None => missing("function"),
        },
        Some(Type::Var(var)) if !matches!(btf.resolve(var.type_id()), Some(Type::Void)) => {
            match in_kernel(BtfKind::Var) {
                Some(id) => Answer::Variable(id),
                None if weak => Answer::Address(0),
                None => missing("typed variable"),
            }
        }
        _ => match target.symbols.and_then(|symbols| symbols(name)) {
            Some(address) => Answer::Address(address),
            None if weak => Answer::Address(0),
            None => Answer::Missing("its address is not known".into()),
        },
    }
}

/// Functions get named parameters and become global, and their place in the section is taken by a variable: Linux takes
/// no extern functions in a section.
fn describe_ksyms(btf: &Btf, image: &mut TypeImage, id: BtfTypeId) {
    let Some(section) = btf.type_by_id(id).and_then(|ty| ty.as_datasec()) else {
        return;
    };
    let has_function = section
        .entries()
        .any(|entry| btf.kind(entry.var) == Some(BtfKind::Func));
    let int = btf.types().find_map(|(id, ty)| match ty {
        Type::Int(int) if int.bits() == 32 => Some(id),
        _ => None,
    });
    let int = int.unwrap_or_else(|| {
        let name = image.string("int");
        let encoding = (skep_uapi::btf::BTF_INT_SIGNED << 24) | 32;
        image.append(&[name, BtfKind::Int.raw() << 24, 4, encoding])
    });
    let stand_in = has_function.then(|| {
        let name = image.string("dummy_ksym");
        let linkage = BtfLinkage::Global.raw();
        let var = image.append(&[name, BtfKind::Var.raw() << 24, int.get(), linkage]);
        (var, name)
    });
    let mut offset = 0_u32;
    for (index, entry) in section.entries().enumerate() {
        let at = word::FIRST.saturating_add(index.saturating_mul(3));
        match (btf.type_by_id(entry.var), stand_in) {
            (Some(Type::Func(func)), Some((var, name))) => {
                let params = func
                    .proto()
                    .map(|proto| proto.params())
                    .into_iter()
                    .flatten();
                for (index, param) in params.enumerate() {
                    if param.name_bytes().is_empty() && !param.type_id().is_void() {
                        let at = word::FIRST.saturating_add(index.saturating_mul(2));
                        image.set(func.proto_id(), at, name);
                    }
                }
                image.set_func_linkage(entry.var, BtfLinkage::Global);
                image.set(id, at, var.get());
            }
            _ => {
                image.set(entry.var, word::FIRST, BtfLinkage::Global.raw());
                image.set(entry.var, word::SIZE, int.get());
            }
        }
        image.set(id, at.saturating_add(2), 4);
        image.set(id, at.saturating_add(1), offset);
        offset = offset.saturating_add(4);
    }
    image.set(id, word::SIZE, offset);
}
