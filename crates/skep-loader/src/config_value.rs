//! Bytes of a `.kconfig` variable: an option of the kernel in the type the object declares.

use skep_btf::{Btf, BtfTypeId, Type};

use crate::Target;

/// What a variable can hold.
enum Holds {
    Bool,
    Tristate,
    Char,
    Int { signed: bool },
    Text,
}

/// The value of an option in a variable of `size` bytes; `None` if the kernel does not have it.
pub(crate) fn bytes(
    name: &str,
    id: BtfTypeId,
    size: u32,
    btf: &Btf,
    target: &Target<'_>,
) -> Result<Option<Vec<u8>>, String> {
    let Some(holds) = holds(btf, id) else {
        return Err("its type cannot hold an option".into());
    };
    let number = |value: u64| {
        Ok(Some(
            value
                .to_le_bytes()
                .into_iter()
                .take(size as usize)
                .collect(),
        ))
    };
    match name {
        "LINUX_KERNEL_VERSION" => return number(u64::from(target.version_code())),
        "LINUX_HAS_BPF_COOKIE" | "LINUX_HAS_SYSCALL_WRAPPER" => return number(1),
        // Facts about the kernel that only a newer loader could tell.
        _ if name.starts_with("LINUX_") => return Ok(None),
        _ if !name.starts_with("CONFIG_") => return Err("it is no CONFIG_ option".into()),
        _ => {}
    }
    let Some(value) = target.config.and_then(|config| config.get(name)) else {
        return Ok(None);
    };
    let wrong = || Err(format!("value {value} does not fit its type"));
    match (value, &holds) {
        ("y", Holds::Bool | Holds::Tristate) => number(1),
        ("n", Holds::Bool | Holds::Tristate) => number(0),
        ("m", Holds::Tristate) => number(2),
        ("y" | "n" | "m", Holds::Char) => number(u64::from(value.bytes().next().unwrap_or(0))),
        ("y" | "n" | "m", _) => wrong(),
        (_, Holds::Text) => {
            let text = value
                .strip_prefix('"')
                .and_then(|text| text.strip_suffix('"'));
            let Some(text) = text else { return wrong() };
            let most = (size as usize).saturating_sub(1);
            Ok(Some(text.bytes().take(most).collect()))
        }
        (_, Holds::Int { signed }) => match parse(value) {
            Some(parsed) if fits(parsed, size, *signed) => number(parsed as u64),
            _ => wrong(),
        },
        (_, Holds::Bool | Holds::Tristate | Holds::Char) => wrong(),
    }
}

fn holds(btf: &Btf, id: BtfTypeId) -> Option<Holds> {
    let Some(Type::Var(var)) = btf.type_by_id(id) else {
        return None;
    };
    of_type(btf, var.type_id(), Nested::No)
}

#[derive(PartialEq)]
enum Nested {
    No,
    InArray,
}

fn of_type(btf: &Btf, id: BtfTypeId, nested: Nested) -> Option<Holds> {
    match btf.resolve(id)? {
        Type::Int(int) if int.encoding() == skep_btf::IntEncoding::Bool => Some(Holds::Bool),
        Type::Int(int) if int.size() == 1 => Some(Holds::Char),
        Type::Int(int) if int.size() <= 8 => Some(Holds::Int {
            signed: int.is_signed(),
        }),
        Type::Enum(ty) if ty.name() == "libbpf_tristate" => Some(Holds::Tristate),
        Type::Array(array) if nested == Nested::No && !array.is_empty() => {
            match of_type(btf, array.element(), Nested::InArray)? {
                Holds::Char => Some(Holds::Text),
                _ => None,
            }
        }
        _ => None,
    }
}

fn parse(text: &str) -> Option<i128> {
    match text.strip_prefix("0x") {
        Some(hex) => i128::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn fits(value: i128, size: u32, signed: bool) -> bool {
    let bits = size.saturating_mul(8).min(64);
    let half = 1_i128
        .checked_shl(bits.saturating_sub(1))
        .unwrap_or(i128::MAX);
    if signed {
        (half.saturating_neg()..half).contains(&value)
    } else {
        (0..half.saturating_mul(2)).contains(&value)
    }
}
