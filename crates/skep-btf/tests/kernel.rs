//! BTF_LOAD here and on the running kernel: same verdict, same errno, same log.

#[allow(dead_code, reason = "each test uses a part")]
mod common;

use std::collections::BTreeMap;

use common::{Random, corpus_btfs, has_kernel, kernel_load, mutate, vmlinux};
use skep_btf::{Btf, KernelTypes, NoKernelTypes, VmlinuxTypes, load_log};

fn ours(raw: &[u8], kernel: &dyn KernelTypes) -> (i32, String) {
    let outcome = Btf::load(raw, kernel);
    let errno = outcome
        .as_ref()
        .map_or_else(|error| i32::from(error.errno().0), |_| 0);
    (errno, load_log(raw, outcome.as_ref()))
}

/// The first lines that differ.
fn first_difference<'a>(one: &'a str, other: &'a str) -> (&'a str, &'a str) {
    let (mut one, mut other) = (one.split('\n'), other.split('\n'));
    loop {
        match (one.next(), other.next()) {
            (Some(a), Some(b)) if a == b => {}
            (a, b) => return (a.unwrap_or("(end)"), b.unwrap_or("(end)")),
        }
    }
}

#[test]
fn corpus_is_accepted_with_the_same_log() {
    let all = corpus_btfs();
    if all.is_empty() {
        println!("skipped: no corpus");
        return;
    }
    let has_kernel = has_kernel();
    if !has_kernel {
        println!("skipped: no kernel bpf(2)");
    }
    let kernel_btf = vmlinux().map(|raw| Btf::parse(&raw).unwrap());
    let mut theirs = Vec::new();
    for (name, raw) in &all {
        let (errno, log) = match &kernel_btf {
            Some(btf) => ours(raw, &VmlinuxTypes(btf)),
            None => ours(raw, &NoKernelTypes),
        };
        assert_eq!(
            errno,
            0,
            "{name}: {}",
            log.lines().last().unwrap_or_default()
        );
        if has_kernel {
            assert_eq!(kernel_load(raw, &mut theirs), 0, "{name}");
            let theirs = String::from_utf8_lossy(&theirs);
            assert!(
                log == theirs,
                "{name}: {:?}",
                first_difference(&log, &theirs)
            );
        }
    }
    println!("{} BTFs accepted", all.len());
}

/// `SKEP_BTF_MUTATIONS` sets how many are tried.
#[test]
fn mutations_get_the_same_errno() {
    let all = corpus_btfs();
    if all.is_empty() || !has_kernel() {
        println!("skipped: no kernel bpf(2)");
        return;
    }
    let Some(kernel_btf) = vmlinux().map(|raw| Btf::parse(&raw).unwrap()) else {
        println!("skipped: no kernel BTF");
        return;
    };
    let count = std::env::var("SKEP_BTF_MUTATIONS").map_or(4000, |text| text.parse().unwrap());
    let seed = std::env::var("SKEP_BTF_SEED").map_or(0x5eed, |text| text.parse().unwrap());
    let mut random = Random(seed);
    let (mut same, mut same_log, mut log) = (0, 0, Vec::new());
    let mut by_errno = BTreeMap::<i32, u32>::new();
    let mut differences = Vec::new();
    for nth in 0..count {
        let (name, raw) = &all[random.below(all.len())];
        let mut raw = raw.clone();
        mutate(&mut raw, &mut random);
        let (errno, our_log) = ours(&raw, &VmlinuxTypes(&kernel_btf));
        let theirs = kernel_load(&raw, &mut log);
        *by_errno.entry(theirs).or_default() += 1;
        let their_log = String::from_utf8_lossy(&log);
        if errno == theirs {
            same += 1;
        }
        if our_log == their_log {
            same_log += 1;
        } else {
            let (one, other) = first_difference(&our_log, &their_log);
            differences.push(format!(
                "{nth} {name}: errno {errno} here, {theirs} there\n  {one}\n  {other}"
            ));
            if let Some(dir) = std::env::var_os("SKEP_BTF_SAVE") {
                std::fs::write(std::path::Path::new(&dir).join(format!("{nth}.btf")), &raw)
                    .unwrap();
            }
        }
    }
    for difference in differences.iter().take(20) {
        println!("{difference}");
    }
    println!(
        "{count} mutations: {same} same errno, {same_log} same log; kernel's errnos {by_errno:?}"
    );
    assert!(
        same * 100 > count * 99,
        "{same} of {count} mutations have the kernel's errno"
    );
}

#[test]
fn the_kernels_own_types_parse() {
    let Some(raw) = vmlinux() else {
        println!("skipped: no kernel BTF");
        return;
    };
    let start = std::time::Instant::now();
    let btf = Btf::parse(&raw).unwrap();
    println!("{} types in {:?}", btf.nr_types(), start.elapsed());
    let task = btf
        .find_by_name_kind("task_struct", skep_btf::BtfKind::Struct)
        .unwrap();
    assert!(btf.size_of(task).unwrap() > 1000);
    // Every struct is read to its last member.
    let members: u32 = btf
        .types()
        .filter_map(|(_, ty)| ty.as_composite())
        .flat_map(|composite| composite.members())
        .map(|member| u32::from(btf.size_of(member.type_id()).is_some()))
        .sum();
    assert!(members > 10_000);
}
