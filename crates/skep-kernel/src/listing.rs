//! Everything in a session: which objects there are, what they are made of, and which of them hold which.

use std::collections::BTreeMap;
use std::fmt;

use skep_maps::Map;
use skep_object::{IdTable, Object, ObjectId, Ref};
use skep_uapi::MapType;

use crate::object::{IterOnly, LinkKind, MapObject, Prog};
use crate::{BtfOwner, FdObject, Kernel, Pinned};

/// Kinds of objects with ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ObjectKind {
    /// Maps.
    Map,
    /// Programs.
    Prog,
    /// Links.
    Link,
    /// BTF objects.
    Btf,
}

impl ObjectKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Map, Self::Prog, Self::Link, Self::Btf];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::Prog => "prog",
            Self::Link => "link",
            Self::Btf => "btf",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// An object by kind and id: `map:3`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectName {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its id within the kind.
    pub id: ObjectId,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.id)
    }
}

/// One object of a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Which.
    pub object: ObjectName,
    /// Its type: `HASH`, `XDP`, `RAW_TRACEPOINT`; empty for BTF.
    pub of_type: &'static str,
    /// Its name, or where a link attaches; may be empty.
    pub name: String,
    /// Bytes it takes: of a map as Linux accounts for it, of a program its instructions, of BTF its types.
    pub memory: u64,
    /// Objects that hold it.
    pub held_by: Vec<ObjectName>,
}

impl FdObject {
    /// The object behind it, if that has an id.
    pub fn object_name(&self) -> Option<ObjectName> {
        match self {
            Self::Map { map, .. } => name(ObjectKind::Map, map.reference()),
            Self::Prog(prog) => name(ObjectKind::Prog, prog.reference()),
            Self::Btf(btf) => name(ObjectKind::Btf, btf.reference()),
            Self::Link { link, .. } => name(ObjectKind::Link, link.reference()),
            Self::Statistics(_) | Self::PerfEvent(_) => None,
        }
    }
}

impl Pinned {
    /// The object that is pinned.
    pub fn object_name(&self) -> Option<ObjectName> {
        match self {
            Self::Map(map) => name(ObjectKind::Map, map.reference()),
            Self::Prog(prog) => name(ObjectKind::Prog, prog.reference()),
            Self::Link(link) => name(ObjectKind::Link, link.reference()),
        }
    }
}

fn name<T: Object>(kind: ObjectKind, object: &Ref<T>) -> Option<ObjectName> {
    Some(ObjectName {
        kind,
        id: object.id()?,
    })
}

impl Kernel {
    /// Every object of the session by kind and id, but for the kernel's own BTF.
    pub fn list(&self) -> Vec<Listed> {
        let mut list = List::default();
        list.kind(ObjectKind::Map, self.maps(), map);
        list.kind(ObjectKind::Prog, self.progs(), prog);
        list.kind(ObjectKind::Link, self.links(), |link| {
            let (name, walks) = match link.kind() {
                LinkKind::RawTracepoint { name, .. } => (name.clone(), None),
                LinkKind::Tracing { .. } => (String::new(), None),
                LinkKind::Iter { target, only } => match only {
                    IterOnly::Map(map) => (target.clone(), Some(map.reference().clone())),
                    IterOnly::Everything | IterOnly::Thread(_) | IterOnly::Process(_) => {
                        (target.clone(), None)
                    }
                },
            };
            let walks = walks.and_then(|map| self::name(ObjectKind::Map, &map));
            let prog = self::name(ObjectKind::Prog, &link.prog());
            Parts {
                of_type: link.link_type().name(),
                name,
                memory: 0,
                holds: prog.into_iter().chain(walks).collect(),
            }
        });
        list.kind(ObjectKind::Btf, self.btfs(), |btf| Parts {
            of_type: "",
            name: btf.name().to_owned(),
            memory: btf.btf().raw_bytes().len() as u64,
            holds: Vec::new(),
        });
        let kernel_btf = self.kernel_btf().and_then(|btf| name(ObjectKind::Btf, btf));
        let mut listed = list.finish();
        listed.retain(|object| Some(object.object) != kernel_btf);
        listed
    }
}

/// What an object says of itself.
struct Parts {
    of_type: &'static str,
    name: String,
    memory: u64,
    holds: Vec<ObjectName>,
}

#[derive(Default)]
struct List {
    objects: Vec<Listed>,
    holders: BTreeMap<ObjectName, Vec<ObjectName>>,
}

impl List {
    fn kind<T: Object>(
        &mut self,
        kind: ObjectKind,
        table: &IdTable<T>,
        look: impl Fn(&Ref<T>) -> Parts,
    ) {
        for (id, object) in table.all() {
            let object_name = ObjectName { kind, id };
            let parts = look(&object);
            for held in parts.holds {
                let holders = self.holders.entry(held).or_default();
                if !holders.contains(&object_name) {
                    holders.push(object_name);
                }
            }
            self.objects.push(Listed {
                object: object_name,
                of_type: parts.of_type,
                name: parts.name,
                memory: parts.memory,
                held_by: Vec::new(),
            });
        }
    }

    fn finish(mut self) -> Vec<Listed> {
        for listed in &mut self.objects {
            listed.held_by = self.holders.remove(&listed.object).unwrap_or_default();
        }
        self.objects
    }
}

fn map(map: &Ref<MapObject>) -> Parts {
    let attr = map.map().base().attr();
    let mut holds: Vec<ObjectName> = match attr.map_type {
        MapType::ArrayOfMaps | MapType::HashOfMaps => elements(map.map(), ObjectKind::Map),
        MapType::ProgArray => elements(map.map(), ObjectKind::Prog),
        _ => Vec::new(),
    };
    holds.extend(map.btf().and_then(|btf| name(ObjectKind::Btf, &btf.object)));
    Parts {
        of_type: attr.map_type.name(),
        name: map.name().as_str().to_owned(),
        memory: map.map().memlock(),
        holds,
    }
}

fn prog(prog: &Ref<Prog>) -> Parts {
    let maps = prog.held_maps();
    let btfs = prog.btf().into_iter().chain(prog.other_btfs());
    let btfs = btfs.filter(|btf| btf.owner() == BtfOwner::User);
    let maps = maps.iter().filter_map(|map| name(ObjectKind::Map, map));
    Parts {
        of_type: prog.prog_type().name(),
        name: prog.name().as_str().to_owned(),
        memory: size_of_val(prog.verified().insns()) as u64,
        holds: maps
            .chain(btfs.filter_map(|btf| name(ObjectKind::Btf, btf)))
            .collect(),
    }
}

/// What is in a map of maps or programs: system calls see ids.
fn elements(map: &dyn Map, kind: ObjectKind) -> Vec<ObjectName> {
    let size = map.base().attr().key_size as usize;
    let mut last: Option<Vec<u8>> = None;
    let mut found = Vec::new();
    // A map that is written meanwhile could show its first keys again and again.
    for _ in 0..map.base().attr().max_entries {
        let mut key = vec![0; size];
        if map.next_key(last.as_deref(), &mut key).is_err() {
            break;
        }
        let mut id = [0; 4];
        if map.lookup(&key, &mut id, 0).is_ok()
            && let Some(id) = ObjectId::new(u32::from_ne_bytes(id))
        {
            found.push(ObjectName { kind, id });
        }
        last = Some(key);
    }
    found
}
