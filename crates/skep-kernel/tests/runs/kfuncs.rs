//! Kernel functions: iterators over numbers, dynptrs over packets, string functions.

use skep_uapi::{MapType, ProgType};

use crate::harness::{Case, Map, agree, note};

/// A loop over numbers: their sum as result `index`, and what new said as the next one.
fn numbers(index: usize, start: i64, end: i64) -> String {
    format!(
        "r7 = 0\nr1 = r10\nr1 += -8\nr2 = {start}\nr3 = {end}\ncall kfunc bpf_iter_num_new\n{}\
         again{index}:\nr1 = r10\nr1 += -8\ncall kfunc bpf_iter_num_next\nif r0 == 0 goto end{index}\n\
         r1 = *(s32 *)(r0 +0)\nr7 += r1\ngoto again{index}\nend{index}:\nr1 = r10\nr1 += -8\n\
         call kfunc bpf_iter_num_destroy\nr0 = r7\n{}",
        note(index + 1),
        note(index)
    )
}

#[test]
fn iterators_over_numbers() {
    for (start, end) in [
        (0, 10),
        (-5, 3),
        (3, 3),
        (4, 3),
        (0, 8_388_609),
        (i64::from(i32::MIN), i64::from(i32::MIN) + 3),
        (i64::from(i32::MAX) - 2, i64::from(i32::MAX)),
    ] {
        let answer = agree(&Case::tc(&numbers(0, start, end)));
        if (start, end) == (0, 10) {
            assert_eq!([answer.word(0), answer.word(1)], [45, 0]);
        }
    }
}

#[test]
fn sections() {
    let body = "call kfunc bpf_rcu_read_lock\nr0 = 1\n*(u64 *)(r9 +0) = r0\ncall kfunc bpf_rcu_read_unlock\n\
                call kfunc bpf_preempt_disable\ncall kfunc bpf_preempt_enable\n\
                r1 = r10\nr1 += -8\ncall kfunc bpf_local_irq_save\nr1 = r10\nr1 += -8\ncall kfunc bpf_local_irq_restore\n";
    agree(&Case::tc(body));
}

/// A dynptr over the packet at R10 - 16.
fn from_packet(kind: &str) -> String {
    format!(
        "r1 = r6\nr2 = 0\nr3 = r10\nr3 += -16\ncall kfunc bpf_dynptr_from_{kind}\n{}",
        note(0)
    )
}

fn on_dynptr(index: usize, setup: &str, call: &str) -> String {
    format!("r1 = r10\nr1 += -16\n{setup}call {call}\n{}", note(index))
}

/// The first bytes of a slice as a result, or all ones for none.
fn slice(index: usize, name: &str, offset: u32) -> String {
    format!(
        "r1 = r10\nr1 += -16\nr2 = {offset}\nr3 = r10\nr3 += -32\nr4 = 8\ncall kfunc {name}\n\
         if r0 == 0 goto none{index}\nr1 = *(u64 *)(r0 +0)\nr0 = r1\ngoto +1\nnone{index}:\nr0 = -1\n{}",
        note(index)
    )
}

fn dynptr_steps(writable: bool) -> String {
    let mut body =
        "r0 = 0x0102030405060708 ll\n*(u64 *)(r10 -32) = r0\n*(u64 *)(r10 -40) = r0\n".to_owned();
    body += &on_dynptr(1, "", "kfunc bpf_dynptr_size");
    body += &on_dynptr(2, "", "kfunc bpf_dynptr_is_null");
    body += &on_dynptr(3, "", "kfunc bpf_dynptr_is_rdonly");
    body += &slice(4, "bpf_dynptr_slice", 10);
    body += &slice(5, "bpf_dynptr_slice", 5000);
    if writable {
        body += &slice(6, "bpf_dynptr_slice_rdwr", 20);
        body += &on_dynptr(
            7,
            "r2 = 30\nr3 = r10\nr3 += -40\nr4 = 8\nr5 = 0\n",
            "bpf_dynptr_write",
        );
        body += &on_dynptr(
            8,
            "r2 = 5000\nr3 = r10\nr3 += -40\nr4 = 8\nr5 = 0\n",
            "bpf_dynptr_write",
        );
        body += &on_dynptr(
            9,
            "r2 = 30\nr3 = r10\nr3 += -40\nr4 = 8\nr5 = 8\n",
            "bpf_dynptr_write",
        );
    }
    let read = |index, offset: u32| {
        format!(
            "r1 = r10\nr1 += -40\nr2 = 8\nr3 = r10\nr3 += -16\nr4 = {offset}\nr5 = 0\ncall bpf_dynptr_read\n{}\
             r0 = *(u64 *)(r10 -40)\n{}",
            note(index),
            note(index + 1)
        )
    };
    body += &(read(10, 30) + &read(12, 60));
    body += &on_dynptr(14, "r2 = 4\nr3 = 44\n", "kfunc bpf_dynptr_adjust");
    body += &on_dynptr(15, "r2 = 4\nr3 = 3\n", "kfunc bpf_dynptr_adjust");
    body += &on_dynptr(16, "r2 = 4\nr3 = 99\n", "kfunc bpf_dynptr_adjust");
    body += &(on_dynptr(17, "", "kfunc bpf_dynptr_size")
        + &slice(18, "bpf_dynptr_slice", 10)
        + &slice(19, "bpf_dynptr_slice", 33));
    body += &on_dynptr(20, "r2 = r10\nr2 += -56\n", "kfunc bpf_dynptr_clone");
    if writable {
        body += &on_dynptr(21, "r2 = 8\nr3 = 4\nr4 = 0xab\n", "kfunc bpf_dynptr_memset");
        body += &on_dynptr(
            22,
            "r2 = 38\nr3 = 4\nr4 = 0xab\n",
            "kfunc bpf_dynptr_memset",
        );
        body += &on_dynptr(
            23,
            "r2 = 0\nr3 = r10\nr3 += -56\nr4 = 12\nr5 = 6\n",
            "kfunc bpf_dynptr_copy",
        );
        body += &on_dynptr(
            24,
            "r2 = 36\nr3 = r10\nr3 += -56\nr4 = 12\nr5 = 6\n",
            "kfunc bpf_dynptr_copy",
        );
    }
    body
}

