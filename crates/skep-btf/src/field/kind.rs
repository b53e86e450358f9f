//! [`FieldKind`]: the kinds of special fields, and sets of them.

/// Kind of a special field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldKind {
    /// `struct bpf_spin_lock`.
    SpinLock,
    /// `struct bpf_res_spin_lock`.
    ResSpinLock,
    /// `struct bpf_timer`.
    Timer,
    /// `struct bpf_wq`.
    Wq,
    /// `struct bpf_task_work`.
    TaskWork,
    /// A tagged pointer to an object.
    Kptr(KptrMode),
    /// A pointer into the memory of a task.
    Uptr,
    /// `struct bpf_list_head`.
    ListHead,
    /// `struct bpf_list_node`.
    ListNode,
    /// `struct bpf_rb_root`.
    RbRoot,
    /// `struct bpf_rb_node`.
    RbNode,
    /// `struct bpf_refcount`.
    Refcount,
}

/// How a kptr holds its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KptrMode {
    /// `kptr_untrusted`: does not own it.
    Unref,
    /// `kptr`: owns a reference.
    Ref,
    /// `percpu_kptr`: owns a per-CPU object of the program.
    Percpu,
}

impl FieldKind {
    /// The kinds that are recognised by the name of their struct, in the order Linux compares.
    pub(crate) const NAMED: [Self; 10] = [
        Self::SpinLock,
        Self::ResSpinLock,
        Self::Timer,
        Self::Wq,
        Self::TaskWork,
        Self::ListHead,
        Self::ListNode,
        Self::RbRoot,
        Self::RbNode,
        Self::Refcount,
    ];

    /// The kernel's name of it in messages; for the named ones that of their struct.
    pub fn name(self) -> &'static str {
        match self {
            Self::SpinLock => "bpf_spin_lock",
            Self::ResSpinLock => "bpf_res_spin_lock",
            Self::Timer => "bpf_timer",
            Self::Wq => "bpf_wq",
            Self::TaskWork => "bpf_task_work",
            Self::Kptr(KptrMode::Unref | KptrMode::Ref) => "kptr",
            Self::Kptr(KptrMode::Percpu) => "percpu_kptr",
            Self::Uptr => "uptr",
            Self::ListHead => "bpf_list_head",
            Self::ListNode => "bpf_list_node",
            Self::RbRoot => "bpf_rb_root",
            Self::RbNode => "bpf_rb_node",
            Self::Refcount => "bpf_refcount",
        }
    }

    /// Bytes.
    pub fn size(self) -> u32 {
        match self {
            Self::SpinLock | Self::ResSpinLock | Self::Refcount => 4,
            Self::TaskWork | Self::Kptr(_) | Self::Uptr => 8,
            Self::Timer | Self::Wq | Self::ListHead | Self::RbRoot => 16,
            Self::ListNode => 24,
            Self::RbNode => 32,
        }
    }

    /// Alignment in bytes.
    pub fn align(self) -> u32 {
        match self {
            Self::SpinLock | Self::ResSpinLock | Self::Refcount => 4,
            Self::Timer
            | Self::Wq
            | Self::TaskWork
            | Self::Kptr(_)
            | Self::Uptr
            | Self::ListHead
            | Self::ListNode
            | Self::RbRoot
            | Self::RbNode => 8,
        }
    }

    /// The set of just this kind.
    pub fn set(self) -> FieldSet {
        match self {
            Self::SpinLock => FieldSet::SPIN_LOCK,
            Self::ResSpinLock => FieldSet::RES_SPIN_LOCK,
            Self::Timer => FieldSet::TIMER,
            Self::Wq => FieldSet::WQ,
            Self::TaskWork => FieldSet::TASK_WORK,
            Self::Kptr(KptrMode::Unref) => FieldSet::KPTR_UNREF,
            Self::Kptr(KptrMode::Ref) => FieldSet::KPTR_REF,
            Self::Kptr(KptrMode::Percpu) => FieldSet::KPTR_PERCPU,
            Self::Uptr => FieldSet::UPTR,
            Self::ListHead => FieldSet::LIST_HEAD,
            Self::ListNode => FieldSet::LIST_NODE,
            Self::RbRoot => FieldSet::RB_ROOT,
            Self::RbNode => FieldSet::RB_NODE,
            Self::Refcount => FieldSet::REFCOUNT,
        }
    }

    /// Whether a struct may have only one.
    pub(crate) fn is_unique(self) -> bool {
        match self {
            Self::SpinLock | Self::ResSpinLock | Self::Timer | Self::Wq | Self::TaskWork => true,
            Self::Kptr(_)
            | Self::Uptr
            | Self::ListHead
            | Self::ListNode
            | Self::RbRoot
            | Self::RbNode
            | Self::Refcount => false,
        }
    }

    /// Whether an array may hold several.
    pub(crate) fn may_repeat(self) -> bool {
        match self {
            Self::Kptr(_) | Self::Uptr | Self::ListHead | Self::RbRoot => true,
            Self::SpinLock
            | Self::ResSpinLock
            | Self::Timer
            | Self::Wq
            | Self::TaskWork
            | Self::ListNode
            | Self::RbNode
            | Self::Refcount => false,
        }
    }
}

