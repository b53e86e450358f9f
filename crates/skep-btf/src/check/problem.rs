//! [`Problem`]: all that can be wrong with a type; shown in the kernel's words.

use core::fmt;

use skep_uapi::Errno;

use crate::header::HeaderError;

/// What is wrong; `Display` gives the kernel's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Before the first type.
    Header(HeaderError),
    /// The type section ends inside a type.
    MetaLeft {
        /// Bytes left.
        left: usize,
        /// Bytes the type needs.
        needed: usize,
    },
    /// Reserved bits of `info`.
    Info(u32),
    /// Unknown kind.
    Kind(u32),
    /// Name outside the strings.
    NameOffset(u32),
    /// Name of a member outside the strings.
    MemberNameOffset(u32),
    /// Name of an enumerator outside the strings.
    EnumNameOffset(u32),
    /// Unknown bits after an INT.
    IntData(u32),
    /// A parameter, counted from 1.
    Arg(u32),
    /// Anything described by its message alone.
    Text(Message),
    /// A special field (no message).
    Field(Errno),
}

macro_rules! messages {
    ($($name:ident = $text:literal;)*) => {
        /// The kernel's messages without operands.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each stands for the text beside it")]
        pub enum Message {
            $($name,)*
        }

        impl Message {
            /// The text.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

messages! {
    Vlen = "vlen != 0";
    KindFlag = "Invalid btf_info kind_flag";
    IntBits = "nr_bits exceeds 128";
    IntSize = "nr_bits exceeds type_size";
    IntEncoding = "Unsupported encoding";
    TypeId = "Invalid type_id";
    Name = "Invalid name";
    ArraySize = "size != 0";
    Element = "Invalid elem";
    Index = "Invalid index";
    ArrayOfInt = "Invalid array of int";
    ArrayOverflow = "Array size overflows U32_MAX";
    MemberOffset = "Invalid member bits_offset";
    MemberBeyond = "Member bits_offset exceeds its struct size";
    EnumSize = "Unexpected size";
    FwdType = "type != 0";
    FuncLinkage = "Invalid func linkage";
    VarLinkage = "Linkage not supported";
    SectionEmpty = "size == 0";
    EntryOffset = "Invalid offset";
    EntrySize = "Invalid size";
    EntryEnd = "Invalid offset+size";
    SectionSize = "Invalid btf_info size";
    FloatSize = "Invalid type_size";
    TagValue = "Invalid value";
    Component = "Invalid component_idx";
    Member = "Invalid member";
    MemberUnaligned = "Member is not byte aligned";
    MemberExceeds = "Member exceeds struct_size";
    FloatUnaligned = "Member is not properly aligned";
    BitsOverflow = "bits_offset exceeds U32_MAX";
    CopyBits = "nr_copy_bits exceeds 128";
    BitfieldBase = "Invalid member base type";
    BitfieldSize = "Invalid member bitfield_size";
    BitfieldOffset = "Invalid member offset";
    MemberKind = "Unsupported check_member";
    BitfieldKind = "Unsupported check_kflag_member";
    ReturnType = "Invalid return type";
    NotVar = "Not a VAR kind member";
    EntryType = "Invalid type";
    Loop = "Loop detected";
    Depth = "Exceeded max resolving depth:32";
    ResolveState = "Invalid resolve state";
    TagOrder = "Type tags don't precede modifiers";
    ChainLength = "Max chain length or cycle detected";
}

impl Problem {
    /// The errno of BTF_LOAD.
    pub fn errno(self) -> Errno {
        match self {
            Self::Header(error) => error.errno(),
            Self::Field(errno) => errno,
            Self::Text(Message::IntEncoding) => Errno::ENOTSUPP,
            Self::Text(Message::Loop) => Errno::EEXIST,
            Self::Text(Message::Depth) => Errno::E2BIG,
            Self::Text(Message::ChainLength) => Errno::ELOOP,
            Self::MetaLeft { .. }
            | Self::Info(_)
            | Self::Kind(_)
            | Self::NameOffset(_)
            | Self::MemberNameOffset(_)
            | Self::EnumNameOffset(_)
            | Self::IntData(_)
            | Self::Arg(_)
            | Self::Text(_) => Errno::EINVAL,
        }
    }
}

impl From<Message> for Problem {
    fn from(message: Message) -> Self {
        Self::Text(message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(error) => error.fmt(f),
            Self::MetaLeft { left, needed } => write!(f, "meta_left:{left} meta_needed:{needed}"),
            Self::Info(info) => write!(f, "Invalid btf_info:{info:x}"),
            Self::Kind(kind) => write!(f, "Invalid kind:{kind}"),
            Self::NameOffset(offset) => write!(f, "Invalid name_offset:{offset}"),
            Self::MemberNameOffset(offset) => write!(f, "Invalid member name_offset:{offset}"),
            Self::EnumNameOffset(offset) => write!(f, "Invalid name_offset:{offset}"),
            Self::IntData(data) => write!(f, "Invalid int_data:{data:x}"),
            Self::Arg(number) => write!(f, "Invalid arg#{number}"),
            Self::Text(message) => f.write_str(message.text()),
            Self::Field(errno) => errno.fmt(f),
        }
    }
}
