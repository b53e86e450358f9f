//! Attrs of the link commands and RAW_TRACEPOINT_OPEN, ITER_CREATE.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// Arguments of LINK_CREATE.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct LinkCreateAttr {
    /// `prog_fd`, or `map_fd` of a struct_ops map.
    pub fd: u32,
    /// `target_fd` or `target_ifindex`.
    pub target: u32,
    /// A [`crate::AttachType`].
    pub attach_type: u32,
    /// [`crate::AttachFlags`].
    pub flags: u32,
    /// What each attach type adds.
    pub detail: [u64; 6],
}

impl LinkCreateAttr {
    /// What an attach type adds, as its struct.
    pub fn detail<T: FromBytes + Default>(&self) -> T {
        T::read_from_prefix(self.detail.as_bytes())
            .map(|(detail, _)| detail)
            .unwrap_or_default()
    }

    /// The same call with what an attach type adds.
    #[must_use]
    pub fn with_detail<T: IntoBytes + Immutable>(mut self, detail: &T) -> Self {
        // No detail is longer than the union.
        let _ = detail.write_to_prefix(self.detail.as_mut_bytes());
        self
    }
}

/// What LINK_CREATE adds for trampolines and BTF tracepoints.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct TracingAttach {
    /// Type in the target program's BTF.
    pub target_btf_id: u32,
    /// Padding.
    pub pad: [u8; 4],
    /// What `bpf_get_attach_cookie` gives.
    pub cookie: u64,
}

/// What LINK_CREATE adds for iterators.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct IterAttach {
    /// A [`IterLinkTarget`].
    pub iter_info: UserPtr,
    /// Bytes of it.
    pub iter_info_len: u32,
    /// Padding.
    pub pad: [u8; 4],
}

/// `union bpf_iter_link_info`: what an iterator is restricted to.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct IterLinkTarget {
    /// `map_fd`, `tid`, or the order of cgroups.
    pub first: u32,
    /// `pid`, or `cgroup_fd`.
    pub second: u32,
    /// `pid_fd`, or the two halves of `cgroup_id`.
    pub rest: [u32; 2],
}

/// What LINK_CREATE adds for netfilter.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct NetfilterAttach {
    /// Protocol family.
    pub pf: u32,
    /// Hook of it.
    pub hooknum: u32,
    /// Place among the programs there.
    pub priority: i32,
    /// Flags.
    pub flags: u32,
}

/// What LINK_CREATE adds for several user-space probes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct UprobeMultiAttach {
    /// Executable.
    pub path: UserPtr,
    /// Places in it.
    pub offsets: UserPtr,
    /// Counters of references.
    pub ref_ctr_offsets: UserPtr,
    /// A cookie for each.
    pub cookies: UserPtr,
    /// How many.
    pub count: u32,
    /// Flags.
    pub flags: u32,
    /// Process; 0 is all.
    pub pid: u32,
    /// Padding.
    pub pad: [u8; 4],
}

const _: () = {
    assert!(size_of::<TracingAttach>() == 16);
    assert!(offset_of!(TracingAttach, cookie) == 8);
    assert!(size_of::<IterAttach>() == 16);
    assert!(size_of::<IterLinkTarget>() == 16);
    assert!(size_of::<NetfilterAttach>() == 16);
    assert!(offset_of!(UprobeMultiAttach, count) == 32);
    assert!(size_of::<LinkCreateAttr>() == 64);
    assert!(offset_of!(LinkCreateAttr, target) == 4);
    assert!(offset_of!(LinkCreateAttr, attach_type) == 8);
    assert!(offset_of!(LinkCreateAttr, flags) == 12);
    assert!(offset_of!(LinkCreateAttr, detail) == 16);
};

/// Arguments of LINK_UPDATE.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct LinkUpdateAttr {
    /// The link.
    pub link_fd: u32,
    /// `new_prog_fd` or `new_map_fd`.
    pub new_fd: u32,
    /// [`crate::AttachFlags`].
    pub flags: u32,
    /// `old_prog_fd` or `old_map_fd`, with `REPLACE`.
    pub old_fd: u32,
}

const _: () = {
    assert!(size_of::<LinkUpdateAttr>() == 16);
    assert!(offset_of!(LinkUpdateAttr, new_fd) == 4);
    assert!(offset_of!(LinkUpdateAttr, flags) == 8);
    assert!(offset_of!(LinkUpdateAttr, old_fd) == 12);
};

/// Arguments of LINK_DETACH (`flags` unused) and ITER_CREATE.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct LinkFdAttr {
    /// The link.
    pub link_fd: u32,
    /// Must be 0.
    pub flags: u32,
}

const _: () = {
    assert!(size_of::<LinkFdAttr>() == 8);
    assert!(offset_of!(LinkFdAttr, flags) == 4);
};

/// Arguments of RAW_TRACEPOINT_OPEN.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct RawTracepointAttr {
    /// NUL-terminated tracepoint name.
    pub name: UserPtr,
    /// The program.
    pub prog_fd: u32,
    /// Padding.
    pub pad: [u8; 4],
    /// What `bpf_get_attach_cookie` gives.
    pub cookie: u64,
}

const _: () = {
    assert!(size_of::<RawTracepointAttr>() == 24);
    assert!(offset_of!(RawTracepointAttr, prog_fd) == 8);
    assert!(offset_of!(RawTracepointAttr, cookie) == 16);
};
