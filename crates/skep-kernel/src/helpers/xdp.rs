//! Bodies that read and change an XDP frame.

use skep_exec::{HelperCall, HelperResult, Trapped};
use skep_memory::RacyBytes;
use skep_object::Errno;

use super::call::{done, ensure, int, size, word, xdp};
use crate::test_run::packet::XdpBuff;

/// Offsets and lengths are at most this.
const REACH: u32 = 0xffff;

fn adjust(
    call: &HelperCall<'_, '_>,
    how: impl Fn(&XdpBuff, i32) -> Result<(), Errno>,
) -> Result<u64, Trapped> {
    let frame = xdp(call)?;
    let result = how(frame, int(call, 1));
    frame.moved(call.run());
    done(result)
}

pub(super) fn adjust_head(call: &HelperCall<'_, '_>) -> HelperResult {
    adjust(call, XdpBuff::adjust_head)
}

pub(super) fn adjust_tail(call: &HelperCall<'_, '_>) -> HelperResult {
    adjust(call, XdpBuff::adjust_tail)
}

pub(super) fn adjust_meta(call: &HelperCall<'_, '_>) -> HelperResult {
    adjust(call, XdpBuff::adjust_meta)
}

pub(super) fn get_buff_len(call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(xdp(call)?.len() as u64)
}

/// Whether `len` bytes at `offset` may be asked for. EFAULT, EINVAL.
pub(super) fn check(frame: &XdpBuff, offset: u32, len: u32) -> Result<(), Errno> {
    ensure(offset <= REACH && len <= REACH, Errno::EFAULT)?;
    ensure((offset + len) as usize <= frame.len(), Errno::EINVAL)
}

pub(super) fn load_bytes(call: &HelperCall<'_, '_>) -> HelperResult {
    copy(call, call.write(2, size(call, 3))?, |part, buffer| {
        buffer.copy_from(part)
    })
}

pub(super) fn store_bytes(call: &HelperCall<'_, '_>) -> HelperResult {
    copy(call, call.read(2, size(call, 3))?, |part, buffer| {
        part.copy_from(buffer)
    })
}

/// Copies between the packet and the program's buffer, part by part.
fn copy<'r>(
    call: &HelperCall<'_, 'r>,
    buffer: RacyBytes<'r>,
    how: impl Fn(RacyBytes<'r>, RacyBytes<'r>),
) -> HelperResult {
    let frame = xdp(call)?;
    let offset = word(call, 1);
    let result = check(frame, offset, word(call, 3));
    if result.is_ok() {
        let mut copied = 0;
        frame.each_part(offset as usize, buffer.len(), |part| {
            if let Ok(target) = buffer.part(copied, part.len()) {
                how(part, target);
            }
            copied += part.len();
        });
    }
    done(result)
}
