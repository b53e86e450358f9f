//! Objects of programs in lists, trees and kptrs of map values.

use skep_btf::{BtfBuilder, BtfLinkage, BtfTypeId, IntEncoding, MemberSpec};
use skep_kernel::{Engine, Fd, MapSpec};
use skep_uapi::{ElemFlags, MapType};

use crate::session::{ENGINES, Session, eventually};

/// One BTF object for map and programs: a list knows its nodes by their type in it.
struct Types {
    raw: Vec<u8>,
    key: BtfTypeId,
    value: BtfTypeId,
    /// The same without a lock, and so without list and tree: LRU hashes have none.
    unlocked: BtfTypeId,
    /// With a kptr to a per-CPU leaf in place of the others.
    percpu: BtfTypeId,
    node: BtfTypeId,
    leaf: BtfTypeId,
    functions: [BtfTypeId; 2],
}

const VALUE_SIZE: u32 = 48;

/// ```text
/// leaf   { long number; }
/// node   { long number; bpf_list_node list; bpf_rb_node tree; leaf *kptr; bpf_refcount; }
/// value  { bpf_spin_lock; bpf_list_head of node; bpf_rb_root of node; node *kptr; }
/// ```
fn types() -> Types {
    let mut btf = BtfBuilder::new();
    let int = btf.int("int", 4, IntEncoding::Signed);
    let long = btf.int("long", 8, IntEncoding::Signed);
    let opaque = |btf: &mut BtfBuilder, name: &str, words: u32| {
        let array = btf.array(long, int, words);
        btf.structure(name, 8 * words, &[MemberSpec::at("opaque", array, 0)])
    };
    let [list_head, list_node, rb_root, rb_node] = [
        ("bpf_list_head", 2),
        ("bpf_list_node", 3),
        ("bpf_rb_root", 2),
        ("bpf_rb_node", 4),
    ]
    .map(|(name, words)| opaque(&mut btf, name, words));
    let lock = btf.structure("bpf_spin_lock", 4, &[MemberSpec::at("val", int, 0)]);
    let refcount = btf.structure("bpf_refcount", 4, &[MemberSpec::at("refs", int, 0)]);
    // Names that the kernel has no struct of: its own would need a destructor.
    let leaf = btf.structure("skep_leaf", 8, &[MemberSpec::at("number", long, 0)]);
    let kptr = |btf: &mut BtfBuilder, to| {
        let tagged = btf.type_tag("kptr", to);
        btf.ptr(tagged)
    };
    let to_leaf = kptr(&mut btf, leaf);
    let members = [
        MemberSpec::at("number", long, 0),
        MemberSpec::at("list", list_node, 8),
        MemberSpec::at("tree", rb_node, 32),
        MemberSpec::at("leaf", to_leaf, 64),
        MemberSpec::at("owners", refcount, 72),
    ];
    let node = btf.structure("skep_node", 80, &members);
    let to_node = kptr(&mut btf, node);
    let members = [
        MemberSpec::at("lock", lock, 0),
        MemberSpec::at("head", list_head, 8),
        MemberSpec::at("root", rb_root, 24),
        MemberSpec::at("one", to_node, 40),
    ];
    let value = btf.structure("value", VALUE_SIZE, &members);
    btf.decl_tag("contains:skep_node:list", value, Some(1));
    btf.decl_tag("contains:skep_node:tree", value, Some(2));
    let tagged = btf.type_tag("percpu_kptr", leaf);
    let to_percpu = btf.ptr(tagged);
    let members = [MemberSpec::at("parts", to_percpu, 40)];
    let percpu = btf.structure("percpu", VALUE_SIZE, &members);
    let unlocked = [MemberSpec::at("one", to_node, 40)];
    let unlocked = btf.structure("unlocked", VALUE_SIZE, &unlocked);
    let proto = btf.func_proto(int, &[("a", long), ("b", long), ("c", long)]);
    let functions = ["main", "less"].map(|name| btf.func(name, proto, BtfLinkage::Static));
    Types {
        raw: btf.finish(),
        key: int,
        value,
        unlocked,
        percpu,
        node,
        leaf,
        functions,
    }
}

