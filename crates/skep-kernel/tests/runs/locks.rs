//! bpf_spin_lock in a map value.

use skep_btf::{BtfBuilder, BtfTypeId, IntEncoding, MemberSpec};
use skep_uapi::MapType;

use crate::harness::{Case, Map, agree, note};

/// `struct { struct bpf_spin_lock lock; int pad; long count; }` and the key type.
fn types() -> (Vec<u8>, BtfTypeId, BtfTypeId) {
    let mut btf = BtfBuilder::new();
    let int = btf.int("int", 4, IntEncoding::Signed);
    let long = btf.int("long", 8, IntEncoding::Signed);
    let lock = btf.structure("bpf_spin_lock", 4, &[MemberSpec::at("val", int, 0)]);
    let members = [
        MemberSpec::at("lock", lock, 0),
        MemberSpec::at("pad", int, 4),
        MemberSpec::at("count", long, 8),
    ];
    let value = btf.structure("value", 16, &members);
    (btf.finish(), int, value)
}

#[test]
fn a_locked_counter() {
    let body = format!(
        "r0 = 0\n*(u32 *)(r10 -4) = r0\nr2 = r10\nr2 += -4\nr1 = map[m]\ncall bpf_map_lookup_elem\nif r0 == 0 goto end\n\
         r7 = r0\nr1 = r7\ncall bpf_spin_lock\nr1 = *(u64 *)(r7 +8)\nr1 += 5\n*(u64 *)(r7 +8) = r1\nr1 = r7\n\
         call bpf_spin_unlock\nr0 = *(u64 *)(r7 +8)\n{}end:\n",
        note(0)
    );
    let map = Map::new("m", MapType::Array, 4, 16, 1).with_types(types());
    let mut case = Case::tc(&body).map(map);
    case.attr = |attr| attr.repeat = 3;
    assert_eq!(agree(&case).word(0), 15);
}
