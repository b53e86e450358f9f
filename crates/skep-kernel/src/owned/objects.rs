//! Objects that programs allocate: bpf_obj_new and what keeps its results.
//!
//! An object has an address, a type and a count of owners: the program that holds it, the map value or object that has
//! a kptr to it, the list or tree it is in. When the last lets go, what its own fields hold goes too, and its memory
//! after a grace period of both kinds: until then a run may look at it.
//!
//! Everything is behind one lock, the last in the order of locks; nothing is called while it is held.
//!
//! # Safety
//!
//! Runs are told of objects by address, and the memory of one stays where it is for a grace period after its last
//! owner. Who runs programs is inside RCU, so bytes found during a run outlive it.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use skep_btf::{FieldKind, FieldRecord};
use skep_memory::{Addr, Permissions, RacyBytes, Region, SpanSource};
use skep_object::{Errno, RcuDomains};

use super::graph::{Edge, Graphs, Less, Node};

/// The largest object: Linux's allocator has pages for no larger one.
const SIZE_MAX: u32 = 4088;
/// The largest part of a per-CPU object; the verifier refuses larger types.
const PERCPU_SIZE_MAX: u32 = 512;

/// All objects of a session.
pub(crate) struct Objects {
    domains: RcuDomains,
    me: Weak<Self>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By address, those that only wait for the end of a grace period too.
    by_address: BTreeMap<u64, Object>,
    live: usize,
    graphs: Graphs,
}

struct Object {
    memory: Region,
    /// Bytes from one CPU's part to the next; 0 if there is one part.
    stride: usize,
    record: Option<Arc<FieldRecord>>,
    /// 0: it waits for the end of a grace period.
    owners: u64,
}

impl Objects {
    pub(crate) fn new(domains: RcuDomains) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            domains,
            me: Weak::clone(me),
            state: Mutex::default(),
        })
    }

    /// How many objects have owners, for tests of leaks.
    pub(crate) fn count(&self) -> usize {
        self.state.lock().live
    }

    /// A new object with one owner, all zero; null if there is no memory.
    pub(crate) fn allocate(&self, size: u32, record: Option<Arc<FieldRecord>>) -> Addr {
        if size > SIZE_MAX {
            return Addr::NULL;
        }
        self.insert(size as usize, 0, record)
    }

    /// A new object with a part for each CPU, and without fields.
    pub(crate) fn allocate_percpu(&self, size: u32, cpus: u32) -> Addr {
        if size > PERCPU_SIZE_MAX {
            return Addr::NULL;
        }
        let stride = (size as usize).next_multiple_of(8).max(8);
        self.insert(stride.saturating_mul(cpus as usize), stride, None)
    }

    /// A CPU's part of a per-CPU object; `None` for everything else.
    pub(crate) fn part(&self, object: Addr, cpu: u32) -> Option<Addr> {
        let state = self.state.lock();
        let object = state.by_address.get(&object.raw())?;
        let offset = object.stride.checked_mul(cpu as usize)?;
        object.memory.range(offset, object.stride).ok()
    }

    fn insert(&self, size: usize, stride: usize, record: Option<Arc<FieldRecord>>) -> Addr {
        let Ok(memory) = Region::new(size.max(1)) else {
            return Addr::NULL;
        };
        let address = memory.base();
        let object = Object {
            memory,
            stride,
            record,
            owners: 1,
        };
        let mut state = self.state.lock();
        state.by_address.insert(address.raw(), object);
        state.live += 1;
        address
    }

    /// One more owner; `false` if it has none left.
    pub(crate) fn acquire(&self, object: Addr) -> bool {
        let mut state = self.state.lock();
        match state.by_address.get_mut(&object.raw()) {
            Some(object) if object.owners > 0 => {
                object.owners += 1;
                true
            }
            Some(_) | None => false,
        }
    }

    /// One owner less. Nothing happens for null.
    pub(crate) fn let_go(&self, object: Addr) {
        let mut state = self.state.lock();
        self.let_all_go(&mut state, vec![object]);
    }

    /// Takes a node into the collection at `root`, as its first or last; the collection becomes an owner in place of
    /// the program. EINVAL, and the object let go: it is in a collection already.
    pub(crate) fn push(&self, root: RacyBytes<'_>, node: Addr, edge: Edge) -> Result<(), Errno> {
        self.link(node, |graphs| graphs.push(root, node, edge))
    }

    /// As [`Self::push`], into the place where `less` wants it: whether the new node is less than another.
    pub(crate) fn add<E>(
        &self,
        root: RacyBytes<'_>,
        node: Addr,
        less: Less<'_, E>,
    ) -> Result<Result<(), Errno>, E> {
        // The program holds the lock of the tree: it stays as it is between two questions.
        let (mut low, mut high) = (0, self.state.lock().graphs.len(root));
        while low < high {
            let middle = low.midpoint(high);
            let Some(other) = self.state.lock().graphs.get(root, middle) else {
                break;
            };
            if less(node, other)? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(self.link(node, |graphs| graphs.insert(root, node, low)))
    }

    /// Takes a node out: the first, the last, or this one if it is in the collection. The program becomes its owner.
    pub(crate) fn take(&self, root: RacyBytes<'_>, node: Node) -> Option<Addr> {
        let mut state = self.state.lock();
        let State {
            by_address, graphs, ..
        } = &mut *state;
        graphs.take(root, node, |node| field_at(by_address, node))
    }

    /// A node without taking it out.
    pub(crate) fn peek(&self, root: RacyBytes<'_>, node: Node) -> Option<Addr> {
        let state = self.state.lock();
        state
            .graphs
            .find(root, node, |node| field_at(&state.by_address, node))
    }

    /// Lets everything go that a value holds, and zeroes its fields.
    pub(crate) fn release(&self, record: &FieldRecord, value: RacyBytes<'_>) {
        let mut state = self.state.lock();
        let held = state.held_by(record, value);
        self.let_all_go(&mut state, held);
    }

    /// Links a node that is in no collection.
    fn link(&self, node: Addr, put: impl FnOnce(&mut Graphs) -> Option<u64>) -> Result<(), Errno> {
        let mut state = self.state.lock();
        let free = field_at(&state.by_address, node).is_some_and(|it| it.read_u64(0) == Ok(0));
        let collection = free.then(|| put(&mut state.graphs)).flatten();
        match (collection, field_at(&state.by_address, node)) {
            (Some(collection), Some(field)) => {
                // A node has more than eight bytes.
                let _ = field.write_u64(0, collection);
                Ok(())
            }
            (_, _) => {
                let object = object_at(&state.by_address, node).map(Object::address);
                self.let_all_go(&mut state, object.into_iter().collect());
                Err(Errno::EINVAL)
            }
        }
    }

    /// One owner less for each; not by recursion: objects hold objects as deep as programs like.
    fn let_all_go(&self, state: &mut State, mut objects: Vec<Addr>) {
        while let Some(address) = objects.pop() {
            let Some(object) = state.by_address.get_mut(&address.raw()) else {
                continue;
            };
            match object.owners {
                0 => continue,
                1 => object.owners = 0,
                _ => {
                    object.owners -= 1;
                    continue;
                }
            }
            state.live -= 1;
            objects.extend(state.held_by_object(address));
            let me = Weak::clone(&self.me);
            self.domains.call_after_both(move || {
                if let Some(objects) = me.upgrade() {
                    objects.state.lock().by_address.remove(&address.raw());
                }
            });
        }
    }
}

