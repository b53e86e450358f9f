//! Bodies of kernel functions, found by name.
//!
//! | file | bodies |
//! |---|---|
//! | `section` | RCU, preemption and interrupt sections |
//! | `numbers` | the iterator over numbers |
//! | `dynptr` | dynptrs over packets, slices, copies |
//! | `text` | string functions |
//! | `work` | bpf_wq |
//! | `object`, `graph` | objects of programs; lists and trees of them |

mod dynptr;
mod graph;
mod numbers;
mod object;
mod section;
mod text;
mod work;

use skep_exec::{HelperFn, HelperResult};
use skep_object::Errno;
use skep_uapi::ProgType;

use super::call::negative;

/// The body of a kernel function for programs of a type; `None` if it has none here.
pub fn kfunc_body(prog_type: ProgType, name: &str) -> Option<HelperFn> {
    Some(match name {
        "bpf_rcu_read_lock"
        | "bpf_rcu_read_unlock"
        | "bpf_preempt_disable"
        | "bpf_preempt_enable" => section::nothing,
        "bpf_local_irq_save" => section::irq_save,
        "bpf_local_irq_restore" => section::nothing,
        "bpf_iter_num_new" => numbers::new,
        "bpf_iter_num_next" => numbers::next,
        "bpf_iter_num_destroy" => numbers::destroy,
        "bpf_dynptr_adjust" => dynptr::adjust,
        "bpf_dynptr_clone" => dynptr::clone,
        "bpf_dynptr_is_null" => dynptr::is_null,
        "bpf_dynptr_is_rdonly" => dynptr::is_rdonly,
        "bpf_dynptr_size" => dynptr::size,
        "bpf_dynptr_slice" => dynptr::slice,
        "bpf_dynptr_slice_rdwr" => dynptr::slice_rdwr,
        "bpf_dynptr_copy" => dynptr::copy,
        "bpf_dynptr_memset" => dynptr::memset,
        "bpf_dynptr_from_skb" => from_skb(prog_type)?,
        "bpf_dynptr_from_xdp" if prog_type == ProgType::Xdp => dynptr::from_xdp,
        "bpf_obj_new_impl" => object::new,
        "bpf_percpu_obj_new_impl" => object::percpu_new,
        "bpf_obj_drop_impl" | "bpf_percpu_obj_drop_impl" => object::drop,
        "bpf_refcount_acquire_impl" => object::refcount_acquire,
        "bpf_list_push_front_impl" => graph::push_front,
        "bpf_list_push_back_impl" => graph::push_back,
        "bpf_list_pop_front" => graph::pop_front,
        "bpf_list_pop_back" => graph::pop_back,
        "bpf_list_front" => graph::front,
        "bpf_list_back" => graph::back,
        "bpf_rbtree_add_impl" => graph::add,
        "bpf_rbtree_remove" => graph::remove,
        "bpf_rbtree_first" => graph::front,
        "bpf_rbtree_root" => graph::root,
        "bpf_rbtree_left" => graph::left,
        "bpf_rbtree_right" => graph::right,
        "bpf_wq_init" => work::init,
        "bpf_wq_set_callback_impl" => work::set_callback,
        "bpf_wq_start" => work::start,
        "bpf_strcmp" => text::strcmp,
        "bpf_strcasecmp" => text::strcasecmp,
        "bpf_strchr" => text::strchr,
        "bpf_strchrnul" => text::strchrnul,
        "bpf_strnchr" => text::strnchr,
        "bpf_strrchr" => text::strrchr,
        "bpf_strlen" => text::strlen,
        "bpf_strnlen" => text::strnlen,
        "bpf_strspn" => text::strspn,
        "bpf_strcspn" => text::strcspn,
        "bpf_strstr" => text::strstr,
        "bpf_strnstr" => text::strnstr,
        _ => return None,
    })
}

/// Only types that may write to packets directly get dynptrs that may.
fn from_skb(prog_type: ProgType) -> Option<HelperFn> {
    match prog_type {
        ProgType::SchedCls | ProgType::SchedAct | ProgType::LwtXmit => Some(dynptr::from_skb),
        ProgType::SocketFilter | ProgType::CgroupSkb | ProgType::LwtIn | ProgType::LwtOut => {
            Some(dynptr::from_skb_rdonly)
        }
        _ => None,
    }
}

/// An `int`: compiled C leaves the upper half of R0 zero, also for negative numbers.
fn int(result: Result<u64, Errno>) -> HelperResult {
    Ok(u64::from(result.unwrap_or_else(negative) as u32))
}

/// 0 or an errno as an `int`.
fn status(result: Result<(), Errno>) -> HelperResult {
    int(result.map(|()| 0))
}

#[cfg(test)]
mod tests {
    use skep_catalog::support::{self, FeatureKind, Support};
    use skep_uapi::ProgType;

    use super::kfunc_body;

    #[test]
    fn every_body_is_listed_as_supported_and_the_other_way_round() {
        for feature in support::features(FeatureKind::Kfunc) {
            let runs = ProgType::ALL
                .into_iter()
                .any(|prog_type| kfunc_body(prog_type, feature.name).is_some());
            assert_eq!(runs, feature.state != Support::Absent, "{}", feature.name);
        }
    }
}
