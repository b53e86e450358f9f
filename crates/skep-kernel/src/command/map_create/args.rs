//! The arguments of MAP_CREATE, and what is wrong with them whatever the type.

use skep_btf::BtfTypeId;
use skep_maps::MapAttr;
use skep_object::{SysResult, unsupported};
use skep_uapi::attr::MapCreateAttr;
use skep_uapi::{MapFlags, MapType, ObjFlags};

use super::super::Call;
use super::btf::BtfIds;
use super::refuse;
use crate::{Fd, MapAccess};

pub(super) struct Args {
    pub(super) map: MapAttr,
    pub(super) access: MapAccess,
    pub(super) inner_map: Fd,
    pub(super) name: [u8; 16],
    pub(super) ifindex: u32,
    pub(super) btf: Option<BtfIds>,
    pub(super) token: Option<Fd>,
    pub(super) has_exclusive_program: bool,
}

impl Args {
    /// Parses and checks in Linux's order, up to the type itself. EINVAL.
    pub(super) fn of(call: &Call<'_>) -> SysResult<Self> {
        let attr: MapCreateAttr = call.parse()?;
        let all_flags = MapFlags::from_bits_retain(attr.map_flags);
        let token = all_flags
            .contains(MapFlags::TOKEN_FD)
            .then_some(Fd(attr.map_token_fd));
        let flags = all_flags.difference(MapFlags::TOKEN_FD);
        let map_type = MapType::from_raw(attr.map_type);

        if attr.btf_vmlinux_value_type_id != 0 {
            if map_type != Some(MapType::StructOps)
                || attr.btf_key_type_id != 0
                || attr.btf_value_type_id != 0
            {
                return refuse("btf_vmlinux_value_type_id is for struct_ops maps only");
            }
        } else if attr.btf_key_type_id != 0 && attr.btf_value_type_id == 0 {
            return refuse("key type without value type");
        }
        let takes_extra = matches!(map_type, Some(MapType::BloomFilter | MapType::Arena));
        if !takes_extra && attr.map_extra != 0 {
            return refuse("map type takes no map_extra");
        }
        let Some(access) = MapAccess::from_flags(ObjFlags::from_bits_retain(flags.bits())) else {
            return refuse("RDONLY and WRONLY exclude each other");
        };
        if flags.contains(MapFlags::NUMA_NODE) && !node_is_online(attr.numa_node) {
            return refuse("no such NUMA node");
        }
        let map_type = match map_type {
            Some(MapType::Unspec) | None => return refuse("no such map type"),
            Some(map_type) => map_type,
        };
        if map_type == MapType::StructOps {
            return Err(unsupported!(EINVAL, "map type {map_type}"));
        }
        let has_btf = attr.btf_key_type_id != 0 || attr.btf_value_type_id != 0;
        Ok(Self {
            map: MapAttr {
                map_type,
                key_size: attr.key_size,
                value_size: attr.value_size,
                max_entries: attr.max_entries,
                flags,
                numa_node: attr.numa_node,
                map_extra: attr.map_extra,
            },
            access,
            inner_map: Fd::from_attr(attr.inner_map_fd),
            name: attr.map_name,
            ifindex: attr.map_ifindex,
            btf: has_btf.then(|| BtfIds {
                fd: Fd::from_attr(attr.btf_fd),
                key: BtfTypeId(attr.btf_key_type_id),
                value: BtfTypeId(attr.btf_value_type_id),
            }),
            token,
            has_exclusive_program: !attr.excl_prog_hash.is_null() || attr.excl_prog_hash_size != 0,
        })
    }
}

/// There is one node, 0; -1 means none in particular.
fn node_is_online(node: u32) -> bool {
    node == 0 || node == u32::MAX
}
