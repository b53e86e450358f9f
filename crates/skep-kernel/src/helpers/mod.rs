//! Bodies of helpers, by family: one file each, and the table that finds them.
//!
//! A helper without a body here makes no program unloadable: the verdict is the verifier's. Running such a program
//! answers ENOTSUPP with the helper's name.
//!
//! | file | bodies |
//! |---|---|
//! | `map`, `iteration` | map elements; bpf_loop and for_each_map_elem |
//! | `ringbuf`, `user_ringbuf`, `dynptr` | records to and from clients; dynptrs over them and over memory |
//! | `perf_event` | bpf_perf_event_output |
//! | `machine`, `task` | clocks, randomness, CPU; who runs the program |
//! | `text`, `print`, `format` | numbers from text; printf |
//! | `lock` | bpf_spin_lock |
//! | `deferred`, `kptr`, `per_cpu` | bpf_timer; bpf_kptr_xchg; parts of per-CPU objects |
//! | `skb`, `xdp`, `redirect`, `socket` | packets and what surrounds them |
//! | `checksum`, `sums` | checksum arithmetic; bpf_csum_diff |
//! | `probe` | reads through pointers nobody vouches for |
//! | `sys` | what syscall programs may ask |
//! | `trace` | [`TraceLog`]: what programs print |
//! | `kfunc` | kernel functions, by name |
//! | `call` | what most bodies need of their call |
//!
//! A body may count on what the helper's prototype makes the verifier check, and on nothing else. Names of the
//! helpers with bodies stand in `data/support.json` of the catalog too; a test compares.

mod call;
pub(crate) mod checksum;
mod deferred;
mod dynptr;
mod format;
mod iteration;
mod kfunc;
mod kptr;
mod lock;
mod machine;
mod map;
mod per_cpu;
mod perf_event;
mod print;
mod probe;
mod redirect;
mod ringbuf;
mod skb;
mod socket;
mod sums;
mod sys;
mod task;
mod text;
mod trace;
mod user_ringbuf;
mod xdp;

#[cfg(test)]
mod tests;

use skep_exec::HelperFn;
use skep_uapi::{HelperId, ProgType};

use skb::{bytes, meta, room, vlan};

pub use kfunc::kfunc_body;
pub use trace::TraceLog;

/// The body of a helper for programs of a type; `None` if it has none here.
pub fn helper_body(prog_type: ProgType, id: HelperId) -> Option<HelperFn> {
    let of_type = match prog_type {
        ProgType::Xdp => for_xdp(id),
        ProgType::SocketFilter
        | ProgType::SchedCls
        | ProgType::SchedAct
        | ProgType::CgroupSkb
        | ProgType::LwtIn
        | ProgType::LwtOut
        | ProgType::LwtXmit => for_skb(id),
        _ => None,
    };
    of_type.or_else(|| general(id))
}

/// What LD_ABS and LD_IND call for programs of a type; see [`skep_exec::Bindings::load_packet`].
pub fn load_packet(prog_type: ProgType) -> Option<HelperFn> {
    match prog_type {
        ProgType::SocketFilter | ProgType::SchedCls | ProgType::SchedAct | ProgType::CgroupSkb => {
            Some(bytes::load_packet)
        }
        _ => None,
    }
}

