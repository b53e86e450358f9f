//! uname(2): the release is the session's.

use std::fs::read_to_string;

use skep_kernel::UserMemory;
use skep_uapi::UserPtr;

use super::failed;
use crate::carrier::{ClientCall, Verdict};
use crate::session::Session;
use crate::sys::process_memory::ProcessMemory;

/// Bytes of each field of `struct utsname`, its NUL included.
const FIELD: usize = 65;

/// uname(buffer).
pub(super) fn answer(session: &Session, call: &ClientCall) -> Verdict {
    let release = &session.kernel.identity().release;
    if *release == setting("osrelease") {
        return Verdict::Continue;
    }
    let fields = [
        setting("ostype"),
        setting("hostname"),
        release.clone(),
        setting("version"),
        std::env::consts::ARCH.to_owned(),
        setting("domainname"),
    ];
    let bytes = fields.map(|field| padded(&field)).concat();
    match ProcessMemory(call.thread).write(UserPtr(call.arg(0)), &bytes) {
        Ok(()) => Verdict::Return(0),
        Err(_) => failed(libc::EFAULT),
    }
}

fn setting(name: &str) -> String {
    let text = read_to_string(format!("/proc/sys/kernel/{name}")).unwrap_or_default();
    text.trim_end().to_owned()
}

fn padded(text: &str) -> [u8; FIELD] {
    let mut field = [0; FIELD];
    for (to, from) in field.iter_mut().take(FIELD - 1).zip(text.bytes()) {
        *to = from;
    }
    field
}
