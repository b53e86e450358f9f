//! Helpers that read and change an XDP frame.

use crate::harness::{Case, agree, note, on_ctx};

/// A case without an output context: with one Linux takes `data_end` 0 for the end of the first page.
fn plain(body: &str) -> Case {
    Case {
        ctx_out: 0,
        ..Case::xdp(body)
    }
}

fn lengths(index: usize) -> String {
    format!(
        "r1 = *(u32 *)(r6 +0)\nr2 = *(u32 *)(r6 +4)\nr3 = *(u32 *)(r6 +8)\nr0 = r2\nr0 -= r1\n{}r0 = r1\nr0 -= r3\n{}",
        note(index),
        note(index + 1)
    )
}

#[test]
fn head_meta_and_tail() {
    let steps = [
        ("xdp_adjust_head", -32),
        ("xdp_adjust_meta", -8),
        ("xdp_adjust_head", 4),
        ("xdp_adjust_head", -300),
        ("xdp_adjust_head", 1000),
        ("xdp_adjust_meta", -3),
        ("xdp_adjust_meta", 100),
        ("xdp_adjust_tail", 10),
        ("xdp_adjust_tail", -70),
    ];
    let body: String = (0..)
        .zip(steps)
        .map(|(index, (helper, delta))| {
            on_ctx(3 * index, helper, &[delta]) + &lengths(3 * index + 1)
        })
        .collect();
    agree(&Case::xdp(&body));
    agree(&plain(&body));
    for (helper, delta) in [
        ("xdp_adjust_head", -216),
        ("xdp_adjust_head", -217),
        ("xdp_adjust_head", 50),
        ("xdp_adjust_head", 51),
        ("xdp_adjust_meta", -216),
        ("xdp_adjust_meta", -220),
        ("xdp_adjust_meta", -252),
        ("xdp_adjust_meta", -256),
        ("xdp_adjust_meta", 4),
        ("xdp_adjust_tail", 3456),
        ("xdp_adjust_tail", 3457),
        ("xdp_adjust_tail", -50),
        ("xdp_adjust_tail", -51),
    ] {
        agree(&plain(&(on_ctx(0, helper, &[delta]) + &lengths(1))));
    }
}

#[test]
fn bytes_of_a_frame() {
    let access = |index, helper: &str, offset: i64, len: i64| {
        format!(
            "r1 = r6\nr2 = {offset}\nr3 = r10\nr3 += -16\nr4 = {len}\ncall bpf_{helper}\n{}r0 = *(u64 *)(r10 -16)\n{}",
            note(index),
            note(index + 1)
        )
    };
    let mut body = "r0 = -1\n*(u64 *)(r10 -16) = r0\n*(u64 *)(r10 -8) = r0\n".to_owned();
    let steps = [
        ("xdp_load_bytes", 0, 8),
        ("xdp_store_bytes", 20, 8),
        ("xdp_load_bytes", 60, 4),
        ("xdp_load_bytes", 61, 4),
        ("xdp_store_bytes", 61, 4),
        ("xdp_load_bytes", 0x10000, 1),
        ("xdp_load_bytes", -1, 1),
    ];
    for (index, (helper, offset, len)) in steps.into_iter().enumerate() {
        body.push_str(&access(2 * index, helper, offset, len));
    }
    body.push_str(&on_ctx(20, "xdp_get_buff_len", &[]));
    agree(&Case::xdp(&body));
    agree(&plain(&body));
}

#[test]
fn fragments() {
    let access = |index, helper: &str, offset: i64, len: i64| {
        format!(
            "r1 = r6\nr2 = {offset}\nr3 = r10\nr3 += -16\nr4 = {len}\ncall bpf_{helper}\n{}r0 = *(u64 *)(r10 -16)\n{}",
            note(index),
            note(index + 1)
        )
    };
    let init = "r0 = -1\n*(u64 *)(r10 -16) = r0\n*(u64 *)(r10 -8) = r0\n";
    let contexts: [&[u32]; 4] = [
        &[],
        &[0, 100, 0, 0, 0, 0],
        &[8, 30, 0, 0, 0, 0],
        &[0, 0, 0, 0, 0, 0],
    ];
    for len in [3520, 3521, 9000] {
        for context in contexts {
            for delta in [10, 4096, 0, -1, -1000, -6000, -8986, -8987] {
                let mut body = init.to_owned();
                body +=
                    &(access(0, "xdp_load_bytes", 3516, 8) + &access(2, "xdp_store_bytes", 96, 8));
                body +=
                    &(access(4, "xdp_load_bytes", 7614, 8) + &on_ctx(6, "xdp_get_buff_len", &[]));
                body += &(on_ctx(7, "xdp_adjust_tail", &[delta])
                    + &on_ctx(8, "xdp_get_buff_len", &[])
                    + &lengths(9));
                body += &(on_ctx(11, "xdp_adjust_head", &[4]) + &lengths(12));
                let mut case = Case::xdp(&body);
                case.data = (0..len).map(|byte| byte as u8).collect();
                case.data_out = 20_000;
                case.ctx = context.iter().flat_map(|word| word.to_ne_bytes()).collect();
                if context.is_empty() {
                    case.ctx_out = 0;
                }
                agree(&case);
            }
        }
    }
}

#[test]
fn direct_packet_access() {
    let body = "r2 = *(u32 *)(r6 +0)\nr3 = *(u32 *)(r6 +4)\nr4 = r2\nr4 += 14\nif r4 > r3 goto end\n\
                r0 = *(u16 *)(r2 +12)\n*(u64 *)(r9 +0) = r0\nr0 = 0x77\n*(u8 *)(r2 +0) = r0\nend:\n";
    agree(&plain(body));
    agree(&Case::tc(
        &body
            .replace("(r6 +0)", "(r6 +76)")
            .replace("(r6 +4)", "(r6 +80)"),
    ));
}
