//! The differences that are known, each with its reason: one of the notes that `skep features` prints.
//!
//! What compares by rule and not byte by byte is no difference, because Linux leaves it open, too:
//!
//! * hashes and outer hashes: keys and values compare as sets, since each side walks in an order of its own;
//! * LRU maps have room for every key that is used: which element makes room for another is the CPU's matter;
//! * Bloom filters: values that were put in are asked for; what a filter says of others is chance;
//! * ids compare as the objects they belong to, and objects that only a map being freed holds do not count.

use skep_catalog::support::{FeatureKind, Support, features};
use skep_uapi::{Cmd, MapType};

use super::step::{Action, Seen, Step};

/// A known difference.
pub(super) struct Allowed {
    /// The feature whose note says so.
    pub(super) feature: (FeatureKind, &'static str),
    /// What differs.
    pub(super) reason: &'static str,
    fits: fn(&Step, &Seen, &Seen) -> bool,
}

/// The list. Ours is the first [`Seen`], the kernel's the second.
pub(super) static ALLOWED: [Allowed; 2] = [
    Allowed {
        feature: (FeatureKind::MapType, "STRUCT_OPS"),
        reason: "no struct_ops: MAP_CREATE is refused as by a kernel without it",
        fits: |step, ours, _| {
            made(step, MapType::StructOps) && ours.answer == -i64::from(libc::EINVAL)
        },
    },
    Allowed {
        feature: (FeatureKind::MapType, "SK_STORAGE"),
        reason: "descriptors of bpf objects are EBADF like closed ones, not ENOTSOCK",
        fits: |step, ours, theirs| {
            step.map_type == Some(MapType::SkStorage)
                && ours.answer == -i64::from(libc::EBADF)
                && theirs.answer == -i64::from(libc::ENOTSOCK)
        },
    },
];

fn made(step: &Step, map_type: MapType) -> bool {
    let creates = matches!(&step.action, Action::Call(call) if call.cmd == Cmd::MapCreate);
    creates && step.map_type == Some(map_type)
}

/// The entry that a difference belongs to.
pub(super) fn find(step: &Step, ours: &Seen, theirs: &Seen) -> Option<usize> {
    ALLOWED
        .iter()
        .position(|allowed| (allowed.fits)(step, ours, theirs))
}

/// The note of `skep features` that an entry stands on; `None` if the feature is there in full.
pub(super) fn note(allowed: &Allowed) -> Option<&'static str> {
    let (kind, name) = allowed.feature;
    let feature = features(kind).iter().find(|feature| feature.name == name)?;
    match feature.state {
        Support::Full => None,
        Support::Partial(note) => Some(note),
        Support::Absent => Some("absent"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_told_by_skep_features() {
        for allowed in &ALLOWED {
            assert!(note(allowed).is_some(), "{:?}", allowed.feature);
        }
    }
}
