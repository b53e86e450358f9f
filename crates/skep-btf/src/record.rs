//! [`Record`]: the bytes of one type, undecoded, and how long each kind is.

use skep_uapi::btf::{
    BtfArray, BtfEnum, BtfEnum64, BtfKind, BtfMember, BtfParam, BtfType, BtfVarSecinfo,
};
use zerocopy::FromBytes;

/// Bytes of the common head.
pub(crate) const HEAD: usize = size_of::<BtfType>();
/// Bits of `info` that mean something: vlen, kind, kind flag.
const INFO_MASK: u32 = 0x9f00_ffff;

/// One type as it stands in the type section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    pub(crate) head: BtfType,
    /// What follows the head: members, parameters, ...
    pub(crate) tail: &'a [u8],
}

/// Why a type section cannot even be cut into types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CutError {
    /// Fewer bytes left than the type needs.
    Short { left: usize, needed: usize },
    /// Reserved bits of `info` are set.
    Info(u32),
    /// No such kind.
    Kind(u32),
}

impl<'a> Record<'a> {
    /// Cuts the first type off `bytes`; also gives its length in bytes.
    pub(crate) fn cut(bytes: &'a [u8]) -> Result<(Self, usize), CutError> {
        let Ok((head, rest)) = BtfType::read_from_prefix(bytes) else {
            return Err(CutError::Short {
                left: bytes.len(),
                needed: HEAD,
            });
        };
        if head.info & !INFO_MASK != 0 {
            return Err(CutError::Info(head.info));
        }
        let raw_kind = (head.info >> 24) & 0x1f;
        let kind = BtfKind::from_raw(raw_kind).ok_or(CutError::Kind(raw_kind))?;
        let needed = tail_len(kind, head.info & 0xffff);
        match rest.get(..needed) {
            Some(tail) => Ok((Self { head, tail }, HEAD.saturating_add(needed))),
            None => Err(CutError::Short {
                left: rest.len(),
                needed,
            }),
        }
    }

    /// The head alone of a type whose rest is missing.
    pub(crate) fn head_only(bytes: &'a [u8]) -> Option<Self> {
        let (head, _) = BtfType::read_from_prefix(bytes).ok()?;
        BtfKind::from_raw((head.info >> 24) & 0x1f)?;
        Some(Self { head, tail: &[] })
    }

    /// The kind; `cut` has already refused unknown ones.
    pub(crate) fn kind(&self) -> BtfKind {
        BtfKind::from_raw((self.head.info >> 24) & 0x1f).unwrap_or(BtfKind::Int)
    }

    pub(crate) fn vlen(&self) -> u32 {
        self.head.info & 0xffff
    }

    pub(crate) fn kind_flag(&self) -> bool {
        self.head.info >> 31 != 0
    }

    /// Whether this is STRUCT or UNION.
    pub(crate) fn is_composite(&self) -> bool {
        matches!(self.kind(), BtfKind::Struct | BtfKind::Union)
    }

    /// Whether this is a qualifier, TYPEDEF or TYPE_TAG.
    pub(crate) fn is_modifier(&self) -> bool {
        is_modifier(self.kind())
    }

    /// The records of a tail that is a sequence of `T`.
    pub(crate) fn items<T: FromBytes + 'a>(
        &self,
    ) -> impl ExactSizeIterator<Item = T> + Clone + use<'a, T> {
        Items {
            rest: self.tail,
            item: core::marker::PhantomData,
        }
    }

    /// The `index`-th record of the tail.
    pub(crate) fn item<T: FromBytes>(&self, index: u32) -> Option<T> {
        let at = usize::try_from(index).ok()?.checked_mul(size_of::<T>())?;
        Some(T::read_from_prefix(self.tail.get(at..)?).ok()?.0)
    }

    /// The one word after INT, VAR or DECL_TAG.
    pub(crate) fn word(&self) -> u32 {
        self.item(0).unwrap_or(0)
    }

    /// The record after an ARRAY.
    pub(crate) fn array(&self) -> BtfArray {
        self.item(0).unwrap_or_default()
    }
}

/// Iterator over the fixed-size records of a tail.
struct Items<'a, T> {
    rest: &'a [u8],
    item: core::marker::PhantomData<fn() -> T>,
}

impl<T> Clone for Items<'_, T> {
    fn clone(&self) -> Self {
        Self {
            rest: self.rest,
            item: self.item,
        }
    }
}

impl<T: FromBytes> Iterator for Items<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let (item, rest) = T::read_from_prefix(self.rest).ok()?;
        self.rest = rest;
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.rest.len().checked_div(size_of::<T>()).unwrap_or(0);
        (left, Some(left))
    }
}

impl<T: FromBytes> ExactSizeIterator for Items<'_, T> {}

/// Whether a kind is skipped when asking what a type really is.
pub(crate) fn is_modifier(kind: BtfKind) -> bool {
    matches!(
        kind,
        BtfKind::Typedef
            | BtfKind::Volatile
            | BtfKind::Const
            | BtfKind::Restrict
            | BtfKind::TypeTag
    )
}

/// Bytes after the head of a type.
fn tail_len(kind: BtfKind, vlen: u32) -> usize {
    let vlen = vlen as usize;
    match kind {
        BtfKind::Int | BtfKind::Var | BtfKind::DeclTag => size_of::<u32>(),
        BtfKind::Array => size_of::<BtfArray>(),
        BtfKind::Struct | BtfKind::Union => vlen.saturating_mul(size_of::<BtfMember>()),
        BtfKind::Enum => vlen.saturating_mul(size_of::<BtfEnum>()),
        BtfKind::Enum64 => vlen.saturating_mul(size_of::<BtfEnum64>()),
        BtfKind::FuncProto => vlen.saturating_mul(size_of::<BtfParam>()),
        BtfKind::Datasec => vlen.saturating_mul(size_of::<BtfVarSecinfo>()),
        BtfKind::Ptr
        | BtfKind::Fwd
        | BtfKind::Typedef
        | BtfKind::Volatile
        | BtfKind::Const
        | BtfKind::Restrict
        | BtfKind::Func
        | BtfKind::Float
        | BtfKind::TypeTag => 0,
    }
}
