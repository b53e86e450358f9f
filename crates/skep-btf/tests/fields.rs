//! Special fields here and on the running kernel: random structs with locks, timers, kptrs, lists and trees.

#[allow(dead_code, reason = "each test uses a part")]
mod common;

use std::collections::BTreeMap;

use common::{Random, has_kernel, kernel_load, kernel_map_has_record, vmlinux};
use skep_btf::{
    Btf, BtfBuilder, BtfKind, BtfLinkage, BtfTypeId, DatasecEntry, IntEncoding, MapRecord,
    MemberSpec, VmlinuxTypes,
};

/// Structs the kernel knows by name, with their size.
const NAMED: [(&str, u32); 10] = [
    ("bpf_spin_lock", 4),
    ("bpf_res_spin_lock", 4),
    ("bpf_timer", 16),
    ("bpf_wq", 16),
    ("bpf_task_work", 8),
    ("bpf_list_head", 16),
    ("bpf_list_node", 24),
    ("bpf_rb_root", 16),
    ("bpf_rb_node", 32),
    ("bpf_refcount", 4),
];
const TAGS: [&str; 5] = ["kptr", "kptr_untrusted", "percpu_kptr", "uptr", "other"];
/// Kernel structs with and without destructor, and names the kernel does not have.
const TARGETS: [&str; 6] = ["task_struct", "file", "local_a", "local_b", "cgroup", ""];

struct Generated {
    raw: Vec<u8>,
    int: BtfTypeId,
    values: Vec<(BtfTypeId, u32)>,
}

/// A pool of special types, then a few structs made of them, then a section of variables.
fn generate(random: &mut Random) -> Generated {
    let mut b = BtfBuilder::new();
    let int = b.int("int", 4, IntEncoding::Signed);
    let mut pool = vec![(int, 4_u32, "")];
    // Few special types at a time, so that many structs are right.
    for _ in 0..1 + random.below(5) {
        let (name, size) = random.pick(&NAMED);
        let size = if random.below(24) == 0 {
            size + 4
        } else {
            size
        };
        let id = b.structure(name, size, &[MemberSpec::at("opaque", int, 0)]);
        pool.push((id, size, name));
        if random.below(12) == 0 {
            pool.push((b.typedef(name, id), size, ""));
        }
    }
    for _ in 0..random.below(4) {
        let name = random.pick(&TARGETS);
        let target = if random.below(10) == 0 {
            int
        } else {
            b.structure(name, 8, &[])
        };
        let mut inner = target;
        if random.below(6) == 0 {
            inner = b.qualifier(BtfKind::Const, inner);
        }
        let tags = if random.below(12) == 0 {
            &TAGS[..]
        } else {
            &TAGS[..4]
        };
        let mut tagged = b.type_tag(random.pick(tags), inner);
        if random.below(16) == 0 {
            tagged = b.type_tag("kptr", tagged);
        }
        let mut pointer = b.ptr(tagged);
        if random.below(8) == 0 {
            pointer = b.qualifier(random.pick(&[BtfKind::Volatile, BtfKind::Const]), pointer);
        }
        pool.push((pointer, 8, ""));
    }
    let mut values = Vec::new();
    let names = ["foo", "bar", "baz"];
    for name in names.iter().take(1 + random.below(3)) {
        let (id, size) = structure(&mut b, random, &pool, int, name);
        values.push((id, size));
        pool.push((id, size, ""));
    }
    let var_of = random.pick(&pool);
    let var = b.var("v", var_of.0, BtfLinkage::Global);
    if var_of.2.contains("list_head") || var_of.2.contains("rb_root") {
        b.decl_tag("contains:foo:m0", var, None);
    }
    let size = if random.below(10) == 0 {
        var_of.1 + 8
    } else {
        var_of.1
    };
    let entries = [DatasecEntry {
        var,
        offset: 0,
        size,
    }];
    values.push((b.datasec(".bss", size, &entries), size));
    Generated {
        raw: b.finish(),
        int,
        values,
    }
}

