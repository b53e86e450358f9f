//! Which helpers go with which maps, and what a call instruction remembers of its map.

use super::args::CallMeta;
use crate::reject::words::HelperName;
use crate::reject::{CallReject, Check, KfuncReject};
use crate::verifier::Verifier;
use skep_uapi::{HelperId, MapType};

/// Helpers that only make sense with some map types, and the map types that only go with some helpers.
///
/// Read by row: these map types with these helpers. A map type or helper that stands in `MAP_BOUND` or `HELPER_BOUND` goes only with what
/// a row pairs it with.
const PAIRS: &[(&[MapType], &[HelperId])] = &[
    (&[MapType::ProgArray], &[HelperId::TAIL_CALL]),
    (
        &[MapType::PerfEventArray],
        &[
            HelperId::PERF_EVENT_READ,
            HelperId::PERF_EVENT_OUTPUT,
            HelperId::SKB_OUTPUT,
            HelperId::PERF_EVENT_READ_VALUE,
            HelperId::XDP_OUTPUT,
        ],
    ),
    (
        &[MapType::Ringbuf],
        &[
            HelperId::RINGBUF_OUTPUT,
            HelperId::RINGBUF_RESERVE,
            HelperId::RINGBUF_QUERY,
            HelperId::RINGBUF_RESERVE_DYNPTR,
            HelperId::RINGBUF_SUBMIT_DYNPTR,
            HelperId::RINGBUF_DISCARD_DYNPTR,
        ],
    ),
    (&[MapType::UserRingbuf], &[HelperId::USER_RINGBUF_DRAIN]),
    (&[MapType::StackTrace], &[HelperId::GET_STACKID]),
    (
        &[MapType::CgroupArray],
        &[
            HelperId::SKB_UNDER_CGROUP,
            HelperId::CURRENT_TASK_UNDER_CGROUP,
        ],
    ),
    (
        &[MapType::CgroupStorage, MapType::PercpuCgroupStorage],
        &[HelperId::GET_LOCAL_STORAGE],
    ),
    (
        &[MapType::Devmap, MapType::DevmapHash, MapType::Xskmap],
        &[HelperId::REDIRECT_MAP, HelperId::MAP_LOOKUP_ELEM],
    ),
    (&[MapType::Cpumap], &[HelperId::REDIRECT_MAP]),
    (
        &[MapType::ArrayOfMaps, MapType::HashOfMaps],
        &[HelperId::MAP_LOOKUP_ELEM],
    ),
    (
        &[MapType::Sockmap],
        &[
            HelperId::SK_REDIRECT_MAP,
            HelperId::SOCK_MAP_UPDATE,
            HelperId::MSG_REDIRECT_MAP,
            HelperId::SK_SELECT_REUSEPORT,
            HelperId::MAP_LOOKUP_ELEM,
        ],
    ),
    (
        &[MapType::Sockhash],
        &[
            HelperId::SK_REDIRECT_HASH,
            HelperId::SOCK_HASH_UPDATE,
            HelperId::MSG_REDIRECT_HASH,
            HelperId::SK_SELECT_REUSEPORT,
            HelperId::MAP_LOOKUP_ELEM,
        ],
    ),
    (
        &[MapType::ReuseportSockarray],
        &[HelperId::SK_SELECT_REUSEPORT],
    ),
    (
        &[MapType::Queue, MapType::Stack],
        &[
            HelperId::MAP_PEEK_ELEM,
            HelperId::MAP_POP_ELEM,
            HelperId::MAP_PUSH_ELEM,
        ],
    ),
    (
        &[MapType::BloomFilter],
        &[HelperId::MAP_PEEK_ELEM, HelperId::MAP_PUSH_ELEM],
    ),
    (
        &[MapType::SkStorage],
        &[
            HelperId::SK_STORAGE_GET,
            HelperId::SK_STORAGE_DELETE,
            HelperId::KPTR_XCHG,
        ],
    ),
    (
        &[MapType::InodeStorage],
        &[
            HelperId::INODE_STORAGE_GET,
            HelperId::INODE_STORAGE_DELETE,
            HelperId::KPTR_XCHG,
        ],
    ),
    (
        &[MapType::TaskStorage],
        &[
            HelperId::TASK_STORAGE_GET,
            HelperId::TASK_STORAGE_DELETE,
            HelperId::KPTR_XCHG,
        ],
    ),
    (
        &[MapType::CgrpStorage],
        &[
            HelperId::CGRP_STORAGE_GET,
            HelperId::CGRP_STORAGE_DELETE,
            HelperId::KPTR_XCHG,
        ],
    ),
    (
        &[
            MapType::PercpuArray,
            MapType::PercpuHash,
            MapType::LruPercpuHash,
        ],
        &[HelperId::MAP_LOOKUP_PERCPU_ELEM],
    ),
];

/// Map types without restrictions of their own, though rows name them for the helper's sake.
const OPEN_MAPS: &[MapType] = &[
    MapType::PercpuArray,
    MapType::PercpuHash,
    MapType::LruPercpuHash,
];
/// Helpers without restrictions of their own, though rows name them for the map's sake.
const OPEN_HELPERS: &[HelperId] = &[HelperId::MAP_LOOKUP_ELEM, HelperId::KPTR_XCHG];

