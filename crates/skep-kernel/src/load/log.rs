//! The log buffer of BTF_LOAD and PROG_LOAD: what arguments are good, what survives when there is too much.

use skep_object::{Errno, SysError, SysResult};
use skep_uapi::{LogLevel, UserPtr};

use crate::UserMemory;

/// Where a log goes, as an attr says it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogRoom {
    /// A [`LogLevel`].
    pub(crate) level: u32,
    /// Bytes of the buffer.
    pub(crate) size: u32,
    /// The buffer; may be NULL.
    pub(crate) buffer: UserPtr,
}

/// What writing a log came to.
pub(crate) struct LogWritten {
    /// Bytes the whole log takes, its NUL included; 0 if nothing was ever written.
    pub(crate) true_size: u32,
    /// ENOSPC: it did not fit. EFAULT.
    pub(crate) result: SysResult<()>,
}

impl LogRoom {
    /// EINVAL: buffer and size do not go together, a buffer without level, an unknown level.
    pub(crate) fn check(&self) -> SysResult<()> {
        let refuse = |why| SysError::err(Errno::EINVAL, why);
        if self.buffer.is_null() != (self.size == 0) {
            return refuse("log buffer and its size do not go together");
        }
        if !self.buffer.is_null() && self.level == 0 {
            return refuse("log buffer without log level");
        }
        if self.level & !LogLevel::all().bits() != 0 {
            return refuse("unknown log level");
        }
        if self.size > u32::MAX >> 2 {
            return refuse("log buffer is too large");
        }
        Ok(())
    }

    /// Whether there is any log.
    pub(crate) fn is_wanted(&self) -> bool {
        self.level != 0
    }
}

/// Writes a whole log: all of it, or its tail (its head with `BPF_LOG_FIXED`), always with a NUL.
pub(crate) fn write_text(memory: &dyn UserMemory, room: &LogRoom, text: &[u8]) -> LogWritten {
    if !room.is_wanted() || text.is_empty() {
        return LogWritten {
            true_size: 0,
            result: Ok(()),
        };
    }
    let needed = text.len().saturating_add(1);
    let true_size = u32::try_from(needed).unwrap_or(u32::MAX);
    if room.buffer.is_null() {
        return LogWritten {
            true_size,
            result: Ok(()),
        };
    }
    let kept = (room.size as usize).saturating_sub(1).min(text.len());
    let fixed = LogLevel::from_bits_retain(room.level).contains(LogLevel::FIXED);
    let from = if fixed { 0 } else { text.len() - kept };
    let mut bytes = text.get(from..from + kept).unwrap_or_default().to_vec();
    bytes.push(0);
    let result = match memory.write(room.buffer, &bytes) {
        Err(fault) => Err(fault.into()),
        Ok(()) if needed > room.size as usize => {
            SysError::err(Errno::ENOSPC, "log does not fit its buffer")
        }
        Ok(()) => Ok(()),
    };
    LogWritten { true_size, result }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Buffers;

    fn write(level: u32, size: u32, text: &str) -> (Vec<u8>, u32, bool) {
        let memory = Buffers::new();
        let buffer = memory.room(size as usize);
        let room = LogRoom {
            level,
            size,
            buffer,
        };
        let written = write_text(&memory, &room, text.as_bytes());
        (
            memory.bytes(buffer),
            written.true_size,
            written.result.is_ok(),
        )
    }

    #[test]
    fn tail_or_head() {
        assert_eq!(write(1, 6, "hello"), (b"hello\0".to_vec(), 6, true));
        assert_eq!(write(1, 4, "hello"), (b"llo\0".to_vec(), 6, false));
        assert_eq!(write(9, 4, "hello"), (b"hel\0".to_vec(), 6, false));
        assert_eq!(write(0, 4, "hello"), (vec![0; 4], 0, true));
    }
}
