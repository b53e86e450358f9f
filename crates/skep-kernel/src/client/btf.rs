//! BTF commands.

use skep_object::SysResult;
use skep_uapi::attr::BtfLoadAttr;
use skep_uapi::{Cmd, LogLevel};

use super::{Client, log_text, place_or_null, room_or_null};
use crate::{Buffers, Fd};

/// What a BTF_LOAD with a log came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BtfReply {
    /// The new descriptor.
    pub result: SysResult<Fd>,
    /// The log, as much as there was room for.
    pub log: String,
    /// Bytes the whole log takes.
    pub log_true_size: u32,
}

impl Client {
    /// BTF_LOAD without a log.
    pub fn btf_load(&self, raw: &[u8]) -> SysResult<Fd> {
        self.btf_load_logged(raw, LogLevel::empty(), 0).result
    }

    /// BTF_LOAD with `log_size` bytes of room for a log.
    pub fn btf_load_logged(&self, raw: &[u8], level: LogLevel, log_size: u32) -> BtfReply {
        let memory = Buffers::new();
        let mut attr = BtfLoadAttr {
            btf: place_or_null(&memory, raw),
            btf_size: u32::try_from(raw.len()).unwrap_or(u32::MAX),
            btf_log_buf: room_or_null(&memory, log_size),
            btf_log_size: log_size,
            btf_log_level: level.bits(),
            ..BtfLoadAttr::default()
        };
        let result = self.call(&memory, Cmd::BtfLoad, &mut attr);
        BtfReply {
            result: result.map(Fd::from_attr),
            log: log_text(&memory, attr.btf_log_buf),
            log_true_size: attr.btf_log_true_size,
        }
    }
}
