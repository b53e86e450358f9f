//! [`BtfExt`]: `.BTF.ext` of an ELF object, records that tie instructions to functions, source lines and CO-RE.
//!
//! ```text
//! header | func_info: record size, then per ELF section: name, count, records
//!        | line_info: likewise
//!        | core_relo: likewise
//! ```

use alloc::vec::Vec;
use core::fmt;

use skep_uapi::btf::{
    BTF_MAGIC, BTF_VERSION, BtfExtHeader, BtfExtInfoSec, CoreRelo, FuncInfo, LineInfo,
};
use zerocopy::{FromBytes, IntoBytes};

/// The records of an object, by kind and ELF section; instruction offsets are bytes into the section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BtfExt {
    /// Functions.
    pub func_info: Vec<ExtSection<FuncInfo>>,
    /// Source lines.
    pub line_info: Vec<ExtSection<LineInfo>>,
    /// CO-RE relocations.
    pub core_relo: Vec<ExtSection<CoreRelo>>,
}

/// Records of one ELF section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtSection<T> {
    /// Its name, an offset into the strings of the object's BTF.
    pub name_off: u32,
    /// The records; fields newer than ours are dropped.
    pub records: Vec<T>,
}

/// Why bytes are no BTF.ext.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtError {
    /// Shorter than the header it needs.
    Header,
    /// Not `0xeb9f` in this machine's byte order.
    Magic,
    /// Not version 1.
    Version(u8),
    /// Unknown flags.
    Flags(u8),
    /// A part lies outside the data.
    Outside(&'static str),
    /// A record size that is too small or no multiple of 4.
    RecordSize(&'static str, u32),
    /// A section without records, or records that end early.
    Records(&'static str),
}

impl fmt::Display for ExtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("BTF.ext is shorter than its header"),
            Self::Magic => f.write_str("BTF.ext has a wrong magic number or byte order"),
            Self::Version(version) => write!(f, "BTF.ext has unknown version {version}"),
            Self::Flags(flags) => write!(f, "BTF.ext has unknown flags {flags:#x}"),
            Self::Outside(part) => write!(f, "{part} of BTF.ext lies outside the data"),
            Self::RecordSize(part, size) => write!(f, "{part} of BTF.ext has record size {size}"),
            Self::Records(part) => write!(f, "{part} of BTF.ext ends inside its records"),
        }
    }
}

impl core::error::Error for ExtError {}

/// Bytes of a header without CO-RE.
const OLD_HEADER: usize = 24;

impl BtfExt {
    /// Parses the bytes of a `.BTF.ext` section.
    pub fn parse(raw: &[u8]) -> Result<Self, ExtError> {
        let header = read_header(raw)?;
        let data = raw.get(header.hdr_len as usize..).ok_or(ExtError::Header)?;
        Ok(Self {
            func_info: read_part(
                data,
                header.func_info_off,
                header.func_info_len,
                "func_info",
            )?,
            line_info: read_part(
                data,
                header.line_info_off,
                header.line_info_len,
                "line_info",
            )?,
            core_relo: read_part(
                data,
                header.core_relo_off,
                header.core_relo_len,
                "core_relo",
            )?,
        })
    }
}

fn read_header(raw: &[u8]) -> Result<BtfExtHeader, ExtError> {
    let mut header = BtfExtHeader::default();
    let old = raw.get(..OLD_HEADER).ok_or(ExtError::Header)?;
    let hdr_len = old
        .get(4..8)
        .and_then(|bytes| u32::read_from_bytes(bytes).ok());
    let hdr_len = hdr_len.ok_or(ExtError::Header)? as usize;
    let given = raw.get(..hdr_len).filter(|given| given.len() >= OLD_HEADER);
    for (to, from) in header
        .as_mut_bytes()
        .iter_mut()
        .zip(given.ok_or(ExtError::Header)?)
    {
        *to = *from;
    }
    if header.magic != BTF_MAGIC {
        return Err(ExtError::Magic);
    }
    if header.version != BTF_VERSION {
        return Err(ExtError::Version(header.version));
    }
    if header.flags != 0 {
        return Err(ExtError::Flags(header.flags));
    }
    Ok(header)
}

fn read_part<T: FromBytes>(
    data: &[u8],
    off: u32,
    len: u32,
    part: &'static str,
) -> Result<Vec<ExtSection<T>>, ExtError> {
    if len == 0 {
        return Ok(Vec::new());
    }
    let bytes = data
        .get(off as usize..)
        .and_then(|rest| rest.get(..len as usize));
    let bytes = bytes.ok_or(ExtError::Outside(part))?;
    let (record_size, mut rest) =
        u32::read_from_prefix(bytes).map_err(|_| ExtError::Records(part))?;
    let size = record_size as usize;
    if size < size_of::<T>() || !record_size.is_multiple_of(4) {
        return Err(ExtError::RecordSize(part, record_size));
    }
    let mut sections = Vec::new();
    while !rest.is_empty() {
        let (head, after) =
            BtfExtInfoSec::read_from_prefix(rest).map_err(|_| ExtError::Records(part))?;
        let total = size
            .checked_mul(head.num_info as usize)
            .filter(|&total| total != 0);
        let split = total.and_then(|total| after.split_at_checked(total));
        let (records, left) = split.ok_or(ExtError::Records(part))?;
        let records = records
            .chunks_exact(size)
            .filter_map(|record| Some(T::read_from_prefix(record).ok()?.0))
            .collect();
        sections.push(ExtSection {
            name_off: head.sec_name_off,
            records,
        });
        rest = left;
    }
    Ok(sections)
}
