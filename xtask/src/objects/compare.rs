//! Are two forms of one program the same instructions?

use crate::corpus::{Unit, from_hex};

/// A program as our loader made it: the loads of map addresses hold an index into `maps`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Opened {
    /// Its function's name.
    pub(crate) name: String,
    /// Eight bytes an instruction.
    pub(crate) insns: Vec<u8>,
    /// Names of the maps as the kernel would see them.
    pub(crate) maps: Vec<String>,
}

const LD_IMM64: u8 = 0x18;
/// Source registers that make the immediate a map: its address, or that of its value.
const MAP_SOURCES: [u8; 2] = [1, 2];
/// Names in the kernel have 15 characters.
const NAME: usize = 15;

/// The first instruction that differs, or `None`.
///
/// Maps are compared by name: the order in which a loader creates them is its own affair.
pub(super) fn first_difference(ours: &Opened, unit: &Unit) -> Option<Difference> {
    let Ok(theirs) = from_hex(&unit.insns) else {
        return Some(Difference::Malformed);
    };
    if ours.insns.len() != theirs.len() {
        return Some(Difference::Length {
            ours: ours.insns.len() / 8,
            theirs: theirs.len() / 8,
        });
    }
    let our_maps: Vec<&str> = ours.maps.iter().map(String::as_str).collect();
    let their_maps: Vec<&str> = unit.maps.iter().map(|map| map.name.as_str()).collect();
    let mut second_half = false;
    for (index, (a, b)) in ours
        .insns
        .chunks_exact(8)
        .zip(theirs.chunks_exact(8))
        .enumerate()
    {
        let wide = !std::mem::take(&mut second_half) && a[0] == LD_IMM64;
        second_half = wide;
        let map = wide && MAP_SOURCES.contains(&(a[1] >> 4));
        let same = if map {
            a[..4] == b[..4] && map_name(a, &our_maps) == map_name(b, &their_maps)
        } else {
            a == b
        };
        if !same {
            return Some(Difference::Insn { index });
        }
    }
    None
}

/// How two programs differ.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Difference {
    /// The unit holds no instructions.
    Malformed,
    /// In the number of instructions.
    Length { ours: usize, theirs: usize },
    /// First at this instruction.
    Insn { index: usize },
}

fn map_name<'a>(insn: &[u8], maps: &[&'a str]) -> Option<&'a str> {
    let index = i32::from_le_bytes(insn.get(4..8)?.try_into().ok()?);
    let name = maps.get(usize::try_from(index).ok()?)?;
    Some(name.get(..NAME).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(insns: &str) -> Unit {
        let map = |name: &str| serde_json::json!({"name": name, "type": 1, "key_size": 4, "value_size": 4, "max_entries": 1});
        serde_json::from_value(serde_json::json!({
            "object": "o", "program": "p", "mode": "priv", "prog_type": 1, "errno": 0,
            "insns": insns, "maps": [map("first"), map("second")],
        }))
        .unwrap()
    }

    fn opened(insns: &str) -> Opened {
        Opened {
            name: "p".into(),
            insns: from_hex(insns).unwrap(),
            maps: vec!["second".into(), "first".into()],
        }
    }

    #[test]
    fn maps_are_the_same_by_name() {
        let (zero, one) = (
            "18110000000000000000000000000000",
            "18110000010000000000000000000000",
        );
        assert_eq!(first_difference(&opened(one), &unit(zero)), None);
        assert_eq!(
            first_difference(&opened(zero), &unit(zero)),
            Some(Difference::Insn { index: 0 })
        );
        // The same bytes as a number are compared as a number.
        assert_eq!(
            first_difference(&opened("9500000000000000"), &unit("9500000001000000")),
            Some(Difference::Insn { index: 0 })
        );
        assert_eq!(
            first_difference(&opened(one), &unit("9500000000000000")),
            Some(Difference::Length { ours: 2, theirs: 1 })
        );
    }
}
