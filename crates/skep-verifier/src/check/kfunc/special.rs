//! Kernel functions that the verifier has rules of its own for.

/// One of them; `bpf_` and `_impl` left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    Trap,
    Throw,
    CastToKernCtx,
    RdonlyCast,
    GetKmemCache,
    SessionCookie,
    XdpPullData,
    ObjNew,
    ObjDrop,
    PercpuObjNew,
    PercpuObjDrop,
    RefcountAcquire,
    ListPush,
    ListPop,
    ListPeek,
    RbtreeAdd,
    RbtreeRemove,
    /// bpf_rbtree_left and right.
    RbtreeChild,
    /// bpf_rbtree_first and root.
    RbtreePeek,
    RcuReadLock,
    RcuReadUnlock,
    PreemptDisable,
    PreemptEnable,
    LocalIrqSave,
    LocalIrqRestore,
    ResSpinLock,
    ResSpinLockIrqsave,
    ResSpinUnlock,
    ResSpinUnlockIrqrestore,
    IterNum,
    IterCssTaskNew,
    DynptrFromSkb,
    DynptrFromSkbMeta,
    DynptrFromXdp,
    DynptrClone,
    DynptrSlice,
    DynptrSliceRdwr,
    WqSetCallback,
    TaskWorkSchedule,
}

impl Special {
    /// The one of this name.
    pub(crate) fn named(name: &str) -> Option<Special> {
        Some(match name {
            "__bpf_trap" => Special::Trap,
            "bpf_throw" => Special::Throw,
            "bpf_cast_to_kern_ctx" => Special::CastToKernCtx,
            "bpf_rdonly_cast" => Special::RdonlyCast,
            "bpf_get_kmem_cache" => Special::GetKmemCache,
            "bpf_session_cookie" => Special::SessionCookie,
            "bpf_xdp_pull_data" => Special::XdpPullData,
            "bpf_obj_new_impl" => Special::ObjNew,
            "bpf_obj_drop_impl" => Special::ObjDrop,
            "bpf_percpu_obj_new_impl" => Special::PercpuObjNew,
            "bpf_percpu_obj_drop_impl" => Special::PercpuObjDrop,
            "bpf_refcount_acquire_impl" => Special::RefcountAcquire,
            "bpf_list_push_front_impl" | "bpf_list_push_back_impl" => Special::ListPush,
            "bpf_list_pop_front" | "bpf_list_pop_back" => Special::ListPop,
            "bpf_list_front" | "bpf_list_back" => Special::ListPeek,
            "bpf_rbtree_add_impl" => Special::RbtreeAdd,
            "bpf_rbtree_remove" => Special::RbtreeRemove,
            "bpf_rbtree_left" | "bpf_rbtree_right" => Special::RbtreeChild,
            "bpf_rbtree_first" | "bpf_rbtree_root" => Special::RbtreePeek,
            "bpf_rcu_read_lock" => Special::RcuReadLock,
            "bpf_rcu_read_unlock" => Special::RcuReadUnlock,
            "bpf_preempt_disable" => Special::PreemptDisable,
            "bpf_preempt_enable" => Special::PreemptEnable,
            "bpf_local_irq_save" => Special::LocalIrqSave,
            "bpf_local_irq_restore" => Special::LocalIrqRestore,
            "bpf_res_spin_lock" => Special::ResSpinLock,
            "bpf_res_spin_lock_irqsave" => Special::ResSpinLockIrqsave,
            "bpf_res_spin_unlock" => Special::ResSpinUnlock,
            "bpf_res_spin_unlock_irqrestore" => Special::ResSpinUnlockIrqrestore,
            "bpf_iter_num_new" | "bpf_iter_num_next" | "bpf_iter_num_destroy" => Special::IterNum,
            "bpf_iter_css_task_new" => Special::IterCssTaskNew,
            "bpf_dynptr_from_skb" => Special::DynptrFromSkb,
            "bpf_dynptr_from_skb_meta" => Special::DynptrFromSkbMeta,
            "bpf_dynptr_from_xdp" => Special::DynptrFromXdp,
            "bpf_dynptr_clone" => Special::DynptrClone,
            "bpf_dynptr_slice" => Special::DynptrSlice,
            "bpf_dynptr_slice_rdwr" => Special::DynptrSliceRdwr,
            "bpf_wq_set_callback_impl" => Special::WqSetCallback,
            "bpf_task_work_schedule_signal_impl" | "bpf_task_work_schedule_resume_impl" => {
                Special::TaskWorkSchedule
            }
            _ => return None,
        })
    }

    /// Whether it takes or gives list nodes.
    pub(crate) const fn is_list(self) -> bool {
        matches!(
            self,
            Special::ListPush | Special::ListPop | Special::ListPeek
        )
    }

    /// Whether it takes or gives tree nodes.
    pub(crate) const fn is_rbtree(self) -> bool {
        matches!(
            self,
            Special::RbtreeAdd | Special::RbtreeRemove | Special::RbtreeChild | Special::RbtreePeek
        )
    }

    /// Whether it is one of the bpf_res_spin functions.
    pub(crate) const fn is_res_lock(self) -> bool {
        matches!(
            self,
            Special::ResSpinLock
                | Special::ResSpinLockIrqsave
                | Special::ResSpinUnlock
                | Special::ResSpinUnlockIrqrestore
        )
    }

    /// Whether it may be called while a lock is held.
    pub(crate) const fn is_allowed_under_lock(self) -> bool {
        self.is_list()
            || self.is_rbtree()
            || self.is_res_lock()
            || matches!(self, Special::RefcountAcquire | Special::IterNum)
    }
}
