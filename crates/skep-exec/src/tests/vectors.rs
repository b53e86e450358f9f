//! The RFC 9669 conformance vectors, in both executors.
//!
//! Needs the shared vectors (`SKEP_SHARED`, or `../shared` beside the repository); skipped without them.

use std::path::{Path, PathBuf};

use skep_isa::ubpf::Vector;

use super::harness::{Parts, Program, both};
use crate::{HelperCall, HelperResult};

fn vectors() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = std::env::var_os("SKEP_SHARED")
        .map_or(beside, PathBuf::from)
        .join("conformance");
    path.exists().then_some(path)
}

fn nothing(_call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(0)
}

#[test]
fn rfc_9669() {
    let Some(dir) = vectors() else {
        println!("skipped: no shared conformance vectors");
        return;
    };
    // One vector calls a helper and does not look at what it gives.
    let parts = Parts {
        helpers: [(5, nothing as _)].into(),
        ..Parts::default()
    };
    let mut passed = 0;
    let mut failed = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ext| ext != "data") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let vector = Vector::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let Some(expected) = vector.result else {
            continue;
        };
        // The indirect call is no instruction of Linux.
        if name == "callx" {
            continue;
        }
        let program = Program::new(vector.insns);
        match both(&program, &parts, &vector.mem) {
            Ok(result) if result == expected => passed += 1,
            Ok(result) => failed.push(format!("{name}: {result:#x}, not {expected:#x}")),
            Err(trap) => failed.push(format!("{name}: {trap}")),
        }
    }
    println!("{passed} vectors pass in both executors");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(passed >= 312, "only {passed} vectors found");
}
