//! A register as the log shows it: `scalar(id=1,umax=7)`, `map_value(map=m,ks=4,vs=8,off=4)`.

use crate::register::{Link, Pointer, PtrFlags, Register, Scalar, Target};
use crate::scalar::{write_signed, write_unsigned};
use crate::verifier::Verifier;
use alloc::string::String;
use core::fmt::{self, Display, Formatter, Write};

/// A number as the log shows it: decimal if it is small.
struct Signed(i64);
/// The same for unsigned ones.
struct Unsigned(u64);

impl Display for Signed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_signed(self.0, f)
    }
}

impl Display for Unsigned {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_unsigned(self.0, f)
    }
}

/// Writes `name=value` fields between parentheses.
struct Fields<'a> {
    out: &'a mut String,
    separator: &'static str,
}

impl Fields<'_> {
    fn put(&mut self, field: &dyn Display) {
        let _ = write!(self.out, "{}{field}", self.separator);
        self.separator = ",";
    }
}

/// Writes a register of frame `frame`; nothing is written of an uninitialised one but `?`.
pub(super) fn write_register(
    verifier: &Verifier<'_>,
    out: &mut String,
    register: &Register,
    frame: u8,
) {
    match register {
        Register::Uninit => out.push('?'),
        Register::Scalar(scalar) => write_scalar(out, scalar),
        Register::Pointer(pointer) => write_pointer(verifier, out, pointer, frame),
    }
}

fn write_scalar(out: &mut String, scalar: &Scalar) {
    if scalar.precise {
        out.push('P');
    }
    if let Some(value) = scalar.range.is_const() {
        let _ = write_signed(value.cast_signed(), out);
        return;
    }
    out.push_str("scalar(");
    let mut fields = Fields { out, separator: "" };
    if scalar.id != 0 {
        match scalar.link {
            Link::Equal => fields.put(&format_args!("id={}", scalar.id)),
            Link::Add64(by) | Link::Add32(by) => {
                fields.put(&format_args!("id={}{by:+}", scalar.id))
            }
        }
    }
    let mut ranges = String::new();
    let _ = scalar.range.write_fields(&mut ranges);
    if !ranges.is_empty() {
        fields.put(&ranges);
    }
    out.push(')');
}

fn write_pointer(verifier: &Verifier<'_>, out: &mut String, pointer: &Pointer, frame: u8) {
    let _ = write!(out, "{}", pointer.type_name());
    match pointer.target {
        Target::Arena => return,
        Target::Stack { frame: target } => {
            if target != frame {
                let _ = write!(out, "[{target}]");
            }
            if let Some(var) = pointer.var.is_const() {
                let _ = write_signed(var.cast_signed().wrapping_add(i64::from(pointer.off)), out);
                return;
            }
        }
        Target::Btf { ty } => out.push_str(verifier.type_name(ty)),
        _ => {}
    }
    out.push('(');
    let mut fields = Fields { out, separator: "" };
    write_fields(verifier, &mut fields, pointer);
    out.push(')');
}

fn write_fields(verifier: &Verifier<'_>, fields: &mut Fields<'_>, pointer: &Pointer) {
    if pointer.id != 0 {
        fields.put(&format_args!("id={}", pointer.id));
    }
    if pointer.ref_obj_id != 0 {
        fields.put(&format_args!("ref_obj_id={}", pointer.ref_obj_id));
    }
    if pointer.flags.contains(PtrFlags::NON_OWN_REF) {
        fields.put(&"non_own_ref");
    }
    if let Target::Map { map, .. } | Target::MapValue { map, .. } | Target::MapKey { map } =
        pointer.target
        && let Some(map) = verifier.map(map)
    {
        // Templates of inner maps have no name of their own.
        if map.token.is_some() && !map.meta.name().is_empty() {
            fields.put(&format_args!("map={}", map.meta.name()));
        }
        fields.put(&format_args!(
            "ks={},vs={}",
            map.meta.key_size, map.meta.value_size
        ));
    }
    if pointer.off != 0 {
        fields.put(&format_args!("off={}", Signed(pointer.off.into())));
    }
    match pointer.target {
        Target::Packet { range } | Target::PacketMeta { range } => fields.put(&format_args!(
            "r={}",
            Unsigned(i64::from(range.0).cast_unsigned())
        )),
        Target::Mem { size, .. } => fields.put(&format_args!("sz={}", Unsigned(size.into()))),
        Target::Dynptr { kind, .. } => fields.put(&format_args!("type={}", kind.name())),
        _ => {}
    }
    let mut ranges = String::new();
    match pointer.var.is_const() {
        Some(0) => {}
        Some(value) => {
            ranges.push_str("imm=");
            let _ = write_signed(value.cast_signed(), &mut ranges);
        }
        None => {
            let _ = pointer.var.write_fields(&mut ranges);
        }
    }
    if !ranges.is_empty() {
        fields.put(&ranges);
    }
}
