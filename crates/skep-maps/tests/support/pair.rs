//! The same calls to the kernel and to our maps.

use std::os::fd::OwnedFd;

use skep_catalog::Caps;
use skep_maps::{Map, MapAttr, MapEnv, syscall};
use skep_uapi::MapFlags;

use super::kernel;
use super::world::{self, Fds, create, errno};

pub fn answer<T>(result: kernel::Answer<T>) -> i32 {
    result.err().unwrap_or(0)
}

pub fn kernel_env() -> MapEnv {
    MapEnv::plain(Caps::all(), kernel::possible_cpus())
}

pub fn with_flags(attr: MapAttr, flags: u32) -> MapAttr {
    MapAttr {
        flags: MapFlags::from_bits_retain(flags),
        ..attr
    }
}

/// Update and look-up flags to choose from.
pub const FLAGS: [u64; 12] = [0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 1 << 40];

/// One map in both worlds.
pub struct Pair {
    pub fd: OwnedFd,
    pub map: Box<dyn Map>,
    pub fds: Fds,
}

impl Pair {
    pub fn new(attr: MapAttr) -> Self {
        let fd = kernel::create(&attr, None).unwrap();
        Self {
            fd,
            map: create(attr, kernel_env()).unwrap(),
            fds: Fds::default(),
        }
    }

    pub fn key_size(&self) -> usize {
        self.map.base().attr().key_size as usize
    }

    pub fn lookup(&self, key: &[u8], flags: u64) {
        let size = self.map.sys_value_size() as usize;
        let (mut ours, mut theirs) = (vec![0xaa; size], vec![0xaa; size]);
        let our_errno = errno(syscall::lookup(&*self.map, key, &mut ours, flags));
        let their_errno = answer(kernel::lookup(&self.fd, key, &mut theirs, flags));
        assert_eq!(our_errno, their_errno, "lookup {key:?} flags {flags}");
        assert_eq!(ours, theirs, "value of {key:?}");
    }

    pub fn update(&self, key: &[u8], value: &[u8], flags: u64) {
        let ours = errno(syscall::update(&*self.map, key, value, flags, &self.fds));
        let theirs = answer(kernel::update(&self.fd, key, value, flags));
        assert_eq!(ours, theirs, "update {key:?} = {value:?} flags {flags}");
    }

    pub fn delete(&self, key: &[u8]) {
        let ours = errno(syscall::delete(&*self.map, key));
        let theirs = answer(kernel::delete(&self.fd, key));
        assert_eq!(ours, theirs, "delete {key:?}");
    }

    pub fn lookup_and_delete(&self, key: &[u8], flags: u64) {
        let size = self.map.sys_value_size() as usize;
        let (mut ours, mut theirs) = (vec![0xaa; size], vec![0xaa; size]);
        let our_errno = errno(syscall::lookup_and_delete(
            &*self.map, key, &mut ours, flags,
        ));
        let their_errno = answer(kernel::lookup_and_delete(&self.fd, key, &mut theirs, flags));
        assert_eq!(
            our_errno, their_errno,
            "lookup_and_delete {key:?} flags {flags}"
        );
        assert_eq!(ours, theirs, "value of {key:?}");
    }

    pub fn next_key(&self, key: Option<&[u8]>) {
        let (mut ours, mut theirs) = (vec![0; self.key_size()], vec![0; self.key_size()]);
        let our_errno = errno(syscall::next_key(&*self.map, key, &mut ours));
        let their_errno = answer(kernel::next_key(&self.fd, key, &mut theirs));
        assert_eq!(our_errno, their_errno, "next key after {key:?}");
        assert_eq!(ours, theirs, "next key after {key:?}");
    }

    pub fn freeze(&self) {
        assert_eq!(
            errno(self.map.base().freeze()),
            answer(kernel::freeze(&self.fd)),
            "freeze"
        );
    }

    pub fn memlock(&self) {
        assert_eq!(
            Some(self.map.memlock()),
            kernel::fdinfo(&self.fd, "memlock"),
            "memlock"
        );
    }

    /// All keys in both worlds, whatever their order.
    pub fn same_keys(&self) {
        let (mut ours, mut theirs) = self.keys();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "keys");
    }

    /// All keys in both worlds, in order.
    pub fn same_order(&self) {
        let (ours, theirs) = self.keys();
        assert_eq!(ours, theirs, "keys");
    }

    fn keys(&self) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let ours = world::keys(&*self.map);
        let mut theirs: Vec<Vec<u8>> = Vec::new();
        let mut next = vec![0; self.key_size()];
        while kernel::next_key(&self.fd, theirs.last().map(Vec::as_slice), &mut next).is_ok() {
            theirs.push(next.clone());
        }
        (ours, theirs)
    }
}
