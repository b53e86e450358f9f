//! Strongly connected components of each function's instructions: the loops.
//!
//! R. Tarjan, "Depth-First Search and Linear Graph Algorithms" (1972), without recursion.

use crate::state::InsnIdx;
use crate::verifier::Verifier;
use alloc::vec;
use alloc::vec::Vec;

/// Order of an instruction that belongs to a finished component.
const DONE: u32 = u32::MAX;

struct Search {
    /// 1, 2, ... in order of discovery; 0: not yet.
    order: Vec<u32>,
    low: Vec<u32>,
    open: Vec<InsnIdx>,
    next_order: u32,
    next_component: u32,
}

fn get(list: &[u32], at: InsnIdx) -> u32 {
    list.get(at.index()).copied().unwrap_or(DONE)
}

fn set(list: &mut [u32], at: InsnIdx, value: u32) {
    if let Some(place) = list.get_mut(at.index()) {
        *place = value;
    }
}

impl Search {
    fn enter(&mut self, at: InsnIdx) {
        set(&mut self.order, at, self.next_order);
        set(&mut self.low, at, self.next_order);
        self.next_order += 1;
        self.open.push(at);
    }

    fn lower(&mut self, at: InsnIdx, to: u32) {
        let low = get(&self.low, at).min(to);
        set(&mut self.low, at, low);
    }
}

impl Verifier<'_> {
    /// Numbers the components in order of completion; single instructions that do not jump to themselves are in none.
    pub(super) fn compute_components(&mut self) {
        let insns = self.insns.len();
        let mut search = Search {
            order: vec![0; insns],
            low: vec![0; insns],
            open: Vec::new(),
            next_order: 1,
            next_component: 1,
        };
        for index in 0..insns {
            let at = InsnIdx(index as u32);
            if get(&search.order, at) == 0 {
                self.search_from(at, &mut search);
            }
        }
        self.walk.has_loops = search.next_component > 1;
    }

    fn search_from(&mut self, root: InsnIdx, search: &mut Search) {
        search.enter(root);
        let mut path: Vec<(InsnIdx, usize)> = vec![(root, 0)];
        while let Some((at, edge)) = path.last_mut() {
            let at = *at;
            let successors = self.successors(at);
            let Some(successor) = successors.get(*edge) else {
                path.pop();
                self.close(at, search);
                if let Some(&(parent, _)) = path.last()
                    && get(&search.order, at) != DONE
                {
                    search.lower(parent, get(&search.low, at));
                }
                continue;
            };
            *edge += 1;
            let Some(next) = *successor else { continue };
            match get(&search.order, next) {
                0 => {
                    search.enter(next);
                    path.push((next, 0));
                }
                DONE => {}
                order => search.lower(at, order),
            }
        }
    }

    /// All edges of `at` are followed: if nothing below it leads above it, what is open since it is a component.
    fn close(&mut self, at: InsnIdx, search: &mut Search) {
        if get(&search.low, at) != get(&search.order, at) {
            return;
        }
        let jumps_to_itself = self.successors(at).contains(&Some(at));
        let is_loop = search.open.last() != Some(&at) || jumps_to_itself;
        let component = if is_loop { search.next_component } else { 0 };
        search.next_component += u32::from(is_loop);
        while let Some(member) = search.open.pop() {
            set(&mut search.order, member, DONE);
            if let Some(aux) = self.aux.get_mut(member.index()) {
                aux.scc = component;
            }
            if member == at {
                break;
            }
        }
    }
}
