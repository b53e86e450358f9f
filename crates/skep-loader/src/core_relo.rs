//! CO-RE over the functions of an object.

use std::sync::Arc;

use skep_btf::CoreReloKind;
use skep_btf::core_relo::Relocator;
use skep_isa::RawInsn;
use skep_uapi::btf::CoreRelo;

use crate::elf::Elf;
use crate::function::{Function, Functions};
use crate::types::Types;
use crate::{OpenError, Target};

/// Relocates every function; one that fails keeps its reason.
pub(crate) fn relocate(
    elf: &Elf<'_>,
    types: &Types,
    functions: &mut Functions,
    target: &Target<'_>,
) {
    // Without kernel types only questions about local types have answers.
    let mut relocator = Relocator::new(&types.btf, target.btf.unwrap_or(&types.btf));
    for part in &types.ext.core_relo {
        let Some((section, _)) = elf.section_by_name(types.btf.text(part.name_off)) else {
            continue;
        };
        for record in &part.records {
            let insn = (record.insn_off / 8) as usize;
            let index = functions.at(section, insn);
            let Some(function) = index.and_then(|index| functions.get_mut(index)) else {
                continue;
            };
            if function.problem.is_some() {
                continue;
            }
            let at = insn.saturating_sub(function.start);
            let local = record.kind == CoreReloKind::TypeIdLocal.raw();
            let result = if target.btf.is_none() && !local {
                Err(OpenError::NoKernelBtf(format!(
                    "CO-RE in function '{}'",
                    function.name
                )))
            } else {
                let access = types.btf.text(record.access_str_off);
                one(&mut relocator, record, access, function, at)
            };
            function.problem = result.err().map(Arc::new);
        }
    }
}

fn one(
    relocator: &mut Relocator<'_>,
    record: &CoreRelo,
    access: &str,
    function: &mut Function,
    at: usize,
) -> Result<(), OpenError> {
    let slots = function.insns.get_mut(at..).unwrap_or_default();
    let wide = slots.first().is_some_and(|insn| insn.is_ld_imm64());
    let mut bytes: Vec<u8> = slots
        .iter()
        .take(if wide { 2 } else { 1 })
        .flat_map(|insn| insn.to_bytes())
        .collect();
    let relocation = relocator.relocate(record, access);
    let patched = relocation.and_then(|relocation| relocation.patch(&mut bytes));
    patched.map_err(|why| OpenError::CoreRelo {
        function: function.name.clone(),
        insn: at,
        why,
    })?;
    let (chunks, _) = bytes.as_chunks::<8>();
    for (slot, bytes) in slots.iter_mut().zip(chunks) {
        *slot = RawInsn::from_bytes(*bytes);
    }
    Ok(())
}
