//! A side: carries out steps on the kernel or on skep, and says what it saw in words both have.

use std::collections::HashMap;

use skep_kernel::Caps;
use skep_uapi::Cmd;

use super::step::{Action, Call, Handle, Kind, Look, Patch, Place, Seen};
use crate::corpus::Attr;

/// A descriptor that is closed on both sides.
const CLOSED: i32 = 1 << 19;
/// What an id of no known object reads as.
const UNKNOWN: u32 = u32::MAX;
/// Ids and keys looked at in one walk.
const LONGEST_WALK: usize = 100_000;

/// A value or an errno.
pub(super) type Answer = Result<i32, i32>;

/// What answers calls.
pub(super) trait Answerer {
    /// One bpf(2). The attr, then the buffers; pointers are patched into them here.
    fn bpf(
        &mut self,
        cmd: Cmd,
        caps: Caps,
        attr: &mut Vec<u8>,
        buffers: &mut [Vec<u8>],
        addresses: &[(Place, usize)],
    ) -> Answer;

    fn close(&mut self, fd: i32);

    fn unlink(&mut self, name: u8) -> Answer;

    /// The path of a pin, with its NUL.
    fn path(&self, name: u8) -> Vec<u8>;

    /// Removes every pin.
    fn clear(&mut self) {
        for name in 0..super::generate::PINS {
            let _ = self.unlink(name);
        }
    }
}

/// Writes 32 bits where they belong.
pub(super) fn poke<const N: usize>(
    attr: &mut [u8],
    buffers: &mut [Vec<u8>],
    place: Place,
    value: [u8; N],
) {
    let bytes = match place.buffer {
        None => attr,
        Some(buffer) => &mut buffers[buffer],
    };
    // Attrs that were cut short have no such place any more.
    if let Some(to) = bytes.get_mut(place.offset..place.offset + N) {
        to.copy_from_slice(&value);
    }
}

/// A side in the middle of a sequence.
pub(super) struct Side<A> {
    pub(super) answerer: A,
    fds: HashMap<Handle, i32>,
    ids: HashMap<Handle, (Kind, u32)>,
    handles: HashMap<(Kind, u32), Handle>,
}

impl<A: Answerer> Side<A> {
    pub(super) fn new(answerer: A) -> Self {
        Self {
            answerer,
            fds: HashMap::new(),
            ids: HashMap::new(),
            handles: HashMap::new(),
        }
    }

    /// Closes everything.
    pub(super) fn end(&mut self) {
        for (_, fd) in self.fds.drain() {
            self.answerer.close(fd);
        }
        self.ids.clear();
        self.handles.clear();
        self.answerer.clear();
    }

    /// Closes a descriptor that the other side did not get.
    pub(super) fn forget(&mut self, handle: Handle) {
        if let Some(fd) = self.fds.remove(&handle) {
            self.answerer.close(fd);
        }
    }

    pub(super) fn act(&mut self, action: &Action) -> Seen {
        match action {
            Action::Call(call) => self.call(call),
            Action::Keys { map, key } => self.keys(*map, *key),
            Action::Ids(kind) => self.walk_ids(*kind),
            Action::Close(handle) => {
                self.forget(*handle);
                Seen::default()
            }
            Action::Unlink(name) => seen(self.answerer.unlink(*name)),
        }
    }

    fn fd(&self, handle: Handle) -> i32 {
        self.fds.get(&handle).copied().unwrap_or(CLOSED)
    }

    fn call(&mut self, call: &Call) -> Seen {
        let mut attr = call.attr.clone();
        let mut buffers = call.buffers.clone();
        let mut addresses = Vec::new();
        for patch in &call.patches {
            match *patch {
                Patch::Fd(place, handle) => {
                    let fd = self.fd(handle).to_ne_bytes();
                    poke(&mut attr, &mut buffers, place, fd);
                }
                Patch::Id(place, handle) => {
                    let id = self.ids.get(&handle).map_or(0x7000_0000, |(_, id)| *id);
                    poke(&mut attr, &mut buffers, place, id.to_ne_bytes());
                }
                Patch::Address(place, buffer) => addresses.push((place, buffer)),
            }
        }
        let (before, buffers_before) = (attr.clone(), buffers.clone());
        let answer = self
            .answerer
            .bpf(call.cmd, call.caps, &mut attr, &mut buffers, &addresses);
        let mut seen = seen(answer);
        if let (Ok(fd), Some((handle, kind))) = (answer, call.makes) {
            seen.answer = 1;
            self.fds.insert(handle, fd);
            if let Some(kind) = kind {
                self.learn(handle, kind, fd);
            }
        }
        // What a side put in itself is not compared; ids become handles.
        for (place, _) in &addresses {
            poke(&mut attr, &mut buffers, *place, [0; 8]);
        }
        for patch in &call.patches {
            if let Patch::Fd(place, _) | Patch::Id(place, _) = patch {
                let now = word(&attr, &buffers, *place);
                if now == word(&before, &buffers_before, *place) {
                    poke(&mut attr, &mut buffers, *place, [0; 4]);
                }
            }
        }
        // Walks by batch end with an errno and give ids all the same.
        let walks = matches!(call.cmd, Cmd::MapLookupBatch | Cmd::MapLookupAndDeleteBatch);
        if answer.is_ok() || walks {
            for (place, kind) in &call.ids {
                let handle = self.handle(*kind, word(&attr, &buffers, *place));
                poke(&mut attr, &mut buffers, *place, handle.to_ne_bytes());
            }
        }
        seen.bytes = shown(call.look, attr, buffers);
        if call.look == Look::Chance {
            seen.answer = 0;
        }
        seen
    }

