//! BTF that was parsed but never checked, and BTF made to be slow: every question gets an answer, soon.

#[allow(dead_code, reason = "each test uses a part")]
mod common;

use std::time::{Duration, Instant};

use common::{Random, corpus_btfs, mutate};
use skep_btf::core_relo::Relocator;
use skep_btf::{
    Btf, BtfBuilder, BtfExt, BtfTypeId, CoreReloKind, IntEncoding, MapRecord, MemberSpec,
    NoKernelTypes,
};

/// Asks about some types of a BTF all that can be asked.
fn ask_everything(btf: &Btf, random: &mut Random) {
    let bytes: Vec<u8> = (0..256).map(|_| random.next() as u8).collect();
    let mut relocator = Relocator::new(btf, btf);
    for _ in 0..20 {
        let id = BtfTypeId(random.below(btf.nr_types() as usize + 4) as u32);
        let _ = (
            btf.size_of(id),
            btf.align_of(id),
            btf.resolve_pointer(id),
            btf.type_by_id(id),
        );
        let _ = btf.dump_value(id, &bytes);
        let _ = MapRecord::of_value(btf, id, random.next() % 512, &NoKernelTypes);
        let _ = btf.type_tags(id).count() + btf.decl_tags(id, None).count();
        let offset = random.next() % 300;
        if let Err(error) = btf.load_from_struct(id, offset, random.pick(&[1, 2, 4, 8, u32::MAX])) {
            let _ = error.message(btf);
        }
        let kind = CoreReloKind::from_raw(random.next() % 13).unwrap();
        let access = random.pick(&["0", "0:0", "0:1", "0:0:0", "1:2", "0:1:1:0", ""]);
        if let Ok(relocation) = relocator.resolve(kind, id, access) {
            let mut insn = [0; 16];
            insn.fill_with(|| random.next() as u8);
            let _ = relocation.patch(&mut insn);
        }
    }
}

#[test]
fn unchecked_types_never_panic() {
    let mut seeds: Vec<Vec<u8>> = corpus_btfs().into_iter().map(|(_, raw)| raw).collect();
    if seeds.is_empty() {
        println!("skipped: no corpus; a small BTF is used");
        seeds.push(tangle(3));
    }
    let mut random = Random(0x5eed);
    let mut parsed = 0;
    for _ in 0..3000 {
        let mut bytes = seeds[random.below(seeds.len())].clone();
        for _ in 0..4 {
            mutate(&mut bytes, &mut random);
        }
        let _ = BtfExt::parse(&bytes);
        if let Ok(btf) = Btf::parse(&bytes) {
            parsed += 1;
            ask_everything(&btf, &mut random);
        }
    }
    println!("{parsed} of 3000 parsed");
}

/// Structs that hold the one before twice, at the same place: `2^depth` paths.
fn tangle(depth: u32) -> Vec<u8> {
    let mut b = BtfBuilder::new();
    let int = b.int("int", 4, IntEncoding::Signed);
    let lock = b.structure("bpf_spin_lock", 4, &[MemberSpec::at("val", int, 0)]);
    let mut last = b.structure("s", 8, &[MemberSpec::at("m", int, 0)]);
    for _ in 0..depth {
        let members = [MemberSpec::at("", last, 0), MemberSpec::at("", last, 0)];
        last = b.structure("s", 8, &members);
    }
    let members = [MemberSpec::at("l", lock, 0), MemberSpec::at("", last, 4)];
    b.structure("top", 12, &members);
    b.finish()
}

#[test]
fn tangled_structs_do_not_hang() {
    let raw = tangle(28);
    let start = Instant::now();
    let _ = Btf::load(&raw, &NoKernelTypes);
    let btf = Btf::parse(&raw).unwrap();
    let mut random = Random(1);
    for id in btf.own_ids() {
        let _ = (btf.align_of(id), btf.dump_value(id, &[0; 16]));
        let _ = MapRecord::of_value(&btf, id, 8, &NoKernelTypes);
        let _ = Relocator::new(&btf, &btf).resolve(CoreReloKind::TypeMatches, id, "0");
        let _ = Relocator::new(&btf, &btf).resolve(CoreReloKind::FieldExists, id, "0:0:0");
    }
    ask_everything(&btf, &mut random);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
    println!("{took:?}");
}
