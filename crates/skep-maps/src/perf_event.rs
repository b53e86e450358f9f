//! The perf event that programs write to (PERF_COUNT_SW_BPF_OUTPUT), and its buffer as perf_event_open(2) lays it out.
//!
//! ```text
//! page 0      struct perf_event_mmap_page: data_head (ours), data_tail (the client's), where the data is
//! then        a power of two of pages: records, which wrap
//! ```
//!
//! How large the buffer is a client says by mapping it. Until then there is none, and writes fail.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use skep_memory::{RacyBytes, Region};
use skep_object::{Errno, SysResult};
use skep_uapi::limits::PAGE_SIZE;

use crate::attr::no_memory;
use crate::poll::{Awaited, PollSource, WaitQueue};

/// Pages of data at most (128 MiB).
const PAGES_MAX: usize = 1 << 15;

/// Offsets in the first page.
const SIZE: usize = 72;
const DATA_HEAD: usize = 1024;
const DATA_TAIL: usize = 1032;
const DATA_OFFSET: usize = 1040;
const DATA_SIZE: usize = 1048;
/// Bytes of the first page's fields before the reserved ones.
const FIELDS: u32 = 96;

const RECORD_LOST: u32 = 2;
const RECORD_SAMPLE: u32 = 9;
const HEADER: usize = 8;
/// A record's size has 16 bits.
const RECORD_MAX: usize = u16::MAX as usize;

/// What a record of an event holds, `PERF_SAMPLE_*`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SampleType(u64);

const IP: u64 = 1;
const TID: u64 = 1 << 1;
const TIME: u64 = 1 << 2;
const ADDR: u64 = 1 << 3;
const ID: u64 = 1 << 6;
const CPU: u64 = 1 << 7;
const PERIOD: u64 = 1 << 8;
const STREAM_ID: u64 = 1 << 9;
const RAW: u64 = 1 << 10;
const IDENTIFIER: u64 = 1 << 16;

impl SampleType {
    /// From a client's word; `None` if it asks for something that is not here: registers, stacks, counters.
    pub fn from_raw(raw: u64) -> Option<Self> {
        let known = IP | TID | TIME | ADDR | ID | CPU | PERIOD | STREAM_ID | RAW | IDENTIFIER;
        (raw & !known == 0).then_some(Self(raw))
    }

    fn has(self, what: u64) -> bool {
        self.0 & what != 0
    }
}

/// When those who wait are woken, besides when half of the buffer is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WakeupAfter {
    /// So many records; 0 is never.
    Records(u32),
    /// So many bytes, instead of half of the buffer; 0 is that.
    Bytes(u32),
}

/// What an event was opened with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PerfAttr {
    /// What records hold.
    pub sample_type: SampleType,
    /// When to wake.
    pub wakeup: WakeupAfter,
    /// The CPU whose programs may write; `None` for any.
    pub cpu: Option<u32>,
}

/// Who writes a record, where and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Writer {
    /// Process.
    pub tgid: u32,
    /// Thread.
    pub pid: u32,
    /// CPU.
    pub cpu: u32,
    /// The clock.
    pub time_ns: u64,
}

/// How a client maps the buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Full {
    /// Writable: it says how far it has read, and what does not fit is lost.
    Loses,
    /// Read-only: new records overwrite old ones.
    Overwrites,
}

struct Buffer {
    bytes: usize,
    full: Full,
    head: u64,
    lost: u64,
    /// Records since the last wake-up.
    records: u32,
    /// The head that the next wake-up by bytes is counted from.
    woken_at: u64,
    /// Bytes between two such wake-ups.
    watermark: u64,
}

