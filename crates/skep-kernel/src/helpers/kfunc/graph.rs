//! Lists and trees of objects. The program holds the lock of the collection.

use skep_exec::{HelperCall, HelperResult};
use skep_memory::Addr;

use super::status;
use crate::helpers::call::session;
use crate::owned::graph::{Edge, Node};

/// Bytes of `struct bpf_list_head` and `struct bpf_rb_root`.
const ROOT: usize = 16;

pub(super) fn push_front(call: &HelperCall<'_, '_>) -> HelperResult {
    push(call, Edge::Front)
}

pub(super) fn push_back(call: &HelperCall<'_, '_>) -> HelperResult {
    push(call, Edge::Back)
}

fn push(call: &HelperCall<'_, '_>, edge: Edge) -> HelperResult {
    let node = Addr::new(call.arg(1));
    let root = call.write(0, ROOT)?;
    status(session(call)?.objects().push(root, node, edge))
}

pub(super) fn pop_front(call: &HelperCall<'_, '_>) -> HelperResult {
    take(call, Node::At(Edge::Front))
}

pub(super) fn pop_back(call: &HelperCall<'_, '_>) -> HelperResult {
    take(call, Node::At(Edge::Back))
}

pub(super) fn remove(call: &HelperCall<'_, '_>) -> HelperResult {
    take(call, Node::Exactly(Addr::new(call.arg(1))))
}

pub(super) fn front(call: &HelperCall<'_, '_>) -> HelperResult {
    peek(call, Node::At(Edge::Front))
}

pub(super) fn back(call: &HelperCall<'_, '_>) -> HelperResult {
    peek(call, Node::At(Edge::Back))
}

pub(super) fn root(call: &HelperCall<'_, '_>) -> HelperResult {
    peek(call, Node::Root)
}

pub(super) fn left(call: &HelperCall<'_, '_>) -> HelperResult {
    peek(call, Node::LeftOf(Addr::new(call.arg(1))))
}

pub(super) fn right(call: &HelperCall<'_, '_>) -> HelperResult {
    peek(call, Node::RightOf(Addr::new(call.arg(1))))
}

/// The third argument is a function of the program that compares two nodes.
pub(super) fn add(call: &HelperCall<'_, '_>) -> HelperResult {
    let [_, node, function, _, _] = call.args();
    let root = call.write(0, ROOT)?;
    let less = |node: Addr, other: Addr| {
        let answer = call.call_back(function, [node.raw(), other.raw(), 0, 0, 0])?;
        Ok(answer != 0)
    };
    status(session(call)?.objects().add(root, Addr::new(node), &less)?)
}

fn take(call: &HelperCall<'_, '_>, node: Node) -> HelperResult {
    let root = call.write(0, ROOT)?;
    let taken = session(call)?.objects().take(root, node);
    Ok(taken.unwrap_or(Addr::NULL).raw())
}

fn peek(call: &HelperCall<'_, '_>, node: Node) -> HelperResult {
    let root = call.write(0, ROOT)?;
    let found = session(call)?.objects().peek(root, node);
    Ok(found.unwrap_or(Addr::NULL).raw())
}