struct Objects {
    session: Session,
    types: Types,
    btf: Fd,
    map: Fd,
}

/// Finds the element with key 7 (its value in R7) or returns -1000.
const FIND: &str = "r0 = 7\n*(u32 *)(r10 -4) = r0\nr2 = r10\nr2 += -4\nr1 = map[m]\ncall bpf_map_lookup_elem\n\
    if r0 != 0 goto found\nr0 = -1000\nexit\nfound:\nr7 = r0\n";
const LOCK: &str = "r1 = r7\ncall bpf_spin_lock\n";
const UNLOCK: &str = "r1 = r7\ncall bpf_spin_unlock\n";
const LESS: &str = "less:\nr1 = *(u64 *)(r1 -32)\nr2 = *(u64 *)(r2 -32)\nr0 = 1\nif r1 s< r2 goto +1\nr0 = 0\nexit\n";
/// Returns the number of the object in R6, which is let go.
const DROP: &str =
    "r8 = *(u64 *)(r6 +0)\nr1 = r6\nr2 = 0\ncall kfunc bpf_obj_drop_impl\nr0 = r8\nexit\n";

impl Objects {
    fn new(engine: Engine, map_type: MapType) -> Self {
        Self::with_values(engine, map_type, |types| match map_type {
            MapType::LruHash => types.unlocked,
            _ => types.value,
        })
    }

    fn with_values(
        engine: Engine,
        map_type: MapType,
        value: impl FnOnce(&Types) -> BtfTypeId,
    ) -> Self {
        let session = Session::new(engine);
        let types = types();
        let value = value(&types);
        let btf = session.client.btf_load(&types.raw).unwrap();
        let spec = MapSpec {
            btf: Some((btf, types.key, value)),
            ..MapSpec::new(map_type, 4, VALUE_SIZE, 16)
        };
        let map = session.client.map_create(&spec).unwrap();
        let objects = Self {
            session,
            types,
            btf,
            map,
        };
        objects.put(7);
        objects
    }

    fn put(&self, key: u32) {
        let client = &self.session.client;
        let value = [0; VALUE_SIZE as usize];
        client
            .map_update(self.map, &key.to_ne_bytes(), &value, ElemFlags::empty())
            .unwrap();
    }

    /// Runs a program on the element with key 7.
    fn run(&self, body: &str) -> i32 {
        let text = format!("{FIND}{body}");
        let maps = [("m", self.map)];
        let labels: &[&str] = if text.contains("less:") {
            &["less"]
        } else {
            &[]
        };
        let functions = &self.types.functions;
        let prog = self
            .session
            .load_with(&text, &maps, labels, self.btf, functions);
        let result = self.session.run(prog);
        self.session.client.close(prog).unwrap();
        result
    }

    /// A node with this number, that has a leaf, in R6.
    fn node(&self, number: i32) -> String {
        let (node, leaf) = (self.types.node.get(), self.types.leaf.get());
        format!(
            "r1 = {node}\nr2 = 0\ncall kfunc bpf_obj_new_impl\nif r0 != 0 goto made\nr0 = -1001\nexit\nmade:\nr6 = r0\n\
             r1 = {number}\n*(u64 *)(r6 +0) = r1\n\
             r1 = {leaf}\nr2 = 0\ncall kfunc bpf_obj_new_impl\nif r0 == 0 goto ready\n\
             r1 = r6\nr1 += 64\nr2 = r0\ncall bpf_kptr_xchg\nif r0 == 0 goto ready\n\
             r1 = r0\nr2 = 0\ncall kfunc bpf_obj_drop_impl\nready:\n"
        )
    }

    fn push(&self, number: i32, end: &str) -> i32 {
        let push = format!(
            "r1 = r7\nr1 += 8\nr2 = r6\nr2 += 8\nr3 = 0\nr4 = 0\ncall kfunc bpf_list_push_{end}_impl\nr8 = r0\n"
        );
        self.run(&format!(
            "{}{LOCK}{push}{UNLOCK}r0 = r8\nexit\n",
            self.node(number)
        ))
    }

