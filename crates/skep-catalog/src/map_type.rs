//! Map types: what creating one asks, what it can do, which helpers and special fields it takes.

use skep_uapi::{AttachType, Errno, HelperId, MapFlags, MapType, ProgType};

use crate::generated;

/// Facts about a map type.
#[derive(Debug)]
pub struct MapTypeInfo {
    /// The type.
    pub map_type: MapType,
    /// Bytes of a key.
    pub key_size: SizeRule,
    /// Bytes of a value.
    pub value_size: SizeRule,
    /// Where key and value together must stay below (E2BIG from there on).
    pub size_sum_end: Option<u32>,
    /// Elements.
    pub max_entries: EntriesRule,
    /// Flags that are good.
    pub flags: MapFlags,
    /// Flags that must be there (EINVAL).
    pub required_flags: MapFlags,
    /// Flags the kernel adds.
    pub forced_flags: MapFlags,
    /// Flags refused with another errno than EINVAL.
    pub flag_errors: &'static [(MapFlags, Errno)],
    /// Capability for creating one.
    pub cap: MapCap,
    /// Whether `inner_map_fd` must name a template.
    pub needs_inner_map: bool,
    /// Whether `map_extra` may be non-zero.
    pub takes_map_extra: bool,
    /// Answers of the element commands on a fresh map, at the index of [`MapOp`].
    pub ops: [OpAnswer; 9],
    /// Whether clients may mmap it.
    pub mmap: Mmap,
    /// Whether clients may poll it.
    pub poll: bool,
    /// Whether `BPF_PSEUDO_MAP_VALUE` is good: programs may take an address within the value.
    pub direct_value: bool,
    /// Whether Linux inlines look-ups.
    pub inlined_lookup: bool,
    /// Whether the map can be walked by `bpf_for_each_map_elem`.
    pub for_each: bool,
    /// Whether there is a per-CPU look-up helper for it.
    pub lookup_percpu: bool,
    /// Whether sleepable programs may use it.
    pub sleepable: bool,
    /// Whether a map-in-map may hold it.
    pub inner: InnerUse,
    /// When two maps of this type may replace each other in a map-in-map.
    pub meta_equal: MetaEqual,
    /// How BTF of key and value is checked.
    pub btf_check: BtfCheck,
    /// Answers of MAP_CREATE to a value with a special field, at the index of [`SpecialField`].
    pub special_fields: [FieldAnswer; 12],
    /// Helpers that take it, by bit.
    pub(crate) helpers: [u64; 4],
}

/// Which sizes are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeRule {
    /// This one (EINVAL).
    Exactly(u32),
    /// One of these (EINVAL).
    OneOf(&'static [u32]),
    /// A range.
    Range {
        /// Least.
        min: u32,
        /// Greatest.
        max: u32,
        /// Answer below.
        below: Errno,
        /// Answer above.
        above: Errno,
        /// The size must be a multiple of this.
        multiple_of: u32,
    },
    /// What a kernel struct takes.
    FromBtf,
}

impl SizeRule {
    /// Judges a size.
    pub fn check(self, size: u32) -> Result<(), Errno> {
        match self {
            Self::Exactly(good) if size == good => Ok(()),
            Self::OneOf(good) if good.contains(&size) => Ok(()),
            Self::Exactly(_) | Self::OneOf(_) => Err(Errno::EINVAL),
            Self::Range { min, below, .. } if size < min => Err(below),
            Self::Range { max, above, .. } if size > max => Err(above),
            Self::Range { multiple_of, .. } if !size.is_multiple_of(multiple_of) => {
                Err(Errno::EINVAL)
            }
            Self::Range { .. } | Self::FromBtf => Ok(()),
        }
    }
}

/// How many elements are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntriesRule {
    /// This many (EINVAL).
    Exactly(u32),
    /// At least one (EINVAL), at most so many.
    AtMost(u32, Errno),
    /// At least one, at most the CPUs the kernel is built for (E2BIG).
    AtMostCpus,
    /// A power of two and a multiple of the page size (EINVAL).
    PowerOfTwoPages,
}

