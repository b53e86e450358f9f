//! bpf_csum_diff.

use skep_exec::{HelperCall, HelperResult};

use super::call::size;
use super::checksum::{partial, sub, to_16};

/// The seed plus the sum of `to` less that of `from`, folded to 16 bits and not inverted.
pub(super) fn csum_diff(call: &HelperCall<'_, '_>) -> HelperResult {
    let from = call.read(0, size(call, 1))?.to_vec();
    let to = call.read(2, size(call, 3))?.to_vec();
    let seed = call.arg(4) as u32;
    let sum = match (from.is_empty(), to.is_empty()) {
        (true, true) => seed,
        (true, false) => partial(&to, seed),
        (false, true) => !partial(&from, !seed),
        (false, false) => sub(partial(&to, seed), partial(&from, 0)),
    };
    Ok(u64::from(to_16(sum)))
}