fn structure(
    b: &mut BtfBuilder,
    random: &mut Random,
    pool: &[(BtfTypeId, u32, &str)],
    int: BtfTypeId,
    name: &str,
) -> (BtfTypeId, u32) {
    const MEMBERS: [&str; 6] = ["m0", "m1", "m2", "m3", "m4", "m5"];
    let mut members = Vec::new();
    let mut roots = Vec::new();
    let mut offset = 0;
    for (index, member) in MEMBERS.iter().enumerate().take(1 + random.below(5)) {
        let (mut id, mut size, special) = random.pick(pool);
        if random.below(5) == 0 {
            let count = random.pick(&[0, 1, 2, 3, 6, 12]);
            id = b.array(id, int, count);
            size *= count;
        }
        if special.contains("list_head") || special.contains("rb_root") {
            roots.push(index as u32);
        }
        offset = if random.below(24) == 0 {
            offset + 4
        } else {
            (offset + 7) & !7
        };
        members.push(MemberSpec::at(member, id, offset));
        if random.below(40) != 0 {
            offset += size;
        }
    }
    let size = (offset + 71) & !7;
    let id = if random.below(20) == 0 {
        let flat: Vec<_> = members
            .iter()
            .map(|member| MemberSpec {
                bit_offset: 0,
                ..*member
            })
            .collect();
        b.union(name, size, &flat)
    } else {
        b.structure(name, size, &members)
    };
    for root in roots {
        let value = random.pick(&[
            "contains:foo:m0",
            "contains:bar:m0",
            "contains:foo:m1",
            "contains:bar:m1",
            "contains:none:x",
            "contains:foo",
        ]);
        let count = random.pick(&[1, 1, 1, 1, 1, 0, 2]);
        for _ in 0..count {
            b.decl_tag(value, id, Some(root));
        }
    }
    (id, size)
}

/// `SKEP_BTF_MUTATIONS` sets how many are tried.
#[test]
fn random_structs_get_the_same_record() {
    let Some(kernel_btf) = vmlinux()
        .filter(|_| has_kernel())
        .map(|raw| Btf::parse(&raw).unwrap())
    else {
        println!("skipped: no kernel bpf(2)");
        return;
    };
    let kernel = VmlinuxTypes(&kernel_btf);
    let count = std::env::var("SKEP_BTF_MUTATIONS").map_or(3000, |text| text.parse().unwrap());
    let seed = std::env::var("SKEP_BTF_SEED").map_or(0x5eed, |text| text.parse().unwrap());
    let mut random = Random(seed);
    let mut loads = BTreeMap::<i32, u32>::new();
    let mut maps = BTreeMap::<String, u32>::new();
    for nth in 0..count {
        let generated = generate(&mut random);
        let ours = Btf::load(&generated.raw, &kernel);
        let theirs = kernel_load(&generated.raw, &mut Vec::new());
        let errno = ours
            .as_ref()
            .map_or_else(|error| i32::from(error.errno().0), |_| 0);
        if let Some(dir) = std::env::var_os("SKEP_BTF_SAVE").filter(|_| errno != theirs) {
            std::fs::write(
                std::path::Path::new(&dir).join(format!("f{nth}.btf")),
                &generated.raw,
            )
            .unwrap();
        }
        assert_eq!(errno, theirs, "case {nth}: {:?}", ours.err());
        *loads.entry(theirs).or_default() += 1;
        let Ok(btf) = ours else { continue };
        for (id, size) in &generated.values {
            let record = MapRecord::of_value(&btf, *id, *size, &kernel);
            let ours = match record.valid() {
                Some(record) => record.check_ownership(&btf).map(|()| true),
                None => Ok(false),
            };
            let theirs = kernel_map_has_record(&generated.raw, generated.int.0, id.0, *size);
            // A kind that arrays do not have is refused before anything is learnt of the record.
            if theirs == Err(95) {
                assert!(record.valid().is_some(), "case {nth}, type {id}");
                continue;
            }
            let ours = ours.map_err(|errno| i32::from(errno.0));
            assert_eq!(ours, theirs, "case {nth}, type {id}: {record:?}");
            *maps.entry(format!("{theirs:?}")).or_default() += 1;
        }
    }
    println!("{count} BTFs: errnos {loads:?}; their map values: {maps:?}");
}
