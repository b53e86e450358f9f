//! bpf_wq: work items in map values.

use skep_exec::{HelperCall, HelperResult};

use super::status;
use crate::helpers::deferred::{self, no_flags};
use crate::owned::deferred::{Expiry, Kind};

pub(super) fn init(call: &HelperCall<'_, '_>) -> HelperResult {
    match no_flags(call.arg(2)) {
        Ok(()) => status(deferred::init(call, Kind::Work)?),
        refused => status(refused),
    }
}

pub(super) fn set_callback(call: &HelperCall<'_, '_>) -> HelperResult {
    match no_flags(call.arg(2)) {
        Ok(()) => status(deferred::set_callback(call)?),
        refused => status(refused),
    }
}

pub(super) fn start(call: &HelperCall<'_, '_>) -> HelperResult {
    match no_flags(call.arg(1)) {
        Ok(()) => status(deferred::start(call, Expiry::After(0))?),
        refused => status(refused),
    }
}
