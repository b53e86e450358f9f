//! Sockets: a look-up finds none, because there are none; an skb of a test run has one of its own, which is closed.

use skep_exec::{HelperCall, HelperResult};

/// A look-up among no sockets.
pub(super) fn lookup(_call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(0)
}

/// The sockets of test runs live as long as the run.
pub(super) fn release(_call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(0)
}

/// The run's socket is a full one.
pub(super) fn fullsock(call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(call.arg(0))
}

/// It is neither TCP nor listening, nor of any other kind that these conversions ask for.
pub(super) fn other_kind(_call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(0)
}
