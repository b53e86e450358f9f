//! Redirection: a test run only sees the verdict, no frame goes anywhere.

use skep_exec::{HelperCall, HelperResult};

use super::call::state;
use crate::test_run::state::Subject;

const TC_ACT_SHOT: u64 = 2;
const TC_ACT_REDIRECT: u64 = 7;
const XDP_ABORTED: u64 = 0;
const XDP_REDIRECT: u64 = 4;
/// BPF_F_INGRESS.
const INGRESS: u64 = 1;

pub(super) fn redirect(call: &HelperCall<'_, '_>) -> HelperResult {
    let flags = call.arg(1);
    Ok(match state(call)?.subject() {
        Subject::Xdp(_) if flags != 0 => XDP_ABORTED,
        Subject::Xdp(_) => XDP_REDIRECT,
        Subject::Skb(_) | Subject::Bytes(_) if flags & !INGRESS != 0 => TC_ACT_SHOT,
        Subject::Skb(_) | Subject::Bytes(_) => TC_ACT_REDIRECT,
    })
}

pub(super) fn redirect_peer(call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(if call.arg(1) == 0 {
        TC_ACT_REDIRECT
    } else {
        TC_ACT_SHOT
    })
}

/// Bytes of `struct bpf_redir_neigh`.
const NEIGHBOUR: u32 = 20;

pub(super) fn redirect_neigh(call: &HelperCall<'_, '_>) -> HelperResult {
    let [_, _, len, flags, _] = call.args();
    let len = len as u32;
    let good = flags == 0 && (len == 0 || len >= NEIGHBOUR);
    Ok(if good { TC_ACT_REDIRECT } else { TC_ACT_SHOT })
}
