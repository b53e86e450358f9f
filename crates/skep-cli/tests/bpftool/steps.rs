//! Running the steps of a sequence, on whichever side: each through the shell, its answer printed as one line of JSON.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::sequences::Sequence;

/// Runs them all; a step that fails does not stop the others.
pub(crate) fn run(sequence: &Sequence) {
    for step in sequence.steps {
        let mut shell = Command::new("sh");
        let output = shell
            .arg("-c")
            .arg(step)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let answer = json!({
            "step": step,
            "status": output.status.code(),
            "out": text(&output.stdout),
            "err": text(&output.stderr),
        });
        println!("{answer}");
    }
}
