//! Reading, walking and printing types that the builder wrote.

use std::sync::Arc;

use skep_btf::core_relo::{CoreError, Outcome, POISON, Relocator};
use skep_btf::{
    Access, Btf, BtfBuilder, BtfExt, BtfKind, BtfLinkage, BtfTypeId, CoreReloKind, DatasecEntry,
    ExtError, IntEncoding, MemberSpec, NoKernelTypes, PointerTags, Type, Value,
};

/// `struct pair { int a; unsigned char *b; };` and friends.
struct Sample {
    btf: Btf,
    int: BtfTypeId,
    pair: BtfTypeId,
    outer: BtfTypeId,
    section: BtfTypeId,
}

fn sample() -> Sample {
    let mut b = BtfBuilder::new();
    let int = b.int("int", 4, IntEncoding::Signed);
    let byte = b.int("char", 1, IntEncoding::Char);
    let pair_id = BtfTypeId(b.next_id().0 + 3);
    let tag = b.type_tag("rcu", pair_id);
    let to_pair = b.ptr(tag);
    let name = b.array(byte, int, 8);
    let pair = b.structure(
        "pair",
        24,
        &[
            MemberSpec::at("a", int, 0),
            MemberSpec::at("next", to_pair, 8),
            MemberSpec::at("name", name, 16),
        ],
    );
    assert_eq!(pair, pair_id);
    let pairs = b.array(pair, int, 2);
    let number = b.union(
        "",
        4,
        &[MemberSpec::at("n", int, 0), MemberSpec::at("m", int, 0)],
    );
    let color = b.enumeration("color", 4, &[("RED", 0), ("BLUE", -1)]);
    let bit = |name, bit_offset, bits| MemberSpec {
        name,
        ty: int,
        bit_offset,
        bitfield_bits: Some(bits),
    };
    let outer = b.structure(
        "outer",
        64,
        &[
            MemberSpec::at("pairs", pairs, 0),
            MemberSpec::at("", number, 48),
            MemberSpec::at("color", color, 52),
            bit("low", 448, 3),
            bit("high", 451, 5),
        ],
    );
    let alias = b.typedef("outer_t", outer);
    let constant = b.qualifier(BtfKind::Const, alias);
    let var = b.var("state", constant, BtfLinkage::Global);
    let section = b.datasec(
        ".bss",
        64,
        &[DatasecEntry {
            var,
            offset: 0,
            size: 64,
        }],
    );
    let proto = b.func_proto(int, &[("arg", to_pair)]);
    let func = b.func("prog", proto, BtfLinkage::Global);
    b.decl_tag("first", func, None);
    b.decl_tag("second:x", func, Some(0));
    let btf = Btf::load(&b.finish(), &NoKernelTypes).unwrap();
    Sample {
        btf,
        int,
        pair,
        outer,
        section,
    }
}

#[test]
fn names_sizes_and_tags() {
    let Sample {
        btf,
        int,
        pair,
        outer,
        section,
    } = sample();
    assert_eq!(btf.find_by_name_kind("pair", BtfKind::Struct), Some(pair));
    assert_eq!(btf.find_by_name_kind("pair", BtfKind::Union), None);
    assert_eq!(btf.find_by_name_kind("color___old", BtfKind::Enum), None);
    let constant = BtfTypeId(outer.0 + 2);
    assert_eq!(btf.resolve(constant).unwrap().id(), outer);
    assert_eq!(btf.skip_qualifiers(constant).unwrap().name(), "outer_t");
    assert_eq!(
        (btf.size_of(constant), btf.align_of(constant)),
        (Some(64), Some(8))
    );
    assert_eq!((btf.size_of(int), btf.align_of(int)), (Some(4), Some(4)));
    assert_eq!(btf.size_of(BtfTypeId::VOID), None);
    assert_eq!(btf.size_of(section), Some(64));
    let func = btf.find_by_name_kind("prog", BtfKind::Func).unwrap();
    assert!(btf.has_decl_tag(func, None, "first"));
    assert!(!btf.has_decl_tag(func, Some(0), "first"));
    assert_eq!(
        btf.decl_tag_value(func, Some(0), "second:"),
        Ok(Some(&b"x"[..]))
    );
    let proto = btf
        .type_by_id(func)
        .unwrap()
        .as_func()
        .unwrap()
        .proto()
        .unwrap();
    let arg = proto.param(0).unwrap();
    assert_eq!(arg.name(), "arg");
    assert_eq!(btf.type_tags(arg.type_id()).collect::<Vec<_>>(), ["rcu"]);
    assert_eq!(btf.resolve_pointer(arg.type_id()).unwrap().id(), pair);
    assert!(btf.type_by_id(BtfTypeId(btf.type_count())).is_none());
}

#[test]
fn walking_a_struct() {
    let Sample {
        btf, pair, outer, ..
    } = sample();
    let pointer = Access::Pointer {
        target: pair,
        tags: PointerTags::RCU,
        field: "next",
    };
    assert_eq!(btf.walk_struct(outer, 32, 8), Ok(pointer));
    assert_eq!(
        btf.walk_struct(outer, 24, 4),
        Ok(Access::Struct(pair, PointerTags::empty()))
    );
    assert_eq!(btf.load_from_struct(outer, 24, 4), Ok(Access::Scalar));
    assert_eq!(btf.walk_struct(outer, 56, 1), Ok(Access::Scalar));
    let message = |offset, size| {
        btf.load_from_struct(outer, offset, size)
            .unwrap_err()
            .message(&btf)
    };
    assert_eq!(
        message(34, 4),
        "cannot access ptr member next with moff 8 in struct pair with off 10 size 4"
    );
    assert_eq!(
        message(60, 8),
        "access beyond struct outer at off 60 size 8"
    );
    assert_eq!(message(4, 2), "struct pair doesn't have field at offset 4");
    assert_eq!(
        message(52, 8),
        "access beyond the end of member color (mend:56) in struct outer with off 52 size 8"
    );
}

