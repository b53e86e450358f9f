//! Numbers from text, comparing, printing; and what the machine says.

use skep_uapi::ProgType;

use crate::harness::{Case, Map, agree, note};

/// Puts bytes at R10 - 64.
fn on_stack(text: &[u8]) -> String {
    let mut padded = text.to_vec();
    padded.resize(64, 0);
    (0..8)
        .map(|word| {
            let value = u64::from_ne_bytes(padded[8 * word..8 * word + 8].try_into().unwrap());
            format!(
                "r0 = {value:#x} ll\n*(u64 *)(r10 -{}) = r0\n",
                64 - 8 * word
            )
        })
        .collect()
}

#[test]
fn numbers() {
    let texts: [&[u8]; 20] = [
        b"42",
        b" -42x",
        b"0x1F",
        b"0x",
        b"0xg",
        b"017",
        b"08",
        b"",
        b"-",
        b"+5",
        b"\t\n 7",
        b"\xa07",
        b"9223372036854775807",
        b"9223372036854775808",
        b"-9223372036854775808",
        b"18446744073709551615",
        b"18446744073709551616",
        b"ff",
        b"-0",
        b"0",
    ];
    for text in texts {
        let mut body = on_stack(text);
        let mut index = 0;
        for helper in ["strtol", "strtoul"] {
            for base in [0, 8, 10, 16, 7] {
                body.push_str(&format!(
                    "r1 = r10\nr1 += -64\nr2 = {}\nr3 = {base}\nr4 = r10\nr4 += -72\nr0 = 77\n*(u64 *)(r10 -72) = r0\n\
                     call bpf_{helper}\n{}r0 = *(u64 *)(r10 -72)\n{}",
                    text.len().max(1),
                    note(index),
                    note(index + 1)
                ));
                index += 2;
            }
        }
        agree(&Case::tc(&body));
    }
}

#[test]
fn comparing() {
    let mut body = on_stack(b"hello\0there");
    for (index, len) in [1, 2, 5, 6, 11].into_iter().enumerate() {
        body.push_str(&format!(
            "r1 = r10\nr1 += -64\nr2 = {len}\nr3 = map_value[text]\ncall bpf_strncmp\n{}",
            note(index)
        ));
    }
    let sign = |text: &'static [u8]| {
        let answer = agree(&Case::tc(&body).map(Map::text("text", text)));
        answer.int(4).signum()
    };
    assert_eq!(sign(b"hello\0"), 0);
    assert_eq!(sign(b"hellp\0"), -1);
    assert_eq!(sign(b"hell\0"), 1);
    assert_eq!(sign(b"\0"), 1);
}

#[test]
fn formatting() {
    let formats: [&'static [u8]; 12] = [
        b"plain\0",
        b"%d %i %u\0",
        b"%5d|%-5u|%05x|%+d\0",
        b"%lx %llX %ld\0",
        b"%s and %s\0",
        b"%10s|%-8s|\0",
        b"%c%c%%\0",
        b"%px\0",
        b"%pI4 %pi4\0",
        b"%pI6\0",
        b"%pi6 \xc3\xa9\0",
        b"% d|%08d\0",
    ];
    let strings = b"first\0second\0";
    for format in formats {
        for room in [64, 8, 1] {
            let mut body = on_stack(strings);
            // Arguments at R10 - 96: numbers, or addresses of the strings.
            let text = format
                .windows(2)
                .any(|pair| pair == b"%s" || pair == b"pI" || pair == b"pi")
                || format.contains(&b's');
            if text {
                body.push_str("r0 = r10\nr0 += -64\n*(u64 *)(r10 -96) = r0\nr0 += 6\n*(u64 *)(r10 -88) = r0\n*(u64 *)(r10 -80) = r0\n*(u64 *)(r10 -72) = r0\n");
            } else {
                for (slot, value) in [(96, -5_i64), (88, 66), (80, 0x7fff_ffff), (72, 12)] {
                    body.push_str(&format!("r0 = {value}\n*(u64 *)(r10 -{slot}) = r0\n"));
                }
            }
            let count = format
                .windows(2)
                .filter(|pair| pair[0] == b'%' && pair[1] != b'%')
                .count();
            let count = if format.ends_with(b"%%\0") {
                count - 1
            } else {
                count
            };
            body.push_str(&format!(
                "r1 = r9\nr1 += 8\nr2 = {room}\nr3 = map_value[format]\nr4 = r10\nr4 += -96\nr5 = {}\ncall bpf_snprintf\n{}",
                8 * count,
                note(0)
            ));
            agree(&Case::tc(&body).map(Map::text("format", format)));
        }
    }
}