/// An event.
pub struct PerfEvent {
    attr: PerfAttr,
    id: u64,
    enabled: AtomicBool,
    memory: Region,
    buffer: Mutex<Option<Buffer>>,
    waiters: WaitQueue,
    /// Woken, and nobody was told yet.
    pending: AtomicBool,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl PerfEvent {
    /// An event that is not enabled. ENOMEM.
    pub fn new(attr: PerfAttr) -> SysResult<Self> {
        // Pages that nobody touches cost nothing.
        let memory = Region::shared((1 + PAGES_MAX) * PAGE_SIZE).map_err(|_| no_memory())?;
        Ok(Self {
            attr,
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            enabled: AtomicBool::new(false),
            memory,
            buffer: Mutex::new(None),
            waiters: WaitQueue::default(),
            pending: AtomicBool::new(false),
        })
    }

    /// Its number, PERF_EVENT_IOC_ID.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// PERF_EVENT_IOC_ENABLE.
    pub fn enable(&self) {
        self.enabled.store(true, Ordering::Release);
    }

    /// PERF_EVENT_IOC_DISABLE.
    pub fn disable(&self) {
        self.enabled.store(false, Ordering::Release);
    }

    /// The memfd that clients map.
    pub fn memfd(&self) -> Option<BorrowedFd<'_>> {
        self.memory.memfd()
    }

    /// A client maps the first page and `len - PAGE_SIZE` bytes of data. EINVAL: not a power of two of pages, or not as
    /// many as before. ENOMEM: more than we have.
    pub fn map(&self, len: usize, full: Full) -> Result<(), Errno> {
        let pages = (len / PAGE_SIZE).checked_sub(1).ok_or(Errno::EINVAL)?;
        if pages != 0 && !pages.is_power_of_two() {
            return Err(Errno::EINVAL);
        }
        if pages > PAGES_MAX {
            return Err(Errno::ENOMEM);
        }
        let bytes = pages * PAGE_SIZE;
        let mut buffer = self.buffer.lock();
        if let Some(buffer) = buffer.as_ref() {
            return if buffer.bytes == bytes {
                Ok(())
            } else {
                Err(Errno::EINVAL)
            };
        }
        let page = self.memory.bytes();
        // All in the first page.
        let _ = page.write_u32(SIZE, FIELDS);
        let _ = page.write_u64(DATA_OFFSET, PAGE_SIZE as u64);
        let _ = page.write_u64(DATA_SIZE, bytes as u64);
        let watermark = match self.attr.wakeup {
            WakeupAfter::Bytes(limit @ 1..) => (limit as usize).min(bytes),
            WakeupAfter::Bytes(0) | WakeupAfter::Records(_) => bytes / 2,
        };
        *buffer = Some(Buffer {
            bytes,
            full,
            head: 0,
            lost: 0,
            records: 0,
            woken_at: 0,
            watermark: watermark as u64,
        });
        Ok(())
    }

    /// A program writes a record with these bytes. EOPNOTSUPP: the event is disabled or another CPU's. ENOSPC: there is
    /// no room, or no buffer. E2BIG: longer than a record can be.
    pub fn output(&self, writer: Writer, data: &[&[u8]]) -> Result<(), Errno> {
        let here = self.attr.cpu.is_none_or(|cpu| cpu == writer.cpu);
        if !here || !self.enabled.load(Ordering::Acquire) {
            return Err(Errno::EOPNOTSUPP);
        }
        let record = self.sample(writer, data)?;
        let mut buffer = self.buffer.lock();
        let buffer = buffer
            .as_mut()
            .filter(|buffer| buffer.bytes != 0)
            .ok_or(Errno::ENOSPC)?;
        let mut records = Vec::new();
        if buffer.lost != 0 {
            records.extend(header(RECORD_LOST, HEADER + 16));
            records.extend(self.id.to_ne_bytes());
            records.extend(buffer.lost.to_ne_bytes());
        }
        records.extend(record);
        if !self.has_room(buffer, records.len()) {
            buffer.lost += 1;
            return Err(Errno::ENOSPC);
        }
        buffer.lost = 0;
        self.write(buffer, &records);
        if self.is_due(buffer) {
            self.pending.store(true, Ordering::Release);
            self.waiters.wake();
        }
        Ok(())
    }

