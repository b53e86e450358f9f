//! The map commands, side by side with the kernel.

mod common;

use common::{CLOSED, FOREIGN, NOWHERE, Script, compare, out, ptr};
use skep_kernel::Caps;
use skep_uapi::attr::{MapCreateAttr, MapElemAttr};
use skep_uapi::{Cmd, MapType, UserPtr};

fn map(map_type: MapType, key: u32, value: u32, entries: u32) -> MapCreateAttr {
    MapCreateAttr {
        map_type: map_type.raw(),
        key_size: key,
        value_size: value,
        max_entries: entries,
        ..MapCreateAttr::default()
    }
}

fn named(name: &[u8]) -> MapCreateAttr {
    let mut attr = map(MapType::Array, 4, 4, 1);
    attr.map_name[..name.len()].copy_from_slice(name);
    attr
}

#[test]
fn create() {
    let expected = "
        array: ok
        hash: ok
        percpu array: ok
        prog array: ok
        ringbuf: ok
        unspec: EINVAL
        beyond the last: EINVAL
        no entries: EINVAL
        key of 8: EINVAL
        extra: EINVAL
        both fd rights: EINVAL
        both prog rights: EINVAL
        unknown flag: EINVAL
        rdonly fd: ok
        name: ok
        name with a space: EINVAL
        name without NUL: EINVAL
        key type alone: EINVAL
        closed BTF: EBADF
        BTF that is a file: EINVAL
        vmlinux type: EINVAL
        bad template: EBADF
        template that is a file: EINVAL
        template: ok
        template is not looked at: ok
        node 0: ok
        node any: ok
        node 77: EINVAL
        node without flag: ok
        token closed: EBADF
        token a file: EINVAL
        token without flag: ok
        ifindex: EOPNOTSUPP
        zero seed: ok
        ring of 5000: EINVAL
        ring with a key: EINVAL
        value too large: E2BIG
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        use MapType::{Array, ArrayOfMaps, Hash, PercpuArray, ProgArray, Ringbuf};
        let array = map(Array, 4, 4, 1);
        let inner = s.must("array", Cmd::MapCreate, &array) as u32;
        let mut create = |what: &str, attr: MapCreateAttr| {
            s.call(what, Cmd::MapCreate, &attr);
        };
        create("hash", map(Hash, 3, 5, 7));
        create("percpu array", map(PercpuArray, 4, 12, 3));
        create("prog array", map(ProgArray, 4, 4, 2));
        create("ringbuf", map(Ringbuf, 0, 0, 4096));
        create(
            "unspec",
            MapCreateAttr {
                map_type: 0,
                ..array
            },
        );
        create(
            "beyond the last",
            MapCreateAttr {
                map_type: 34,
                ..array
            },
        );
        create("no entries", map(Array, 4, 4, 0));
        create("key of 8", map(Array, 8, 4, 1));
        create(
            "extra",
            MapCreateAttr {
                map_extra: 1,
                ..array
            },
        );
        create(
            "both fd rights",
            MapCreateAttr {
                map_flags: 8 | 16,
                ..array
            },
        );
        create(
            "both prog rights",
            MapCreateAttr {
                map_flags: 128 | 256,
                ..array
            },
        );
        create(
            "unknown flag",
            MapCreateAttr {
                map_flags: 1 << 20,
                ..array
            },
        );
        create(
            "rdonly fd",
            MapCreateAttr {
                map_flags: 8,
                ..array
            },
        );
        create("name", named(b"a_b.C9"));
        create("name with a space", named(b"a b"));
        create("name without NUL", named(b"aaaaaaaaaaaaaaaa"));
        create(
            "key type alone",
            MapCreateAttr {
                btf_key_type_id: 1,
                ..array
            },
        );
        let typed = MapCreateAttr {
            btf_key_type_id: 1,
            btf_value_type_id: 1,
            ..array
        };
        create(
            "closed BTF",
            MapCreateAttr {
                btf_fd: CLOSED,
                ..typed
            },
        );
        create(
            "BTF that is a file",
            MapCreateAttr {
                btf_fd: FOREIGN,
                ..typed
            },
        );
        create(
            "vmlinux type",
            MapCreateAttr {
                btf_vmlinux_value_type_id: 1,
                ..array
            },
        );
        let outer = map(ArrayOfMaps, 4, 4, 2);
        create(
            "bad template",
            MapCreateAttr {
                inner_map_fd: CLOSED,
                ..outer
            },
        );
        create(
            "template that is a file",
            MapCreateAttr {
                inner_map_fd: FOREIGN,
                ..outer
            },
        );
        create(
            "template",
            MapCreateAttr {
                inner_map_fd: inner,
                ..outer
            },
        );
        create(
            "template is not looked at",
            MapCreateAttr {
                inner_map_fd: CLOSED,
                ..array
            },
        );
        create(
            "node 0",
            MapCreateAttr {
                map_flags: 4,
                ..array
            },
        );
        create(
            "node any",
            MapCreateAttr {
                map_flags: 4,
                numa_node: u32::MAX,
                ..array
            },
        );
        create(
            "node 77",
            MapCreateAttr {
                map_flags: 4,
                numa_node: 77,
                ..array
            },
        );
        create(
            "node without flag",
            MapCreateAttr {
                numa_node: 77,
                ..array
            },
        );
        let token = MapCreateAttr {
            map_flags: 1 << 16,
            ..array
        };
        create(
            "token closed",
            MapCreateAttr {
                map_token_fd: CLOSED as i32,
                ..token
            },
        );
        create(
            "token a file",
            MapCreateAttr {
                map_token_fd: FOREIGN as i32,
                ..token
            },
        );
        create(
            "token without flag",
            MapCreateAttr {
                map_token_fd: 77,
                ..array
            },
        );
        create(
            "ifindex",
            MapCreateAttr {
                map_ifindex: 1,
                ..array
            },
        );
        create(
            "zero seed",
            MapCreateAttr {
                map_flags: 64,
                ..map(Hash, 4, 4, 1)
            },
        );
        create("ring of 5000", map(Ringbuf, 0, 0, 5000));
        create("ring with a key", map(Ringbuf, 4, 0, 4096));
        create("value too large", map(Hash, 4, 8 << 20, 1));
    });
}