    fn pop(&self, end: &str) -> i32 {
        let pop = format!("r1 = r7\nr1 += 8\ncall kfunc bpf_list_pop_{end}\nr6 = r0\n");
        let none = "if r6 != 0 goto some\nr0 = -1\nexit\nsome:\nr6 += -8\n";
        self.run(&format!("{LOCK}{pop}{UNLOCK}{none}{DROP}"))
    }

    fn add(&self, number: i32) -> i32 {
        let add = "r1 = r7\nr1 += 24\nr2 = r6\nr2 += 32\nr3 = func[less]\nr4 = 0\nr5 = 0\n\
            call kfunc bpf_rbtree_add_impl\nr8 = r0\n";
        let node = self.node(number);
        self.run(&format!("{node}{LOCK}{add}{UNLOCK}r0 = r8\nexit\n{LESS}"))
    }

    fn remove_first(&self) -> i32 {
        let remove = "r1 = r7\nr1 += 24\ncall kfunc bpf_rbtree_first\nif r0 != 0 goto there\n";
        let none = "r1 = r7\ncall bpf_spin_unlock\nr0 = -1\nexit\nthere:\n";
        let take = "r1 = r7\nr1 += 24\nr2 = r0\ncall kfunc bpf_rbtree_remove\nr6 = r0\n";
        let some = "if r6 != 0 goto some\nr0 = -2\nexit\nsome:\nr6 += -32\n";
        self.run(&format!("{LOCK}{remove}{none}{take}{UNLOCK}{some}{DROP}"))
    }

    /// Puts a node into the kptr; the number of the one that was there.
    fn exchange(&self, number: i32) -> i32 {
        let exchange = "r1 = r7\nr1 += 40\nr2 = r6\ncall bpf_kptr_xchg\nr6 = r0\nif r6 != 0 goto some\nr0 = -1\nexit\nsome:\n";
        self.run(&format!("{}{exchange}{DROP}", self.node(number)))
    }

    fn must_hold(&self, count: usize) {
        let held = || self.session.kernel.program_objects();
        eventually(|| held() == count, || format!("{} objects", held()));
    }

    /// A node in the kptr; where there are list and tree, three in the list and two in the tree. Each has its leaf.
    fn fill(&self, map_type: MapType) {
        assert_eq!(self.exchange(9), -1);
        if map_type == MapType::LruHash {
            return self.must_hold(2);
        }
        for number in 1..=3 {
            assert_eq!(self.push(number, "back"), 0);
        }
        for number in 1..=2 {
            assert_eq!(self.add(number), 0);
        }
        self.must_hold(12);
    }
}

#[test]
fn lists_trees_and_kptrs_give_what_was_put_into_them() {
    for engine in ENGINES {
        let objects = Objects::new(engine, MapType::Array);
        for (number, end) in [(1, "back"), (2, "back"), (3, "front")] {
            assert_eq!(objects.push(number, end), 0);
        }
        let ends = ["front", "back", "front", "front"];
        assert_eq!(ends.map(|end| objects.pop(end)), [3, 2, 1, -1]);
        for number in [5, 1, 4, 2, 3] {
            assert_eq!(objects.add(number), 0);
        }
        let firsts: Vec<i32> = (0..6).map(|_| objects.remove_first()).collect();
        assert_eq!(firsts, [1, 2, 3, 4, 5, -1]);
        assert_eq!([objects.exchange(1), objects.exchange(2)], [-1, 1]);
        objects.must_hold(2);
    }
}

