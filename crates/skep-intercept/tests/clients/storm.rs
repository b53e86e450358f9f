//! Clients that are hit in the middle of their calls: by SIGKILL at any moment, by signals all the time.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::scripts::{MAP_NEXT_ID, create, maps_exist, supervisor_files, use_map};
use super::system::{self, bpf, close, words};

const MAP_FD_BY_ID: u32 = 14;
const OBJ_INFO: u32 = 15;
const MAPS: u32 = 1000;
const ROUNDS: u64 = 20;
/// What [`creator`] says when it has made all.
const DONE: &str = "done";

/// Makes a thousand maps, and waits for its end.
pub(crate) fn creator() {
    (0..MAPS).for_each(|_| {
        create(0);
    });
    println!("{DONE}");
    loop {
        std::thread::park();
    }
}

fn start_creator() -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--client", "creator"]).stdout(Stdio::piped());
    child.spawn().unwrap()
}

/// Killed from outside, at another moment each time; nothing of it is left.
pub(crate) fn killed() {
    let files = supervisor_files();
    let mut in_the_middle = 0;
    for round in 0..ROUNDS {
        let mut child = start_creator();
        while !maps_exist() {
            std::thread::yield_now();
        }
        // Spread over the time that making them takes, with a fraction that differs from run to run.
        let fraction = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .subsec_nanos()
            % 500;
        std::thread::sleep(Duration::from_micros(round * 500 + u64::from(fraction)));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut said = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        in_the_middle += u32::from(!said.contains(DONE));
        let killed = Instant::now();
        while maps_exist() {
            assert!(
                killed.elapsed().as_secs() < 5,
                "round {round}: maps are left"
            );
        }
    }
    println!("{in_the_middle} of {ROUNDS} killed in the middle");
    assert!(in_the_middle > 0);
    let ended = Instant::now();
    while supervisor_files() > files {
        assert!(ended.elapsed().as_secs() < 10, "descriptors are left");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The id of a map.
fn id(fd: i32) -> u32 {
    let mut info = [0_u32; 2];
    let [low, high] = words(&mut info);
    bpf(OBJ_INFO, &mut [fd as u32, 8, low, high]).unwrap();
    info[1]
}

fn own_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn maps() -> usize {
    let mut attr = [0, 0, 0];
    std::iter::from_fn(|| {
        bpf(MAP_NEXT_ID, &mut attr).ok()?;
        attr[0] = attr[1];
        Some(())
    })
    .count()
}

/// Signals every 100 us, whose handler lets calls be restarted: each call is carried out once, each descriptor arrives.
pub(crate) fn signals() {
    let before = own_files();
    system::storm_of_signals(Duration::from_micros(100));
    let made: Vec<i32> = (0..300).map(|_| create(0)).collect();
    let ids: Vec<u32> = made.iter().map(|fd| id(*fd)).collect();
    let again: Vec<i32> = ids
        .iter()
        .map(|id| bpf(MAP_FD_BY_ID, &mut [*id, 0, 0]).unwrap())
        .collect();
    let same = again
        .iter()
        .zip(&ids)
        .all(|(fd, wanted)| id(*fd) == *wanted);
    let signals = system::end_of_storm();
    assert!(same);
    assert!(ids.windows(2).all(|two| two[1] == two[0] + 1), "{ids:?}");
    assert_eq!(maps(), made.len());
    assert_eq!(own_files(), before + made.len() + again.len());
    println!("{signals} signals");
    assert!(signals > 10);
    made.into_iter().chain(again).for_each(close);
    assert!(!maps_exist());
}

/// Says who it is, and makes and uses maps for two seconds; debuggers come and go meanwhile.
pub(crate) fn busy() {
    println!("{}", std::process::id());
    let start = Instant::now();
    while start.elapsed().as_secs() < 2 {
        let fd = use_map();
        assert_eq!(maps(), 1);
        close(fd);
        assert_eq!(maps(), 0);
    }
}
