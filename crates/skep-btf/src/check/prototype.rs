//! FUNC_PROTO: what it returns and takes.

use skep_uapi::btf::BtfParam;
use skep_uapi::limits::BTF_MAX_NAME_OFFSET;

use super::problem::Message;
use super::resolve::Walk;
use super::{LoadError, Place, Problem};
use crate::id::BtfTypeId;
use crate::record::Record;

impl<'a> Walk<'a> {
    /// A prototype's types are resolved as walks of their own.
    pub(super) fn check_prototype(
        &mut self,
        id: BtfTypeId,
        record: &Record<'a>,
    ) -> Result<(), LoadError> {
        let whole = |problem: Problem| LoadError {
            place: Place::Resolve(id),
            problem,
        };
        let returned = BtfTypeId(record.head.size_or_type);
        if !returned.is_void() {
            self.check_signature_type(returned)?
                .ok_or_else(|| whole(Message::ReturnType.into()))?;
        }
        let mut count = record.vlen();
        let last = count
            .checked_sub(1)
            .and_then(|last| record.item::<BtfParam>(last));
        if let Some(last) = last.filter(|last| last.type_id == 0) {
            if last.name_off != 0 {
                return Err(whole(Problem::Arg(count)));
            }
            count = count.saturating_sub(1);
        }
        for (number, param) in (1..=count).zip(record.items::<BtfParam>()) {
            if self
                .known
                .node(BtfTypeId(param.type_id))
                .is_none_or(|node| node.is_source_only())
                || !self.is_parameter_name(param.name_off)
            {
                return Err(whole(Problem::Arg(number)));
            }
            self.check_signature_type(BtfTypeId(param.type_id))?
                .ok_or_else(|| whole(Problem::Arg(number)))?;
        }
        Ok(())
    }

    /// `Ok(None)` if the type has no size.
    fn check_signature_type(&mut self, id: BtfTypeId) -> Result<Option<()>, LoadError> {
        let Some(node) = self.known.node(id).filter(|node| !node.is_source_only()) else {
            return Ok(None);
        };
        if node.needs_resolve() && !self.known.is_done(id) {
            self.resolve_root(&node)?;
        }
        Ok(self.known.sized(id).map(|_| ()))
    }

    fn is_parameter_name(&self, offset: u32) -> bool {
        offset == 0
            || (offset <= BTF_MAX_NAME_OFFSET
                && super::meta::is_identifier_at(self.btf.own_strings(), offset))
    }
}
