//! The attr of a command as text: `{map_type=HASH, key_size=4, value_size=8, max_entries=64, map_name="m"}`.
//!
//! One table says which fields a command reads. The first of them are always shown, the others where they are not zero;
//! what the kernel only writes is left out, as the line is made before the answer.

use std::mem::offset_of;

use skep_kernel::UserMemory;
use skep_uapi::attr::{
    BPF_ATTR_SIZE, BtfLoadAttr, EnableStatsAttr, GetIdAttr, InfoByFdAttr, LinkCreateAttr,
    LinkFdAttr, LinkUpdateAttr, MapBatchAttr, MapCreateAttr, MapElemAttr, ObjAttr, ProgAttachAttr,
    ProgBindMapAttr, ProgLoadAttr, ProgQueryAttr, ProgStreamReadAttr, ProgTestRunAttr,
    RawTracepointAttr, TaskFdQueryAttr, TokenCreateAttr,
};
use skep_uapi::{AttachType, Cmd, MapType, ProgType, UserPtr};

/// Bytes of a string that are shown.
const TEXT_MAX: usize = 256;

/// What a field is.
#[derive(Clone, Copy)]
enum Kind {
    /// 32 bits, unsigned.
    Number,
    /// 32 bits, signed.
    Fd,
    /// 32 bits.
    Flags,
    /// 64 bits.
    Flags64,
    /// 64 bits; NULL where it is 0.
    Pointer,
    /// A pointer to a string.
    Text,
    /// 16 bytes.
    Name,
    MapType,
    ProgType,
    AttachType,
}

/// When a field is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Always,
    IfSet,
}

struct Field {
    name: &'static str,
    offset: usize,
    kind: Kind,
    shown: Shown,
}

/// The fields of a struct by their names: those that are always shown; those that are where they are set.
macro_rules! fields {
    ($attr:ident: $($name:ident $kind:ident),*; $($set:ident $set_kind:ident),*) => {
        &[
            $(Field {
                name: stringify!($name),
                offset: offset_of!($attr, $name),
                kind: Kind::$kind,
                shown: Shown::Always,
            },)*
            $(Field {
                name: stringify!($set),
                offset: offset_of!($attr, $set),
                kind: Kind::$set_kind,
                shown: Shown::IfSet,
            },)*
        ]
    };
}

