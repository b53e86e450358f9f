//! Lists and trees of objects: their roots, their nodes, and who owns a node.

use super::call::KfuncCall;
use super::special::Special;
use crate::check::call::{Strictness, constant_offset};
use crate::register::{BtfRef, Pointer, PtrFlags, Register, Target, TargetKind, TypeRef};
use crate::reject::{Check, KfuncReject};
use crate::state::LockObject;
use crate::verifier::Verifier;
use alloc::string::ToString;
use skep_btf::{FieldSet, GraphRoot};

/// The two kinds of collections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Graph {
    List,
    RbTree,
}

impl Graph {
    const fn root(self) -> (&'static str, FieldSet) {
        match self {
            Graph::List => ("bpf_list_head", FieldSet::LIST_HEAD),
            Graph::RbTree => ("bpf_rb_root", FieldSet::RB_ROOT),
        }
    }
    const fn node(self) -> (&'static str, FieldSet) {
        match self {
            Graph::List => ("bpf_list_node", FieldSet::LIST_NODE),
            Graph::RbTree => ("bpf_rb_node", FieldSet::RB_NODE),
        }
    }
}

/// A pointer to an object of the program's own, with exactly the flag for that.
pub(super) fn is_allocated(p: &Pointer) -> bool {
    p.kind() == TargetKind::Btf && p.flags == PtrFlags::ALLOC
}