fn paired(map: MapType, helper: HelperId) -> bool {
    PAIRS
        .iter()
        .any(|(maps, helpers)| maps.contains(&map) && helpers.contains(&helper))
}

fn is_bound_map(map: MapType) -> bool {
    !OPEN_MAPS.contains(&map) && PAIRS.iter().any(|(maps, _)| maps.contains(&map))
}

fn is_bound_helper(helper: HelperId) -> bool {
    !OPEN_HELPERS.contains(&helper) && PAIRS.iter().any(|(_, helpers)| helpers.contains(&helper))
}

/// Helpers whose instruction remembers the map.
const MAP_OPERATIONS: &[HelperId] = &[
    HelperId::TAIL_CALL,
    HelperId::MAP_LOOKUP_ELEM,
    HelperId::MAP_UPDATE_ELEM,
    HelperId::MAP_DELETE_ELEM,
    HelperId::MAP_PUSH_ELEM,
    HelperId::MAP_POP_ELEM,
    HelperId::MAP_PEEK_ELEM,
    HelperId::FOR_EACH_MAP_ELEM,
    HelperId::REDIRECT_MAP,
    HelperId::MAP_LOOKUP_PERCPU_ELEM,
];
const MAP_WRITES: &[HelperId] = &[
    HelperId::MAP_UPDATE_ELEM,
    HelperId::MAP_DELETE_ELEM,
    HelperId::MAP_PUSH_ELEM,
    HelperId::MAP_POP_ELEM,
];

impl Verifier<'_> {
    /// Remembers map and key of a map operation at this instruction; read-only maps refuse changes.
    pub(super) fn note_call_map(&mut self, meta: &CallMeta) -> Check {
        if !MAP_OPERATIONS.contains(&meta.helper) {
            return Ok(());
        }
        let Some((map, attributes)) = meta.map.and_then(|m| Some((m.map, self.map_meta(m.map)?)))
        else {
            return Err(self.reject(CallReject::Bug {
                what: "a map operation without map",
            }));
        };
        if attributes.is_rdonly_prog() && MAP_WRITES.contains(&meta.helper) {
            return Err(self.reject(CallReject::ReadonlyMap));
        }
        if let Some(aux) = self.aux_mut() {
            aux.call.map.note(map);
        }
        if meta.helper != HelperId::TAIL_CALL {
            return Ok(());
        }
        if attributes.map_type != MapType::ProgArray {
            return Err(self.reject(CallReject::NotProgArray));
        }
        self.note_tail_call_index(attributes.max_entries)
    }

    /// A tail call with one known index in range can be a direct jump.
    fn note_tail_call_index(&mut self, max_entries: u32) -> Check {
        const INDEX: u8 = 3;
        let known = self
            .state
            .reg(INDEX)
            .known()
            .filter(|index| *index < u64::from(max_entries));
        if known.is_some() {
            self.mark_precise(INDEX)?;
        }
        if let Some(aux) = self.aux_mut() {
            match known {
                Some(index) => aux.call.key.note(index),
                None => aux.call.key = super::seen::Seen::Varies,
            }
        }
        Ok(())
    }

    /// The map's type and the helper must go together.
    pub(super) fn check_map_for_helper(&mut self, meta: &CallMeta) -> Check {
        let Some(map) = meta.map.and_then(|m| self.map_meta(m.map)) else {
            return Ok(());
        };
        let (map_type, helper) = (map.map_type, meta.helper);
        if paired(map_type, helper) {
            return Ok(());
        }
        let is_sock_map = matches!(map_type, MapType::Sockmap | MapType::Sockhash);
        if is_sock_map
            && matches!(
                helper,
                HelperId::MAP_UPDATE_ELEM | HelperId::MAP_DELETE_ELEM
            )
        {
            let context = self.calls.context();
            if skep_catalog::sockmap_update_allowed(context.prog_type, context.attach_type, helper)
            {
                return Ok(());
            }
            let reject = self.reject(CallReject::SockmapUpdate);
            return Err(self.reject_more(
                reject,
                CallReject::MapForHelper {
                    map_type: map_type.raw(),
                    helper: HelperName(helper),
                },
            ));
        }
        if is_bound_map(map_type) || is_bound_helper(helper) {
            return Err(self.reject(CallReject::MapForHelper {
                map_type: map_type.raw(),
                helper: HelperName(helper),
            }));
        }
        Ok(())
    }

    /// After the walk: what Linux finds only when it rewrites calls. A kernel function without id must be dead code; without CAP_PERFMON
    /// each tail call must always use one map.
    pub(crate) fn check_walked_calls(&mut self) -> Check {
        for index in 0..self.insns.len() {
            let (Some(insn), Some(aux)) = (self.insns.get(index).copied(), self.aux.get(index))
            else {
                continue;
            };
            let varies = aux.call.map == super::seen::Seen::Varies;
            if !aux.seen {
                continue;
            }
            if insn.is_kfunc_call() && insn.imm == 0 {
                return Err(self.reject(KfuncReject::NotEliminated));
            }
            let is_tail_call =
                insn.is_helper_call() && insn.imm.cast_unsigned() == HelperId::TAIL_CALL.0;
            if is_tail_call && varies && !self.privileges.bypass_spec_v1 {
                return Err(self.reject(CallReject::TailCallMapVaries));
            }
        }
        Ok(())
    }
}