impl EntriesRule {
    /// Judges a number of elements, `nr_cpus` being what the kernel is built for.
    pub fn check(self, entries: u32, nr_cpus: u32) -> Result<(), Errno> {
        match self {
            Self::Exactly(good) if entries == good => Ok(()),
            Self::Exactly(_) => Err(Errno::EINVAL),
            Self::AtMost(..) | Self::AtMostCpus if entries == 0 => Err(Errno::EINVAL),
            Self::AtMost(max, errno) if entries > max => Err(errno),
            Self::AtMostCpus if entries > nr_cpus => Err(Errno::E2BIG),
            Self::AtMost(..) | Self::AtMostCpus => Ok(()),
            Self::PowerOfTwoPages if entries.is_power_of_two() && entries.is_multiple_of(4096) => {
                Ok(())
            }
            Self::PowerOfTwoPages => Err(Errno::EINVAL),
        }
    }
}

/// Capability for creating a map, beyond what `unprivileged_bpf_disabled` asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapCap {
    /// None.
    None,
    /// CAP_BPF.
    Bpf,
    /// CAP_NET_ADMIN.
    NetAdmin,
}

/// The element commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapOp {
    /// MAP_LOOKUP_ELEM.
    Lookup,
    /// MAP_UPDATE_ELEM.
    Update,
    /// MAP_DELETE_ELEM.
    Delete,
    /// MAP_GET_NEXT_KEY.
    NextKey,
    /// MAP_LOOKUP_AND_DELETE_ELEM.
    LookupAndDelete,
    /// MAP_LOOKUP_BATCH.
    LookupBatch,
    /// MAP_LOOKUP_AND_DELETE_BATCH.
    LookupAndDeleteBatch,
    /// MAP_UPDATE_BATCH.
    UpdateBatch,
    /// MAP_DELETE_BATCH.
    DeleteBatch,
}

/// What an element command answers on a fresh map: an errno such as ENOENT or EBADF shows that it is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpAnswer {
    /// Success.
    Ok,
    /// This errno.
    Errno(Errno),
}

impl OpAnswer {
    /// Whether the type has the command at all.
    pub const fn is_served(self) -> bool {
        match self {
            Self::Ok => true,
            Self::Errno(errno) => errno.0 != Errno::ENOTSUPP.0 && errno.0 != Errno::EOPNOTSUPP.0,
        }
    }
}

/// Whether clients may mmap a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mmap {
    /// No.
    Never,
    /// With `BPF_F_MMAPABLE`.
    WithFlag,
    /// Yes, in parts and directions of its own.
    Yes,
}

/// Whether a map-in-map may hold a map of this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InnerUse {
    /// Yes.
    Allowed,
    /// No, with this errno.
    Refused(Errno),
}

/// When two maps of a type may replace each other in a map-in-map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetaEqual {
    /// Never inner maps.
    None,
    /// Type, sizes, flags and field record are equal.
    Generic,
    /// The same, and the number of elements.
    GenericAndEntries,
    /// The same, and the number of elements unless created with `BPF_F_INNER_MAP`.
    GenericAndEntriesUnlessInner,
}

/// How BTF of key and value is checked when a map is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BtfCheck {
    /// Both are needed when one is given (EINVAL).
    Generic,
    /// None is good (ENOTSUPP).
    Refused,
    /// A 4-byte integer key; no key for a single-element array of a data section.
    Array,
    /// The key is a trie key struct.
    Trie,
    /// The key is a cgroup storage key or a 64-bit integer.
    CgroupStorage,
    /// The key is a 4-byte integer, both types needed.
    LocalStorage,
    /// The key is void (bloom filters).
    VoidKey,
    /// As arenas have it: anything.
    Any,
}