impl Verifier<'_> {
    /// A list head or tree root at register `reg`; the lock beside it must be held.
    pub(super) fn check_graph_root(
        &mut self,
        call: &mut KfuncCall,
        reg: u8,
        graph: Graph,
    ) -> Check {
        let arg = reg - 1;
        let (what, kinds) = graph.root();
        let pointer = self.state.reg(reg).pointer().copied();
        let allocated = pointer.is_some_and(|p| is_allocated(&p));
        let value = |p: &Pointer| p.kind() == TargetKind::MapValue && p.flags.is_empty();
        let Some(p) = pointer.filter(|p| allocated || value(p)) else {
            return Err(self.reject(KfuncReject::NotValueOrAllocated { arg }));
        };
        if allocated && p.ref_obj_id == 0 {
            return Err(self.reject(KfuncReject::AllocatedUnreferenced));
        }
        let Some(off) = constant_offset(&p) else {
            return Err(self.reject(KfuncReject::GraphOffsetVariable { reg, what }));
        };
        let off = off as u32;
        let record = self.record_behind(&p);
        let root = record
            .as_ref()
            .and_then(|r| r.at(off, kinds)?.root().copied());
        let Some(root) = root else {
            return Err(self.reject(KfuncReject::GraphFieldMissing { what, off }));
        };
        if let Err(reject) = self.check_allocation_locked(&p) {
            let lock =
                record.and_then(|r| r.first(FieldSet::SPIN_LOCK).map(|f| i64::from(f.offset)));
            let rule = KfuncReject::GraphLockNotHeld {
                off: lock.unwrap_or(NO_SPIN_LOCK),
                what,
            };
            return Err(match reject {
                Some(reject) => self.reject_more(reject, rule),
                None => self.reject(rule),
            });
        }
        call.root = Some(root);
        Ok(())
    }

    /// The lock of the allocation `p` points into is held; `Err(Some)` carries a line already said.
    fn check_allocation_locked(
        &mut self,
        p: &Pointer,
    ) -> Result<(), Option<crate::reject::Reject>> {
        if self.state.refs.lock_count() == 0 {
            return Err(None);
        }
        let object_is = |object: LockObject| match (object, p.target) {
            (LockObject::Map(held), Target::MapValue { map, .. }) => held == map,
            (LockObject::Allocation(held), Target::Btf { ty }) => held.btf == ty.btf,
            (_, _) => false,
        };
        let held = self
            .state
            .refs
            .0
            .iter()
            .any(|r| r.id == p.id && r.kind.lock_object().is_some_and(object_is));
        if held {
            Ok(())
        } else {
            Err(Some(self.reject(KfuncReject::GraphLockElsewhere)))
        }
    }

    /// A node at register `reg`, for the collection given before.
    pub(super) fn check_graph_node(&mut self, call: &KfuncCall, reg: u8, graph: Graph) -> Check {
        let arg = reg - 1;
        let register = self.state.reg(reg).clone();
        let gives_node_away = graph == Graph::List || call.info.is(Special::RbtreeAdd);
        if gives_node_away {
            let Some(p) = register.pointer().filter(|p| is_allocated(p)) else {
                return Err(self.reject(KfuncReject::NotAllocated { arg }));
            };
            if p.ref_obj_id == 0 {
                return Err(self.reject(KfuncReject::AllocatedUnreferenced));
            }
        } else {
            let borrowed = register
                .pointer()
                .is_some_and(|p| p.flags.contains(PtrFlags::ALLOC | PtrFlags::NON_OWN_REF));
            if !borrowed && register.ref_obj_id() == 0 {
                return Err(self.reject(KfuncReject::NotOwnedNode {
                    name: call.info.name.clone(),
                }));
            }
            if self.in_rbtree_callback() {
                return Err(self.reject(KfuncReject::NotInRbtreeCallback {
                    name: call.info.name.clone(),
                }));
            }
        }
        match (register.pointer(), call.root) {
            (Some(p), Some(root)) => self.check_node_fits(reg, p, &root, graph),
            (_, _) => Err(self.reject(KfuncReject::Bug {
                what: "a node without collection",
            })),
        }
    }

    fn check_node_fits(&mut self, reg: u8, p: &Pointer, root: &GraphRoot, graph: Graph) -> Check {
        let (head, _) = graph.root();
        let (node, kinds) = graph.node();
        let Some(off) = constant_offset(p) else {
            return Err(self.reject(KfuncReject::GraphOffsetVariable { reg, what: node }));
        };
        let off = off as u32;
        if self
            .record_behind(p)
            .is_none_or(|r| r.at(off, kinds).is_none())
        {
            return Err(self.reject(KfuncReject::GraphFieldMissing { what: node, off }));
        }
        let Target::Btf { ty: have } = p.target else {
            return Err(self.reject(KfuncReject::Bug {
                what: "a node outside objects",
            }));
        };
        let value = self.value_type(root)?;
        let (want_off, want) = (root.node_offset, self.type_name(value).to_string());
        if !self.struct_ids_match(have, 0, value, Strictness::Exact) {
            let have = self.type_name(have).to_string();
            return Err(self.reject(KfuncReject::GraphWrongStruct {
                head,
                node,
                want_off,
                want,
                off,
                have,
            }));
        }
        if off != want_off {
            return Err(self.reject(KfuncReject::GraphWrongOffset {
                off,
                node,
                want_off,
                want,
            }));
        }
        Ok(())
    }

    /// The type of a collection's objects.
    fn value_type(&mut self, root: &GraphRoot) -> Check<TypeRef> {
        let known = self
            .prog_btf
            .as_ref()
            .is_some_and(|b| b.identity() == root.value.btf);
        if known {
            return Ok(TypeRef {
                btf: BtfRef::Program,
                id: root.value.id,
            });
        }
        Err(self.reject(KfuncReject::Unsupported {
            what: "collections described by another BTF object than the program's",
        }))
    }

    /// A pointer to the node of an object of the collection.
    pub(super) fn graph_node(&mut self, root: &GraphRoot) -> Check<Pointer> {
        let ty = self.value_type(root)?;
        let off = root.node_offset.cast_signed();
        Ok(Pointer {
            off,
            ..Pointer::new(Target::Btf { ty }).with(PtrFlags::ALLOC)
        })
    }

    /// The same for a node that the program does not own.
    pub(crate) fn borrowed_node(&mut self, root: &GraphRoot) -> Check<Pointer> {
        let node = self.graph_node(root)?;
        Ok(self.borrowed(node))
    }

    /// The pointer as one that does not own its object. Objects that count their owners stay until the RCU section ends.
    pub(super) fn borrowed(&self, mut p: Pointer) -> Pointer {
        p.flags |= PtrFlags::NON_OWN_REF;
        if self
            .record_behind(&p)
            .is_some_and(|r| r.has(FieldSet::REFCOUNT))
        {
            p.flags |= PtrFlags::RCU;
        }
        p
    }

    /// The collection owns the object now: its pointers stay usable until the unlock, as borrowed ones.
    pub(super) fn give_to_collection(
        &mut self,
        id: u32,
    ) -> Result<(), crate::check::call::NotHeld> {
        if id == 0 || !self.state.refs.release(id) {
            return Err(crate::check::call::NotHeld);
        }
        let mut state = core::mem::take(&mut self.state);
        state.for_each_register(
            |r| r.ref_obj_id() == id,
            |r| {
                if let Register::Pointer(p) = r {
                    p.ref_obj_id = 0;
                    *p = self.borrowed(*p);
                }
            },
        );
        self.state = state;
        Ok(())
    }
}

/// What Linux prints where the value has no bpf_spin_lock: the errno in place of an offset.
const NO_SPIN_LOCK: i64 = -22;