#[test]
fn create_unprivileged() {
    let expected = "
        good: EPERM
        bad: EINVAL
        bad name: EPERM
        zero seed: EPERM
    ";
    compare(Caps::empty(), expected, |s: &mut Script| {
        s.call("good", Cmd::MapCreate, &map(MapType::Array, 4, 4, 1));
        s.call("bad", Cmd::MapCreate, &map(MapType::Array, 4, 4, 0));
        s.call("bad name", Cmd::MapCreate, &named(b"a b"));
        let seeded = MapCreateAttr {
            map_flags: 64,
            ..map(MapType::Hash, 4, 4, 1)
        };
        s.call("zero seed", Cmd::MapCreate, &seeded);
    });
}

struct Element<'a> {
    script: &'a mut Script,
    fd: u32,
}

impl Element<'_> {
    fn attr(&self, key: UserPtr, value: UserPtr, flags: u64) -> MapElemAttr {
        MapElemAttr {
            map_fd: self.fd,
            key,
            value,
            flags,
            ..MapElemAttr::default()
        }
    }

    fn update(&mut self, what: &str, key: u32, value: u64, flags: u64) {
        let attr = self.attr(ptr(&key), ptr(&value), flags);
        self.script.call(what, Cmd::MapUpdateElem, &attr);
    }

    fn lookup(&mut self, what: &str, key: u32, flags: u64) {
        let mut value = [0_u8; 64];
        let attr = self.attr(ptr(&key), out(&mut value), flags);
        if self.script.call(what, Cmd::MapLookupElem, &attr).is_some() {
            let number = u64::from_ne_bytes(value[..8].try_into().unwrap());
            self.script.note(format!("{number}"));
        }
    }

    fn take(&mut self, what: &str, key: UserPtr, flags: u64) {
        let mut value = 0_u64;
        let attr = self.attr(key, out(&mut value), flags);
        let command = Cmd::MapLookupAndDeleteElem;
        if self.script.call(what, command, &attr).is_some() {
            self.script.note(format!("{value}"));
        }
    }

    fn delete(&mut self, what: &str, key: u32) {
        let attr = &self.attr(ptr(&key), UserPtr::NULL, 0);
        self.script.call(what, Cmd::MapDeleteElem, attr);
    }

    fn next(&mut self, what: &str, key: Option<u32>) {
        let mut next = 0_u32;
        let key = key.as_ref().map_or(UserPtr::NULL, ptr);
        let attr = self.attr(key, out(&mut next), 0);
        if self.script.call(what, Cmd::MapGetNextKey, &attr).is_some() {
            self.script.note(format!("{next}"));
        }
    }
}

