//! Lists and trees of objects: which nodes are in which collection, in which order.
//!
//! ```text
//! bpf_list_head, bpf_rb_root   u64 number --> nodes, by address, in order
//! bpf_list_node, bpf_rb_node   u64 number of the collection the node is in, 0 for none
//! ```
//!
//! A tree is its nodes in order: the middle of a range is its root, what lies before and after it its children. That
//! is a balanced tree without a word about balance.

use std::collections::{HashMap, VecDeque};

use skep_memory::{Addr, RacyBytes};

/// Whether a node is to come before another.
pub(crate) type Less<'l, E> = &'l dyn Fn(Addr, Addr) -> Result<bool, E>;

/// An end of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Edge {
    Front,
    Back,
}

/// A node of a collection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Node {
    /// The one at an end.
    At(Edge),
    /// This one.
    Exactly(Addr),
    /// The root of a tree.
    Root,
    /// The left child of this one.
    LeftOf(Addr),
    /// The right child.
    RightOf(Addr),
}

/// All collections that are not empty.
#[derive(Default)]
pub(super) struct Graphs {
    last: u64,
    nodes: HashMap<u64, VecDeque<Addr>>,
}

impl Graphs {
    /// How many nodes are in the collection.
    pub(super) fn len(&self, root: RacyBytes<'_>) -> usize {
        self.of(root).map_or(0, VecDeque::len)
    }

    /// One of them.
    pub(super) fn get(&self, root: RacyBytes<'_>, index: usize) -> Option<Addr> {
        self.of(root)?.get(index).copied()
    }

    /// Puts a node at an end; the number of the collection.
    pub(super) fn push(&mut self, root: RacyBytes<'_>, node: Addr, edge: Edge) -> Option<u64> {
        let index = match edge {
            Edge::Front => 0,
            Edge::Back => self.len(root),
        };
        self.insert(root, node, index)
    }

    /// Puts a node at a place; the number of the collection.
    pub(super) fn insert(&mut self, root: RacyBytes<'_>, node: Addr, index: usize) -> Option<u64> {
        let number = match number_of(root) {
            Some(number) => number,
            None => {
                self.last = self.last.wrapping_add(1).max(1);
                root.write_u64(0, self.last).ok()?;
                self.last
            }
        };
        let nodes = self.nodes.entry(number).or_default();
        nodes.insert(index.min(nodes.len()), node);
        Some(number)
    }

    /// Finds a node; `field` gives the bytes of one.
    pub(super) fn find<'n>(
        &self,
        root: RacyBytes<'_>,
        node: Node,
        field: impl Fn(Addr) -> Option<RacyBytes<'n>>,
    ) -> Option<Addr> {
        self.get(root, self.index(root, node, field)?)
    }

    /// Takes a node out.
    pub(super) fn take<'n>(
        &mut self,
        root: RacyBytes<'_>,
        node: Node,
        field: impl Fn(Addr) -> Option<RacyBytes<'n>>,
    ) -> Option<Addr> {
        let index = self.index(root, node, &field)?;
        let number = number_of(root)?;
        let nodes = self.nodes.get_mut(&number)?;
        let node = nodes.remove(index)?;
        if nodes.is_empty() {
            self.nodes.remove(&number);
            let _ = root.write_u64(0, 0);
        }
        let _ = field(node)?.write_u64(0, 0);
        Some(node)
    }

    /// Takes all nodes out.
    pub(super) fn drain(&mut self, root: RacyBytes<'_>) -> VecDeque<Addr> {
        let nodes = number_of(root).and_then(|number| self.nodes.remove(&number));
        let _ = root.write_u64(0, 0);
        nodes.unwrap_or_default()
    }

    fn of(&self, root: RacyBytes<'_>) -> Option<&VecDeque<Addr>> {
        self.nodes.get(&number_of(root)?)
    }

    fn index<'n>(
        &self,
        root: RacyBytes<'_>,
        node: Node,
        field: impl Fn(Addr) -> Option<RacyBytes<'n>>,
    ) -> Option<usize> {
        let nodes = self.of(root)?;
        let position = |node: Addr| {
            // Searched for only where it is.
            let here = number_of(field(node)?) == number_of(root);
            here.then(|| nodes.iter().position(|other| *other == node))?
        };
        match node {
            Node::At(Edge::Front) => Some(0),
            Node::At(Edge::Back) => nodes.len().checked_sub(1),
            Node::Exactly(node) => position(node),
            Node::Root => Some(nodes.len() / 2),
            Node::LeftOf(node) => {
                let middle = position(node)?;
                let (low, _) = range_of(nodes.len(), middle);
                (low < middle).then(|| low.midpoint(middle))
            }
            Node::RightOf(node) => {
                let middle = position(node)?;
                let (_, high) = range_of(nodes.len(), middle);
                let low = middle + 1;
                (low < high).then(|| low.midpoint(high))
            }
        }
    }
}

/// The range that a node is the root of.
fn range_of(len: usize, index: usize) -> (usize, usize) {
    let (mut low, mut high) = (0_usize, len);
    loop {
        let middle = low.midpoint(high);
        match index.cmp(&middle) {
            std::cmp::Ordering::Less => high = middle,
            std::cmp::Ordering::Equal => return (low, high),
            std::cmp::Ordering::Greater => low = middle + 1,
        }
    }
}

fn number_of(field: RacyBytes<'_>) -> Option<u64> {
    field.read_u64(0).ok().filter(|number| *number != 0)
}