/// What a command reads.
fn fields(cmd: Cmd) -> &'static [Field] {
    match cmd {
        Cmd::MapCreate => fields![MapCreateAttr:
            map_type MapType, key_size Number, value_size Number, max_entries Number;
            map_flags Flags, inner_map_fd Fd, numa_node Number, map_name Name, map_ifindex Number, btf_fd Fd,
            btf_key_type_id Number, btf_value_type_id Number, btf_vmlinux_value_type_id Number, map_extra Flags64,
            value_type_btf_obj_fd Fd, map_token_fd Fd, excl_prog_hash Pointer, excl_prog_hash_size Number],
        Cmd::MapLookupElem | Cmd::MapLookupAndDeleteElem | Cmd::MapUpdateElem => {
            fields![MapElemAttr: map_fd Fd, key Pointer, value Pointer; flags Flags64]
        }
        Cmd::MapDeleteElem => fields![MapElemAttr: map_fd Fd, key Pointer;],
        Cmd::MapGetNextKey => {
            const KEYS: &[Field] = &[
                always("map_fd", offset_of!(MapElemAttr, map_fd), Kind::Fd),
                always("key", offset_of!(MapElemAttr, key), Kind::Pointer),
                // One union with the value.
                always("next_key", offset_of!(MapElemAttr, value), Kind::Pointer),
            ];
            KEYS
        }
        Cmd::MapFreeze => fields![MapElemAttr: map_fd Fd;],
        Cmd::MapLookupBatch | Cmd::MapLookupAndDeleteBatch => fields![MapBatchAttr:
            map_fd Fd, in_batch Pointer, out_batch Pointer, keys Pointer, values Pointer, count Number;
            elem_flags Flags64, flags Flags64],
        Cmd::MapUpdateBatch => fields![MapBatchAttr:
            map_fd Fd, keys Pointer, values Pointer, count Number; elem_flags Flags64, flags Flags64],
        Cmd::MapDeleteBatch => fields![MapBatchAttr:
            map_fd Fd, keys Pointer, count Number; elem_flags Flags64, flags Flags64],
        Cmd::ProgLoad => fields![ProgLoadAttr:
            prog_type ProgType, insn_cnt Number, insns Pointer, license Text;
            log_level Number, log_size Number, log_buf Pointer, prog_flags Flags, prog_name Name,
            prog_ifindex Number, expected_attach_type AttachType, prog_btf_fd Fd, func_info_rec_size Number,
            func_info Pointer, func_info_cnt Number, line_info_rec_size Number, line_info Pointer,
            line_info_cnt Number, attach_btf_id Number, attach_fd Fd, fd_array Pointer, fd_array_cnt Number,
            core_relo_cnt Number, core_relos Pointer, core_relo_rec_size Number, prog_token_fd Fd,
            signature Pointer, signature_size Number, keyring_id Fd],
        Cmd::ObjPin => {
            fields![ObjAttr: pathname Text, bpf_fd Fd; file_flags Flags, path_fd Fd]
        }
        Cmd::ObjGet => fields![ObjAttr: pathname Text; bpf_fd Fd, file_flags Flags, path_fd Fd],
        Cmd::ProgAttach | Cmd::ProgDetach => fields![ProgAttachAttr:
            target Fd, attach_bpf_fd Fd, attach_type AttachType;
            attach_flags Flags, replace_bpf_fd Fd, relative Fd, expected_revision Flags64],
        Cmd::ProgQuery => fields![ProgQueryAttr:
            target Fd, attach_type AttachType;
            query_flags Flags, prog_ids Pointer, count Number, prog_attach_flags Pointer, link_ids Pointer,
            link_attach_flags Pointer],
        Cmd::ProgTestRun => fields![ProgTestRunAttr:
            prog_fd Fd, data_in Pointer, data_size_in Number;
            data_out Pointer, data_size_out Number, ctx_in Pointer, ctx_size_in Number, ctx_out Pointer,
            ctx_size_out Number, repeat Number, flags Flags, cpu Number, batch_size Number],
        Cmd::ProgGetNextId | Cmd::MapGetNextId | Cmd::BtfGetNextId | Cmd::LinkGetNextId => {
            const START: &[Field] = &[always("start_id", offset_of!(GetIdAttr, id), Kind::Number)];
            START
        }
        Cmd::ProgGetFdById | Cmd::LinkGetFdById => fields![GetIdAttr: id Number;],
        Cmd::MapGetFdById => fields![GetIdAttr: id Number; open_flags Flags],
        Cmd::BtfGetFdById => {
            fields![GetIdAttr: id Number; open_flags Flags, fd_by_id_token_fd Fd]
        }
        Cmd::ObjGetInfoByFd => fields![InfoByFdAttr: bpf_fd Fd, info_len Number, info Pointer;],
        Cmd::RawTracepointOpen => {
            fields![RawTracepointAttr: name Text, prog_fd Fd; cookie Flags64]
        }
        Cmd::BtfLoad => fields![BtfLoadAttr:
            btf Pointer, btf_size Number;
            btf_log_level Number, btf_log_size Number, btf_log_buf Pointer, btf_flags Flags, btf_token_fd Fd],
        Cmd::TaskFdQuery => {
            fields![TaskFdQueryAttr: pid Number, fd Fd, buf Pointer, buf_len Number; flags Flags]
        }
        Cmd::LinkCreate => {
            fields![LinkCreateAttr: fd Fd, target Fd, attach_type AttachType; flags Flags]
        }
        Cmd::LinkUpdate => {
            fields![LinkUpdateAttr: link_fd Fd, new_fd Fd; flags Flags, old_fd Fd]
        }
        Cmd::LinkDetach => fields![LinkFdAttr: link_fd Fd;],
        Cmd::IterCreate => fields![LinkFdAttr: link_fd Fd; flags Flags],
        Cmd::EnableStats => {
            const TYPE: &[Field] = &[always(
                "type",
                offset_of!(EnableStatsAttr, kind),
                Kind::Number,
            )];
            TYPE
        }
        Cmd::ProgBindMap => fields![ProgBindMapAttr: prog_fd Fd, map_fd Fd; flags Flags],
        Cmd::TokenCreate => fields![TokenCreateAttr: bpffs_fd Fd; flags Flags],
        Cmd::ProgStreamReadByFd => fields![ProgStreamReadAttr:
            prog_fd Fd, stream_id Number, stream_buf Pointer, stream_buf_len Number;],
    }
}

const fn always(name: &'static str, offset: usize, kind: Kind) -> Field {
    Field {
        name,
        offset,
        kind,
        shown: Shown::Always,
    }
}

/// The attr at an address, as far as it can be read.
pub(super) fn describe(memory: &dyn UserMemory, cmd: Cmd, at: UserPtr, size: u32) -> String {
    let mut bytes = [0; BPF_ATTR_SIZE];
    let len = BPF_ATTR_SIZE.min(size as usize);
    let there = bytes.get_mut(..len);
    if there.is_none_or(|there| memory.read(at, there).is_err()) {
        return pointer(at.0);
    }
    let shown = fields(cmd).iter().filter_map(|field| {
        let bytes = bytes.get(field.offset..)?;
        let is_set = bytes.iter().take(field.kind.size()).any(|byte| *byte != 0);
        let text = field.kind.describe(memory, bytes);
        (is_set || field.shown == Shown::Always).then(|| format!("{}={text}", field.name))
    });
    format!("{{{}}}", shown.collect::<Vec<_>>().join(", "))
}

