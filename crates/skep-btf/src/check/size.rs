//! What the resolver knows about types so far: [`Node`], [`Resolved`], and sizes by it.

use alloc::vec::Vec;

use skep_uapi::btf::BtfKind;

use crate::btf::Btf;
use crate::id::BtfTypeId;
use crate::record::Record;
use crate::resolve::POINTER_SIZE;

/// A type while it is resolved; `void` has no record.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(crate) id: BtfTypeId,
    pub(crate) record: Option<Record<'a>>,
}

impl Node<'_> {
    pub(crate) fn kind(&self) -> Option<BtfKind> {
        self.record.as_ref().map(Record::kind)
    }

    pub(crate) fn is(&self, kind: BtfKind) -> bool {
        self.kind() == Some(kind)
    }

    pub(crate) fn is_modifier(&self) -> bool {
        self.record.as_ref().is_some_and(Record::is_modifier)
    }

    pub(crate) fn is_composite(&self) -> bool {
        self.record.as_ref().is_some_and(Record::is_composite)
    }

    /// `void` and kinds that are no data.
    pub(crate) fn has_no_size(&self) -> bool {
        matches!(
            self.kind(),
            None | Some(BtfKind::Fwd | BtfKind::Func | BtfKind::FuncProto | BtfKind::DeclTag)
        )
    }

    /// Kinds that refer to others but that nothing (except a DATASEC or DECL_TAG) may refer to.
    pub(crate) fn is_source_only(&self) -> bool {
        matches!(
            self.kind(),
            Some(BtfKind::Var | BtfKind::DeclTag | BtfKind::Datasec)
        )
    }

    /// Kinds that refer to others.
    pub(crate) fn needs_resolve(&self) -> bool {
        self.is_modifier()
            || self.is_composite()
            || matches!(
                self.kind(),
                Some(
                    BtfKind::Ptr
                        | BtfKind::Array
                        | BtfKind::Var
                        | BtfKind::Func
                        | BtfKind::DeclTag
                        | BtfKind::Datasec
                )
            )
    }

    /// The size, where it stands in the type itself.
    fn own_size(&self) -> Option<u32> {
        let record = self.record.as_ref()?;
        match record.kind() {
            BtfKind::Int
            | BtfKind::Struct
            | BtfKind::Union
            | BtfKind::Enum
            | BtfKind::Datasec
            | BtfKind::Float
            | BtfKind::Enum64 => Some(record.head.size_or_type),
            BtfKind::Ptr => Some(POINTER_SIZE),
            BtfKind::Array
            | BtfKind::Fwd
            | BtfKind::Typedef
            | BtfKind::Volatile
            | BtfKind::Const
            | BtfKind::Restrict
            | BtfKind::Func
            | BtfKind::FuncProto
            | BtfKind::Var
            | BtfKind::DeclTag
            | BtfKind::TypeTag => None,
        }
    }
}

/// Where resolving of one type stands.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Visit {
    #[default]
    Unseen,
    OnStack,
    Done,
}

/// What is known of one type.
#[derive(Clone, Copy, Default)]
pub(crate) struct Answer {
    pub(crate) visit: Visit,
    /// What it stands for; `void` until known and for kinds that stand for themselves.
    pub(crate) target: BtfTypeId,
    /// Bytes of an array.
    pub(crate) size: u32,
}

/// What is known of all types.
pub(crate) struct Resolved<'a> {
    btf: &'a Btf,
    answers: Vec<Answer>,
}

impl<'a> Resolved<'a> {
    pub(crate) fn new(btf: &'a Btf) -> Self {
        Self {
            btf,
            answers: alloc::vec![Answer::default(); btf.type_count() as usize],
        }
    }

    pub(crate) fn node(&self, id: BtfTypeId) -> Option<Node<'a>> {
        if id.is_void() {
            return Some(Node { id, record: None });
        }
        Some(Node {
            id,
            record: Some(self.btf.record(id)?),
        })
    }

    pub(crate) fn answer(&self, id: BtfTypeId) -> Answer {
        self.answers.get(id.0 as usize).copied().unwrap_or_default()
    }

    pub(crate) fn set(&mut self, id: BtfTypeId, answer: Answer) {
        if let Some(slot) = self.answers.get_mut(id.0 as usize) {
            *slot = answer;
        }
    }

    pub(crate) fn is_done(&self, id: BtfTypeId) -> bool {
        self.answer(id).visit == Visit::Done
    }

    /// What a resolved modifier, pointer or variable stands for.
    pub(crate) fn target(&self, id: BtfTypeId) -> Option<Node<'a>> {
        self.node(self.answer(id).target)
    }

    /// A type with a size, looked through modifiers and VAR if it is resolved already; with its bytes.
    pub(crate) fn sized(&self, id: BtfTypeId) -> Option<(Node<'a>, u32)> {
        let node = self.node(id).filter(|node| !node.has_no_size())?;
        let node = if node.is_modifier() || node.is(BtfKind::Var) {
            self.target(id)?
        } else {
            node
        };
        let size = if node.is(BtfKind::Array) {
            self.answer(node.id).size
        } else {
            node.own_size()?
        };
        Some((node, size))
    }
}
