//! [`Types`]: an object's BTF, made ready for the kernel, and its BTF.ext.

use std::sync::Arc;

use skep_btf::{Btf, BtfExt, BtfLinkage, BtfTypeId, DatasecEntry, Type};

use crate::OpenError;
use crate::elf::{Binding, Elf, Visibility};
use crate::type_image::{TypeImage, word};

/// BTF and BTF.ext of an object.
pub(crate) struct Types {
    pub(crate) btf: Arc<Btf>,
    pub(crate) ext: BtfExt,
}

/// Sections whose variables are other objects': their layout is the loader's, not the ELF file's.
const EXTERN_SECTIONS: [&str; 2] = [".ksyms", ".kconfig"];

/// The object's BTF as the compiler left it.
pub(crate) fn as_compiled(elf: &Elf<'_>) -> Result<(Btf, TypeImage), OpenError> {
    let (_, section) = elf.section_by_name(".BTF").ok_or(OpenError::NoBtf)?;
    let btf = Btf::parse(section.data).map_err(OpenError::Btf)?;
    let image = TypeImage::cut(section.data)?;
    Ok((btf, image))
}

/// Fills in what the ELF file knows: sizes of sections, offsets of variables, linkage of hidden symbols.
pub(crate) fn fill_in(elf: &Elf<'_>, btf: &Btf, image: &mut TypeImage) -> Result<(), OpenError> {
    for (id, ty) in btf.types() {
        match ty {
            Type::Datasec(section) if !EXTERN_SECTIONS.contains(&section.name()) => {
                let entries: Vec<DatasecEntry> = section.entries().collect();
                place_variables(
                    elf,
                    btf,
                    image,
                    (id, section.name(), section.size()),
                    entries,
                )?;
            }
            Type::Func(func) if func.linkage() == Some(BtfLinkage::Global) => {
                let hidden = elf.definition(func.name()).is_some_and(|symbol| {
                    symbol.binding != Binding::Local && symbol.visibility == Visibility::Hidden
                });
                if hidden {
                    image.set_func_linkage(id, BtfLinkage::Static);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn place_variables(
    elf: &Elf<'_>,
    btf: &Btf,
    image: &mut TypeImage,
    (id, name, size): (BtfTypeId, &str, u32),
    mut entries: Vec<DatasecEntry>,
) -> Result<(), OpenError> {
    let done_by_linker = size != 0 || entries.first().is_some_and(|entry| entry.offset != 0);
    if !done_by_linker {
        let Some((_, section)) = elf.section_by_name(name) else {
            return Err(OpenError::Types(format!("there is no section '{name}'")));
        };
        let size = u32::try_from(section.size).unwrap_or(u32::MAX);
        image.set(id, word::SIZE, size);
        for entry in &mut entries {
            place_variable(elf, btf, image, entry)?;
        }
    }
    entries.sort_by_key(|entry| entry.offset);
    for (index, entry) in entries.iter().enumerate() {
        let at = word::FIRST.saturating_add(index.saturating_mul(3));
        image.set(id, at, entry.var.get());
        image.set(id, at.saturating_add(1), entry.offset);
        image.set(id, at.saturating_add(2), entry.size);
    }
    Ok(())
}

fn place_variable(
    elf: &Elf<'_>,
    btf: &Btf,
    image: &mut TypeImage,
    entry: &mut DatasecEntry,
) -> Result<(), OpenError> {
    let Some(Type::Var(var)) = btf.type_by_id(entry.var) else {
        return Err(OpenError::Types(
            "a section lists something that is no variable".to_owned(),
        ));
    };
    // The compiler knows where static variables are.
    if var.linkage() == Some(BtfLinkage::Static) {
        return Ok(());
    }
    let Some(symbol) = elf.definition(var.name()) else {
        return Err(OpenError::Types(format!(
            "no symbol defines variable '{}'",
            var.name()
        )));
    };
    entry.offset = u32::try_from(symbol.value).unwrap_or(u32::MAX);
    if symbol.visibility == Visibility::Hidden {
        image.set(entry.var, word::FIRST, BtfLinkage::Static.raw());
    }
    Ok(())
}

impl Types {
    /// Reads the changed BTF again, and BTF.ext.
    pub(crate) fn finish(elf: &Elf<'_>, image: &TypeImage) -> Result<Self, OpenError> {
        let btf = Btf::parse(&image.finish()).map_err(OpenError::Btf)?;
        let ext = match elf.section_by_name(".BTF.ext") {
            Some((_, section)) => BtfExt::parse(section.data)?,
            None => BtfExt::default(),
        };
        Ok(Self {
            btf: Arc::new(btf),
            ext,
        })
    }
}
