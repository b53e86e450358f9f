//! Map helpers, ring buffers, dynptrs, iteration.

use skep_uapi::MapType;

use crate::harness::{Case, Map, agree, note};

const KEY: &str = "r2 = r10\nr2 += -4\n";

fn key(value: u32) -> String {
    format!("r0 = {value}\n*(u32 *)(r10 -4) = r0\n")
}

fn lookup(index: usize, map: &str) -> String {
    format!(
        "{KEY}r1 = map[{map}]\ncall bpf_map_lookup_elem\nif r0 == 0 goto +1\nr0 = *(u64 *)(r0 +0)\n{}",
        note(index)
    )
}

fn update(index: usize, map: &str, value: u64, flags: u64) -> String {
    format!(
        "r0 = {value}\n*(u64 *)(r10 -16) = r0\n{KEY}r1 = map[{map}]\nr3 = r10\nr3 += -16\nr4 = {flags}\n\
         call bpf_map_update_elem\n{}",
        note(index)
    )
}

fn delete(index: usize, map: &str) -> String {
    format!(
        "{KEY}r1 = map[{map}]\ncall bpf_map_delete_elem\n{}",
        note(index)
    )
}

#[test]
fn elements() {
    for map in [
        Map::new("m", MapType::Hash, 4, 8, 2),
        Map::new("m", MapType::Array, 4, 8, 2),
        Map::new("m", MapType::PercpuArray, 4, 8, 2),
    ] {
        let mut body = key(1) + &lookup(0, "m") + &update(1, "m", 11, 0) + &lookup(2, "m");
        body += &(update(3, "m", 12, 1)
            + &update(4, "m", 13, 2)
            + &lookup(5, "m")
            + &update(6, "m", 1, 3));
        body += &(key(5) + &update(7, "m", 1, 2) + &update(8, "m", 55, 0) + &lookup(9, "m"));
        body += &(key(6) + &update(10, "m", 66, 0) + &delete(11, "m") + &key(5) + &delete(12, "m"));
        body += &(update(13, "m", 1, 8) + &update(14, "m", 1, 4));
        if map.map_type == MapType::PercpuArray {
            // Which CPU's part was written is another matter: nothing stays behind.
            body += &(key(1) + &update(15, "m", 0, 0));
        }
        agree(&Case::tc(&body).map(map));
    }
}

#[test]
fn per_cpu_elements() {
    let other = |index, cpu: u32| {
        format!(
            "{KEY}r1 = map[m]\nr3 = {cpu}\ncall bpf_map_lookup_percpu_elem\nif r0 == 0 goto +1\nr0 = 1\n{}",
            note(index)
        )
    };
    let body = key(1)
        + &update(0, "m", 5, 0)
        + &lookup(1, "m")
        + &other(2, 0)
        + &other(3, 1000)
        + &key(2)
        + &other(4, 0);
    let mut case =
        Case::tc(&(body + "r0 = 0\n*(u64 *)(r10 -16) = r0\n" + &key(1) + &update(5, "m", 0, 0)));
    case.maps.push(Map::new("m", MapType::PercpuArray, 4, 8, 2));
    let answer = agree(&case);
    assert_eq!([answer.word(1), answer.word(2), answer.word(3)], [5, 1, 0]);
}

#[test]
fn iteration_over_elements() {
    for (map_type, entries) in [(MapType::Array, 4), (MapType::Hash, 4)] {
        for stop_after in [100, 2] {
            let text = format!(
                "r6 = r1\nr9 = map_value[out]\n{}{}{}{}r0 = 0\n*(u64 *)(r10 -24) = r0\nr1 = map[m]\nr2 = func[visit]\n\
                 r3 = r10\nr3 += -24\nr4 = 0\ncall bpf_for_each_map_elem\n{}r0 = *(u64 *)(r10 -24)\n{}\
                 r1 = map[m]\nr2 = func[visit]\nr3 = r10\nr3 += -24\nr4 = 1\ncall bpf_for_each_map_elem\n{}r0 = 0\nexit\n\
                 visit:\nr1 = *(u32 *)(r2 +0)\nr3 = *(u64 *)(r3 +0)\nr3 += r1\nr5 = *(u64 *)(r4 +0)\nr5 += r3\nr5 += 0x1000\n\
                 *(u64 *)(r4 +0) = r5\nr0 = 0\nr5 >>= 12\nif r5 < {stop_after} goto +1\nr0 = 1\nexit",
                key(1),
                update(0, "m", 10, 0),
                key(2),
                update(1, "m", 20, 0),
                note(2),
                note(3),
                note(4),
            );
            let mut case = Case::tc("");
            case.text = text;
            case.functions = vec!["visit"];
            case.maps.push(Map::new("m", map_type, 4, 8, entries));
            agree(&case);
        }
    }
}

#[test]
fn loops() {
    let run = |index, count: i64, flags: i64| {
        format!(
            "r1 = {count}\nr2 = func[body]\nr3 = r10\nr3 += -24\nr4 = {flags}\ncall bpf_loop\n{}",
            note(index)
        )
    };
    let mut case = Case::tc("");
    case.functions = vec!["body"];
    case.text = format!(
        "r9 = map_value[out]\nr0 = 0\n*(u64 *)(r10 -24) = r0\n{}{}{}{}{}r0 = *(u64 *)(r10 -24)\n{}r0 = 0\nexit\n\
         body:\nr3 = *(u64 *)(r2 +0)\nr3 += r1\nr3 += 1\n*(u64 *)(r2 +0) = r3\nr0 = 0\nif r1 < 100 goto +1\nr0 = 1\nexit",
        run(0, 10, 0),
        run(1, 1000, 0),
        run(2, 0, 0),
        run(3, 8_388_609, 0),
        run(4, 5, 1),
        note(5),
    );
    let answer = agree(&case);
    let e2big = i64::from(-7_i32 as u32);
    let results = [0, 1, 2, 3, 4].map(|index| answer.int(index));
    assert_eq!(results, [10, 101, 0, e2big, -22]);
}