/// Bodies that do not look at the context.
fn general(id: HelperId) -> Option<HelperFn> {
    Some(match id {
        HelperId::MAP_LOOKUP_ELEM => map::lookup_elem,
        HelperId::MAP_UPDATE_ELEM => map::update_elem,
        HelperId::MAP_DELETE_ELEM => map::delete_elem,
        HelperId::MAP_LOOKUP_PERCPU_ELEM => map::lookup_percpu_elem,
        HelperId::MAP_PUSH_ELEM => map::push_elem,
        HelperId::MAP_POP_ELEM => map::pop_elem,
        HelperId::MAP_PEEK_ELEM => map::peek_elem,
        HelperId::FOR_EACH_MAP_ELEM => iteration::for_each_map_elem,
        HelperId::LOOP => iteration::bpf_loop,
        HelperId::RINGBUF_OUTPUT => ringbuf::output,
        HelperId::RINGBUF_RESERVE => ringbuf::reserve,
        HelperId::RINGBUF_SUBMIT => ringbuf::submit,
        HelperId::RINGBUF_DISCARD => ringbuf::discard,
        HelperId::RINGBUF_QUERY => ringbuf::query,
        HelperId::RINGBUF_RESERVE_DYNPTR => ringbuf::reserve_dynptr,
        HelperId::RINGBUF_SUBMIT_DYNPTR => ringbuf::submit_dynptr,
        HelperId::RINGBUF_DISCARD_DYNPTR => ringbuf::discard_dynptr,
        HelperId::PERF_EVENT_OUTPUT => perf_event::output,
        HelperId::USER_RINGBUF_DRAIN => user_ringbuf::drain,
        HelperId::DYNPTR_FROM_MEM => dynptr::from_mem,
        HelperId::DYNPTR_READ => dynptr::copy_out,
        HelperId::DYNPTR_WRITE => dynptr::copy_in,
        HelperId::DYNPTR_DATA => dynptr::data,
        HelperId::SPIN_LOCK => lock::spin_lock,
        HelperId::SPIN_UNLOCK => lock::spin_unlock,
        HelperId::PER_CPU_PTR => per_cpu::per_cpu_ptr,
        HelperId::THIS_CPU_PTR => per_cpu::this_cpu_ptr,
        HelperId::KPTR_XCHG => kptr::xchg,
        HelperId::TIMER_INIT => deferred::timer_init,
        HelperId::TIMER_SET_CALLBACK => deferred::timer_set_callback,
        HelperId::TIMER_START => deferred::timer_start,
        HelperId::TIMER_CANCEL => deferred::timer_cancel,
        HelperId::KTIME_GET_NS => machine::ktime_get_ns,
        HelperId::KTIME_GET_BOOT_NS => machine::ktime_get_boot_ns,
        HelperId::KTIME_GET_COARSE_NS => machine::ktime_get_coarse_ns,
        HelperId::KTIME_GET_TAI_NS => machine::ktime_get_tai_ns,
        HelperId::JIFFIES64 => machine::jiffies64,
        HelperId::GET_PRANDOM_U32 => machine::get_prandom_u32,
        HelperId::GET_SMP_PROCESSOR_ID => machine::get_smp_processor_id,
        HelperId::GET_NUMA_NODE_ID => machine::get_numa_node_id,
        HelperId::GET_CURRENT_PID_TGID => task::get_current_pid_tgid,
        HelperId::GET_CURRENT_UID_GID => task::get_current_uid_gid,
        HelperId::GET_CURRENT_COMM => task::get_current_comm,
        HelperId::GET_ATTACH_COOKIE => task::get_attach_cookie,
        HelperId::STRTOL => text::strtol,
        HelperId::STRTOUL => text::strtoul,
        HelperId::STRNCMP => text::strncmp,
        HelperId::TRACE_PRINTK => print::trace_printk,
        HelperId::TRACE_VPRINTK => print::trace_vprintk,
        HelperId::SNPRINTF => print::snprintf,
        HelperId::PROBE_READ => probe::read_any,
        HelperId::PROBE_READ_STR => probe::read_any_str,
        HelperId::PROBE_READ_KERNEL => probe::read_kernel,
        HelperId::PROBE_READ_KERNEL_STR => probe::read_kernel_str,
        HelperId::PROBE_READ_USER | HelperId::PROBE_READ_USER_STR | HelperId::COPY_FROM_USER => {
            probe::read_user
        }
        HelperId::BTF_FIND_BY_NAME_KIND => sys::btf_find_by_name_kind,
        HelperId::CSUM_DIFF => sums::csum_diff,
        HelperId::SK_LOOKUP_TCP | HelperId::SK_LOOKUP_UDP | HelperId::SKC_LOOKUP_TCP => {
            socket::lookup
        }
        HelperId::SK_RELEASE => socket::release,
        HelperId::SK_FULLSOCK => socket::fullsock,
        HelperId::TCP_SOCK
        | HelperId::GET_LISTENER_SOCK
        | HelperId::SKC_TO_TCP6_SOCK
        | HelperId::SKC_TO_TCP_SOCK
        | HelperId::SKC_TO_TCP_TIMEWAIT_SOCK
        | HelperId::SKC_TO_TCP_REQUEST_SOCK
        | HelperId::SKC_TO_UDP6_SOCK
        | HelperId::SKC_TO_UNIX_SOCK
        | HelperId::SKC_TO_MPTCP_SOCK => socket::other_kind,
        HelperId::REDIRECT => redirect::redirect,
        HelperId::REDIRECT_PEER => redirect::redirect_peer,
        HelperId::REDIRECT_NEIGH => redirect::redirect_neigh,
        _ => return None,
    })
}

