//! `bpf_link_info`.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::UserPtr;

/// What OBJ_GET_INFO_BY_FD says of a link.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct LinkInfo {
    /// A [`crate::LinkType`].
    pub link_type: u32,
    /// Link id.
    pub id: u32,
    /// Its program.
    pub prog_id: u32,
    /// Padding.
    pub pad: [u8; 4],
    /// What each link type adds.
    pub detail: [u64; 6],
}

impl LinkInfo {
    /// What the link type adds, as its struct.
    pub fn detail<T: FromBytes + Default>(&self) -> T {
        T::read_from_prefix(self.detail.as_bytes())
            .map(|(detail, _)| detail)
            .unwrap_or_default()
    }

    /// Sets what the link type adds; the bytes behind it stay.
    pub fn set_detail<T: IntoBytes + Immutable>(&mut self, detail: &T) {
        // No detail is longer than the union.
        let _ = detail.write_to_prefix(self.detail.as_mut_bytes());
    }
}

/// What a RAW_TRACEPOINT link adds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct RawTracepointLinkInfo {
    /// In: where the name goes.
    pub tp_name: UserPtr,
    /// In: room there; out: bytes of the name with its NUL.
    pub tp_name_len: u32,
    /// Padding.
    pub pad: [u8; 4],
    /// What `bpf_get_attach_cookie` gives.
    pub cookie: u64,
}

/// What a TRACING link adds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct TracingLinkInfo {
    /// A [`crate::AttachType`].
    pub attach_type: u32,
    /// BTF object or program of the target.
    pub target_obj_id: u32,
    /// Its BTF type.
    pub target_btf_id: u32,
    /// Padding.
    pub pad: [u8; 4],
    /// What `bpf_get_attach_cookie` gives.
    pub cookie: u64,
}

/// What an ITER link adds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct IterLinkInfo {
    /// In: where the target's name goes.
    pub target_name: UserPtr,
    /// In: room there; out: bytes of the name with its NUL.
    pub target_name_len: u32,
    /// The map, for targets that have one.
    pub map_id: u32,
    /// `tid` and `pid`, or the two halves of `cgroup_id`.
    pub ids: [u32; 2],
    /// Order of cgroups.
    pub order: u32,
    /// Padding.
    pub pad: [u8; 4],
}

const _: () = {
    assert!(size_of::<RawTracepointLinkInfo>() == 24);
    assert!(offset_of!(RawTracepointLinkInfo, cookie) == 16);
    assert!(size_of::<TracingLinkInfo>() == 24);
    assert!(offset_of!(TracingLinkInfo, cookie) == 16);
    assert!(size_of::<IterLinkInfo>() == 32);
    assert!(offset_of!(IterLinkInfo, map_id) == 12);
    assert!(offset_of!(IterLinkInfo, ids) == 16);
    assert!(offset_of!(IterLinkInfo, order) == 24);
    assert!(size_of::<LinkInfo>() == 64);
    assert!(offset_of!(LinkInfo, id) == 4);
    assert!(offset_of!(LinkInfo, prog_id) == 8);
    assert!(offset_of!(LinkInfo, detail) == 16);
};
