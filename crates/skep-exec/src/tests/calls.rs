//! Subprograms, helpers, callbacks, tail calls, look-ups.

use std::any::Any;
use std::sync::Arc;

use skep_maps::{FdResolver, HeldMap};
use skep_memory::{Addr, RacyBytes};
use skep_object::{
    CancelToken, Deterministic, HeldProg, HeldRef, ObjectId, ProgCompat, RunContext, StopReason,
    SysError, SysResult,
};
use skep_uapi::{Errno, MapType, ProgType};

use super::harness::{ENGINES, Parts, Program, both, lookup, map, run, run_in};
use crate::lower::LowerError;
use crate::{Engine, Executable, HelperCall, HelperResult};

#[test]
fn subprograms_get_their_arguments_and_keep_callee_saved_registers() {
    let text = "
        r6 = 5
        r1 = 1
        r2 = 2
        r3 = 3
        call f
        r0 += r6
        exit
      f:
        r6 = r1
        *(u64 *)(r10 -8) = r3
        call g
        r6 += r0
        r0 = *(u64 *)(r10 -8)
        r0 += r6
        exit
      g:
        *(u64 *)(r10 -8) = 100
        r0 = r2
        r0 *= 10
        exit";
    assert_eq!(
        both(&Program::text(text), &Parts::default(), &[]),
        Ok(3 + 1 + 20 + 5)
    );
}

fn sum(call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(call.args().iter().sum())
}

#[test]
fn helpers_see_all_arguments() {
    let parts = Parts {
        helpers: [(5, sum as _)].into(),
        ..Parts::default()
    };
    let text = "r1 = 1\nr2 = 20\nr3 = 300\nr4 = 4000\nr5 = 50000\ncall 5\nexit";
    assert_eq!(both(&Program::text(text), &parts, &[]), Ok(54321));
    assert_eq!(
        both(&Program::text("call 8\nexit"), &parts, &[]),
        Ok(1),
        "the CPU of the run"
    );
}

#[test]
fn what_is_missing_is_named() {
    let lower = |text| Program::text(text).lower(&Parts::default()).unwrap_err();
    assert_eq!(
        lower("call 14\nexit"),
        LowerError::MissingHelper("bpf_get_current_pid_tgid".to_owned())
    );
    assert_eq!(
        lower("r0 = *(u8 *)skb[0]\nexit"),
        LowerError::MissingHelper("LD_ABS".to_owned())
    );
}

/// Calls back with its own arguments, twice.
fn twice(call: &HelperCall<'_, '_>) -> HelperResult {
    let first = call.call_back(call.arg(0), [call.arg(1), 1, 0, 0, 0])?;
    Ok(first + call.call_back(call.arg(0), [call.arg(1), 2, 0, 0, 0])?)
}

#[test]
fn callbacks_share_memory_with_their_caller() {
    let parts = Parts {
        helpers: [(5, twice as _)].into(),
        ..Parts::default()
    };
    let text = "
        *(u64 *)(r10 -8) = 7
        r1 = func[cb]
        r2 = r10
        r2 += -8
        call 5
        r1 = *(u64 *)(r10 -8)
        r0 += r1
        exit
      cb:
        r3 = *(u64 *)(r1 +0)
        r3 += r2
        *(u64 *)(r1 +0) = r3
        r0 = 100
        exit";
    assert_eq!(both(&Program::text(text), &parts, &[]), Ok(200 + 7 + 1 + 2));
}

/// Packet bytes: 1 at 14, nothing beyond 20.
fn packet(call: &HelperCall<'_, '_>) -> HelperResult {
    let (offset, size) = (call.arg(1), call.arg(2));
    Ok(if offset + size > 20 {
        u64::MAX
    } else {
        offset * 100 + size
    })
}

#[test]
fn packet_loads_end_the_program_where_the_packet_ends() {
    let parts = Parts {
        packet: Some(packet),
        ..Parts::default()
    };
    let run = |load: &str| {
        both(
            &Program::text(&format!("r6 = r1\nr7 = 2\n{load}\nr0 += 1\nexit")),
            &parts,
            &[],
        )
    };
    assert_eq!(run("r0 = *(u16 *)skb[12]"), Ok(1203));
    assert_eq!(run("r0 = *(u32 *)skb[r7 + 4]"), Ok(605));
    assert_eq!(run("r0 = *(u32 *)skb[18]"), Ok(0));
}

#[test]
fn look_ups_with_and_without_a_call() {
    for map_type in [MapType::Array, MapType::PercpuArray] {
        let parts = Parts {
            maps: vec![map(map_type, 4)],
            helpers: [(1, lookup as _)].into(),
            ..Parts::default()
        };
        let text = "
            *(u32 *)(r10 -4) = KEY
            r2 = r10
            r2 += -4
            r1 = map[0]
            call 1
            if r0 == 0 goto +2
            *(u64 *)(r0 +0) += 5
            r0 = 1
            exit";
        let text = text.replace(
            "*(u64 *)(r0 +0) += 5",
            "r1 = *(u64 *)(r0 +0)\nr1 += 5\n*(u64 *)(r0 +0) = r1",
        );
        let text = text.replace("goto +2", "goto +4");
        for (key, found) in [(0, 1), (3, 1), (4, 0), (-1, 0)] {
            let mut program = Program::text(&text.replace("KEY", &key.to_string()));
            assert_eq!(both(&program, &parts, &[]), Ok(found), "{map_type} {key}");
            program.always_map(0);
            assert_eq!(
                both(&program, &parts, &[]),
                Ok(found),
                "{map_type} {key}, inlined"
            );
        }
        // Four runs wrote element 3 as CPU 1 sees it.
        let mut key = skep_memory::Region::new(4).unwrap();
        key.write_u32(0, 3).unwrap();
        let value = parts.maps[0].map().prog_lookup(1, key.bytes());
        key = skep_memory::Region::new(8).unwrap();
        read_into(value, &key, &parts);
        assert_eq!(key.read_u64(0), Ok(20), "{map_type}");
    }
}

