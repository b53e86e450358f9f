//! MAP_CREATE in the kernel and here: same errno, same accounting.

mod support;

use std::os::fd::OwnedFd;

use skep_btf::{BtfBuilder, IntEncoding};
use skep_maps::{InnerTemplate, MapAttr, kind};
use skep_uapi::{MapFlags, MapType};
use support::kernel;
use support::pair::{kernel_env, with_flags};
use support::world::{attr, create, make};

/// Attributes that are good for a type.
fn good(map_type: MapType) -> MapAttr {
    let (key, value, entries, flags) = match map_type {
        MapType::Ringbuf | MapType::UserRingbuf => (0, 0, 4096, 0),
        MapType::Queue | MapType::Stack | MapType::BloomFilter => (0, 4, 4, 0),
        MapType::StackTrace => (4, 32, 4, 0),
        MapType::LpmTrie => (8, 4, 4, 1),
        MapType::CgroupStorage | MapType::PercpuCgroupStorage => (8, 4, 0, 0),
        MapType::SkStorage
        | MapType::InodeStorage
        | MapType::TaskStorage
        | MapType::CgrpStorage => (4, 4, 0, 1),
        MapType::Arena => (0, 0, 4, 1024),
        _ => (4, 4, 4, 0),
    };
    with_flags(attr(map_type, key, value, entries), flags)
}

/// Every flag bit and many sizes: MAP_CREATE gives the same errno.
#[test]
fn creation() {
    if !kernel::answers() {
        return;
    }
    let mut compared = 0;
    for map_type in kind::kinds().iter().map(|kind| kind.map_type) {
        let good = good(map_type);
        let mut count = 0;
        let mut compare = |attr| {
            compare_creation(attr);
            count += 1;
        };
        for key_size in [good.key_size, 0, 1, 4, 5, 8, 16, 260, 261, 512, 513] {
            for value_size in [good.value_size, 0, 4, 8] {
                for max_entries in [good.max_entries, 0, 7, 12288] {
                    compare(MapAttr {
                        key_size,
                        value_size,
                        max_entries,
                        ..good
                    });
                }
            }
        }
        // Large values only in ones: the kernel really allocates them.
        for value_size in [
            1016,
            1024,
            4064,
            4096,
            32761,
            32768,
            32769,
            65407,
            65408,
            4_194_024,
            4_194_025,
            4_194_247,
            4_194_252,
            4_194_255,
            4_194_304,
            4_194_305,
            1 << 31,
        ] {
            for max_entries in [good.max_entries.min(1), 0] {
                compare(MapAttr {
                    value_size,
                    max_entries,
                    ..good
                });
            }
        }
        for bit in 0..32 {
            compare(with_flags(good, 1 << bit));
            compare(with_flags(good, good.flags.bits() | 1 << bit));
        }
        for pair in [8 | 16, 128 | 256, 8 | 128, 1 | 64, 4 | 1024, 2 | 4, 1 | 2] {
            compare(with_flags(good, good.flags.bits() | pair));
        }
        let huge: &[u32] = match map_type {
            MapType::Arena => &[1 << 20, (1 << 20) + 1, u32::MAX],
            // The kernel would really allocate these.
            MapType::Queue | MapType::Stack => &[],
            _ => &[255, 256, 257, u32::MAX],
        };
        for &max_entries in huge {
            compare(MapAttr {
                max_entries,
                ..good
            });
        }
        if matches!(map_type, MapType::BloomFilter | MapType::Arena) {
            for map_extra in [
                1,
                2,
                5,
                15,
                16,
                4096,
                4097,
                (1 << 32) - 4096,
                (1 << 32) - 4 * 4096,
                u64::MAX - 4095,
            ] {
                for max_entries in [1, 4, 100, 1000] {
                    compare(MapAttr {
                        max_entries,
                        map_extra,
                        ..good
                    });
                }
            }
        }
        println!("{map_type}: {count} attributes compared");
        compared += count;
    }
    println!("creation: {compared} attributes compared");
}

fn compare_creation(attr: MapAttr) {
    let path_fd_or_token = MapFlags::PATH_FD | MapFlags::VTYPE_BTF_OBJ_FD | MapFlags::TOKEN_FD;
    if attr.flags.intersects(path_fd_or_token) {
        // About fds in the attr: the command's business.
        return;
    }
    let Some(theirs) = kernel_create(&attr) else {
        return;
    };
    let mut env = kernel_env();
    if holds_maps(attr.map_type) {
        env.inner = InnerTemplate::of(&*make(MapType::Array, 4, 4, 1)).ok();
    }
    let (ours, map) = match create(attr, env) {
        Ok(map) => (0, Some(map)),
        Err(error) => (i32::from(error.errno.0), None),
    };
    let their_errno = theirs.as_ref().err().copied().unwrap_or(0);
    // How much memory the machine has left is not a rule of the map type.
    if their_errno != libc::ENOMEM && ours != libc::ENOMEM {
        assert_eq!(ours, their_errno, "{attr:?}");
    }
    if let (Ok(fd), Some(map)) = (theirs, map) {
        assert_eq!(
            Some(map.memlock()),
            kernel::fdinfo(&fd, "memlock"),
            "memlock of {attr:?}"
        );
        assert_eq!(
            Some(u64::from(map.base().attr().max_entries)),
            kernel::fdinfo(&fd, "max_entries"),
            "max_entries of {attr:?}"
        );
        assert_eq!(
            format!("{:#x}", map.base().attr().flags.bits()),
            kernel::fdinfo_text(&fd, "map_flags").unwrap(),
            "map_flags of {attr:?}"
        );
    }
}

fn holds_maps(map_type: MapType) -> bool {
    matches!(map_type, MapType::ArrayOfMaps | MapType::HashOfMaps)
}

/// The kernel's map, with a template or BTF where the type wants one; `None` if there is no such BTF.
fn kernel_create(attr: &MapAttr) -> Option<kernel::Answer<OwnedFd>> {
    if holds_maps(attr.map_type) {
        let template = kernel::create(&support::world::attr(MapType::Array, 4, 4, 1), None);
        return Some(kernel::create(attr, Some(&template.unwrap())));
    }
    if matches!(
        attr.map_type,
        MapType::SkStorage | MapType::InodeStorage | MapType::TaskStorage | MapType::CgrpStorage
    ) {
        let mut btf = BtfBuilder::new();
        let key = btf.int("int", 4, IntEncoding::Signed);
        let value = btf.structure("value", attr.value_size, &[]);
        let btf = kernel::btf_load(&btf.finish()).ok()?;
        return Some(kernel::create_with_btf(attr, &btf, key.0, value.0));
    }
    Some(kernel::create(attr, None))
}