#[test]
fn dynptrs_over_packets() {
    agree(&Case::tc(&(from_packet("skb") + &dynptr_steps(true))));
    let mut reader = Case::tc(&(from_packet("skb") + &dynptr_steps(false)));
    reader.prog_type = ProgType::SocketFilter;
    agree(&reader);
    let mut frame = Case::xdp(&(from_packet("xdp") + &dynptr_steps(true)));
    frame.ctx_out = 0;
    agree(&frame);
    // Data in two pieces.
    frame.ctx = [0, 34, 0, 0, 0, 0_u32]
        .iter()
        .flat_map(|word| word.to_ne_bytes())
        .collect();
    agree(&frame);
}

#[test]
fn dynptrs_over_memory() {
    let make =
        "r1 = map_value[data]\nr2 = 64\nr3 = 0\nr4 = r10\nr4 += -16\ncall bpf_dynptr_from_mem\n"
            .to_owned()
            + &note(0);
    let case = Case::tc(&(make + &dynptr_steps(true)));
    agree(&case.map(Map::new("data", MapType::Array, 4, 64, 1)));
}

#[test]
fn strings() {
    let pair = |index: usize, name: &str, rest: &str| {
        format!(
            "r1 = map_value[text]\n{rest}call kfunc {name}\n{}",
            note(index)
        )
    };
    let other = "r2 = map_value[other]\n";
    let calls = [
        ("bpf_strcmp", other.to_owned()),
        ("bpf_strcasecmp", other.to_owned()),
        ("bpf_strlen", String::new()),
        ("bpf_strnlen", "r2 = 3\n".to_owned()),
        ("bpf_strnlen", "r2 = 300\n".to_owned()),
        ("bpf_strchr", "r2 = 108\n".to_owned()),
        ("bpf_strchr", "r2 = 122\n".to_owned()),
        ("bpf_strchr", "r2 = 0\n".to_owned()),
        ("bpf_strrchr", "r2 = 108\n".to_owned()),
        ("bpf_strrchr", "r2 = 0\n".to_owned()),
        ("bpf_strchrnul", "r2 = 122\n".to_owned()),
        ("bpf_strnchr", "r2 = 2\nr3 = 108\n".to_owned()),
        ("bpf_strnchr", "r2 = 3\nr3 = 108\n".to_owned()),
        ("bpf_strspn", other.to_owned()),
        ("bpf_strcspn", other.to_owned()),
        ("bpf_strstr", other.to_owned()),
        ("bpf_strnstr", other.to_owned() + "r3 = 4\n"),
        ("bpf_strnstr", other.to_owned() + "r3 = 5\n"),
        ("bpf_strnstr", other.to_owned() + "r3 = 0\n"),
    ];
    let body: String = calls
        .iter()
        .enumerate()
        .map(|(index, (name, rest))| pair(index, name, rest))
        .collect();
    let texts: [(&'static [u8], &'static [u8]); 6] = [
        (b"hello\0", b"lo\0"),
        (b"hello\0", b"HELLO\0"),
        (b"hello\0", b"\0"),
        (b"\0", b"x\0"),
        (b"aab\0", b"ab\0"),
        (b"hel\0", b"hello\0"),
    ];
    for (text, second) in texts {
        agree(
            &Case::tc(&body)
                .map(Map::text("text", text))
                .map(Map::text("other", second)),
        );
    }
}
