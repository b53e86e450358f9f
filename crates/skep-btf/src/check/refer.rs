//! What one type may refer to, kind by kind: the steps of the walk in `resolve`.

use skep_uapi::btf::{BtfKind, BtfMember, BtfParam, BtfVarSecinfo};

use super::member;
use super::problem::Message;
use super::resolve::{Sinks, Walk};
use super::size::{Answer, Node, Visit};
use super::{LoadError, Place, Problem};
use crate::id::BtfTypeId;
use crate::record::Record;
use crate::types::{int_bits, int_offset};

/// What the look at one type came to.
pub(super) enum Step<'a> {
    /// It refers to this one, which must come first.
    First(Node<'a>),
    /// As `First`, and this type continues at a member.
    FirstThen(Node<'a>, u32),
    Done(Answer),
}

fn done(target: BtfTypeId, size: u32) -> Step<'static> {
    Step::Done(Answer {
        visit: Visit::Done,
        target,
        size,
    })
}

impl<'a> Walk<'a> {
    pub(super) fn step(
        &mut self,
        id: BtfTypeId,
        record: &Record<'a>,
        next: u32,
    ) -> Result<Step<'a>, LoadError> {
        let target = BtfTypeId(record.head.size_or_type);
        let whole = |problem: Problem| LoadError {
            place: Place::Resolve(id),
            problem,
        };
        match record.kind() {
            BtfKind::Typedef
            | BtfKind::Volatile
            | BtfKind::Const
            | BtfKind::Restrict
            | BtfKind::TypeTag => self.modifier(target).map_err(whole),
            BtfKind::Ptr => self.pointer(target).map_err(whole),
            BtfKind::Var => self.var(target).map_err(whole),
            BtfKind::Array => self.array(record).map_err(whole),
            BtfKind::Struct | BtfKind::Union => self.composite(id, record, next),
            BtfKind::Datasec => self.datasec(id, record, next),
            BtfKind::Func => self.func(target).map_err(whole),
            BtfKind::DeclTag => self.decl_tag(record, target).map_err(whole),
            BtfKind::Int
            | BtfKind::Enum
            | BtfKind::Enum64
            | BtfKind::Fwd
            | BtfKind::FuncProto
            | BtfKind::Float => Ok(done(BtfTypeId::VOID, 0)),
        }
    }

    fn referred(&self, target: BtfTypeId) -> Result<Node<'a>, Problem> {
        let node = self
            .known
            .node(target)
            .filter(|node| !node.is_source_only());
        node.ok_or(Message::TypeId.into())
    }

    fn modifier(&self, target: BtfTypeId) -> Result<Step<'a>, Problem> {
        let node = self.referred(target)?;
        if self.comes_first(&node) {
            return Ok(Step::First(node));
        }
        self.stands_for(node)
    }

    fn pointer(&self, target: BtfTypeId) -> Result<Step<'a>, Problem> {
        let node = self.referred(target)?;
        if self.comes_first(&node) {
            return Ok(Step::First(node));
        }
        match self.pointer_behind(&node) {
            Some(first) => Ok(Step::First(first)),
            None => self.stands_for(node),
        }
    }

    /// A modifier that was resolved inside a struct stopped at a pointer, which may still lead back to this one.
    fn pointer_behind(&self, node: &Node<'a>) -> Option<Node<'a>> {
        let behind = self.known.target(node.id).filter(|_| node.is_modifier())?;
        (behind.is(BtfKind::Ptr) && self.comes_first(&behind)).then_some(behind)
    }

    /// The final target of a modifier or pointer: something sized, `void`, FWD or FUNC_PROTO.
    fn stands_for(&self, node: Node<'a>) -> Result<Step<'a>, Problem> {
        if let Some((sized, _)) = self.known.sized(node.id) {
            return Ok(done(sized.id, 0));
        }
        let last = if self.known.is_done(node.id) {
            self.known.target(node.id)
        } else {
            Some(node)
        };
        match last {
            Some(last) if matches!(last.kind(), None | Some(BtfKind::Fwd | BtfKind::FuncProto)) => {
                Ok(done(last.id, 0))
            }
            _ => Err(Message::TypeId.into()),
        }
    }

    fn var(&self, target: BtfTypeId) -> Result<Step<'a>, Problem> {
        let node = self.referred(target)?;
        if self.comes_first(&node) {
            return Ok(Step::First(node));
        }
        if let Some(first) = self.pointer_behind(&node) {
            return Ok(Step::First(first));
        }
        let (sized, _) = self.known.sized(target).ok_or(Message::TypeId)?;
        Ok(done(sized.id, 0))
    }

    fn array(&self, record: &Record<'_>) -> Result<Step<'a>, Problem> {
        let array = record.array();
        let data = |id: u32| {
            let node = self.known.node(BtfTypeId(id))?;
            (!node.has_no_size() && !node.is_source_only()).then_some(node)
        };
        let index = data(array.index_type).ok_or(Message::Index)?;
        if self.comes_first(&index) {
            return Ok(Step::First(index));
        }
        let (index, _) = self.known.sized(index.id).ok_or(Message::Index)?;
        if !index.is(BtfKind::Int) || !is_regular_int(&index) {
            return Err(Message::Index.into());
        }
        let element = data(array.elem_type).ok_or(Message::Element)?;
        if self.comes_first(&element) {
            return Ok(Step::First(element));
        }
        let (element, size) = self.known.sized(element.id).ok_or(Message::Element)?;
        if element.is(BtfKind::Int) && !is_regular_int(&element) {
            return Err(Message::ArrayOfInt.into());
        }
        let size = size
            .checked_mul(array.nelems)
            .ok_or(Message::ArrayOverflow)?;
        Ok(done(element.id, size))
    }

    fn composite(
        &self,
        id: BtfTypeId,
        record: &Record<'a>,
        next: u32,
    ) -> Result<Step<'a>, LoadError> {
        let at = |index: u32, problem: Problem| LoadError {
            place: Place::ResolveItem(id, index),
            problem,
        };
        // The member that was resolved first is still to be checked.
        let from = next.saturating_sub(1);
        for index in from..record.vlen() {
            let Some(raw) = record.item::<BtfMember>(index) else {
                break;
            };
            let node = self
                .known
                .node(BtfTypeId(raw.type_id))
                .filter(|node| !node.has_no_size() && !node.is_source_only())
                .ok_or_else(|| at(index, Message::Member.into()))?;
            if self.comes_first(&node) {
                return Ok(Step::FirstThen(node, index.saturating_add(1)));
            }
            member::check(&self.known, record, &raw, &node)
                .map_err(|message| at(index, message.into()))?;
        }
        Ok(done(BtfTypeId::VOID, 0))
    }

    fn datasec(
        &mut self,
        id: BtfTypeId,
        record: &Record<'a>,
        next: u32,
    ) -> Result<Step<'a>, LoadError> {
        self.sinks = Sinks::Undecided;
        for index in next..record.vlen() {
            let Some(entry) = record.item::<BtfVarSecinfo>(index) else {
                break;
            };
            let at = |message: Message| LoadError {
                place: Place::ResolveItem(id, index),
                problem: message.into(),
            };
            let var = self.known.node(BtfTypeId(entry.type_id));
            let var = var
                .filter(|node| node.is(BtfKind::Var))
                .ok_or_else(|| at(Message::NotVar))?;
            if self.comes_first(&var) {
                // Linux does not come back to this entry, so a VAR after its DATASEC escapes the size check.
                return Ok(Step::FirstThen(var, index.saturating_add(1)));
            }
            let target = var.record.map_or(0, |record| record.head.size_or_type);
            let (_, size) = self
                .known
                .sized(BtfTypeId(target))
                .ok_or_else(|| at(Message::EntryType))?;
            if entry.size < size {
                return Err(at(Message::EntrySize));
            }
        }
        Ok(done(BtfTypeId::VOID, 0))
    }

    fn func(&self, target: BtfTypeId) -> Result<Step<'a>, Problem> {
        let proto = self
            .known
            .node(target)
            .filter(|node| node.is(BtfKind::FuncProto));
        let proto = proto.and_then(|node| node.record).ok_or(Message::TypeId)?;
        for (number, param) in (1..).zip(proto.items::<BtfParam>()) {
            if param.name_off == 0 && param.type_id != 0 {
                return Err(Problem::Arg(number));
            }
        }
        Ok(done(target, 0))
    }

    fn decl_tag(&self, record: &Record<'_>, target: BtfTypeId) -> Result<Step<'a>, Problem> {
        let node = self.known.node(target).ok_or(Message::TypeId)?;
        let taggable = node.is_composite()
            || matches!(
                node.kind(),
                Some(BtfKind::Func | BtfKind::Var | BtfKind::Typedef)
            );
        let Some(tagged) = node.record.filter(|_| taggable) else {
            return Err(Message::TypeId.into());
        };
        if self.comes_first(&node) {
            return Ok(Step::First(node));
        }
        let component = record.word();
        if component != u32::MAX {
            let components = match tagged.kind() {
                BtfKind::Func => {
                    let proto = self.btf.record(BtfTypeId(tagged.head.size_or_type));
                    proto.map_or(0, |proto| proto.vlen())
                }
                BtfKind::Struct | BtfKind::Union => tagged.vlen(),
                _ => 0,
            };
            if component >= components {
                return Err(Message::Component.into());
            }
        }
        Ok(done(target, 0))
    }
}

/// Whole bytes, a power of two of them, from bit 0.
pub(super) fn is_regular_int(node: &Node<'_>) -> bool {
    let word = node.record.map_or(0, |record| record.word());
    int_offset(word) == 0 && matches!(int_bits(word), 8 | 16 | 32 | 64 | 128)
}
