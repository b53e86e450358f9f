//! [`Value`]: bytes of a map key or value, decoded by their type, as a tree to print.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::btf::Btf;
use crate::id::BtfTypeId;
use crate::types::{Array, Composite, Datasec, Enum, Int, IntEncoding, Type};

/// Parts one value is split into at most; the rest of a larger one is left out.
const PART_BUDGET: usize = 1 << 16;
/// Structs in structs.
const MAX_NESTING: u32 = 32;

/// Decoded bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A signed number.
    Signed(i128),
    /// An unsigned number.
    Unsigned(u128),
    /// A boolean.
    Bool(bool),
    /// A floating-point number.
    Float(f64),
    /// A pointer.
    Pointer(u64),
    /// An enumerator.
    Enum {
        /// The number.
        value: i128,
        /// Its name, if it has one.
        name: Option<String>,
    },
    /// An array of characters that holds text up to a NUL.
    Text(String),
    /// Elements.
    Array(Vec<Value>),
    /// Members by name, in order; anonymous ones are merged into their struct.
    Struct(Vec<(String, Value)>),
    /// Bytes that no type explains.
    Bytes(Vec<u8>),
}

impl Btf {
    /// Decodes `bytes` as a value of a type; bytes that are missing or of unknown type give [`Value::Bytes`].
    pub fn dump_value(&self, id: BtfTypeId, bytes: &[u8]) -> Value {
        Dump {
            btf: self,
            budget: PART_BUDGET,
        }
        .value(id, bytes, 0)
    }
}

struct Dump<'a> {
    btf: &'a Btf,
    budget: usize,
}

impl Dump<'_> {
    fn value(&mut self, id: BtfTypeId, bytes: &[u8], depth: u32) -> Value {
        let raw = || Value::Bytes(bytes.to_vec());
        let spent = self.budget.checked_sub(1);
        self.budget = spent.unwrap_or(0);
        if spent.is_none() || depth > MAX_NESTING {
            return raw();
        }
        let decoded = match self.btf.resolve(id) {
            Some(Type::Int(int)) => take(bytes, int.size()).map(|bytes| self.int(&int, bytes)),
            Some(Type::Enum(ty) | Type::Enum64(ty)) => {
                take(bytes, ty.size()).map(|bytes| enumerator(&ty, bytes))
            }
            Some(Type::Ptr(_)) => {
                take(bytes, 8).map(|bytes| Value::Pointer(unsigned(bytes) as u64))
            }
            Some(Type::Float(float)) => take(bytes, float.size()).and_then(floating),
            Some(Type::Array(array)) => self.array(&array, bytes, depth),
            Some(Type::Struct(composite) | Type::Union(composite)) => take(bytes, composite.size())
                .map(|bytes| {
                    let mut members = Vec::new();
                    self.members(&composite, bytes, depth, &mut members);
                    Value::Struct(members)
                }),
            Some(Type::Datasec(datasec)) => Some(self.section(&datasec, bytes, depth)),
            Some(Type::Var(var)) => Some(self.value(var.type_id(), bytes, depth.saturating_add(1))),
            _ => None,
        };
        decoded.unwrap_or_else(raw)
    }

    fn int(&self, int: &Int<'_>, bytes: &[u8]) -> Value {
        let shifted = unsigned(bytes).checked_shr(int.bit_offset()).unwrap_or(0);
        number(int, shifted, int.bits())
    }

    fn array(&mut self, array: &Array<'_>, bytes: &[u8], depth: u32) -> Option<Value> {
        let size = self.btf.size_of(array.element())?;
        let bytes = take(bytes, size.checked_mul(array.len())?)?;
        if let Some(text) = self.text(array, bytes) {
            return Some(Value::Text(text));
        }
        let mut elements = Vec::new();
        for element in bytes.chunks_exact((size as usize).max(1)) {
            if self.budget == 0 {
                break;
            }
            elements.push(self.value(array.element(), element, depth.saturating_add(1)));
        }
        Some(Value::Array(elements))
    }

    /// Printable characters followed by nothing but NULs, in an array of `char`.
    fn text(&self, array: &Array<'_>, bytes: &[u8]) -> Option<String> {
        let Type::Int(int) = self.btf.resolve(array.element())? else {
            return None;
        };
        let is_char =
            int.size() == 1 && (int.encoding() == IntEncoding::Char || int.name() == "char");
        let len = bytes
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(bytes.len());
        let (text, rest) = bytes.split_at_checked(len)?;
        let text = core::str::from_utf8(text).ok()?;
        let printable = text
            .chars()
            .all(|c| !c.is_control() || matches!(c, '\n' | '\t'));
        (is_char && printable && rest.iter().all(|&byte| byte == 0)).then(|| text.to_string())
    }

    fn members(
        &mut self,
        composite: &Composite<'_>,
        bytes: &[u8],
        depth: u32,
        out: &mut Vec<(String, Value)>,
    ) {
        for member in composite.members() {
            if self.budget == 0 || depth > MAX_NESTING {
                return;
            }
            let start = member.byte_offset() as usize;
            let rest = bytes.get(start..).unwrap_or_default();
            if let Some(bits) = member.bitfield_bits() {
                self.budget = self.budget.saturating_sub(1);
                let value = self.bitfield(member.type_id(), rest, member.bit_offset() % 8, bits);
                out.push((member.name().to_string(), value));
                continue;
            }
            let inner = self
                .btf
                .resolve(member.type_id())
                .as_ref()
                .and_then(Type::as_composite);
            match inner.filter(|_| member.name_bytes().is_empty()) {
                Some(inner) => {
                    self.budget = self.budget.saturating_sub(1);
                    let bytes = take(rest, inner.size()).unwrap_or(rest);
                    self.members(&inner, bytes, depth.saturating_add(1), out);
                }
                None => {
                    let size = self.btf.size_of(member.type_id()).unwrap_or(0);
                    let bytes = take(rest, size).unwrap_or(rest);
                    let value = self.value(member.type_id(), bytes, depth.saturating_add(1));
                    out.push((member.name().to_string(), value));
                }
            }
        }
    }

    fn bitfield(&self, id: BtfTypeId, bytes: &[u8], first: u32, bits: u32) -> Value {
        let covering = first.saturating_add(bits).div_ceil(8);
        let Some(bytes) = take(bytes, covering) else {
            return Value::Bytes(bytes.to_vec());
        };
        // Big-endian machines number bits from the other end of the unit.
        let shift = if cfg!(target_endian = "little") {
            first
        } else {
            covering
                .saturating_mul(8)
                .saturating_sub(first)
                .saturating_sub(bits)
        };
        let shifted = unsigned(bytes).checked_shr(shift).unwrap_or(0);
        match self.btf.resolve(id) {
            Some(Type::Int(int)) => number(&int, shifted, bits),
            Some(Type::Enum(ty) | Type::Enum64(ty)) => named(&ty, shifted, bits),
            _ => Value::Unsigned(low_bits(shifted, bits)),
        }
    }

    fn section(&mut self, datasec: &Datasec<'_>, bytes: &[u8], depth: u32) -> Value {
        let mut variables = Vec::new();
        for entry in datasec.entries() {
            if self.budget == 0 {
                break;
            }
            let rest = bytes.get(entry.offset as usize..).unwrap_or_default();
            let value = take(rest, entry.size).unwrap_or(rest);
            let value = self.value(entry.var, value, depth.saturating_add(1));
            variables.push((self.btf.name(entry.var).to_string(), value));
        }
        Value::Struct(variables)
    }
}

