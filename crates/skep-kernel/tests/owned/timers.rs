//! bpf_timer and bpf_wq.

use skep_btf::{BtfBuilder, BtfTypeId, IntEncoding, MemberSpec};
use skep_kernel::Fd;
use skep_uapi::{ElemFlags, Errno, MapType};

use crate::session::{ENGINES, Session, eventually};

const SECOND: u64 = 1_000_000_000;

/// `struct { struct NAME field; long fired; long key; }`.
fn value(btf: &mut BtfBuilder, name: &str) -> (BtfTypeId, u32) {
    let long = btf.int("long", 8, IntEncoding::Signed);
    let index = btf.int("unsigned", 4, IntEncoding::Unsigned);
    let opaque = btf.array(long, index, 2);
    let field = btf.structure(name, 16, &[MemberSpec::at("opaque", opaque, 0)]);
    let members = [
        MemberSpec::at("field", field, 0),
        MemberSpec::at("fired", long, 16),
        MemberSpec::at("key", long, 24),
    ];
    (btf.structure("value", 32, &members), 32)
}

/// Finds the element with key 7 (its value in R7) or returns -1000.
const FIND: &str = "r0 = 7\n*(u32 *)(r10 -4) = r0\nr2 = r10\nr2 += -4\nr1 = map[m]\ncall bpf_map_lookup_elem\n\
    if r0 != 0 goto found\nr0 = -1000\nexit\nfound:\nr7 = r0\n";

/// Counts, and keeps the key.
const CALLBACK: &str = "callback:\nr1 = *(u64 *)(r3 +16)\nr1 += 1\n*(u64 *)(r3 +16) = r1\n\
    r1 = *(u32 *)(r2 +0)\n*(u64 *)(r3 +24) = r1\nr0 = 0\nexit\n";

fn timer_program(session: &Session, map: Fd, body: &str) -> Fd {
    if body.contains("func[callback]") {
        let text = format!("{FIND}{body}\nexit\n{CALLBACK}");
        session.load(&text, &[("m", map)], &["callback"])
    } else {
        session.load(&format!("{FIND}{body}\nexit\n"), &[("m", map)], &[])
    }
}

/// Initialises, chooses the callback and starts for ten seconds.
const START: &str = "r1 = r7\nr2 = map[m]\nr3 = 1\ncall bpf_timer_init\nif r0 != 0 goto done\n\
    r1 = r7\nr2 = func[callback]\ncall bpf_timer_set_callback\nif r0 != 0 goto done\n\
    r1 = r7\nr2 = 10000000000 ll\nr3 = 0\ncall bpf_timer_start\ndone:\n";

fn started(session: &Session, map_type: MapType) -> (Fd, Fd) {
    let map = session.map(map_type, 16, |btf| value(btf, "bpf_timer"));
    put(session, map, 7);
    let prog = timer_program(session, map, START);
    assert_eq!(session.run(prog), 0);
    session.must_become(1, 1, 1);
    (map, prog)
}

fn put(session: &Session, map: Fd, key: u32) {
    let client = &session.client;
    let put = client.map_update(map, &key.to_ne_bytes(), &[0; 32], ElemFlags::empty());
    put.unwrap();
}

/// How often the callback ran, and the key it was given last.
fn fired(session: &Session, map: Fd) -> (u64, u64) {
    let found = session
        .client
        .map_lookup(map, &7_u32.to_ne_bytes(), ElemFlags::empty());
    let value = found.unwrap();
    let word = |at: usize| u64::from_ne_bytes(value[at..at + 8].try_into().unwrap());
    (word(16), word(24))
}

#[test]
fn a_timer_fires_once_with_its_key_and_its_value() {
    for engine in ENGINES {
        for map_type in [MapType::Array, MapType::Hash, MapType::LruHash] {
            let session = Session::new(engine);
            let (map, prog) = started(&session, map_type);
            assert_eq!(session.run(prog), -i32::from(Errno::EBUSY.0));
            assert_eq!(fired(&session, map), (0, 0));
            session.time.advance(11 * SECOND);
            let seen = || fired(&session, map);
            eventually(|| seen() == (1, 7), || format!("{:?}", seen()));
            session.time.advance(100 * SECOND);
            std::thread::sleep(std::time::Duration::from_millis(20));
            assert_eq!(seen(), (1, 7));
        }
    }
}

