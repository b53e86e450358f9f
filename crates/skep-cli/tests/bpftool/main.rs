//! bpftool on the running kernel and under `skep run`: the same command lines, the same answers.
//!
//! Each sequence runs twice: as root with a bpffs of its own, and as uid 65534 without capabilities under skep. What is left out of
//! the comparison stands in [`normal`]. Where no Linux 6.18 answers, what it answered before is in `expected/`; `SKEP_BLESS=1` writes
//! that anew.
//!
//! This program is two: the tests, and what runs the steps of a sequence on either side (`--steps NAME`).

#![allow(clippy::unwrap_used)]

mod normal;
mod sequences;
mod sides;
mod steps;

use std::fs;
use std::path::PathBuf;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

use sequences::Sequence;
use sides::{Native, Stage};

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if let [_, flag, name] = words.as_slice()
        && flag == "--steps"
    {
        return steps::run(Sequence::named(name));
    }
    tests();
}

fn tests() {
    let arguments = Arguments::from_args();
    if let Err(why) = sides::can_run() {
        println!("skipped: {why}");
        return;
    }
    let native = sides::native();
    if let Native::Absent(why) = &native {
        if !sides::recorded_with_this_bpftool() {
            println!("skipped: {why}, and another bpftool than the recorded one");
            return;
        }
        println!("skipped: {why}: bpftool under skep is compared with what was recorded");
    }
    let stage = Stage::new();
    let trials = sequences::ALL.iter().map(|sequence| {
        let (stage, native) = (stage.clone(), native.clone());
        Trial::test(sequence.name, move || check(sequence, &stage, &native))
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    drop(stage);
    conclusion.exit();
}

fn check(sequence: &Sequence, stage: &Stage, native: &Native) -> Result<(), Failed> {
    let file = expected_file(sequence);
    let here = normal::answers(stage.under_skep(sequence, native)?);
    let expected = match native {
        Native::Answers => {
            let answers = normal::answers(stage.native(sequence)?);
            if std::env::var_os("SKEP_BLESS").is_some() {
                let lines: Vec<String> = answers.iter().map(ToString::to_string).collect();
                fs::write(&file, format!("[\n{}\n]\n", lines.join(",\n")))?;
            }
            answers
        }
        Native::Absent(_) => serde_json::from_str(&fs::read_to_string(&file)?)?,
    };
    let differences = normal::differences(&expected, &here);
    if differences.is_empty() {
        Ok(())
    } else {
        Err(Failed::from(differences.join("\n")))
    }
}

fn expected_file(sequence: &Sequence) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/bpftool/expected");
    folder.join(format!("{}.json", sequence.name))
}

/// What one step gave: its command line, status and output, as [`steps`] prints them.
type Answers = Vec<Value>;
