//! Decoded values as JSON, and sums of the values of several CPUs.

use serde_json::{Map, json};
use skep_btf::Value;

use crate::input::hex;

/// A value as JSON. Numbers too large for JSON become text.
pub(crate) fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Signed(number) => {
            i64::try_from(*number).map_or_else(|_| json!(number.to_string()), |n| json!(n))
        }
        Value::Unsigned(number) => {
            u64::try_from(*number).map_or_else(|_| json!(number.to_string()), |n| json!(n))
        }
        Value::Bool(value) => json!(value),
        Value::Float(value) => json!(value),
        Value::Pointer(value) => json!(format!("{value:#x}")),
        Value::Enum {
            name: Some(name), ..
        } => json!(name),
        Value::Enum { value, name: None } => json!(value.to_string()),
        Value::Text(text) => json!(text),
        Value::Array(elements) => elements.iter().map(to_json).collect(),
        Value::Struct(members) => {
            let members = members
                .iter()
                .map(|(name, value)| (name.clone(), to_json(value)));
            serde_json::Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Bytes(bytes) => json!(hex(bytes)),
    }
}

/// The sum of two values of one type, number by number; `None` where anything else differs.
pub(crate) fn sum(a: &Value, b: &Value) -> Option<Value> {
    Some(match (a, b) {
        (Value::Signed(a), Value::Signed(b)) => Value::Signed(a.checked_add(*b)?),
        (Value::Unsigned(a), Value::Unsigned(b)) => Value::Unsigned(a.checked_add(*b)?),
        (Value::Float(a), Value::Float(b)) => Value::Float(a + b),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => Value::Array(
            a.iter()
                .zip(b)
                .map(|(a, b)| sum(a, b))
                .collect::<Option<_>>()?,
        ),
        (Value::Struct(a), Value::Struct(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b);
            let summed = pairs.map(|((name, a), (_, b))| Some((name.clone(), sum(a, b)?)));
            Value::Struct(summed.collect::<Option<_>>()?)
        }
        _ if a == b => a.clone(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_added_within_structs() {
        let of = |n| {
            Value::Struct(vec![
                ("a".into(), Value::Unsigned(n)),
                ("b".into(), Value::Bool(true)),
            ])
        };
        assert_eq!(sum(&of(2), &of(3)), Some(of(5)));
        assert_eq!(sum(&Value::Bool(true), &Value::Bool(false)), None);
        assert_eq!(to_json(&of(2)), json!({"a": 2, "b": true}));
    }
}
