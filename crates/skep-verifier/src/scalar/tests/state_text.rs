//! Reads the register states a level-2 log prints back into ranges.

use super::Value;
use super::std::format;
use super::std::string::String;
use super::std::vec::Vec;
use crate::scalar::{ScalarRange, Tnum};

/// What a state says of one register.
pub(super) struct Printed {
    pub(super) number: usize,
    /// `None` if the text is not understood.
    pub(super) value: Option<Value>,
    /// The id it shares with equal scalars, 0 for none.
    pub(super) id: u32,
    /// The text as [`Value::shown`] should give it.
    pub(super) text: String,
}

/// All `R?=` of a state; other parts are skipped.
pub(super) fn parse_state(state: &str) -> Vec<Printed> {
    words(state)
        .into_iter()
        .filter_map(parse_register)
        .collect()
}

/// Splits at spaces outside of parentheses.
fn words(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    text.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ' ' && depth == 0
    })
    .collect()
}

fn parse_register(word: &str) -> Option<Printed> {
    let (name, value) = word.split_once('=')?;
    let number = name.strip_prefix('R')?.parse().ok()?;
    let value = value.strip_prefix('P').unwrap_or(value);
    if let Some(constant) = parse_number(value) {
        let value_of = Value::Scalar(ScalarRange::constant(constant));
        return Some(Printed {
            number,
            value: Some(value_of),
            id: 0,
            text: value.into(),
        });
    }
    let Some((kind, fields)) = value.strip_suffix(')').and_then(|v| v.split_once('(')) else {
        return Some(Printed {
            number,
            value: None,
            id: 0,
            text: value.into(),
        });
    };
    let mut range = match kind {
        "scalar" => ScalarRange::UNKNOWN,
        _ => ScalarRange::constant(0),
    };
    let mut id = 0;
    let mut kept = Vec::new();
    for field in fields.split(',').filter(|f| !f.is_empty()) {
        let mut names: Vec<&str> = field.split('=').collect();
        let value = names.pop()?;
        match names.first().copied() {
            Some("id") => id = value.split(['+', '-']).next()?.parse().ok()?,
            Some("imm") => {
                range = ScalarRange::constant(parse_number(value)?);
                kept.push(field);
            }
            Some(
                "smin" | "smax" | "umin" | "umax" | "smin32" | "smax32" | "umin32" | "umax32"
                | "var_off",
            ) => {
                if kept.is_empty() {
                    range = ScalarRange::UNKNOWN;
                }
                kept.push(field);
                for name in names {
                    set_field(&mut range, name, value)?;
                }
            }
            _ => {}
        }
    }
    let kept = kept.join(",");
    Some(match kind {
        "scalar" => Printed {
            number,
            value: Some(Value::Scalar(range)),
            id,
            text: format!("scalar({kept})"),
        },
        _ => Printed {
            number,
            value: Some(Value::Pointer(range)),
            id: 0,
            text: format!("pointer({kept})"),
        },
    })
}

fn set_field(range: &mut ScalarRange, name: &str, value: &str) -> Option<()> {
    if name == "var_off" {
        let (known, unknown) = value
            .strip_prefix('(')?
            .strip_suffix(')')?
            .split_once("; ")?;
        range.tnum = Tnum {
            value: parse_number(known)?,
            mask: parse_number(unknown)?,
        };
        return Some(());
    }
    let word = parse_number(value)?;
    match name {
        "smin" => range.smin = word.cast_signed(),
        "smax" => range.smax = word.cast_signed(),
        "umin" => range.umin = word,
        "umax" => range.umax = word,
        "smin32" => range.s32_min = word as i32,
        "smax32" => range.s32_max = word as i32,
        "umin32" => range.u32_min = word as u32,
        "umax32" => range.u32_max = word as u32,
        _ => return None,
    }
    Some(())
}

fn parse_number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse::<i64>().ok().map(i64::cast_unsigned),
    }
}

#[test]
fn a_printed_state_reads_back() {
    let state = "R1=ctx() R2=Pscalar(id=1+5,smin=umin=smin32=umin32=5,smax=umax=smax32=umax32=14,var_off=(0x0; 0xf)) R10=fp0";
    let printed = parse_state(state);
    assert_eq!(
        printed.iter().map(|p| (p.number, p.id)).collect::<Vec<_>>(),
        [(1, 0), (2, 1), (10, 0)]
    );
    let range = printed[1].value.unwrap().scalar().unwrap();
    assert_eq!((range.smin, range.u32_max, range.tnum.mask), (5, 14, 0xf));
    assert_eq!(super::shown(&range), printed[1].text);
}
