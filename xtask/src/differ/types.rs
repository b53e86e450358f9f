//! BTF of values: plain ones and such with special fields, well and ill placed.

use std::sync::OnceLock;

use skep_btf::{BtfBuilder, BtfTypeId, IntEncoding, MemberSpec};

/// How many there are.
pub(super) const BLOBS: usize = 40;

/// A BTF with the types of a key and a value.
#[derive(Clone, Debug)]
pub(super) struct ValueTypes {
    pub(super) bytes: Vec<u8>,
    pub(super) key: u32,
    pub(super) value: u32,
    /// Of a value.
    pub(super) size: u32,
}

/// Structs that are special in values: name, size, alignment.
const SPECIAL: [(&str, u32, u32); 9] = [
    ("bpf_spin_lock", 4, 4),
    ("bpf_timer", 16, 8),
    ("bpf_wq", 16, 8),
    ("bpf_task_work", 8, 8),
    ("bpf_res_spin_lock", 8, 4),
    ("bpf_refcount", 4, 4),
    ("bpf_list_head", 16, 8),
    ("bpf_rb_root", 16, 8),
    ("bpf_list_node", 24, 8),
];

impl ValueTypes {
    /// The `number`-th.
    pub(super) fn of(number: usize) -> Self {
        static ALL: OnceLock<Vec<ValueTypes>> = OnceLock::new();
        ALL.get_or_init(|| (0..BLOBS).map(Self::make).collect())[number].clone()
    }

    fn make(number: usize) -> Self {
        let mut btf = BtfBuilder::new();
        let word = btf.int("unsigned int", 4, IntEncoding::Unsigned);
        let long = btf.int("unsigned long", 8, IntEncoding::Unsigned);
        // Plain, each kind alone, each kind after a spin lock, twice, misplaced, two of a kind.
        let kinds: Vec<usize> = match number {
            0 | 1 => Vec::new(),
            2..11 => vec![number - 2],
            11..19 => vec![0, number - 10],
            19..28 => vec![number - 19, number - 19],
            28..37 => vec![number - 28],
            37 => vec![1, 2],
            38 => vec![0, 4],
            _ => vec![0, 1, 2],
        };
        let misplaced = (28..37).contains(&number);
        let mut members = Vec::new();
        let mut at = 0;
        let mut place = |name: &'static str, ty: BtfTypeId, size: u32, align: u32| {
            at = u32::next_multiple_of(at, align);
            members.push(MemberSpec::at(name, ty, at));
            at += size;
        };
        place(
            "a",
            if misplaced { word } else { long },
            if misplaced { 2 } else { 8 },
            4,
        );
        for (nth, kind) in kinds.iter().enumerate() {
            let (name, size, align) = SPECIAL[*kind];
            let inside: Vec<MemberSpec<'_>> = match size {
                4 => vec![MemberSpec::at("v", word, 0)],
                _ => (0..size / 8)
                    .map(|at| MemberSpec::at("v", long, 8 * at))
                    .collect(),
            };
            let ty = btf.structure(name, size, &inside);
            let align = if misplaced { 2 } else { align };
            place(["x", "y", "z"][nth.min(2)], ty, size, align);
        }
        place("b", word, 4, 4);
        let size = at.next_multiple_of(8);
        if misplaced {
            members.remove(0);
        }
        let value = btf.structure("value", size, &members);
        Self {
            bytes: btf.finish(),
            key: word.0,
            value: value.0,
            size,
        }
    }
}
