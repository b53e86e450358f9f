//! String functions. Their pointers are nobody's word: bytes are fetched one by one from where they can be had.

use skep_exec::{HelperCall, HelperResult};
use skep_object::Errno;

use super::int;
use crate::helpers::call::word;
use crate::helpers::format::Peek as _;
use crate::helpers::probe::{KernelMemory, fault_errno};

/// XATTR_SIZE_MAX: longer strings are not looked at to their end.
const LEN_MAX: usize = 65_536;
/// Bytes fetched in one go.
const STEP: usize = 64;

/// A string somewhere in memory, fetched as far as it is looked at.
struct Text {
    at: u64,
    fetched: Vec<u8>,
}

impl Text {
    fn new(at: u64) -> Self {
        Self {
            at,
            fetched: Vec::new(),
        }
    }

    /// Byte `index`. ERANGE, EFAULT.
    fn byte(&mut self, index: usize) -> Result<u8, Errno> {
        while self.fetched.len() <= index {
            let at = self.at.wrapping_add(self.fetched.len() as u64);
            // Not across a step of addresses, and so not across a page.
            let mut chunk = [0; STEP];
            let want = STEP - (at as usize) % STEP;
            let part = chunk.get_mut(..want).unwrap_or_default();
            if !KernelMemory::new().bytes(at, part) {
                return Err(fault_errno(at));
            }
            self.fetched.extend_from_slice(part);
        }
        self.fetched.get(index).copied().ok_or(Errno::EFAULT)
    }

    /// Its length. E2BIG, or as [`Self::byte`].
    fn len(&mut self) -> Result<usize, Errno> {
        self.find(LEN_MAX, |byte| byte == 0)?.ok_or(Errno::E2BIG)
    }

    /// The first of `max` bytes that is wanted.
    fn find(&mut self, max: usize, wanted: impl Fn(u8) -> bool) -> Result<Option<usize>, Errno> {
        for index in 0..max {
            if wanted(self.byte(index)?) {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }
}

fn text(call: &HelperCall<'_, '_>, index: usize) -> Text {
    Text::new(call.arg(index))
}

/// A size as R0.
fn found(index: usize) -> u64 {
    index as u64
}

fn compare(call: &HelperCall<'_, '_>, fold: impl Fn(u8) -> u8) -> Result<u64, Errno> {
    let (mut left, mut right) = (text(call, 0), text(call, 1));
    for index in 0..LEN_MAX {
        let (a, b) = (fold(left.byte(index)?), fold(right.byte(index)?));
        if a != b {
            return Ok(if a < b { (-1_i64) as u64 } else { 1 });
        }
        if a == 0 {
            return Ok(0);
        }
    }
    Err(Errno::E2BIG)
}

pub(super) fn strcmp(call: &HelperCall<'_, '_>) -> HelperResult {
    int(compare(call, |byte| byte))
}

pub(super) fn strcasecmp(call: &HelperCall<'_, '_>) -> HelperResult {
    int(compare(call, |byte| byte.to_ascii_lowercase()))
}

/// Where a character stands among the first `max`. ENOENT.
fn character(call: &HelperCall<'_, '_>, max: usize, wanted: u8) -> Result<u64, Errno> {
    let mut text = text(call, 0);
    let index = text.find(max, |byte| byte == wanted || byte == 0)?;
    let index = index.ok_or(if max == LEN_MAX {
        Errno::E2BIG
    } else {
        Errno::ENOENT
    })?;
    if text.byte(index)? == wanted {
        Ok(found(index))
    } else {
        Err(Errno::ENOENT)
    }
}

pub(super) fn strchr(call: &HelperCall<'_, '_>) -> HelperResult {
    int(character(call, LEN_MAX, call.arg(1) as u8))
}

pub(super) fn strnchr(call: &HelperCall<'_, '_>) -> HelperResult {
    let max = usize::try_from(call.arg(1)).unwrap_or(LEN_MAX).min(LEN_MAX);
    int(character(call, max, call.arg(2) as u8))
}

pub(super) fn strchrnul(call: &HelperCall<'_, '_>) -> HelperResult {
    let wanted = call.arg(1) as u8;
    let index = text(call, 0).find(LEN_MAX, |byte| byte == wanted || byte == 0);
    int(index.and_then(|index| index.map(found).ok_or(Errno::E2BIG)))
}

pub(super) fn strrchr(call: &HelperCall<'_, '_>) -> HelperResult {
    let wanted = call.arg(1) as u8;
    let mut text = text(call, 0);
    int(text.len().and_then(|len| {
        // The NUL is part of what is searched.
        let whole = text.fetched.get(..=len).unwrap_or_default();
        let last = whole.iter().rposition(|byte| *byte == wanted);
        last.map(found).ok_or(Errno::ENOENT)
    }))
}

pub(super) fn strlen(call: &HelperCall<'_, '_>) -> HelperResult {
    int(text(call, 0).len().map(found))
}

pub(super) fn strnlen(call: &HelperCall<'_, '_>) -> HelperResult {
    let max = word(call, 1) as usize;
    let index = text(call, 0).find(max.min(LEN_MAX), |byte| byte == 0);
    int(index.and_then(|index| match index {
        Some(index) => Ok(found(index)),
        None if max <= LEN_MAX => Ok(found(max)),
        None => Err(Errno::E2BIG),
    }))
}

/// How many bytes at the start are (or are not) in the set.
fn span(call: &HelperCall<'_, '_>, inside: bool) -> Result<u64, Errno> {
    let (mut text, mut set) = (text(call, 0), text(call, 1));
    for index in 0..LEN_MAX {
        let byte = text.byte(index)?;
        let hit = set
            .find(LEN_MAX, |member| member == byte || member == 0)?
            .ok_or(Errno::E2BIG)?;
        let member = byte != 0 && set.byte(hit)? == byte;
        if byte == 0 || member != inside {
            return Ok(found(index));
        }
    }
    Err(Errno::E2BIG)
}

pub(super) fn strspn(call: &HelperCall<'_, '_>) -> HelperResult {
    int(span(call, true))
}

pub(super) fn strcspn(call: &HelperCall<'_, '_>) -> HelperResult {
    int(span(call, false))
}

/// Where the second string begins within the first `max` bytes of the first. ENOENT.
fn substring(call: &HelperCall<'_, '_>, max: usize) -> Result<u64, Errno> {
    let (mut text, mut wanted) = (text(call, 0), text(call, 1));
    for start in 0..LEN_MAX {
        let mut index = 0;
        loop {
            let member = wanted.byte(index)?;
            if member == 0 {
                return Ok(found(start));
            }
            if start + index >= max {
                return Err(Errno::ENOENT);
            }
            let byte = text.byte(start + index)?;
            if byte == 0 {
                return Err(Errno::ENOENT);
            }
            if byte != member {
                break;
            }
            index += 1;
            if index >= LEN_MAX {
                return Err(Errno::E2BIG);
            }
        }
    }
    Err(Errno::E2BIG)
}

pub(super) fn strstr(call: &HelperCall<'_, '_>) -> HelperResult {
    int(substring(call, usize::MAX))
}

pub(super) fn strnstr(call: &HelperCall<'_, '_>) -> HelperResult {
    int(substring(
        call,
        usize::try_from(call.arg(2)).unwrap_or(usize::MAX),
    ))
}
