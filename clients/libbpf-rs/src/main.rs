//! A client on libbpf-rs: libbpf's loader, its feature probes, its ring buffer on mmap and epoll.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use client_common::{Arguments, Consumer, Ledger, bursts};
use libbpf_rs::{
    MapCore, MapFlags, MapHandle, Object, ObjectBuilder, ProgramHandle, ProgramInput,
    RingBufferBuilder,
};

/// Keys of the hash that only this client uses.
const KEYS: u32 = 200;
/// XDP_PASS.
const PASS: u32 = 2;

fn main() -> Result<()> {
    let arguments = Arguments::parse()?;
    let mut builder = ObjectBuilder::default();
    let mut object = builder.open_file(&arguments.object)?.load()?;
    elements(&object)?;
    pins(&mut object, &arguments.pins)?;
    ring(&mut object, arguments.events)?;
    println!("libbpf-rs: ok");
    Ok(())
}

fn map(object: &Object, name: &str) -> Result<MapHandle> {
    let map = object.maps().find(|map| map.name() == name);
    let map = map.with_context(|| format!("no map {name}"))?;
    Ok(MapHandle::try_from(&map)?)
}

/// Update, look-up, iteration, delete; one by one and in batches.
fn elements(object: &Object) -> Result<()> {
    let runs = map(object, "runs")?;
    for key in 0..KEYS {
        let value = u64::from(key) * 3;
        runs.update(&key.to_ne_bytes(), &value.to_ne_bytes(), MapFlags::NO_EXIST)?;
    }
    let again = runs.update(&0_u32.to_ne_bytes(), &[0; 8], MapFlags::NO_EXIST);
    ensure!(again.is_err(), "a key was made twice");
    let mut found = BTreeMap::new();
    for key in runs.keys() {
        let value = runs
            .lookup(&key, MapFlags::ANY)?
            .context("a key without value")?;
        ensure!(found.insert(key, value).is_none(), "a key came twice");
    }
    // In one piece: the crate takes a batch that is not full for the last one, but a hash may end one anywhere.
    let batches: BTreeMap<_, _> = runs
        .lookup_batch(KEYS + 1, MapFlags::ANY, MapFlags::ANY)?
        .collect();
    ensure!(found == batches, "batches find something else than keys do");
    ensure!(found.len() == KEYS as usize, "{} keys", found.len());
    let right = |(key, value): (&Vec<u8>, &Vec<u8>)| {
        let key = u32::from_ne_bytes(key.as_slice().try_into()?);
        let value = u64::from_ne_bytes(value.as_slice().try_into()?);
        anyhow::Ok(value == u64::from(key) * 3)
    };
    for pair in &found {
        ensure!(right(pair)?, "wrong value of {pair:?}");
    }
    runs.delete(&0_u32.to_ne_bytes())?;
    ensure!(
        runs.lookup(&0_u32.to_ne_bytes(), MapFlags::ANY)?.is_none(),
        "deleted"
    );
    let rest: Vec<u8> = (1..KEYS).flat_map(u32::to_ne_bytes).collect();
    runs.delete_batch(&rest, KEYS - 1, MapFlags::ANY, MapFlags::ANY)?;
    ensure!(runs.keys().next().is_none(), "keys are left");
    Ok(())
}

/// Pins a map and the program, opens them again by path, and removes the pins.
fn pins(object: &mut Object, directory: &Path) -> Result<()> {
    let (map_path, prog_path) = (
        directory.join("libbpf_rs_state"),
        directory.join("libbpf_rs_emit"),
    );
    let mut state = object
        .maps_mut()
        .find(|map| map.name() == "state")
        .context("no state")?;
    state.pin(&map_path)?;
    state.update(&0_u32.to_ne_bytes(), &7_u64.to_ne_bytes(), MapFlags::ANY)?;
    let reopened = MapHandle::from_pinned_path(&map_path)?;
    let value = reopened.lookup(&0_u32.to_ne_bytes(), MapFlags::ANY)?;
    ensure!(
        value.as_deref() == Some(&7_u64.to_ne_bytes()),
        "the pin is of another map"
    );
    reopened.update(&0_u32.to_ne_bytes(), &[0; 8], MapFlags::EXIST)?;
    state.unpin(&map_path)?;
    ensure!(
        MapHandle::from_pinned_path(&map_path).is_err(),
        "the pin is still there"
    );

    let mut emit = object
        .progs_mut()
        .find(|prog| prog.name() == "emit")
        .context("no emit")?;
    emit.pin(&prog_path)?;
    let info = ProgramHandle::from_pinned_path(&prog_path)?;
    ensure!(info.name() == "emit", "the pin is of another program");
    emit.unpin(&prog_path)?;
    Ok(())
}

/// Events by test runs, consumed through libbpf's ring buffer by a thread that sleeps in epoll_wait.
fn ring(object: &mut Object, events: u64) -> Result<()> {
    let consumer = Consumer::default();
    let ring = map(object, "events")?;
    let emit = object
        .progs_mut()
        .find(|prog| prog.name() == "emit")
        .context("no emit")?;
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| read(&ring, events, &consumer));
        let packet = [0; 64];
        let made = bursts(&consumer, events, |repeat| {
            let output = emit.test_run(ProgramInput {
                data_in: Some(&packet),
                repeat,
                ..Default::default()
            })?;
            ensure!(output.return_value == PASS, "the program failed");
            Ok(())
        });
        consumer.done.store(true, Ordering::Release);
        let read = reading.join().expect("the consumer does not panic");
        made.and(read)
    })?;
    let state = map(object, "state")?;
    let lost = state.lookup(&1_u32.to_ne_bytes(), MapFlags::ANY)?;
    ensure!(
        lost.as_deref() == Some(&[0; 8]),
        "the program found the ring full"
    );
    let runs = map(object, "runs")?.lookup(&64_u32.to_ne_bytes(), MapFlags::ANY)?;
    let counted = u64::from_ne_bytes(runs.context("no runs")?.as_slice().try_into()?);
    ensure!(
        counted == events.div_ceil(client_common::PER_RUN),
        "{counted} runs"
    );
    Ok(())
}

fn read(ring: &MapHandle, events: u64, consumer: &Consumer) -> Result<()> {
    let mut ledger = Ledger::new(events);
    {
        let books = std::cell::RefCell::new(&mut ledger);
        let mut builder = RingBufferBuilder::new();
        builder.add(ring, |event| {
            books.borrow_mut().enter(event);
            0
        })?;
        let ring = builder.build()?;
        consumer.register();
        while !consumer.done.load(Ordering::Acquire) {
            ring.poll(Duration::from_secs(1))?;
            let received = books.borrow().received();
            consumer.woken(received);
        }
    }
    ledger.check()
}
