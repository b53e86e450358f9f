//! Fields of contexts: what programs read, what they may set, what comes in and goes out.

use skep_uapi::ProgType;

use crate::harness::{Case, agree, fields, ipv6, note};

/// Fields of `__sk_buff` that all skb types may read as words.
const READABLE: [u32; 16] = [
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 68, 84, 164, 176,
];

const SKB_TYPES: [ProgType; 6] = [
    ProgType::SocketFilter,
    ProgType::SchedCls,
    ProgType::SchedAct,
    ProgType::LwtIn,
    ProgType::LwtOut,
    ProgType::LwtXmit,
];

fn frames() -> Vec<Vec<u8>> {
    let arp = |mac: [u8; 6]| [&mac[..], &[0; 6], &[8, 6], &[0; 40]].concat();
    let llc = |head: [u8; 2]| [&[0; 12][..], &[0, 20], &head, &[0; 30]].concat();
    vec![
        Case::tc("").data,
        ipv6(),
        vec![0; 64],
        arp([0xff; 6]),
        arp([1, 0, 0, 0, 0, 1]),
        arp([2, 0, 0, 0, 0, 1]),
        arp([0; 6]),
        llc([0xff, 0xff]),
        llc([0xaa, 0xaa]),
        vec![0; 14],
        vec![0; 15],
    ]
}

fn skb(changes: &[(usize, u32)]) -> Vec<u8> {
    let mut ctx = vec![0; 192];
    for (offset, value) in changes {
        ctx[*offset..*offset + 4].copy_from_slice(&value.to_ne_bytes());
    }
    ctx
}

#[test]
fn fields_of_fresh_skbs() {
    for prog_type in SKB_TYPES {
        for data in frames() {
            let mut case = Case::tc(&fields(0, &READABLE));
            case.prog_type = prog_type;
            case.data = data;
            agree(&case);
        }
    }
    let wire = format!(
        "{}r0 = *(u64 *)(r6 +152)\n{}r0 = *(u64 *)(r6 +184)\n{}",
        fields(0, &[72, 160]),
        note(2),
        note(3)
    );
    agree(&Case::tc(&wire));
    let mut case = Case::tc(&fields(0, &READABLE));
    case.prog_type = ProgType::CgroupSkb;
    agree(&case);
}

#[test]
fn parts_of_fields() {
    let mut body = String::new();
    for (index, (size, offset)) in [
        ("u8", 0),
        ("u8", 1),
        ("u16", 16),
        ("u8", 17),
        ("u16", 50),
        ("u64", 56),
        ("u8", 45),
        ("u8", 13),
        ("u16", 14),
        ("u8", 180),
    ]
    .into_iter()
    .enumerate()
    {
        body.push_str(&format!("r0 = *({size} *)(r6 +{offset})\n{}", note(index)));
    }
    let mut case = Case::tc(&body);
    case.ctx = skb(&[
        (48, 0x01020304),
        (52, 0x05060708),
        (56, 0x11121314),
        (60, 0x21222324),
    ]);
    agree(&case);
}

#[test]
fn stores_to_an_skb() {
    let set = |offset: u32, value: u32| format!("r1 = {value} ll\n*(u32 *)(r6 +{offset}) = r1\n");
    let mut body: String = [
        (8, 0xdead_beef),
        (12, 0x12),
        (32, 0x87654321),
        (44, 0x12345678),
        (72, 0x9abcdef0),
        (48, 1),
        (64, 5),
    ]
    .map(|(offset, value)| set(offset, value))
    .concat();
    body.push_str("r1 = 0x1122334455667788 ll\n*(u64 *)(r6 +152) = r1\n*(u64 *)(r6 +56) = r1\n*(u8 *)(r6 +53) = r1\n");
    body.push_str(&fields(0, &[8, 12, 32, 44, 72, 48, 52, 56, 60, 64]));
    agree(&Case::tc(&body));
    let mut twice = Case::tc(&format!(
        "r1 = *(u32 *)(r6 +48)\nr1 += 1\n*(u32 *)(r6 +48) = r1\n{}",
        fields(0, &[48])
    ));
    twice.attr = |attr| attr.repeat = 5;
    assert_eq!(
        agree(&twice).word(0),
        5,
        "runs of one test share the context"
    );
}