/// Special fields of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialField {
    /// `bpf_spin_lock`.
    SpinLock,
    /// `bpf_res_spin_lock`.
    ResSpinLock,
    /// `bpf_timer`.
    Timer,
    /// `bpf_wq`.
    Workqueue,
    /// `bpf_task_work`.
    TaskWork,
    /// `__kptr_untrusted`.
    KptrUntrusted,
    /// `__kptr`.
    Kptr,
    /// `__percpu_kptr`.
    PercpuKptr,
    /// `bpf_refcount`.
    Refcount,
    /// `__uptr`.
    Uptr,
    /// `bpf_list_head`.
    ListHead,
    /// `bpf_rb_root`.
    RbRoot,
}

/// What MAP_CREATE says to a value with a special field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldAnswer {
    /// Good.
    Ok,
    /// Good, but the field is ordinary bytes.
    Ignored,
    /// Refused.
    Errno(Errno),
}

impl MapTypeInfo {
    /// Answer of an element command on a fresh map.
    pub fn op(&self, op: MapOp) -> OpAnswer {
        self.ops
            .get(op as usize)
            .copied()
            .unwrap_or(OpAnswer::Errno(Errno::ENOTSUPP))
    }

    /// Answer of MAP_CREATE to a value with a special field.
    pub fn special_field(&self, field: SpecialField) -> FieldAnswer {
        self.special_fields
            .get(field as usize)
            .copied()
            .unwrap_or(FieldAnswer::Errno(Errno::EOPNOTSUPP))
    }

    /// Judges flags: unknown or forbidden ones, missing ones, and the pairs that exclude each other.
    pub fn check_flags(&self, flags: MapFlags) -> Result<(), Errno> {
        if let Some((_, errno)) = self
            .flag_errors
            .iter()
            .find(|(flag, _)| flags.contains(*flag))
        {
            return Err(*errno);
        }
        let both_ways = MapFlags::RDONLY.union(MapFlags::WRONLY);
        let both_ways_prog = MapFlags::RDONLY_PROG.union(MapFlags::WRONLY_PROG);
        let bad = !self.flags.contains(flags)
            || !flags.contains(self.required_flags)
            || flags.contains(both_ways)
            || flags.contains(both_ways_prog);
        if bad { Err(Errno::EINVAL) } else { Ok(()) }
    }

    /// Whether a helper takes maps of this type; [`sockmap_update_allowed`] adds two more for socket maps.
    pub fn accepts_helper(&self, helper: HelperId) -> bool {
        let word = usize::try_from(helper.0 / 64)
            .ok()
            .and_then(|index| self.helpers.get(index));
        word.is_some_and(|word| word >> (helper.0 % 64) & 1 == 1)
    }
}

/// Facts about a map type; `None` for UNSPEC.
pub fn map_type(map_type: MapType) -> Option<&'static MapTypeInfo> {
    let index = usize::try_from(map_type.raw()).ok()?.checked_sub(1)?;
    generated::map_types::MAP_TYPES.get(index)
}

/// Whether a helper takes a map of a type ("cannot pass map_type %d into func %s#%d" otherwise).
pub fn map_accepts_helper(map: MapType, helper: HelperId) -> bool {
    map_type(map).is_some_and(|info| info.accepts_helper(helper))
}

/// Whether a program may call `bpf_map_update_elem` or `bpf_map_delete_elem` on SOCKMAP and SOCKHASH.
pub fn sockmap_update_allowed(prog_type: ProgType, attach_type: u32, helper: HelperId) -> bool {
    let update = helper == HelperId::MAP_UPDATE_ELEM;
    if !update && helper != HelperId::MAP_DELETE_ELEM {
        return false;
    }
    match prog_type {
        ProgType::Tracing => attach_type == AttachType::TraceIter.raw(),
        ProgType::SockOps => !update,
        ProgType::SocketFilter
        | ProgType::SchedCls
        | ProgType::SchedAct
        | ProgType::Xdp
        | ProgType::SkReuseport
        | ProgType::FlowDissector
        | ProgType::SkLookup => true,
        _ => false,
    }
}
