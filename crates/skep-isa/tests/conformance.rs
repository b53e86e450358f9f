//! Every RFC 9669 vector assembles.
//!
//! Needs the shared vectors (`SKEP_SHARED`, or `../shared` beside the repository); skipped without them.

mod common;

use skep_isa::Insn;
use skep_isa::Program;
use skep_isa::ubpf::Vector;

#[test]
fn vectors_assemble() {
    let Some(dir) = common::shared("conformance") else {
        println!("skipped: no shared conformance vectors");
        return;
    };
    let (mut vectors, mut undecodable) = (0, Vec::new());
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ext| ext != "data") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let vector = Vector::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        vectors += 1;
        assert!(
            vector.result.is_some() || vector.error.is_some(),
            "{name} expects something"
        );
        if !vector.raw.is_empty() {
            assert_eq!(vector.insns, vector.raw, "{name}: asm and raw agree");
        }
        let decodes = |(_, insn): (_, Result<Insn, _>)| insn.is_ok();
        if !Program::new(&vector.insns).iter().all(decodes) {
            undecodable.push(name);
        }
    }
    println!("{vectors} vectors assemble");
    assert!(vectors >= 312, "{vectors} vectors found");
    assert_eq!(
        undecodable,
        ["callx"],
        "only callx is no instruction of Linux 6.18"
    );
}
