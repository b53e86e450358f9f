//! Damaged objects: opening answers, whatever the bytes are.

use std::path::Path;

use skep_loader::{Object, OpenError, Target};

fn examples() -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let names = ["packet_counter", "dispatcher", "block_list"];
    let read = |name| std::fs::read(directory.join(format!("{name}.bpf.o"))).unwrap();
    names.into_iter().map(read).collect()
}

/// A small generator: the same bytes are damaged in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

#[test]
fn changed_bytes_never_panic() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut opened, mut refused) = (0, 0);
    for object in examples() {
        for _ in 0..3000 {
            let mut bytes = object.clone();
            for _ in 0..=random.below(8) {
                let at = random.below(bytes.len());
                bytes[at] = match random.below(4) {
                    0 => 0,
                    1 => 0xff,
                    2 => bytes[at].wrapping_add(1),
                    _ => random.below(256) as u8,
                };
            }
            match Object::open("mutant.bpf.o", &bytes, &Target::default()) {
                Ok(_) => opened += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(
        opened > 1000 && refused > 1000,
        "{opened} opened, {refused} refused"
    );
}

#[test]
fn cut_objects_are_refused() {
    for object in examples() {
        for len in (0..object.len()).step_by(7) {
            let opened = Object::open("cut.bpf.o", &object[..len], &Target::default());
            assert!(opened.is_err(), "{len} bytes");
        }
    }
}

#[test]
fn errors_are_told_apart() {
    let open = |bytes: &[u8]| Object::open("x.o", bytes, &Target::default());
    assert!(matches!(open(b""), Err(OpenError::NotElf)));
    assert!(matches!(open(b"\x7fELF"), Err(OpenError::Damaged(_))));
    let object = examples().remove(0);
    let mut other = object.clone();
    other[18] = 62;
    assert!(matches!(open(&other), Err(OpenError::NotBpf(_))));
    let mut big_endian = object.clone();
    big_endian[5] = 2;
    assert!(matches!(open(&big_endian), Err(OpenError::NotBpf(_))));
}