#[test]
fn contexts_given() {
    let good: [&[(usize, u32)]; 8] = [
        &[],
        &[
            (8, 7),
            (32, 6),
            (36, 11),
            (40, 1),
            (48, 1),
            (52, 2),
            (56, 3),
            (60, 4),
            (64, 5),
        ],
        &[(152, 9), (156, 10)],
        &[(160, 64)],
        &[(160, 65536)],
        &[(164, 65535), (176, 10)],
        &[(176, 0x12345)],
        &[(184, 1)],
    ];
    let bad: [&[(usize, u32)]; 8] = [
        &[(40, 77)],
        &[(160, 63)],
        &[(160, 65537)],
        &[(164, 65536)],
        &[(0, 1)],
        &[(12, 1)],
        &[(44, 1)],
        &[(68, 1)],
    ];
    let more_bad: [&[(usize, u32)]; 6] = [
        &[(72, 1)],
        &[(76, 1)],
        &[(168, 1)],
        &[(180, 1)],
        &[(16, 8)],
        &[(148, 1)],
    ];
    for changes in good.iter().chain(&bad).chain(&more_bad) {
        let mut case = Case::tc(&fields(
            0,
            &[8, 32, 36, 40, 48, 52, 56, 60, 64, 160, 164, 176],
        ));
        case.ctx = skb(changes);
        agree(&case);
    }
    for len in [1, 8, 12, 191, 193, 200] {
        let mut case = Case::tc("");
        case.ctx = vec![0; len];
        agree(&case);
        if len > 192 {
            *case.ctx.last_mut().unwrap() = 1;
            agree(&case);
        }
    }
}

#[test]
fn contexts_of_frames() {
    let read = fields(0, &[12, 16])
        + "r1 = *(u32 *)(r6 +0)\nr2 = *(u32 *)(r6 +4)\nr3 = *(u32 *)(r6 +8)\nr0 = r2\nr0 -= r1\n"
        + &note(2)
        + "r0 = r1\nr0 -= r3\n"
        + &note(3);
    let contexts: [[u32; 6]; 16] = [
        [0, 0, 0, 0, 0, 0],
        [0, 64, 0, 0, 0, 0],
        [8, 64, 0, 1, 0, 0],
        [8, 63, 0, 0, 0, 0],
        [8, 65, 0, 0, 0, 0],
        [6, 64, 0, 0, 0, 0],
        [32, 64, 0, 0, 0, 0],
        [48, 64, 0, 0, 0, 0],
        [52, 64, 0, 0, 0, 0],
        [64, 64, 0, 0, 0, 0],
        [8, 4, 0, 0, 0, 0],
        [0, 64, 4, 0, 0, 0],
        [0, 64, 0, 77, 0, 0],
        [0, 64, 0, 1, 1, 0],
        [0, 64, 0, 0, 1, 0],
        [0, 64, 0, 0, 0, 1],
    ];
    for context in contexts {
        let mut case = Case::xdp(&read);
        case.ctx = context.iter().flat_map(|word| word.to_ne_bytes()).collect();
        agree(&case);
    }
    for meta in [212_u32, 216, 220, 236, 252, 256] {
        let mut case = Case::xdp(&read);
        case.data = vec![1; 512];
        case.ctx = [meta, 512, 0, 0, 0, 0]
            .iter()
            .flat_map(|word| word.to_ne_bytes())
            .collect();
        agree(&case);
    }
}

#[test]
fn syscall_programs_write_to_their_context() {
    let text = "r2 = *(u64 *)(r1 +8)\nr2 += 1\n*(u64 *)(r1 +16) = r2\nr0 = 0x1234567811 ll\nexit";
    for len in [16, 24, 32, 65535, 65536] {
        let mut case = Case::new(ProgType::Syscall, text);
        case.data = Vec::new();
        (case.data_out, case.ctx_out) = (0, 0);
        case.maps.clear();
        case.ctx = vec![1; len];
        agree(&case);
    }
}