    /// Learns the id of a new object; aliases of a known one keep its first handle.
    fn learn(&mut self, handle: Handle, kind: Kind, fd: i32) {
        let at = match kind {
            Kind::Map | Kind::Prog => 4,
            // After the pointer to the bytes and their size.
            Kind::Btf => 12,
        };
        let mut buffers = [vec![0; 16]];
        let mut attr = Attr::default().fd(fd).u32(16).u64(0).done();
        let place = (Place::attr(8), 0);
        let cmd = Cmd::ObjGetInfoByFd;
        let told = self
            .answerer
            .bpf(cmd, Caps::all(), &mut attr, &mut buffers, &[place]);
        if told.is_ok() {
            let id = word(&attr, &buffers, Place::buffer(0, at));
            self.ids.insert(handle, (kind, id));
            self.handles.entry((kind, id)).or_insert(handle);
        }
    }

    fn handle(&self, kind: Kind, id: u32) -> u32 {
        match (id, self.handles.get(&(kind, id))) {
            (0, _) => 0,
            (_, Some(handle)) => handle.0 as u32 + 1,
            (_, None) => UNKNOWN,
        }
    }

    fn keys(&mut self, map: Handle, key: usize) -> Seen {
        let mut keys: Vec<Vec<u8>> = Vec::new();
        loop {
            let from = keys.last().cloned();
            let mut buffers = [from.clone().unwrap_or_default(), vec![0; key]];
            let mut addresses = vec![(Place::attr(16), 1)];
            if from.is_some() {
                addresses.push((Place::attr(8), 0));
            }
            let mut attr = Attr::default()
                .fd(self.fd(map))
                .u32(0)
                .u64(0)
                .u64(0)
                .u64(0)
                .done();
            let cmd = Cmd::MapGetNextKey;
            let answer = self
                .answerer
                .bpf(cmd, Caps::all(), &mut attr, &mut buffers, &addresses);
            if answer.is_err() || keys.len() > LONGEST_WALK {
                keys.sort();
                return Seen {
                    answer: seen(answer).answer,
                    bytes: keys,
                };
            }
            let [_, next] = buffers;
            keys.push(next);
        }
    }

    fn walk_ids(&mut self, kind: Kind) -> Seen {
        let mut known = Vec::new();
        let mut id = 0;
        for _ in 0..LONGEST_WALK {
            let mut attr = Attr::default().u32(id).u32(0).u32(0).done();
            let answer = self
                .answerer
                .bpf(kind.next_id(), Caps::all(), &mut attr, &mut [], &[]);
            if answer.is_err() {
                return Seen {
                    answer: seen(answer).answer,
                    bytes: known,
                };
            }
            id = word(&attr, &[], Place::attr(4));
            let handle = self.handle(kind, id);
            if handle != UNKNOWN && self.is_open(kind, id) {
                known.push(handle.to_ne_bytes().to_vec());
            }
        }
        Seen::default()
    }

    /// Whether a descriptor of the object is open: what else holds it is let go later on the kernel's side.
    fn is_open(&self, kind: Kind, id: u32) -> bool {
        let mut same = self.ids.iter().filter(|(_, of)| **of == (kind, id));
        same.any(|(handle, _)| self.fds.contains_key(handle))
    }
}

fn seen(answer: Answer) -> Seen {
    Seen {
        answer: match answer {
            Ok(value) => i64::from(value),
            Err(errno) => -i64::from(errno),
        },
        bytes: Vec::new(),
    }
}

fn word(attr: &[u8], buffers: &[Vec<u8>], place: Place) -> u32 {
    let bytes = match place.buffer {
        None => attr,
        Some(buffer) => &buffers[buffer],
    };
    let at = bytes.get(place.offset..place.offset + 4);
    at.and_then(|word| word.try_into().ok())
        .map_or(0, u32::from_ne_bytes)
}

/// The bytes that compare.
fn shown(look: Look, attr: Vec<u8>, mut buffers: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    match look {
        Look::All => {
            buffers.insert(0, attr);
            buffers
        }
        Look::Answer | Look::Chance => Vec::new(),
        Look::Elements { key, value } => {
            let count = word(&attr, &[], Place::attr(32)) as usize;
            let keys = buffers[0].chunks(key.max(1));
            let values = buffers[1].chunks(value.max(1));
            let mut pairs: Vec<Vec<u8>> = keys
                .zip(values)
                .take(count)
                .map(|(key, value)| [key, value].concat())
                .collect();
            pairs.sort();
            pairs
        }
    }
}