impl Object {
    fn address(&self) -> Addr {
        self.memory.base()
    }
}

impl State {
    /// Takes everything out of the fields of a dying object.
    fn held_by_object(&mut self, address: Addr) -> Vec<Addr> {
        let Some(object) = self.by_address.get(&address.raw()) else {
            return Vec::new();
        };
        match &object.record {
            Some(record) => {
                let bytes = object.memory.bytes();
                take_held(&mut self.graphs, &self.by_address, record, bytes)
            }
            None => Vec::new(),
        }
    }

    /// Takes everything out of the fields of a value.
    fn held_by(&mut self, record: &FieldRecord, value: RacyBytes<'_>) -> Vec<Addr> {
        take_held(&mut self.graphs, &self.by_address, record, value)
    }
}

/// The objects that a value's fields hold, which are empty then.
fn take_held(
    graphs: &mut Graphs,
    all: &BTreeMap<u64, Object>,
    record: &FieldRecord,
    value: RacyBytes<'_>,
) -> Vec<Addr> {
    let mut held = Vec::new();
    for field in record.fields() {
        let Ok(bytes) = value.part(field.offset as usize, field.size() as usize) else {
            continue;
        };
        match field.kind() {
            FieldKind::Kptr(_) => {
                // Aligned, by BTF's rules.
                let old = bytes
                    .atomic_u64(0)
                    .map_or(0, |word| word.swap(0, Ordering::AcqRel));
                held.push(Addr::new(old));
            }
            FieldKind::ListHead | FieldKind::RbRoot => {
                for node in graphs.drain(bytes) {
                    if let Some(field) = field_at(all, node) {
                        let _ = field.write_u64(0, 0);
                    }
                    held.extend(object_at(all, node).map(Object::address));
                }
            }
            FieldKind::SpinLock
            | FieldKind::ResSpinLock
            | FieldKind::Timer
            | FieldKind::Wq
            | FieldKind::TaskWork
            | FieldKind::Uptr
            | FieldKind::ListNode
            | FieldKind::RbNode
            | FieldKind::Refcount => {}
        }
    }
    held
}

fn object_at(all: &BTreeMap<u64, Object>, addr: Addr) -> Option<&Object> {
    let (_, object) = all.range(..=addr.raw()).next_back()?;
    object.memory.offset_of(addr, 1)?;
    Some(object)
}

/// The bytes from a node on.
fn field_at(all: &BTreeMap<u64, Object>, node: Addr) -> Option<RacyBytes<'_>> {
    let object = object_at(all, node)?;
    let offset = object.memory.offset_of(node, 8)?;
    object.memory.part(offset, 8).ok()
}

impl SpanSource for Objects {
    fn bytes_at(&self, addr: Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        let state = self.state.lock();
        let bytes = object_at(&state.by_address, addr)?.memory.bytes();
        // SAFETY: the memory outlives the run that asks, see the header.
        let bytes = unsafe { RacyBytes::new(bytes.start(), bytes.len()) };
        Some((bytes, Permissions::ReadWrite))
    }
}
