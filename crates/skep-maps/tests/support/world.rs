//! Our side: maps as a command would make and use them.

use std::any::Any;
use std::sync::Arc;

use skep_btf::{Btf, BtfBuilder, BtfTypeId, IntEncoding, MapRecord, MemberSpec, NoKernelTypes};
use skep_catalog::Caps;
use skep_maps::{FdResolver, HeldMap, Map, MapAttr, MapEnv, ValueFields, kind, syscall};
use skep_memory::{Addr, RacyBytes, Region};
use skep_object::{Errno, HeldProg, HeldRef, ObjectId, ProgCompat, SysError, SysResult};
use skep_uapi::{MapFlags, MapType, ProgType};

pub const CPUS: u32 = 2;

pub fn attr(map_type: MapType, key_size: u32, value_size: u32, max_entries: u32) -> MapAttr {
    MapAttr {
        map_type,
        key_size,
        value_size,
        max_entries,
        flags: MapFlags::empty(),
        numa_node: 0,
        map_extra: 0,
    }
}

pub fn env() -> MapEnv {
    MapEnv::plain(Caps::all(), CPUS)
}

/// Makes a map as MAP_CREATE does.
pub fn create(attr: MapAttr, env: MapEnv) -> SysResult<Box<dyn Map>> {
    let kind = kind(attr.map_type)?;
    (kind.check)(&attr, env.caps)?;
    (kind.create)(attr, env)
}

pub fn make(map_type: MapType, key_size: u32, value_size: u32, max_entries: u32) -> Box<dyn Map> {
    create(attr(map_type, key_size, value_size, max_entries), env()).unwrap()
}

pub fn errno<T>(result: SysResult<T>) -> i32 {
    match result {
        Ok(_) => 0,
        Err(error) => i32::from(error.errno.0),
    }
}

/// Bytes as a program holds them.
pub struct Live(pub Region);

impl Live {
    pub fn new(bytes: &[u8]) -> Self {
        let region = Region::new(bytes.len()).unwrap();
        region.copy_in(0, bytes).unwrap();
        Self(region)
    }

    pub fn bytes(&self) -> RacyBytes<'_> {
        self.0.bytes()
    }
}

/// What a program reads through an address a map gave it.
pub fn read_at(map: &dyn Map, addr: Addr, len: usize) -> Vec<u8> {
    let (bytes, _) = map.bytes_at(addr).expect("the map knows its own address");
    let offset = addr.offset_from(bytes.start()).unwrap() as usize;
    bytes.part(offset, len).unwrap().to_vec()
}

/// The value of a key as system calls see it.
pub fn lookup(map: &dyn Map, key: &[u8]) -> Result<Vec<u8>, Errno> {
    let mut value = vec![0; map.sys_value_size() as usize];
    syscall::lookup(map, key, &mut value, 0)
        .map(|()| value)
        .map_err(|error| error.errno)
}

/// All keys in the map's order.
pub fn keys(map: &dyn Map) -> Vec<Vec<u8>> {
    let mut keys: Vec<Vec<u8>> = Vec::new();
    let mut next = vec![0; map.base().attr().key_size as usize];
    while syscall::next_key(map, keys.last().map(Vec::as_slice), &mut next).is_ok() {
        keys.push(next.clone());
    }
    keys
}

/// A pretended program.
pub struct Prog {
    pub id: u32,
    pub prog_type: ProgType,
}

impl HeldRef for Prog {
    fn id(&self) -> ObjectId {
        ObjectId::new(self.id).unwrap()
    }

