//! The header of a BTF blob and where its two sections lie.

use core::fmt;
use core::ops::Range;

use skep_uapi::Errno;
use skep_uapi::btf::{BTF_MAGIC, BTF_VERSION, BtfHeader};
use skep_uapi::limits::{BTF_MAX_NAME_OFFSET, BTF_MAX_SIZE};
use zerocopy::{FromBytes, IntoBytes};

/// Bytes up to and including `hdr_len`.
const THROUGH_HDR_LEN: usize = 8;

/// What is wrong with a blob before its first type; shown as the kernel's log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// More than 16 MiB (no log line).
    TooBig,
    /// Shorter than 8 bytes.
    NoHdrLen,
    /// Shorter than its own `hdr_len`.
    NoHeader,
    /// Non-zero bytes after the known header.
    UnknownFields,
    /// Not `0xeb9f` in this machine's byte order.
    Magic,
    /// Not version 1.
    Version,
    /// Any flag.
    Flags,
    /// Nothing after the header.
    NoData,
    /// A section begins after the end.
    SectionOffset,
    /// Bytes in no section.
    SectionGap,
    /// Two sections share bytes.
    SectionOverlap,
    /// A section ends after the end.
    SectionLength,
    /// Bytes after the strings.
    StringsNotLast,
    /// Strings empty, too long, or not between two NULs.
    Strings,
    /// Types not at a multiple of 4.
    TypeAlignment,
    /// No types.
    NoTypes,
}

impl HeaderError {
    /// The errno of BTF_LOAD.
    pub fn errno(self) -> Errno {
        match self {
            Self::TooBig | Self::UnknownFields => Errno::E2BIG,
            Self::Version | Self::Flags => Errno::ENOTSUPP,
            Self::NoHdrLen
            | Self::NoHeader
            | Self::Magic
            | Self::NoData
            | Self::SectionOffset
            | Self::SectionGap
            | Self::SectionOverlap
            | Self::SectionLength
            | Self::StringsNotLast
            | Self::Strings
            | Self::TypeAlignment
            | Self::NoTypes => Errno::EINVAL,
        }
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooBig => "",
            Self::NoHdrLen => "hdr_len not found",
            Self::NoHeader => "btf_header not found",
            Self::UnknownFields => "Unsupported btf_header",
            Self::Magic => "Invalid magic",
            Self::Version => "Unsupported version",
            Self::Flags => "Unsupported flags",
            Self::NoData => "No data",
            Self::SectionOffset => "Invalid section offset",
            Self::SectionGap => "Unsupported section found",
            Self::SectionOverlap => "Section overlap found",
            Self::SectionLength => "Total section length too long",
            Self::StringsNotLast => "String section is not at the end",
            Self::Strings => "Invalid string section",
            Self::TypeAlignment => "Unaligned type_off",
            Self::NoTypes => "No type found",
        })
    }
}

/// Where types and strings are in the blob.
#[derive(Clone, Debug)]
pub(crate) struct Sections {
    pub(crate) types: Range<usize>,
    pub(crate) strings: Range<usize>,
}

/// Whether the BTF extends another one: then it may be without types or strings of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    Alone,
    Split,
}

/// The header as far as `hdr_len` reaches, zero after that; `Err` where the kernel stops before printing it.
pub(crate) fn read(raw: &[u8]) -> Result<BtfHeader, HeaderError> {
    if raw.len() > BTF_MAX_SIZE as usize {
        return Err(HeaderError::TooBig);
    }
    let hdr_len = raw
        .get(4..THROUGH_HDR_LEN)
        .and_then(|bytes| u32::read_from_bytes(bytes).ok())
        .ok_or(HeaderError::NoHdrLen)? as usize;
    let given = raw.get(..hdr_len).ok_or(HeaderError::NoHeader)?;
    let mut header = BtfHeader::default();
    let known = header.as_mut_bytes();
    for (to, from) in known.iter_mut().zip(given) {
        *to = *from;
    }
    if given.iter().skip(known.len()).any(|&byte| byte != 0) {
        return Err(HeaderError::UnknownFields);
    }
    Ok(header)
}

/// Checks a header that was read, and the layout of the blob, in the kernel's order.
pub(crate) fn sections(
    raw: &[u8],
    header: &BtfHeader,
    base: Base,
) -> Result<Sections, HeaderError> {
    if header.magic != BTF_MAGIC {
        return Err(HeaderError::Magic);
    }
    if header.version != BTF_VERSION {
        return Err(HeaderError::Version);
    }
    if header.flags != 0 {
        return Err(HeaderError::Flags);
    }
    let start = header.hdr_len as usize;
    let data = raw.get(start..).ok_or(HeaderError::NoHeader)?;
    if data.is_empty() && base == Base::Alone {
        return Err(HeaderError::NoData);
    }
    check_layout(header, data.len())?;

    let span = |off: u32, len: u32| {
        let from = start.saturating_add(off as usize);
        from..from.saturating_add(len as usize)
    };
    let strings = span(header.str_off, header.str_len);
    if strings.end != raw.len() {
        return Err(HeaderError::StringsNotLast);
    }
    check_strings(raw.get(strings.clone()).unwrap_or_default(), base)?;
    if !header.type_off.is_multiple_of(4) {
        return Err(HeaderError::TypeAlignment);
    }
    if header.type_len == 0 && base == Base::Alone {
        return Err(HeaderError::NoTypes);
    }
    Ok(Sections {
        types: span(header.type_off, header.type_len),
        strings,
    })
}

/// The sections, by offset, must tile the data.
fn check_layout(header: &BtfHeader, len: usize) -> Result<(), HeaderError> {
    let mut spans = [
        (header.type_off, header.type_len),
        (header.str_off, header.str_len),
    ];
    // Linux compares by the sign of the difference, which offsets past 2 GiB turn around.
    spans.sort_by(|one, other| (one.0.wrapping_sub(other.0) as i32).cmp(&0));
    let mut total = 0_usize;
    for (off, size) in spans {
        let off = off as usize;
        if len < off {
            return Err(HeaderError::SectionOffset);
        }
        if total < off {
            return Err(HeaderError::SectionGap);
        }
        if total > off {
            return Err(HeaderError::SectionOverlap);
        }
        let end = total.saturating_add(size as usize);
        if len < end {
            return Err(HeaderError::SectionLength);
        }
        total = end;
    }
    if total == len {
        Ok(())
    } else {
        Err(HeaderError::SectionGap)
    }
}

fn check_strings(strings: &[u8], base: Base) -> Result<(), HeaderError> {
    if strings.is_empty() && base == Base::Split {
        return Ok(());
    }
    let first_ok = base == Base::Split || strings.first() == Some(&0);
    let fits = strings.len() <= (BTF_MAX_NAME_OFFSET as usize).saturating_add(1);
    if first_ok && fits && strings.last() == Some(&0) {
        Ok(())
    } else {
        Err(HeaderError::Strings)
    }
}