fn pointer(at: u64) -> String {
    match at {
        0 => "NULL".to_owned(),
        at => format!("{at:#x}"),
    }
}

/// A string up to its NUL, printable whatever it holds.
fn quoted(bytes: &[u8]) -> String {
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let more = if text.len() < TEXT_MAX { "" } else { "..." };
    format!("\"{}\"{more}", text.escape_ascii())
}

impl Kind {
    fn size(self) -> usize {
        match self {
            Self::Number | Self::Fd | Self::Flags => 4,
            Self::MapType | Self::ProgType | Self::AttachType => 4,
            Self::Flags64 | Self::Pointer | Self::Text => 8,
            Self::Name => 16,
        }
    }

    /// The field at the start of these bytes.
    fn describe(self, memory: &dyn UserMemory, bytes: &[u8]) -> String {
        let half = || u32::from_ne_bytes(bytes.first_chunk().copied().unwrap_or_default());
        let word = || u64::from_ne_bytes(bytes.first_chunk().copied().unwrap_or_default());
        let one_of = |name: Option<&str>| name.map_or_else(|| half().to_string(), str::to_owned);
        match self {
            Self::Number => half().to_string(),
            Self::Fd => half().cast_signed().to_string(),
            Self::Flags => format!("{:#x}", half()),
            Self::Flags64 => format!("{:#x}", word()),
            Self::Pointer => pointer(word()),
            Self::Text => match memory.read_string(UserPtr(word()), TEXT_MAX) {
                Ok(text) => quoted(&text),
                Err(_) => pointer(word()),
            },
            Self::Name => quoted(bytes.get(..self.size()).unwrap_or(bytes)),
            Self::MapType => one_of(MapType::from_raw(half()).map(MapType::name)),
            Self::ProgType => one_of(ProgType::from_raw(half()).map(ProgType::name)),
            Self::AttachType => one_of(AttachType::from_raw(half()).map(AttachType::name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_kernel::MemoryFault;

    /// Memory that begins at an address.
    struct Memory(u64, Vec<u8>);

    impl UserMemory for Memory {
        fn read(&self, from: UserPtr, to: &mut [u8]) -> Result<(), MemoryFault> {
            let start = from.0.checked_sub(self.0).ok_or(MemoryFault)? as usize;
            let bytes = self.1.get(start..start + to.len()).ok_or(MemoryFault)?;
            to.copy_from_slice(bytes);
            Ok(())
        }

        fn write(&self, _: UserPtr, _: &[u8]) -> Result<(), MemoryFault> {
            Err(MemoryFault)
        }
    }

    fn shown(cmd: Cmd, words: &[u32], behind: &[u8]) -> String {
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let size = bytes.len() as u32;
        bytes.extend(behind);
        describe(&Memory(0x1000, bytes), cmd, UserPtr(0x1000), size)
    }

    #[test]
    fn a_map_is_shown_by_names_and_what_is_zero_left_out() {
        let name = u32::from_ne_bytes(*b"m\n\"\0");
        assert_eq!(
            shown(Cmd::MapCreate, &[1, 4, 8, 64, 1, 0, 0, name], &[]),
            r#"{map_type=HASH, key_size=4, value_size=8, max_entries=64, map_flags=0x1, map_name="m\n\""}"#
        );
        assert_eq!(
            shown(Cmd::MapCreate, &[999], &[]),
            "{map_type=999, key_size=0, value_size=0, max_entries=0}"
        );
    }

    #[test]
    fn strings_are_followed_where_they_can_be() {
        assert_eq!(
            shown(Cmd::ObjPin, &[0x1010, 0, 3, 0], b"/a/b\0"),
            r#"{pathname="/a/b", bpf_fd=3}"#
        );
        assert_eq!(shown(Cmd::ObjGet, &[0x10, 0], &[]), "{pathname=0x10}");
        assert_eq!(
            shown(Cmd::MapGetNextKey, &[3, 0, 0, 0, 0x20, 0], &[]),
            "{map_fd=3, key=NULL, next_key=0x20}"
        );
    }

    #[test]
    fn what_cannot_be_read_is_an_address() {
        let memory = Memory(0x1000, vec![0; 8]);
        let attr = |at| describe(&memory, Cmd::MapFreeze, UserPtr(at), 16);
        assert_eq!(attr(0), "NULL");
        assert_eq!(attr(0x1000), "0x1000");
    }

    #[test]
    fn fields_lie_in_what_a_command_reads() {
        for cmd in Cmd::ALL {
            for field in fields(cmd) {
                let end = skep_uapi::attr::last_field_end(cmd);
                assert!(
                    field.offset + field.kind.size() <= end,
                    "{cmd}: {}",
                    field.name
                );
            }
        }
    }
}