    fn handle(&self) -> Addr {
        Addr::new(0x1000 + u64::from(self.id))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl HeldProg for Prog {
    fn compat(&self) -> Option<ProgCompat> {
        Some(ProgCompat {
            prog_type: self.prog_type,
            jited: true,
            xdp_has_frags: false,
            expected_attach_type: 0,
            attach_func_proto: 0,
            cgroup_storage: [0; 2],
        })
    }
}

/// A map with an id.
pub struct Inner {
    pub id: u32,
    pub map: Box<dyn Map>,
}

impl HeldRef for Inner {
    fn id(&self) -> ObjectId {
        ObjectId::new(self.id).unwrap()
    }

    fn handle(&self) -> Addr {
        Addr::of(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl HeldMap for Inner {
    fn map(&self) -> &dyn Map {
        &*self.map
    }
}

/// Pretended fds.
#[derive(Default)]
pub struct Fds {
    pub progs: Vec<(u32, Arc<Prog>)>,
    pub maps: Vec<(u32, Arc<Inner>)>,
}

impl Fds {
    fn other<T>(&self, fd: u32) -> SysResult<T> {
        let known = self.progs.iter().any(|(prog, _)| *prog == fd)
            || self.maps.iter().any(|(map, _)| *map == fd);
        SysError::err(
            if known { Errno::EINVAL } else { Errno::EBADF },
            "not such an fd",
        )
    }
}

impl FdResolver for Fds {
    fn prog(&self, fd: u32) -> SysResult<Arc<dyn HeldProg>> {
        match self.progs.iter().find(|(prog, _)| *prog == fd) {
            Some((_, prog)) => Ok(Arc::<Prog>::clone(prog)),
            None => self.other(fd),
        }
    }

    fn map(&self, fd: u32) -> SysResult<Arc<dyn HeldMap>> {
        match self.maps.iter().find(|(map, _)| *map == fd) {
            Some((_, map)) => Ok(Arc::<Inner>::clone(map)),
            None => self.other(fd),
        }
    }
}

/// BTF of `struct value { u64 a; struct bpf_spin_lock lock; u32 b; u64 c; }` and a u32 key.
pub struct LockedValue {
    pub bytes: Vec<u8>,
    pub key: u32,
    pub value: u32,
}

/// Where the lock is.
pub const LOCK_AT: usize = 8;

impl LockedValue {
    pub fn new() -> Self {
        let mut btf = BtfBuilder::new();
        let word = btf.int("unsigned int", 4, IntEncoding::Unsigned);
        let long = btf.int("unsigned long", 8, IntEncoding::Unsigned);
        let lock = btf.structure("bpf_spin_lock", 4, &[MemberSpec::at("val", word, 0)]);
        let members = [
            MemberSpec::at("a", long, 0),
            MemberSpec::at("lock", lock, LOCK_AT as u32),
            MemberSpec::at("b", word, 12),
            MemberSpec::at("c", long, 16),
        ];
        let value = btf.structure("value", 24, &members);
        Self {
            bytes: btf.finish(),
            key: word.0,
            value: value.0,
        }
    }

    pub fn fields(&self, value_size: u32) -> ValueFields {
        let btf = Btf::parse(&self.bytes).unwrap();
        let record = MapRecord::of_value(&btf, BtfTypeId(self.value), value_size, &NoKernelTypes);
        ValueFields::of(Arc::new(record.valid().unwrap().clone()))
    }
}

/// BTF of `struct value { u64 a; struct bpf_timer timer; }`.
pub struct TimerValue {
    bytes: Vec<u8>,
    value: BtfTypeId,
}

impl TimerValue {
    pub fn new() -> Self {
        let mut btf = BtfBuilder::new();
        let long = btf.int("unsigned long", 8, IntEncoding::Unsigned);
        let members = [MemberSpec::at("a", long, 0), MemberSpec::at("b", long, 8)];
        let timer = btf.structure("bpf_timer", 16, &members);
        let members = [
            MemberSpec::at("a", long, 0),
            MemberSpec::at("timer", timer, 8),
        ];
        let value = btf.structure("value", 24, &members);
        Self {
            bytes: btf.finish(),
            value,
        }
    }

    pub fn fields(&self) -> ValueFields {
        let btf = Btf::parse(&self.bytes).unwrap();
        let record = MapRecord::of_value(&btf, self.value, 24, &NoKernelTypes);
        ValueFields::of(Arc::new(record.valid().unwrap().clone()))
    }
}

/// Repeatable numbers.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}
