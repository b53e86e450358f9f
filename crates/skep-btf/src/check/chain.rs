//! Chains of modifiers: not endless, type tags first.

use skep_uapi::btf::BtfKind;

use super::problem::Message;
use super::{LoadError, MAX_RESOLVE_DEPTH, Place};
use crate::btf::Btf;
use crate::id::BtfTypeId;
use crate::record::Record;

/// Checks the chain that begins at each modifier.
pub(crate) fn type_tags(btf: &Btf) -> Result<(), LoadError> {
    for id in btf.own_ids() {
        check(btf, id).map_err(|message| LoadError {
            place: Place::Chains(id),
            problem: message.into(),
        })?;
    }
    Ok(())
}

fn check(btf: &Btf, id: BtfTypeId) -> Result<(), Message> {
    let modifier = |id: BtfTypeId| btf.record(id).filter(Record::is_modifier);
    let mut next = modifier(id);
    let mut only_tags = next.is_some_and(|record| record.kind() == BtfKind::TypeTag);
    let mut left = MAX_RESOLVE_DEPTH;
    while let Some(record) = next {
        left = left.checked_sub(1).ok_or(Message::ChainLength)?;
        if record.kind() != BtfKind::TypeTag {
            only_tags = false;
        } else if !only_tags {
            return Err(Message::TagOrder);
        }
        next = modifier(BtfTypeId(record.head.size_or_type));
    }
    Ok(())
}