#[test]
fn a_cancelled_timer_stays_silent() {
    for engine in ENGINES {
        let session = Session::new(engine);
        let (map, prog) = started(&session, MapType::Array);
        let cancel = timer_program(&session, map, "r1 = r7\ncall bpf_timer_cancel");
        assert_eq!(session.run(cancel), 1);
        assert_eq!(session.run(cancel), 0);
        session.time.advance(11 * SECOND);
        let start = "r1 = r7\nr2 = 0\nr3 = 0\ncall bpf_timer_start";
        let start = timer_program(&session, map, start);
        // Its callback went with it.
        assert_eq!(session.run(start), -i32::from(Errno::EINVAL.0));
        assert_eq!(fired(&session, map), (0, 0));
        let client = &session.client;
        for prog in [prog, cancel, start] {
            client.close(prog).unwrap();
        }
        session.must_become(1, 0, 1);
        client.close(map).unwrap();
        session.must_become(0, 0, 0);
    }
}

#[test]
fn a_timer_goes_with_its_element_and_lets_its_program_go() {
    let key = 7_u32.to_ne_bytes();
    let put = |session: &Session, map| put(session, map, 7);
    let delete = |session: &Session, map| session.client.map_delete(map, &key).unwrap();
    let evict = |session: &Session, map| (100..164).for_each(|key| self::put(session, map, key));
    type Take<'t> = &'t dyn Fn(&Session, Fd);
    let ways: [(MapType, Take<'_>); 5] = [
        (MapType::Array, &put),
        (MapType::Hash, &put),
        (MapType::Hash, &delete),
        (MapType::LruHash, &delete),
        (MapType::LruHash, &evict),
    ];
    for engine in ENGINES {
        for (map_type, take) in ways {
            let session = Session::new(engine);
            let (map, prog) = started(&session, map_type);
            // The timer keeps the program.
            session.client.close(prog).unwrap();
            session.must_become(1, 1, 1);
            take(&session, map);
            session.must_become(0, 0, 1);
        }
    }
}

#[test]
fn the_last_client_of_a_map_cancels_its_timers() {
    for engine in ENGINES {
        for map_type in [MapType::Array, MapType::Hash, MapType::LruHash] {
            let session = Session::new(engine);
            let (map, prog) = started(&session, map_type);
            session.client.close(map).unwrap();
            // The program still holds the map; new timers are refused.
            session.must_become(0, 1, 1);
            assert_eq!(session.run(prog), -i32::from(Errno::EPERM.0));
            session.client.close(prog).unwrap();
            session.must_become(0, 0, 0);
        }
    }
}

#[test]
fn an_outer_map_is_no_client() {
    for engine in ENGINES {
        let session = Session::new(engine);
        let (map, prog) = started(&session, MapType::Hash);
        let outer = session.outer(map);
        session.client.close(map).unwrap();
        session.must_become(0, 1, 2);
        session.client.close(prog).unwrap();
        session.client.close(outer).unwrap();
        session.must_become(0, 0, 0);
    }
}

#[test]
fn a_work_item_runs_soon_and_goes_with_its_element() {
    let body = "r1 = r7\nr2 = map[m]\nr3 = 0\ncall kfunc bpf_wq_init\nif r0 != 0 goto done\n\
        r1 = r7\nr2 = func[callback]\nr3 = 0\nr4 = 0\ncall kfunc bpf_wq_set_callback_impl\nif r0 != 0 goto done\n\
        r1 = r7\nr2 = 0\ncall kfunc bpf_wq_start\ndone:\n";
    for engine in ENGINES {
        for map_type in [MapType::Array, MapType::Hash, MapType::LruHash] {
            let session = Session::new(engine);
            let map = session.map(map_type, 16, |btf| value(btf, "bpf_wq"));
            put(&session, map, 7);
            let prog = timer_program(&session, map, body);
            assert_eq!(session.run(prog), 0);
            let seen = || fired(&session, map);
            eventually(|| seen() == (1, 7), || format!("{:?}", seen()));
            session.client.close(prog).unwrap();
            session.must_become(1, 1, 1);
            put(&session, map, 7);
            session.must_become(0, 0, 1);
        }
    }
}
