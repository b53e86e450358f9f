//! Programs of struct_ops: which member of which kernel struct each one is.
//!
//! Variables in `.struct_ops` (and `.struct_ops.link`) are kernel structs; their function pointers are relocated to
//! programs. The maps themselves are not created: the session has no struct_ops map type yet.

use std::collections::HashMap;

use skep_btf::{Btf, BtfKind, BtfTypeId, Type, essential_name};

use crate::Target;
use crate::elf::{Elf, Relocation};
use crate::function::Functions;
use crate::program::{AttachBtf, ProgramSpec};

/// A member of a kernel struct.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hook {
    id: BtfTypeId,
    member: u32,
}

/// Hooks by the name of the program.
pub(crate) fn hooks(
    elf: &Elf<'_>,
    btf: &Btf,
    functions: &Functions,
    target: &Target<'_>,
) -> HashMap<String, Hook> {
    let mut hooks = HashMap::new();
    let Some(kernel) = target.btf else {
        return hooks;
    };
    for (_, section) in elf.numbered() {
        if !matches!(
            section.name.trim_start_matches('?'),
            ".struct_ops" | ".struct_ops.link"
        ) {
            continue;
        }
        for relocation in &section.relocations {
            let Some(name) = target_of(elf, functions, relocation) else {
                continue;
            };
            if let Some(hook) = hook(btf, kernel, section.name, relocation.offset) {
                hooks.entry(name).or_insert(hook);
            }
        }
    }
    hooks
}

/// Gives a program of struct_ops its place.
pub(crate) fn apply(hooks: &HashMap<String, Hook>, mut program: ProgramSpec) -> ProgramSpec {
    if program.prog_type != skep_uapi::ProgType::StructOps {
        return program;
    }
    program.attach = match hooks.get(&program.name) {
        Some(hook) => {
            program.attach_type = hook.member;
            AttachBtf::Kernel(hook.id)
        }
        None => AttachBtf::Unknown("no struct_ops variable of a kernel struct holds it".to_owned()),
    };
    program
}

fn target_of(elf: &Elf<'_>, functions: &Functions, relocation: &Relocation) -> Option<String> {
    let symbol = elf.symbol(relocation.symbol)?;
    let section = symbol.section?;
    let insn = usize::try_from(symbol.value / 8).ok()?;
    let function = functions.get(functions.beginning_at(section, insn)?)?;
    Some(function.name.clone())
}

fn hook(btf: &Btf, kernel: &Btf, section: &str, offset: u64) -> Option<Hook> {
    let id = btf.find_by_name_kind(section, BtfKind::Datasec)?;
    let datasec = btf.type_by_id(id)?.as_datasec()?;
    let (entry, inside) = datasec.entries().find_map(|entry| {
        let inside = offset.checked_sub(u64::from(entry.offset))?;
        (inside < u64::from(entry.size)).then_some((entry, inside))
    })?;
    let Type::Var(var) = btf.type_by_id(entry.var)? else {
        return None;
    };
    let Type::Struct(local) = btf.resolve(var.type_id())? else {
        return None;
    };
    let member = local
        .members()
        .find(|member| u64::from(member.byte_offset()) == inside)?;
    let name = std::str::from_utf8(essential_name(local.name_bytes())).ok()?;
    let id = kernel.find_by_name_kind(name, BtfKind::Struct)?;
    let Type::Struct(theirs) = kernel.type_by_id(id)? else {
        return None;
    };
    let wanted = essential_name(member.name_bytes());
    let index = theirs
        .members()
        .position(|member| member.name_bytes() == wanted)?;
    Some(Hook {
        id,
        member: u32::try_from(index).ok()?,
    })
}