#[test]
fn array_elements() {
    let expected = "
        create: ok
        first: ok
        0
        set: ok
        get: ok
        7
        beyond: ENOENT
        set beyond: E2BIG
        noexist: EEXIST
        exist: ok
        flags 3: EINVAL
        lock: EINVAL
        lookup lock: EINVAL
        lookup flag 1: EINVAL
        delete: EINVAL
        first key: ok
        0
        next: ok
        1
        last: ENOENT
        unknown: ok
        0
        no key: EFAULT
        no value: EFAULT
        no room: EFAULT
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let fd = s.must("create", Cmd::MapCreate, &map(MapType::Array, 4, 8, 2)) as u32;
        let mut e = Element { script: s, fd };
        e.lookup("first", 0, 0);
        e.update("set", 1, 7, 0);
        e.lookup("get", 1, 0);
        e.lookup("beyond", 2, 0);
        e.update("set beyond", 2, 7, 0);
        e.update("noexist", 0, 7, 1);
        e.update("exist", 0, 7, 2);
        e.update("flags 3", 0, 7, 3);
        e.update("lock", 0, 7, 4);
        e.lookup("lookup lock", 0, 4);
        e.lookup("lookup flag 1", 0, 1);
        e.delete("delete", 0);
        e.next("first key", None);
        e.next("next", Some(0));
        e.next("last", Some(1));
        e.next("unknown", Some(9));
        let (key, value) = (0_u32, 0_u64);
        let attr = e.attr(NOWHERE, ptr(&value), 0);
        e.script.call("no key", Cmd::MapUpdateElem, &attr);
        let attr = e.attr(ptr(&key), NOWHERE, 0);
        e.script.call("no value", Cmd::MapUpdateElem, &attr);
        e.script.call("no room", Cmd::MapLookupElem, &attr);
    });
}

#[test]
fn hash_elements() {
    let expected = "
        create: ok
        empty: ENOENT
        no keys: ENOENT
        exist: ENOENT
        set: ok
        noexist: EEXIST
        get: ok
        7
        first: ok
        5
        next: ENOENT
        unknown: ok
        5
        second: ok
        full: E2BIG
        delete: ok
        gone: ENOENT
        again: ENOENT
        closed: EBADF
        file: EINVAL
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let fd = s.must("create", Cmd::MapCreate, &map(MapType::Hash, 4, 8, 2)) as u32;
        let mut e = Element { script: s, fd };
        e.lookup("empty", 5, 0);
        e.next("no keys", None);
        e.update("exist", 5, 7, 2);
        e.update("set", 5, 7, 1);
        e.update("noexist", 5, 7, 1);
        e.lookup("get", 5, 0);
        e.next("first", None);
        e.next("next", Some(5));
        e.next("unknown", Some(6));
        e.update("second", 6, 8, 0);
        e.update("full", 9, 8, 0);
        e.delete("delete", 6);
        e.lookup("gone", 6, 0);
        e.delete("again", 6);
        e.fd = CLOSED;
        e.lookup("closed", 5, 0);
        e.fd = FOREIGN;
        e.lookup("file", 5, 0);
    });
}

#[test]
fn rights_of_an_fd() {
    let expected = "
        read only: ok
        read: ok
        0
        write: EPERM
        delete: EPERM
        keys: ok
        0
        freeze: EPERM
        write only: ok
        read: EPERM
        write: ok
        keys: EPERM
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let attr = |flags| MapCreateAttr {
            map_flags: flags,
            ..map(MapType::Array, 4, 8, 1)
        };
        let fd = s.must("read only", Cmd::MapCreate, &attr(8)) as u32;
        let mut e = Element { script: s, fd };
        e.lookup("read", 0, 0);
        e.update("write", 0, 1, 0);
        e.delete("delete", 0);
        e.next("keys", None);
        let freeze = MapElemAttr {
            map_fd: fd,
            ..MapElemAttr::default()
        };
        // Only four bytes: MAP_FREEZE reads no more.
        e.script.call("freeze", Cmd::MapFreeze, &freeze.map_fd);
        e.fd = e.script.must("write only", Cmd::MapCreate, &attr(16)) as u32;
        e.lookup("read", 0, 0);
        e.update("write", 0, 1, 0);
        e.next("keys", None);
    });
}

#[test]
fn freezing() {
    let expected = "
        create: ok
        freeze: ok
        again: EPERM
        read: ok
        0
        write: EPERM
        write with a bad key: EPERM
        closed: EBADF
        hash: ok
        freeze hash: ok
        delete: EPERM
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let fd = s.must("create", Cmd::MapCreate, &map(MapType::Array, 4, 8, 1)) as u32;
        s.call("freeze", Cmd::MapFreeze, &fd);
        s.call("again", Cmd::MapFreeze, &fd);
        let mut e = Element { script: s, fd };
        e.lookup("read", 0, 0);
        e.update("write", 0, 1, 0);
        let attr = e.attr(NOWHERE, NOWHERE, 0);
        e.script
            .call("write with a bad key", Cmd::MapUpdateElem, &attr);
        e.script.call("closed", Cmd::MapFreeze, &CLOSED);
        let hash = e
            .script
            .must("hash", Cmd::MapCreate, &map(MapType::Hash, 4, 8, 1)) as u32;
        e.script.call("freeze hash", Cmd::MapFreeze, &hash);
        e.fd = hash;
        e.delete("delete", 0);
    });
}