/// Bodies for programs with an skb.
fn for_skb(id: HelperId) -> Option<HelperFn> {
    use skb::sums;
    Some(match id {
        HelperId::PERF_EVENT_OUTPUT => perf_event::output_with_packet,
        HelperId::SKB_LOAD_BYTES => bytes::load_bytes,
        HelperId::SKB_LOAD_BYTES_RELATIVE => bytes::load_bytes_relative,
        HelperId::SKB_STORE_BYTES => bytes::store_bytes,
        HelperId::SKB_PULL_DATA => bytes::pull_data,
        HelperId::L3_CSUM_REPLACE => sums::l3_csum_replace,
        HelperId::L4_CSUM_REPLACE => sums::l4_csum_replace,
        HelperId::CSUM_UPDATE => sums::csum_update,
        HelperId::CSUM_LEVEL => sums::csum_level,
        HelperId::SKB_CHANGE_TAIL => room::change_tail,
        HelperId::SKB_CHANGE_HEAD => room::change_head,
        HelperId::SKB_CHANGE_PROTO => room::change_proto,
        HelperId::SKB_ADJUST_ROOM => room::adjust_room,
        HelperId::SKB_VLAN_PUSH => vlan::push,
        HelperId::SKB_VLAN_POP => vlan::pop,
        HelperId::SKB_CHANGE_TYPE => meta::change_type,
        HelperId::SKB_SET_TSTAMP => meta::set_tstamp,
        HelperId::GET_HASH_RECALC => meta::get_hash_recalc,
        HelperId::SET_HASH => meta::set_hash,
        HelperId::SET_HASH_INVALID => meta::set_hash_invalid,
        HelperId::GET_SOCKET_COOKIE => meta::get_socket_cookie,
        HelperId::GET_SOCKET_UID => meta::get_socket_uid,
        HelperId::GET_CGROUP_CLASSID | HelperId::GET_ROUTE_REALM => meta::no_class,
        HelperId::SKB_GET_TUNNEL_KEY => meta::get_tunnel_key,
        HelperId::SKB_GET_TUNNEL_OPT => meta::get_tunnel_opt,
        HelperId::SKB_GET_XFRM_STATE => meta::get_xfrm_state,
        HelperId::CLONE_REDIRECT => meta::clone_redirect,
        _ => return None,
    })
}

/// Bodies for programs with an XDP frame.
fn for_xdp(id: HelperId) -> Option<HelperFn> {
    Some(match id {
        HelperId::PERF_EVENT_OUTPUT => perf_event::output_with_packet,
        HelperId::XDP_ADJUST_HEAD => xdp::adjust_head,
        HelperId::XDP_ADJUST_TAIL => xdp::adjust_tail,
        HelperId::XDP_ADJUST_META => xdp::adjust_meta,
        HelperId::XDP_GET_BUFF_LEN => xdp::get_buff_len,
        HelperId::XDP_LOAD_BYTES => xdp::load_bytes,
        HelperId::XDP_STORE_BYTES => xdp::store_bytes,
        _ => return None,
    })
}