fn take(bytes: &[u8], len: u32) -> Option<&[u8]> {
    bytes.get(..len as usize)
}

/// At most 16 bytes as a number in this machine's byte order.
fn unsigned(bytes: &[u8]) -> u128 {
    let fold = |value: u128, byte: &u8| (value << 8) | u128::from(*byte);
    if cfg!(target_endian = "little") {
        bytes.iter().take(16).rev().fold(0, fold)
    } else {
        bytes.iter().take(16).fold(0, fold)
    }
}

fn low_bits(value: u128, bits: u32) -> u128 {
    let unused = 128_u32.saturating_sub(bits);
    value
        .checked_shl(unused)
        .and_then(|value| value.checked_shr(unused))
        .unwrap_or(0)
}

fn sign_extended(value: u128, bits: u32) -> i128 {
    let unused = 128_u32.saturating_sub(bits);
    (value.checked_shl(unused).unwrap_or(0) as i128)
        .checked_shr(unused)
        .unwrap_or(0)
}

fn number(int: &Int<'_>, value: u128, bits: u32) -> Value {
    match int.encoding() {
        IntEncoding::Bool => Value::Bool(low_bits(value, bits) != 0),
        IntEncoding::Signed => Value::Signed(sign_extended(value, bits)),
        IntEncoding::Unsigned | IntEncoding::Char => Value::Unsigned(low_bits(value, bits)),
    }
}

fn enumerator(ty: &Enum<'_>, bytes: &[u8]) -> Value {
    named(ty, unsigned(bytes), ty.size().saturating_mul(8))
}

fn named(ty: &Enum<'_>, value: u128, bits: u32) -> Value {
    let same_bits = |other: i64| low_bits(i128::from(other) as u128, bits) == low_bits(value, bits);
    let name = ty
        .values()
        .find(|it| same_bits(it.value))
        .map(|it| it.name().to_string());
    let value = if ty.is_signed() {
        sign_extended(value, bits)
    } else {
        low_bits(value, bits) as i128
    };
    Value::Enum { value, name }
}

fn floating(bytes: &[u8]) -> Option<Value> {
    let number = unsigned(bytes);
    match bytes.len() {
        4 => Some(Value::Float(f64::from(f32::from_bits(number as u32)))),
        8 => Some(Value::Float(f64::from_bits(number as u64))),
        _ => None,
    }
}

/// On one line, C-like: `{a: 1, b: [1, 2], c: "text"}`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed(value) => write!(f, "{value}"),
            Self::Unsigned(value) => write!(f, "{value}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Pointer(value) => write!(f, "{value:#x}"),
            Self::Enum {
                name: Some(name), ..
            } => f.write_str(name),
            Self::Enum { value, name: None } => write!(f, "{value}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Array(elements) => {
                f.write_str("[")?;
                for (index, element) in elements.iter().enumerate() {
                    write!(f, "{}{element}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Struct(members) => {
                f.write_str("{")?;
                for (index, (name, value)) in members.iter().enumerate() {
                    write!(f, "{}{name}: {value}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
            Self::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}