#[test]
fn printing() {
    let print = |index, text: &[u8]| {
        on_stack(text)
            + &format!(
                "r1 = r10\nr1 += -64\nr2 = {}\nr3 = 1\nr4 = -2\nr5 = 3\ncall bpf_trace_printk\n{}",
                text.len(),
                note(index)
            )
    };
    let texts: [&[u8]; 8] = [
        b"%d %d %d\0",
        b"x\0",
        b"no end",
        b"%d %d %d %d\0",
        b"%o\0",
        b"\x01\0",
        b"%\0",
        b"%5x.\n\0",
    ];
    let body: String = (0..)
        .zip(texts)
        .map(|(index, text)| print(index, text))
        .collect();
    agree(&Case::tc(&body));
    let kernel = crate::harness::session(skep_kernel::Engine::Jit);
    let lines = kernel.trace().take();
    assert!(lines.contains(&b"1 -2 3".to_vec()), "{lines:?}");
}

#[test]
fn the_machine() {
    let positive = |index, helper: &str| {
        format!(
            "call bpf_{helper}\nif r0 == 0 goto +1\nr0 = 1\n{}",
            note(index)
        )
    };
    let mut body = String::new();
    for (index, helper) in [
        "ktime_get_ns",
        "ktime_get_boot_ns",
        "ktime_get_coarse_ns",
        "ktime_get_tai_ns",
        "jiffies64",
        "get_current_pid_tgid",
    ]
    .into_iter()
    .enumerate()
    {
        body.push_str(&positive(index, helper));
    }
    body.push_str(&format!("call bpf_get_numa_node_id\n{}", note(6)));
    body.push_str("call bpf_get_current_pid_tgid\nr0 >>= 32\n");
    body.push_str(&note(7));
    body.push_str("call bpf_get_current_uid_gid\n");
    body.push_str(&note(8));
    body.push_str("call bpf_get_prandom_u32\nr0 >>= 32\n");
    body.push_str(&note(9));
    body.push_str("call bpf_get_smp_processor_id\nr0 >>= 8\n");
    body.push_str(&note(10));
    body.push_str("r1 = r10\nr1 += -16\nr2 = 16\ncall bpf_get_current_comm\n");
    body.push_str(&note(11));
    let mut case = Case::tc(&body);
    case.maps.truncate(1);
    let answer = agree(&case);
    assert_eq!(answer.word(7), u64::from(std::process::id()));
}

#[test]
fn reads_through_any_pointer() {
    let read = |index, helper: &str, at: &str, len| {
        format!(
            "r1 = r10\nr1 += -16\nr2 = {len}\n{at}\ncall bpf_{helper}\n{}r0 = *(u64 *)(r10 -16)\n{}",
            note(index),
            note(index + 1)
        )
    };
    let mut body = on_stack(b"some text");
    body.push_str("r0 = 5\n*(u64 *)(r10 -16) = r0\n*(u64 *)(r10 -8) = r0\n");
    let here = "r3 = r10\nr3 += -64";
    body.push_str(&read(0, "probe_read_kernel", here, 8));
    body.push_str(&read(2, "probe_read_kernel_str", here, 16));
    body.push_str(&read(4, "probe_read_kernel_str", here, 5));
    body.push_str(&read(6, "probe_read_kernel", "r3 = 0", 8));
    body.push_str(&read(8, "probe_read_user", "r3 = 0", 8));
    body.push_str(&read(10, "probe_read_user_str", "r3 = 0", 8));
    let mut case = Case::tc(&body);
    case.prog_type = ProgType::SchedCls;
    agree(&case);
}

#[test]
fn types_of_the_kernel_by_name() {
    let find = |index, name: &[u8], len: usize, kind: u32, flags: u32| {
        on_stack(name)
            + &format!(
                "r1 = r10\nr1 += -64\nr2 = {len}\nr3 = {kind}\nr4 = {flags}\ncall bpf_btf_find_by_name_kind\n{}",
                note(index)
            )
    };
    let mut body = "r9 = map_value[out]\n".to_owned();
    body += &find(0, b"task_struct", 12, 4, 0);
    body += &find(1, b"task_struct", 12, 12, 0);
    body += &find(2, b"task_struct", 11, 4, 0);
    body += &find(3, b"task_struct", 12, 4, 1);
    body += &find(4, b"", 1, 4, 0);
    body += &find(5, b"no such type", 13, 4, 0);
    body += &find(6, b"bpf_prog_load", 14, 12, 0);
    body += &find(7, b"int", 4, 1, 0);
    body += &find(8, b"int", 4, 99, 0);
    let mut case = Case::new(ProgType::Syscall, &(body + "r0 = 0\nexit"));
    (case.data_out, case.ctx_out) = (0, 0);
    case.data.clear();
    assert!(agree(&case).int(0) > 0);
}
