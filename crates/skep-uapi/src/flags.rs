//! Flag sets of the commands; bits outside a set are kept by `from_bits_retain` and refused by the commands.

use bitflags::bitflags;

bitflags! {
    /// `map_flags` of MAP_CREATE; which are allowed depends on the map type.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct MapFlags: u32 {
        /// Elements are allocated when they are made, not with the map.
        const NO_PREALLOC = 1 << 0;
        /// Each CPU has an LRU list of its own.
        const NO_COMMON_LRU = 1 << 1;
        /// `numa_node` counts.
        const NUMA_NODE = 1 << 2;
        /// The client may only read.
        const RDONLY = 1 << 3;
        /// The client may only write.
        const WRONLY = 1 << 4;
        /// Stack traces hold build ids.
        const STACK_BUILD_ID = 1 << 5;
        /// The hash seed is zero, for tests.
        const ZERO_SEED = 1 << 6;
        /// Programs may only read.
        const RDONLY_PROG = 1 << 7;
        /// Programs may only write.
        const WRONLY_PROG = 1 << 8;
        /// Socket storage is cloned to children.
        const CLONE = 1 << 9;
        /// The client may mmap the values.
        const MMAPABLE = 1 << 10;
        /// Perf events stay when the map's fd is closed.
        const PRESERVE_ELEMS = 1 << 11;
        /// An inner array may differ in size from the template.
        const INNER_MAP = 1 << 12;
        /// A struct_ops map that is attached by a link.
        const LINK = 1 << 13;
        /// `path_fd` counts (object commands).
        const PATH_FD = 1 << 14;
        /// `value_type_btf_obj_fd` counts.
        const VTYPE_BTF_OBJ_FD = 1 << 15;
        /// `map_token_fd` counts.
        const TOKEN_FD = 1 << 16;
        /// An arena delivers SIGSEGV instead of allocating.
        const SEGV_ON_FAULT = 1 << 17;
        /// An arena does not convert user pointers.
        const NO_USER_CONV = 1 << 18;
    }
}

bitflags! {
    /// `prog_flags` of PROG_LOAD.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct ProgFlags: u32 {
        /// Accesses must be aligned, whatever the architecture.
        const STRICT_ALIGNMENT = 1 << 0;
        /// Accesses need not be aligned, whatever the architecture.
        const ANY_ALIGNMENT = 1 << 1;
        /// Upper halves that the verifier holds for zero are randomised.
        const TEST_RND_HI32 = 1 << 2;
        /// States are kept at every instruction that may end one.
        const TEST_STATE_FREQ = 1 << 3;
        /// The program may sleep.
        const SLEEPABLE = 1 << 4;
        /// The XDP program understands fragments.
        const XDP_HAS_FRAGS = 1 << 5;
        /// The XDP program is bound to a device, but not offloaded.
        const XDP_DEV_BOUND_ONLY = 1 << 6;
        /// A broken register invariant rejects the program.
        const TEST_REG_INVARIANTS = 1 << 7;
        /// `prog_token_fd` counts.
        const TOKEN_FD = 1 << 16;
    }
}

bitflags! {
    /// `flags` of element commands and helpers. `ANY` is 0.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct ElemFlags: u64 {
        /// Create only (`BPF_NOEXIST`).
        const NOEXIST = 1;
        /// Replace only (`BPF_EXIST`).
        const EXIST = 2;
        /// Hold the value's `bpf_spin_lock` meanwhile (`BPF_F_LOCK`).
        const LOCK = 4;
    }
}

bitflags! {
    /// `test.flags` of PROG_TEST_RUN.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct TestRunFlags: u32 {
        /// Run on the CPU `cpu` (raw tracepoints).
        const RUN_ON_CPU = 1 << 0;
        /// Send frames for real (XDP).
        const XDP_LIVE_FRAMES = 1 << 1;
        /// The skb's checksum is complete (skb types).
        const SKB_CHECKSUM_COMPLETE = 1 << 2;
    }
}

bitflags! {
    /// `attach_flags` of PROG_ATTACH and `flags` of LINK_CREATE.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct AttachFlags: u32 {
        /// A descendant cgroup may override.
        const ALLOW_OVERRIDE = 1 << 0;
        /// Programs of descendants run too.
        const ALLOW_MULTI = 1 << 1;
        /// Replace the program `replace_bpf_fd`.
        const REPLACE = 1 << 2;
        /// Before the relative one.
        const BEFORE = 1 << 3;
        /// After the relative one.
        const AFTER = 1 << 4;
        /// The relative one is given by id.
        const ID = 1 << 5;
        /// Parents run before children.
        const PREORDER = 1 << 6;
        /// The relative one is a link.
        const LINK = 1 << 13;
    }
}

bitflags! {
    /// `btf_flags` of BTF_LOAD.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct BtfLoadFlags: u32 {
        /// `btf_token_fd` counts.
        const TOKEN_FD = 1 << 16;
    }
}

bitflags! {
    /// `file_flags` of OBJ_PIN and OBJ_GET, `open_flags` of the GET_FD_BY_ID commands.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct ObjFlags: u32 {
        /// The new fd may only read.
        const RDONLY = 1 << 3;
        /// The new fd may only write.
        const WRONLY = 1 << 4;
        /// `path_fd` counts.
        const PATH_FD = 1 << 14;
        /// The token fd counts (BTF_GET_FD_BY_ID).
        const TOKEN_FD = 1 << 16;
    }
}

bitflags! {
    /// `log_level` of PROG_LOAD and BTF_LOAD. Levels 1 and 2 are bits.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct LogLevel: u32 {
        /// Instructions and states at branches.
        const LEVEL1 = 1 << 0;
        /// States after every instruction.
        const LEVEL2 = 1 << 1;
        /// Only the numbers at the end.
        const STATS = 1 << 2;
        /// Keep the head of the log instead of its tail.
        const FIXED = 1 << 3;
    }
}