    /// Was anybody woken since this was last asked?
    pub fn take_wakeup(&self) -> bool {
        self.pending.swap(false, Ordering::AcqRel)
    }

    fn has_room(&self, buffer: &Buffer, len: usize) -> bool {
        match buffer.full {
            Full::Overwrites => len <= buffer.bytes,
            Full::Loses => {
                // The client's word: it decides over its own records only.
                let tail = self.memory.load_acquire_u64(DATA_TAIL).unwrap_or(0);
                let mask = buffer.bytes as u64 - 1;
                let room = tail.wrapping_sub(buffer.head + 1) & mask;
                room >= len as u64
            }
        }
    }

    fn write(&self, buffer: &mut Buffer, records: &[u8]) {
        let mask = buffer.bytes - 1;
        let at = buffer.head as usize & mask;
        let (first, rest) = records
            .split_at_checked(buffer.bytes - at)
            .unwrap_or((records, &[]));
        let page: RacyBytes<'_> = self.memory.bytes();
        // Inside the data, which the memory is large enough for.
        let _ = page.copy_in(PAGE_SIZE + at, first);
        let _ = page.copy_in(PAGE_SIZE, rest);
        buffer.head = buffer.head.wrapping_add(records.len() as u64);
        let _ = self.memory.store_release_u64(DATA_HEAD, buffer.head);
    }

    fn is_due(&self, buffer: &mut Buffer) -> bool {
        let mut due = false;
        if let WakeupAfter::Records(limit @ 1..) = self.attr.wakeup {
            buffer.records += 1;
            if buffer.records >= limit {
                buffer.records = 0;
                due = true;
            }
        }
        if buffer.head.wrapping_sub(buffer.woken_at) > buffer.watermark {
            buffer.woken_at = buffer.woken_at.wrapping_add(buffer.watermark);
            due = true;
        }
        due
    }

    /// A PERF_RECORD_SAMPLE. E2BIG.
    fn sample(&self, writer: Writer, data: &[&[u8]]) -> Result<Vec<u8>, Errno> {
        let kind = self.attr.sample_type;
        let mut body: Vec<u8> = Vec::new();
        let mut word = |what: u64, value: u64| {
            if kind.has(what) {
                body.extend(value.to_ne_bytes());
            }
        };
        let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        word(IDENTIFIER, self.id);
        word(IP, 0);
        word(TID, pair(writer.tgid, writer.pid));
        word(TIME, writer.time_ns);
        word(ADDR, 0);
        word(ID, self.id);
        word(STREAM_ID, self.id);
        word(CPU, pair(writer.cpu, 0));
        word(PERIOD, 1);
        if kind.has(RAW) {
            // The length counts what makes length and bytes a multiple of 8.
            let len: usize = data.iter().map(|part| part.len()).sum();
            let padded = (len + 4).next_multiple_of(8) - 4;
            body.extend((padded as u32).to_ne_bytes());
            for part in data {
                body.extend(*part);
            }
            body.resize(body.len() + padded - len, 0);
        }
        let len = HEADER + body.len();
        if len > RECORD_MAX {
            return Err(Errno::E2BIG);
        }
        let mut record = header(RECORD_SAMPLE, len);
        record.extend(body);
        Ok(record)
    }
}

/// `struct perf_event_header` for a record of `len` bytes with it.
fn header(kind: u32, len: usize) -> Vec<u8> {
    /// PERF_RECORD_MISC_KERNEL.
    const KERNEL: u16 = 1;
    let misc = if kind == RECORD_SAMPLE { KERNEL } else { 0 };
    let mut bytes = kind.to_ne_bytes().to_vec();
    bytes.extend(misc.to_ne_bytes());
    bytes.extend((len as u16).to_ne_bytes());
    bytes
}

impl PollSource for PerfEvent {
    fn awaited(&self) -> Awaited {
        Awaited::Records
    }

    fn is_ready(&self) -> bool {
        self.pending.load(Ordering::Acquire)
    }

    fn waiters(&self) -> &WaitQueue {
        &self.waiters
    }
}
