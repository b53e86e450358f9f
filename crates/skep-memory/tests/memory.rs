//! Regions, rings, code pages and the table of live spans.

use skep_memory::racy::AtomicOp;
use skep_memory::{
    Access, AccessSize, AtomicWidth, CodeBuffer, Fault, MemoryError, Permissions, RacyBytes,
    Region, RegionTable, RingMemory, SpanSource,
};

#[test]
fn regions_of_every_kind_hold_bytes() {
    for region in [
        Region::new(100),
        Region::new(1 << 20),
        Region::pages(5),
        Region::lines(100),
        Region::lines((16 << 12) - 64),
        Region::shared(5000),
    ] {
        let region = region.unwrap();
        assert_eq!(region.base().raw() % 8, 0);
        assert_eq!(region.read_u32(0), Ok(0));
        let pattern: Vec<u8> = (0..region.len()).map(|i| i as u8).collect();
        region.copy_in(0, &pattern).unwrap();
        assert_eq!(region.to_vec(1, region.len() - 1).unwrap(), pattern[1..]);
        assert_eq!(region.copy_in(1, &pattern), Err(MemoryError::OutOfRange));
        assert_eq!(region.read_u64(usize::MAX), Err(MemoryError::OutOfRange));
        region.zero(0, region.len()).unwrap();
        assert!(
            region
                .to_vec(0, region.len())
                .unwrap()
                .iter()
                .all(|byte| *byte == 0)
        );
    }
    assert_eq!(Region::lines(100).unwrap().base().raw() % 64, 0);
    assert!(Region::shared(1).unwrap().memfd().is_some());
    assert_eq!(Region::new(usize::MAX).unwrap_err(), MemoryError::NoMemory);
}

#[test]
fn words_may_be_unaligned_but_atomics_not() {
    let region = Region::new(32).unwrap();
    region.write_u64(3, 0x0102_0304_0506_0708).unwrap();
    assert_eq!(region.read_u32(3), Ok(0x0506_0708));
    assert_eq!(region.read_u64(3), Ok(0x0102_0304_0506_0708));
    assert!(region.atomic_u64(3).is_err());
    region.store_release_u64(8, 9).unwrap();
    assert_eq!(region.load_acquire_u64(8), Ok(9));
}

#[test]
fn copies_of_every_length_stay_inside() {
    for len in 0..40 {
        let (from, to) = (Region::new(64).unwrap(), Region::new(64).unwrap());
        from.copy_in(0, &[7; 64]).unwrap();
        to.part(8, len)
            .unwrap()
            .copy_from(from.part(3, len).unwrap());
        let bytes = to.to_vec(0, 64).unwrap();
        let expected: Vec<u8> = (0..64)
            .map(|i| if (8..8 + len).contains(&i) { 7 } else { 0 })
            .collect();
        assert_eq!(bytes, expected, "length {len}");
    }
}

#[test]
fn a_record_runs_on_behind_the_end_of_a_ring() {
    let ring = RingMemory::new(4096).unwrap();
    let record = ring.part(4090, 10).unwrap();
    record.copy_in(0, b"0123456789").unwrap();
    ring.repeat_end(4096 + 4090, 10).unwrap();
    let mut start = [0; 5];
    ring.copy_out(8192, &mut start).unwrap();
    assert_eq!(&start, b"6789\0");
    let mut all = [0; 10];
    ring.copy_out(4096 + 4090, &mut all).unwrap();
    assert_eq!(&all, b"0123456789");
    assert_eq!(ring.offset_of(ring.at(4090)), Some(4090));
    assert!(ring.part(4090, 5000).is_err());
    assert!(ring.copy_out(0, &mut [0; 5000]).is_err());
    assert!(RingMemory::new(5000).is_err());
    ring.producer()
        .store(5, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(
        ring.consumer().load(std::sync::atomic::Ordering::Relaxed),
        0
    );
}

#[test]
fn code_pages_are_sealed() {
    let mut buffer = CodeBuffer::new(16).unwrap();
    buffer.write(0, &[0xc3]).unwrap();
    assert_eq!(buffer.write(4096, &[0xc3]), Err(MemoryError::OutOfRange));
    let base = buffer.base();
    let code = buffer.seal().unwrap();
    assert_eq!((code.base(), code.len()), (base, 4096));
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps
        .lines()
        .find(|line| line.starts_with(&format!("{:x}-", base.raw())))
        .unwrap();
    assert!(line.contains(" r-xp "), "{line}");
}

struct TwoValues(Region);

impl SpanSource for TwoValues {
    fn bytes_at(&self, addr: skep_memory::Addr) -> Option<(RacyBytes<'_>, Permissions)> {
        let index = self.0.offset_of(addr, 1)? / 16;
        Some((self.0.part(index * 16, 10).ok()?, Permissions::ReadOnly))
    }
}

#[test]
fn a_table_permits_what_is_live() {
    let (stack, values) = (
        Region::new(512).unwrap(),
        TwoValues(Region::new(32).unwrap()),
    );
    let mut table = RegionTable::new();
    let id = table.add(stack.bytes(), Permissions::ReadWrite);
    table.add_source(&values);

    let at = |offset: u64| stack.base().wrapping_add(offset);
    table.write(at(504), AccessSize::Eight, u64::MAX).unwrap();
    assert_eq!(table.read(at(508), AccessSize::Four), Ok(0xffff_ffff));
    assert_eq!(table.read(at(504), AccessSize::One), Ok(0xff));
    assert!(matches!(
        table.read(at(508), AccessSize::Eight),
        Err(Fault::PastEnd { .. })
    ));
    assert!(matches!(
        table.read(at(512 + 4096), AccessSize::Two),
        Err(Fault::Unmapped { .. })
    ));
    assert_eq!(
        table.fetch(AtomicOp::Add, at(0), AtomicWidth::Eight, 5),
        Ok(0)
    );
    assert_eq!(
        table.compare_exchange(at(0), AtomicWidth::Four, 5, 6),
        Ok(5)
    );
    assert!(matches!(
        table.fetch(AtomicOp::Or, at(2), AtomicWidth::Four, 5),
        Err(Fault::Misaligned { .. })
    ));

    let value = values.0.base();
    assert_eq!(table.read(value.wrapping_add(16), AccessSize::Eight), Ok(0));
    assert!(matches!(
        table.read(value.wrapping_add(8), AccessSize::Four),
        Err(Fault::PastEnd { .. })
    ));
    assert!(matches!(
        table.write(value, AccessSize::One, 1),
        Err(Fault::Forbidden {
            access: Access::Write,
            ..
        })
    ));

    table.remove(id);
    assert!(matches!(
        table.read(at(0), AccessSize::One),
        Err(Fault::Unmapped { .. })
    ));
}