/// Copies a map value with a program.
fn read_into(value: Addr, to: &skep_memory::Region, parts: &Parts) {
    let text = format!(
        "r2 = {:#x} ll\nr0 = *(u64 *)(r2 +0)\n*(u64 *)(r1 +0) = r0\nexit",
        value.raw()
    );
    let mut text = text;
    // Names the map, so that the checker knows its values.
    text.insert_str(0, "r3 = map[0]\n");
    let executable = Program::text(&text).executable(parts);
    let (platform, token) = (Deterministic::new(1), CancelToken::new());
    let context = RunContext::new(&platform, &token, 1);
    run_in(
        &executable,
        Engine::Check,
        &context,
        [to.base().raw(), 0, 0, 0, 0],
        to.bytes(),
    )
    .unwrap();
}

#[test]
fn global_variables() {
    let parts = Parts {
        maps: vec![map(MapType::Array, 1)],
        ..Parts::default()
    };
    let text = "r1 = map_value[0]+4\nr0 = *(u32 *)(r1 +0)\nr0 += 1\n*(u32 *)(r1 +0) = r0\nexit";
    let executable = Program::text(text).executable(&parts);
    for (engine, expected) in ENGINES.into_iter().zip(1..) {
        assert_eq!(run(&executable, engine, &[]).unwrap().0, expected);
    }
}

/// Programs as a prog array holds them.
struct Progs(Vec<Arc<Executable>>);

struct Held(Arc<Executable>);

impl HeldRef for Held {
    fn id(&self) -> ObjectId {
        ObjectId::new(1).unwrap()
    }
    fn handle(&self) -> Addr {
        self.0.handle()
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl HeldProg for Held {
    fn compat(&self) -> Option<ProgCompat> {
        Some(ProgCompat {
            prog_type: ProgType::Xdp,
            jited: true,
            xdp_has_frags: false,
            expected_attach_type: 0,
            attach_func_proto: 0,
            cgroup_storage: [0; 2],
        })
    }
}

impl FdResolver for Progs {
    fn prog(&self, fd: u32) -> SysResult<Arc<dyn HeldProg>> {
        Ok(Arc::new(Held(Arc::clone(&self.0[fd as usize]))))
    }
    fn map(&self, _fd: u32) -> SysResult<Arc<dyn HeldMap>> {
        SysError::err(Errno::EBADF, "no maps here")
    }
}

fn put(array: &crate::BoundMap, index: u32, program: &Arc<Executable>) {
    let progs = Progs(vec![Arc::clone(program)]);
    array
        .map()
        .update(&index.to_ne_bytes(), &0u32.to_ne_bytes(), 0, &progs)
        .unwrap();
}

#[test]
fn tail_calls() {
    let parts = Parts {
        maps: vec![map(MapType::ProgArray, 4)],
        ..Parts::default()
    };
    let array = &parts.maps[0];
    let target =
        Program::text("r0 = *(u8 *)(r1 +0)\nr0 += 100\nexit").executable(&Parts::default());
    put(array, 1, &target);
    // Counts its own runs in the context, then calls itself.
    let again = "r2 = *(u8 *)(r1 +1)\nr2 += 1\n*(u8 *)(r1 +1) = r2\nr2 = map[0]\nr3 = 2\ncall 12\nr0 = 3\nexit";
    put(array, 2, &Program::text(again).executable(&parts));
    let call = |index: u32| {
        let text =
            format!("r6 = r1\nr2 = map[0]\nr3 = {index}\ncall 12\nr0 = *(u8 *)(r6 +1)\nexit");
        both(&Program::text(&text), &parts, &[7, 9]).unwrap()
    };
    assert_eq!(call(1), 107, "the target's result");
    assert_eq!(call(0), 9, "an empty slot falls through");
    assert_eq!(call(4), 9, "so does an index beyond the array");
    let executable = Program::text("r2 = map[0]\nr3 = 2\ncall 12\nr0 = 0\nexit").executable(&parts);
    for engine in ENGINES {
        assert_eq!(
            run(&executable, engine, &[0, 0]).unwrap(),
            (3, vec![0, 33]),
            "{engine:?}: 33 calls at most"
        );
    }
    // In a subprogram the tail call returns to the subprogram's caller.
    let nested = "call f\nr0 += 1000\nexit\nf: r2 = map[0]\nr3 = 1\ncall 12\nr0 = 1\nexit";
    assert_eq!(both(&Program::text(nested), &parts, &[7, 9]), Ok(1107));
    // A run that must stop falls through.
    let executable = Program::text("r2 = map[0]\nr3 = 1\ncall 12\nr0 = 5\nexit").executable(&parts);
    for engine in ENGINES {
        let (platform, token) = (Deterministic::new(1), CancelToken::new());
        token.cancel(StopReason::Cancelled);
        let context = RunContext::new(&platform, &token, 1);
        assert_eq!(
            run_in(&executable, engine, &context, [0; 5], RacyBytes::empty()),
            Ok(5),
            "{engine:?}"
        );
    }
    array.map().on_last_user_ref();
}
