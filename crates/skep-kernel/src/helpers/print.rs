//! trace_printk, trace_vprintk and snprintf.

use skep_exec::{HelperCall, HelperResult, Trapped};
use skep_memory::{Access, Addr};
use skep_object::Errno;

use super::call::{answer, ensure, size, state};
use super::format::format;
use super::probe::KernelMemory;

/// Arguments of the variadic ones.
const ARGS_MAX: usize = 12;
/// Bytes of a printed line, with its NUL.
const LINE_MAX: usize = 1024;

pub(super) fn trace_printk(call: &HelperCall<'_, '_>) -> HelperResult {
    let text = call.read(0, size(call, 1))?.to_vec();
    let [_, _, first, second, third] = call.args();
    print(call, &text, Ok(vec![first, second, third]))
}

pub(super) fn trace_vprintk(call: &HelperCall<'_, '_>) -> HelperResult {
    let text = call.read(0, size(call, 1))?.to_vec();
    let args = arguments(call, 2, 3)?;
    print(call, &text, args)
}

fn print(call: &HelperCall<'_, '_>, text: &[u8], args: Result<Vec<u64>, Errno>) -> HelperResult {
    let line = args.and_then(|args| {
        let end = text
            .iter()
            .position(|byte| *byte == 0)
            .ok_or(Errno::EINVAL)?;
        format(
            text.get(..end).unwrap_or_default(),
            &args,
            LINE_MAX,
            &KernelMemory::new(),
        )
    });
    let len = line
        .as_ref()
        .map(|line| line.len() as u64)
        .map_err(|errno| *errno);
    if let (Ok(mut line), Some(kernel)) = (line, state(call)?.kernel()) {
        line.truncate(LINE_MAX - 1);
        kernel.trace().add(line);
    }
    answer(len)
}

/// Returns the length the whole text would have, with its NUL.
pub(super) fn snprintf(call: &HelperCall<'_, '_>) -> HelperResult {
    let target = call.write(0, size(call, 1))?;
    let text = constant(call, Addr::new(call.arg(2)))?;
    let args = arguments(call, 3, 4)?;
    answer(args.and_then(|args| {
        let out = format(&text, &args, target.len(), &KernelMemory::new())?;
        if let Some(room) = target.len().checked_sub(1) {
            let part = out.get(..room.min(out.len())).unwrap_or_default();
            // With its NUL as long as the target, or shorter.
            let _ = target.copy_in(0, part);
            let _ = target.copy_in(part.len(), &[0]);
        }
        Ok(out.len() as u64 + 1)
    }))
}

/// The array of arguments at argument `at`, its bytes counted in argument `len`.
fn arguments(
    call: &HelperCall<'_, '_>,
    at: usize,
    len: usize,
) -> Result<Result<Vec<u64>, Errno>, Trapped> {
    let len = size(call, len);
    if ensure(len.is_multiple_of(8) && len <= ARGS_MAX * 8, Errno::EINVAL).is_err() {
        return Ok(Err(Errno::EINVAL));
    }
    let bytes = call.read(at, len)?.to_vec();
    Ok(Ok(bytes
        .as_chunks::<8>()
        .0
        .iter()
        .map(|word| u64::from_ne_bytes(*word))
        .collect()))
}

/// A constant string, which the verifier has seen to end inside its map value.
fn constant(call: &HelperCall<'_, '_>, at: Addr) -> Result<Vec<u8>, Trapped> {
    let mut text = Vec::new();
    loop {
        let byte = call.bytes(at.wrapping_add(text.len() as u64), 1, Access::Read)?;
        match byte.read_u8(0) {
            Ok(0) | Err(_) => return Ok(text),
            Ok(byte) => text.push(byte),
        }
    }
}
