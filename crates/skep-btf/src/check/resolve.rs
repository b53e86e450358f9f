//! What types refer to: a depth-first walk with an explicit stack, as Linux does it, because its order decides which of
//! several faults is reported and what counts as a loop.
//!
//! A walk that starts at a pointer stops at structs and arrays (they are walked on their own), one that starts at a struct
//! or array stops at pointers; so only types that contain themselves are loops.

use alloc::vec::Vec;

use skep_uapi::btf::BtfKind;

use super::problem::Message;
use super::refer::Step;
use super::size::{Answer, Node, Resolved, Visit};
use super::{LoadError, MAX_RESOLVE_DEPTH, Place};
use crate::btf::Btf;
use crate::id::BtfTypeId;
use crate::record::Record;

/// Checks everything types refer to.
pub(crate) fn resolve(btf: &Btf) -> Result<(), LoadError> {
    let mut walk = Walk {
        btf,
        known: Resolved::new(btf),
        stack: Vec::new(),
        sinks: Sinks::Undecided,
    };
    for id in btf.own_ids() {
        let Some(node) = walk.known.node(id) else {
            continue;
        };
        if node.needs_resolve() && !walk.known.is_done(id) {
            walk.resolve_root(&node)?;
        }
        if let Some(record) = node
            .record
            .filter(|record| record.kind() == BtfKind::FuncProto)
        {
            walk.check_prototype(id, &record)?;
        }
    }
    Ok(())
}

/// At which kinds the walk stops.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sinks {
    /// The root refers to no data yet.
    Undecided,
    /// Below a pointer.
    OfPointer,
    /// Inside a struct or array.
    OfAggregate,
}

struct Frame<'a> {
    id: BtfTypeId,
    record: Record<'a>,
    /// The next member or entry to look at.
    next: u32,
}

pub(super) struct Walk<'a> {
    pub(super) btf: &'a Btf,
    pub(super) known: Resolved<'a>,
    stack: Vec<Frame<'a>>,
    pub(super) sinks: Sinks,
}

impl<'a> Walk<'a> {
    pub(super) fn resolve_root(&mut self, root: &Node<'a>) -> Result<(), LoadError> {
        let at_root = |message: Message| LoadError {
            place: Place::Resolve(root.id),
            problem: message.into(),
        };
        self.stack.clear();
        self.sinks = Sinks::Undecided;
        self.push(*root).map_err(at_root)?;
        while let Some(frame) = self.stack.last() {
            let (id, record, next) = (frame.id, frame.record, frame.next);
            match self.step(id, &record, next)? {
                Step::First(first) => self.push(first).map_err(at_root)?,
                Step::FirstThen(first, then) => {
                    if let Some(frame) = self.stack.last_mut() {
                        frame.next = then;
                    }
                    self.push(first).map_err(at_root)?;
                }
                Step::Done(answer) => {
                    self.stack.pop();
                    self.known.set(id, answer);
                }
            }
        }
        if self.is_consistent(root) {
            Ok(())
        } else {
            Err(at_root(Message::ResolveState))
        }
    }

    fn push(&mut self, node: Node<'a>) -> Result<(), Message> {
        // Only kinds that need resolving are pushed, and those have records.
        let Some(record) = node.record else {
            return Ok(());
        };
        if self.stack.len() >= MAX_RESOLVE_DEPTH {
            return Err(Message::Depth);
        }
        if self.known.answer(node.id).visit != Visit::Unseen {
            return Err(Message::Loop);
        }
        self.known.set(
            node.id,
            Answer {
                visit: Visit::OnStack,
                ..Answer::default()
            },
        );
        self.stack.push(Frame {
            id: node.id,
            record,
            next: 0,
        });
        if self.sinks == Sinks::Undecided {
            if node.is(BtfKind::Ptr) {
                self.sinks = Sinks::OfPointer;
            } else if node.is_composite() || node.is(BtfKind::Array) {
                self.sinks = Sinks::OfAggregate;
            }
        }
        Ok(())
    }

    fn is_sink(&self, node: &Node<'_>) -> bool {
        match self.sinks {
            Sinks::Undecided => !node.needs_resolve(),
            Sinks::OfPointer => !node.is_modifier() && !node.is(BtfKind::Ptr),
            Sinks::OfAggregate => {
                !node.is_modifier() && !node.is(BtfKind::Array) && !node.is_composite()
            }
        }
    }

    /// Whether a type must be resolved before the one that refers to it.
    pub(super) fn comes_first(&self, node: &Node<'_>) -> bool {
        !self.is_sink(node) && !self.known.is_done(node.id)
    }

    /// Linux's last look at a resolved type; it also catches what a walk left half done.
    fn is_consistent(&self, root: &Node<'_>) -> bool {
        let answer = self.known.answer(root.id);
        if answer.visit != Visit::Done {
            return false;
        }
        if root.is_composite() || root.is(BtfKind::Datasec) {
            return answer.target.is_void() && answer.size == 0;
        }
        if root.is(BtfKind::DeclTag) || root.is(BtfKind::Func) {
            return !answer.target.is_void() && answer.size == 0;
        }
        if root.is_modifier() || root.is(BtfKind::Ptr) || root.is(BtfKind::Var) {
            return self.known.target(root.id).is_some_and(|target| {
                !target.is_modifier() && !target.is(BtfKind::Var) && !target.is(BtfKind::Datasec)
            });
        }
        if let Some(record) = root.record.filter(|record| record.kind() == BtfKind::Array) {
            let array = record.array();
            return self
                .known
                .sized(BtfTypeId(array.elem_type))
                .is_some_and(|(element, size)| {
                    !element.is_modifier() && array.nelems.wrapping_mul(size) == answer.size
                });
        }
        false
    }
}