bitflags::bitflags! {
    /// A set of [`FieldKind`]s.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct FieldSet: u32 {
        /// [`FieldKind::SpinLock`].
        const SPIN_LOCK = 1;
        /// [`FieldKind::ResSpinLock`].
        const RES_SPIN_LOCK = 1 << 1;
        /// [`FieldKind::Timer`].
        const TIMER = 1 << 2;
        /// [`FieldKind::Wq`].
        const WQ = 1 << 3;
        /// [`FieldKind::TaskWork`].
        const TASK_WORK = 1 << 4;
        /// [`KptrMode::Unref`].
        const KPTR_UNREF = 1 << 5;
        /// [`KptrMode::Ref`].
        const KPTR_REF = 1 << 6;
        /// [`KptrMode::Percpu`].
        const KPTR_PERCPU = 1 << 7;
        /// [`FieldKind::Uptr`].
        const UPTR = 1 << 8;
        /// [`FieldKind::ListHead`].
        const LIST_HEAD = 1 << 9;
        /// [`FieldKind::ListNode`].
        const LIST_NODE = 1 << 10;
        /// [`FieldKind::RbRoot`].
        const RB_ROOT = 1 << 11;
        /// [`FieldKind::RbNode`].
        const RB_NODE = 1 << 12;
        /// [`FieldKind::Refcount`].
        const REFCOUNT = 1 << 13;

        /// Every kptr.
        const KPTR = Self::KPTR_UNREF.bits() | Self::KPTR_REF.bits() | Self::KPTR_PERCPU.bits();
        /// Either lock.
        const LOCK = Self::SPIN_LOCK.bits() | Self::RES_SPIN_LOCK.bits();
        /// Fields that own a collection.
        const GRAPH_ROOT = Self::LIST_HEAD.bits() | Self::RB_ROOT.bits();
        /// Fields by which an object is in a collection.
        const GRAPH_NODE = Self::LIST_NODE.bits() | Self::RB_NODE.bits();
        /// What a map looks for in its values.
        const MAP_VALUE = Self::LOCK.bits() | Self::TIMER.bits() | Self::WQ.bits()
            | Self::TASK_WORK.bits() | Self::KPTR.bits() | Self::UPTR.bits()
            | Self::GRAPH_ROOT.bits() | Self::REFCOUNT.bits();
        /// What BTF_LOAD looks for in structs.
        const STRUCT = Self::LOCK.bits() | Self::KPTR.bits() | Self::GRAPH_ROOT.bits()
            | Self::GRAPH_NODE.bits() | Self::REFCOUNT.bits();
    }
}
