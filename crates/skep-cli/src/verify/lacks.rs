//! What a program asks of a kernel that lacks it.

use skep_isa::opcode;
use skep_kernel::Kernel;
use skep_loader::{AttachBtf, Object, ProgramSpec};
use skep_uapi::{AttachType, HelperId};

/// Everything the program names that the kernel's BTF does not have, each once.
pub(super) fn of(kernel: &Kernel, object: &Object, program: &ProgramSpec) -> Vec<String> {
    let has = kernel.availability();
    let mut lacks = Vec::new();
    if !has.prog_type(program.prog_type) {
        lacks.push(format!("program type {}", program.prog_type.name()));
    }
    if let Some(attach_type) = AttachType::from_raw(program.attach_type)
        && !has.attach_type(attach_type)
    {
        lacks.push(format!("attach type {attach_type}"));
    }
    if let AttachBtf::Unknown(why) = &program.attach {
        lacks.push(format!("the hook of section '{}' ({why})", program.section));
    }
    let mut second_half = false;
    for insn in &program.insns {
        let wide = !std::mem::take(&mut second_half) && insn.is_ld_imm64();
        second_half = wide;
        if insn.is_helper_call() {
            let helper = HelperId(insn.imm.cast_unsigned());
            if let Some(name) = helper.name()
                && !has.helper(helper)
            {
                lacks.push(format!("helper {name}"));
            }
        } else if wide && matches!(insn.src(), opcode::PSEUDO_MAP_FD | opcode::PSEUDO_MAP_VALUE) {
            let map = usize::try_from(insn.imm).ok();
            if let Some(map) = map.and_then(|number| object.maps.get(number))
                && !has.map_type(map.map_type)
            {
                lacks.push(format!("map type {} (map '{}')", map.map_type, map.name));
            }
        }
    }
    let mut once = Vec::new();
    for what in lacks {
        if !once.contains(&what) {
            once.push(what);
        }
    }
    once
}