#[test]
fn ring_buffers() {
    let query = |index, what| {
        format!(
            "r1 = map[ring]\nr2 = {what}\ncall bpf_ringbuf_query\n{}",
            note(index)
        )
    };
    let output = |index, len: i64, flags: i64| {
        format!(
            "r1 = map[ring]\nr2 = r10\nr2 += -32\nr3 = {len}\nr4 = {flags}\ncall bpf_ringbuf_output\n{}",
            note(index)
        )
    };
    let reserve = |index, size: i64, end: &str| {
        format!(
            "r1 = map[ring]\nr2 = {size}\nr3 = 0\ncall bpf_ringbuf_reserve\nif r0 == 0 goto none{index}\nr7 = r0\nr1 = 7\n\
             *(u8 *)(r7 +0) = r1\n*(u8 *)(r7 +{last}) = r1\nr1 = r7\nr2 = 0\ncall bpf_ringbuf_{end}\nr0 = 1\nnone{index}:\n{}",
            note(index),
            last = size - 1,
        )
    };
    let mut body = "r0 = 0x55\n*(u64 *)(r10 -32) = r0\n*(u64 *)(r10 -24) = r0\n*(u64 *)(r10 -16) = r0\n*(u64 *)(r10 -8) = r0\n".to_owned();
    body += &(output(0, 13, 0)
        + &output(1, 32, 1)
        + &output(2, 8, 4)
        + &reserve(3, 100, "submit")
        + &reserve(4, 40, "discard"));
    body += &(reserve(5, 4096, "submit") + &reserve(6, 4000, "submit"));
    for (index, what) in (7..).zip(0..5) {
        body += &query(index, what);
    }
    let answer = agree(&Case::tc(&body).map(Map::new("ring", MapType::Ringbuf, 0, 0, 4096)));
    assert_eq!(
        [answer.int(0), answer.int(2), answer.int(3), answer.int(5)],
        [0, -22, 1, 0]
    );
}

#[test]
fn dynptrs() {
    let data = |index: usize, offset: i64, len: i64| {
        format!(
            "r1 = r10\nr1 += -16\nr2 = {offset}\nr3 = {len}\ncall bpf_dynptr_data\nif r0 == 0 goto +2\nr1 = *(u8 *)(r0 +0)\nr0 = r1\n{}",
            note(index)
        )
    };
    let read = |index: usize, offset: i64, len: i64, flags: i64| {
        format!(
            "r1 = r10\nr1 += -32\nr2 = {len}\nr3 = r10\nr3 += -16\nr4 = {offset}\nr5 = {flags}\ncall bpf_dynptr_read\n{}\
             r0 = *(u64 *)(r10 -32)\n{}",
            note(index),
            note(index + 1)
        )
    };
    let write = |index: usize, offset: i64, len: i64, flags: i64| {
        format!(
            "r1 = r10\nr1 += -16\nr2 = {offset}\nr3 = r10\nr3 += -40\nr4 = {len}\nr5 = {flags}\ncall bpf_dynptr_write\n{}",
            note(index)
        )
    };
    let mut body =
        "r0 = 0x0102030405060708 ll\n*(u64 *)(r10 -32) = r0\n*(u64 *)(r10 -40) = r0\n".to_owned();
    body +=
        "r1 = map_value[data]\nr2 = 32\nr3 = 0\nr4 = r10\nr4 += -16\ncall bpf_dynptr_from_mem\n";
    body += &note(0);
    body += &(write(1, 4, 8, 0)
        + &write(2, 25, 8, 0)
        + &write(3, 0, 8, 1)
        + &read(4, 4, 8, 0)
        + &read(6, 25, 8, 0));
    body += &(read(8, 0, 8, 1) + &data(10, 4, 1) + &data(11, 32, 1) + &data(12, 31, 1));
    agree(&Case::tc(&body).map(Map::new("data", MapType::Array, 4, 32, 1)));
    let ring = |size: i64, end: &str| {
        "r0 = 5\n*(u64 *)(r10 -32) = r0\n*(u64 *)(r10 -40) = r0\n".to_owned()
            + &format!(
                "r1 = map[ring]\nr2 = {size}\nr3 = 0\nr4 = r10\nr4 += -16\ncall bpf_ringbuf_reserve_dynptr\n"
            )
            + &note(0)
            + &write(1, 8, 8, 0)
            + &read(2, 8, 8, 0)
            + &format!("r1 = r10\nr1 += -16\nr2 = 0\ncall bpf_ringbuf_{end}_dynptr\n")
            + "r1 = map[ring]\nr2 = 3\ncall bpf_ringbuf_query\n"
            + &note(4)
    };
    for (size, end) in [
        (64, "submit"),
        (64, "discard"),
        (5000, "submit"),
        (0x100_0000, "discard"),
    ] {
        agree(&Case::tc(&ring(size, end)).map(Map::new("ring", MapType::Ringbuf, 0, 0, 4096)));
    }
}