#[test]
fn maps_in_maps() {
    let expected = "
        inner: ok
        outer: ok
        empty: ENOENT
        put: ok
        other size: ok
        put other: EINVAL
        put closed: EBADF
        put file: EINVAL
        put itself: EINVAL
        flag: EINVAL
        beyond: E2BIG
        take: ok
        take again: ENOENT
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let inner = s.must("inner", Cmd::MapCreate, &map(MapType::Array, 4, 8, 3)) as u32;
        let attr = MapCreateAttr {
            inner_map_fd: inner,
            ..map(MapType::ArrayOfMaps, 4, 4, 2)
        };
        let fd = s.must("outer", Cmd::MapCreate, &attr) as u32;
        let mut e = Element { script: s, fd };
        e.lookup("empty", 0, 0);
        e.update("put", 0, u64::from(inner), 0);
        let other = e
            .script
            .must("other size", Cmd::MapCreate, &map(MapType::Array, 4, 8, 4));
        e.update("put other", 0, other as u64, 0);
        e.update("put closed", 0, u64::from(CLOSED), 0);
        e.update("put file", 0, u64::from(FOREIGN), 0);
        e.update("put itself", 0, u64::from(fd), 0);
        e.update("flag", 0, u64::from(inner), 1);
        e.update("beyond", 2, u64::from(inner), 0);
        e.delete("take", 0);
        e.delete("take again", 0);
    });
}

#[test]
fn types_without_the_operation() {
    let expected = "
        ringbuf: ok
        key for none: EINVAL
        lookup: ENOTSUPP
        update: ENOTSUPP
        delete: ENOTSUPP
        next: ENOTSUPP
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let fd = s.must(
            "ringbuf",
            Cmd::MapCreate,
            &map(MapType::Ringbuf, 0, 0, 4096),
        ) as u32;
        let mut e = Element { script: s, fd };
        e.lookup("key for none", 0, 0);
        let mut value = [0_u8; 8];
        let attr = e.attr(UserPtr::NULL, out(&mut value), 0);
        for (what, cmd) in [
            ("lookup", Cmd::MapLookupElem),
            ("update", Cmd::MapUpdateElem),
        ] {
            e.script.call(what, cmd, &attr);
        }
        let attr = e.attr(UserPtr::NULL, UserPtr::NULL, 0);
        e.script.call("delete", Cmd::MapDeleteElem, &attr);
        let attr = e.attr(UserPtr::NULL, out(&mut value), 0);
        e.script.call("next", Cmd::MapGetNextKey, &attr);
    });
}

#[test]
fn lookup_and_delete() {
    let expected = "
        hash: ok
        set: ok
        unknown flag: EINVAL
        lock without lock: EINVAL
        bad key: EFAULT
        take: ok
        7
        gone: ENOENT
        queue: ok
        push: ok
        push more: ok
        with a key: EINVAL
        pop: ok
        3
        bad value: EFAULT
        empty: ENOENT
        array: ok
        not of arrays: ENOTSUPP
        freeze: ok
        frozen: EPERM
        closed: EBADF
        file: EINVAL
    ";
    compare(Caps::all(), expected, |s: &mut Script| {
        let hash = s.must("hash", Cmd::MapCreate, &map(MapType::Hash, 4, 8, 2)) as u32;
        let mut e = Element {
            script: s,
            fd: hash,
        };
        let key = 5_u32;
        e.update("set", key, 7, 0);
        e.take("unknown flag", ptr(&key), 8);
        e.take("lock without lock", ptr(&key), 4);
        e.take("bad key", NOWHERE, 0);
        e.take("take", ptr(&key), 0);
        e.take("gone", ptr(&key), 0);

        let attr = map(MapType::Queue, 0, 8, 4);
        e.fd = e.script.must("queue", Cmd::MapCreate, &attr) as u32;
        for (what, value) in [("push", 3_u64), ("push more", 4)] {
            let attr = e.attr(UserPtr::NULL, ptr(&value), 0);
            e.script.call(what, Cmd::MapUpdateElem, &attr);
        }
        e.take("with a key", ptr(&key), 0);
        e.take("pop", UserPtr::NULL, 0);
        let attr = e.attr(UserPtr::NULL, NOWHERE, 0);
        e.script
            .call("bad value", Cmd::MapLookupAndDeleteElem, &attr);
        e.take("empty", UserPtr::NULL, 0);

        let attr = map(MapType::Array, 4, 8, 1);
        e.fd = e.script.must("array", Cmd::MapCreate, &attr) as u32;
        e.take("not of arrays", ptr(&key), 0);
        e.script.call("freeze", Cmd::MapFreeze, &hash);
        e.fd = hash;
        e.take("frozen", NOWHERE, 0);
        e.fd = CLOSED;
        e.take("closed", ptr(&key), 0);
        e.fd = FOREIGN;
        e.take("file", ptr(&key), 0);
    });
}