#[test]
fn values_let_go_of_their_objects() {
    let key = 7_u32.to_ne_bytes();
    let put = |objects: &Objects| objects.put(7);
    let delete = |objects: &Objects| {
        let client = &objects.session.client;
        client.map_delete(objects.map, &key).unwrap();
    };
    let evict = |objects: &Objects| (100..164).for_each(|key| objects.put(key));
    let free = |objects: &Objects| objects.session.client.close(objects.map).unwrap();
    type Way<'w> = &'w dyn Fn(&Objects);
    let ways: [(MapType, Way<'_>); 8] = [
        (MapType::Array, &put),
        (MapType::Array, &free),
        (MapType::Hash, &put),
        (MapType::Hash, &delete),
        (MapType::Hash, &free),
        (MapType::LruHash, &delete),
        (MapType::LruHash, &evict),
        (MapType::LruHash, &free),
    ];
    for engine in ENGINES {
        for (map_type, way) in ways {
            let objects = Objects::new(engine, map_type);
            objects.fill(map_type);
            way(&objects);
            objects.must_hold(0);
        }
    }
}

#[test]
fn per_cpu_objects_have_a_part_for_each_cpu() {
    for engine in ENGINES {
        for map_type in [MapType::Array, MapType::Hash] {
            let objects = Objects::with_values(engine, map_type, |types| types.percpu);
            let leaf = objects.types.leaf.get();
            let make = format!(
                "r1 = {leaf}\nr2 = 0\ncall kfunc bpf_percpu_obj_new_impl\nif r0 != 0 goto made\nr0 = -1\nexit\nmade:\n\
                 r1 = r7\nr1 += 40\nr2 = r0\ncall bpf_kptr_xchg\nif r0 == 0 goto stored\n\
                 r1 = r0\nr2 = 0\ncall kfunc bpf_percpu_obj_drop_impl\nstored:\nr0 = 0\nexit\n"
            );
            // Twice: the second goes to the map and the first away.
            assert_eq!([objects.run(&make), objects.run(&make)], [0, 0]);
            objects.must_hold(1);
            let load = "r1 = *(u64 *)(r7 +40)\nif r1 != 0 goto there\nr0 = -1\nexit\nthere:\n";
            // Addresses go to the front of the value; the virtual machine is on its first CPU.
            let part = |at: u32, call: &str| {
                let keep =
                    format!("*(u64 *)(r7 +{at}) = r0\nr1 = *(u64 *)(r0 +0)\nr0 = r1\nexit\n");
                let none = "if r0 != 0 goto part\nr0 = -2\nexit\npart:\n";
                objects.run(&format!("{load}{call}\n{none}{keep}"))
            };
            let of_cpu = |at, cpu: u32| part(at, &format!("r2 = {cpu}\ncall bpf_per_cpu_ptr"));
            let cpus = objects.session.kernel.slots().possible();
            assert_eq!(part(0, "call bpf_this_cpu_ptr"), 0);
            assert_eq!(
                [of_cpu(8, 0), of_cpu(16, cpus - 1), of_cpu(24, cpus)],
                [0, 0, -2]
            );
            let client = &objects.session.client;
            let value = client.map_lookup(objects.map, &7_u32.to_ne_bytes(), ElemFlags::empty());
            let value = value.unwrap();
            let [this, first, last, none] =
                [0, 8, 16, 24].map(|at| u64::from_ne_bytes(value[at..at + 8].try_into().unwrap()));
            assert_eq!((this, none), (first, 0));
            assert_eq!(last - first, 8 * u64::from(cpus - 1));
            let count = "call bpf_this_cpu_ptr\nr1 = *(u64 *)(r0 +0)\nr1 += 5\n*(u64 *)(r0 +0) = r1\nr0 = r1\nexit\n";
            let count = || objects.run(&format!("{load}{count}"));
            assert_eq!([count(), count(), of_cpu(8, 0)], [5, 10, 10]);
            objects.put(7);
            objects.must_hold(0);
        }
    }
}

#[test]
fn an_inner_map_keeps_its_objects_until_it_leaves_the_outer_one() {
    for engine in ENGINES {
        let objects = Objects::new(engine, MapType::Hash);
        objects.fill(MapType::Hash);
        let client = &objects.session.client;
        let outer = objects.session.outer(objects.map);
        client.close(objects.map).unwrap();
        objects.must_hold(12);
        client.map_delete(outer, &0_u32.to_ne_bytes()).unwrap();
        objects.must_hold(0);
    }
}
