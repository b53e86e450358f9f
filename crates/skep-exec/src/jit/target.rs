//! The machine we compile for: this one.

use std::sync::OnceLock;

use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable, Flags};

use super::JitError;

/// The code generator of this machine, made once.
pub(super) fn isa() -> Result<OwnedTargetIsa, JitError> {
    static ISA: OnceLock<Result<OwnedTargetIsa, JitError>> = OnceLock::new();
    ISA.get_or_init(make).clone()
}

fn make() -> Result<OwnedTargetIsa, JitError> {
    let mut flags = settings::builder();
    let settings = [
        ("opt_level", "speed"),
        ("is_pic", "false"),
        ("unwind_info", "false"),
        // Frames are far smaller than the guard page.
        ("enable_probestack", "false"),
        (
            "enable_verifier",
            if cfg!(debug_assertions) {
                "true"
            } else {
                "false"
            },
        ),
    ];
    for (name, value) in settings {
        flags
            .set(name, value)
            .map_err(|error| JitError::Machine(error.to_string()))?;
    }
    let builder =
        cranelift_native::builder().map_err(|error| JitError::Machine(error.to_owned()))?;
    builder
        .finish(Flags::new(flags))
        .map_err(|error| JitError::Machine(error.to_string()))
}