#[test]
fn printing_a_value() {
    let Sample { btf, section, .. } = sample();
    let mut bytes = [0_u8; 64];
    bytes[0] = 0xff;
    bytes[1..4].fill(0xff);
    bytes[8] = 0x10;
    bytes[16..20].copy_from_slice(b"eth0");
    bytes[24] = 7;
    bytes[40..48].fill(0xfe);
    bytes[48] = 5;
    bytes[52..56].fill(0xff);
    bytes[56] = 0b0101_0111;
    let value = btf.dump_value(section, &bytes);
    assert_eq!(
        value.to_string(),
        "{state: {pairs: [{a: -1, next: 0x10, name: \"eth0\"}, {a: 7, next: 0x0, name: \
         [254, 254, 254, 254, 254, 254, 254, 254]}], n: 5, m: 5, color: BLUE, low: -1, high: 10}}"
    );
    assert_eq!(
        btf.dump_value(BtfTypeId(1), &[1, 2]),
        Value::Bytes(vec![1, 2])
    );
}

#[test]
fn split_btf_continues_its_base() {
    let base = Arc::new(sample().btf);
    let mut b = BtfBuilder::new();
    // A builder numbers from 1; here only kinds that refer to the base by id are written.
    let ptr = b.ptr(BtfTypeId(1));
    let raw = b.finish();
    let count = base.type_count();
    let split = Btf::parse_split(&raw, Arc::clone(&base)).unwrap();
    assert_eq!(ptr.0, 1);
    assert_eq!(split.nr_types(), count);
    assert_eq!(split.own_ids().collect::<Vec<_>>(), [BtfTypeId(count)]);
    assert_eq!(
        split.resolve_pointer(BtfTypeId(count)).unwrap().name(),
        "int"
    );
    assert_eq!(
        split.find_by_name_kind("pair", BtfKind::Struct),
        base.find_by_name_kind("pair", BtfKind::Struct)
    );
    assert!(matches!(
        split.type_by_id(BtfTypeId(count)),
        Some(Type::Ptr(_))
    ));
}

/// A local struct with a flavour, and two kernels.
#[test]
fn relocating_fields() {
    let object = |name: &str, first: u32, second: u32| {
        let mut b = BtfBuilder::new();
        let long = b.int("long", 8, IntEncoding::Unsigned);
        let int = b.int("int", 4, IntEncoding::Unsigned);
        let ty = if second == 4 { int } else { long };
        b.structure(
            name,
            64,
            &[
                MemberSpec::at("a", long, first),
                MemberSpec::at("b", ty, first + 8),
            ],
        );
        Btf::parse(&b.finish()).unwrap()
    };
    let (local, kernel) = (object("task___mine", 0, 4), object("task", 16, 8));
    let id = BtfTypeId(3);
    let mut relocator = Relocator::new(&local, &kernel);
    let offset = relocator
        .resolve(CoreReloKind::FieldByteOffset, id, "0:1")
        .unwrap();
    assert_eq!((offset.original, offset.outcome), (8, Outcome::Value(24)));
    // r1 = *(u32 *)(r2 + 8) becomes a load of 8 bytes at 24.
    let mut insn = [0x61, 0x21, 8, 0, 0, 0, 0, 0];
    offset.patch(&mut insn).unwrap();
    assert_eq!(insn, [0x79, 0x21, 24, 0, 0, 0, 0, 0]);
    let mut wrong = [0x61, 0x21, 12, 0, 0, 0, 0, 0];
    assert_eq!(
        offset.patch(&mut wrong),
        Err(CoreError::Unexpected {
            found: 12,
            expected: 8
        })
    );

    let other = object("unrelated", 0, 4);
    let mut relocator = Relocator::new(&local, &other);
    let exists = relocator
        .resolve(CoreReloKind::FieldExists, id, "0:1")
        .unwrap();
    assert_eq!(exists.outcome, Outcome::Value(0));
    let missing = relocator
        .resolve(CoreReloKind::FieldByteOffset, id, "0:1")
        .unwrap();
    assert_eq!(missing.outcome, Outcome::Poison);
    missing.patch(&mut insn).unwrap();
    assert_eq!((insn[0], &insn[4..]), (0x85, &POISON.to_ne_bytes()[..]));
    assert_eq!(
        relocator
            .resolve(CoreReloKind::FieldExists, id, "0:9")
            .unwrap_err(),
        CoreError::AccessString
    );
}

#[test]
fn ext_records() {
    let mut raw = vec![0x9f, 0xeb, 1, 0];
    for word in [24_u32, 0, 20, 20, 0, /* func_info: */ 8, 7, 1, 0, 5] {
        raw.extend(word.to_ne_bytes());
    }
    let ext = BtfExt::parse(&raw).unwrap();
    assert_eq!(ext.func_info.len(), 1);
    assert_eq!(ext.func_info[0].name_off, 7);
    assert_eq!(ext.func_info[0].records[0].type_id, 5);
    assert!(ext.line_info.is_empty() && ext.core_relo.is_empty());
    raw.pop();
    assert_eq!(BtfExt::parse(&raw), Err(ExtError::Outside("func_info")));
    raw[0] = 0;
    assert_eq!(BtfExt::parse(&raw), Err(ExtError::Magic));
    assert_eq!(BtfExt::parse(&raw[..20]), Err(ExtError::Header));
}
