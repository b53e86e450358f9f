//! The attrs that re-issue a row, given the addresses of its buffers.

use super::attr::Attr;
use super::unit::{MapSpec, Unit};

/// Bytes at an address the border understands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Placed {
    pub(crate) at: u64,
    pub(crate) len: u32,
}

impl Placed {
    /// Bytes of this process, where they are. They must stay there until the call is over.
    pub(crate) fn here(bytes: &[u8]) -> Self {
        Self {
            at: bytes.as_ptr().expose_provenance() as u64,
            len: bytes.len() as u32,
        }
    }

    /// A buffer of this process that the call writes to.
    pub(crate) fn here_to_write(bytes: &mut [u8]) -> Self {
        Self {
            at: bytes.as_mut_ptr().expose_provenance() as u64,
            len: bytes.len() as u32,
        }
    }

    /// The address, 0 where there is nothing.
    fn or_null(self) -> u64 {
        if self.len == 0 { 0 } else { self.at }
    }

    fn records(self, size: u32) -> u32 {
        self.len.checked_div(size).unwrap_or(0)
    }
}

/// Everything a `BPF_PROG_LOAD` points to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProgBuffers {
    pub(crate) insns: Placed,
    /// With its NUL.
    pub(crate) license: Placed,
    pub(crate) func_info: Placed,
    pub(crate) line_info: Placed,
    pub(crate) fd_array: Placed,
    pub(crate) log: Placed,
    pub(crate) log_level: u32,
    pub(crate) btf_fd: i32,
}

/// `BPF_PROG_LOAD`.
pub(crate) fn prog_load(unit: &Unit, buffers: &ProgBuffers) -> Attr {
    let (func, line) = (buffers.func_info, buffers.line_info);
    Attr::default()
        .u32(unit.prog_type)
        .u32(buffers.insns.len / 8)
        .u64(buffers.insns.at)
        .u64(buffers.license.at)
        .u32(buffers.log_level)
        .u32(buffers.log.len)
        .u64(buffers.log.or_null())
        .u32(unit.kern_version)
        .u32(unit.prog_flags)
        .name(&unit.attr_prog_name)
        .u32(unit.prog_ifindex)
        .u32(unit.expected_attach_type)
        .fd(buffers.btf_fd)
        .u32(unit.func_info_rec_size)
        .u64(func.or_null())
        .u32(func.records(unit.func_info_rec_size))
        .u32(unit.line_info_rec_size)
        .u64(line.or_null())
        .u32(line.records(unit.line_info_rec_size))
        .u32(unit.attach_btf_id)
        .u32(0)
        .u32(0)
        .u64(buffers.fd_array.or_null())
}

/// `BPF_MAP_CREATE`.
pub(crate) fn map_create(spec: &MapSpec, inner_fd: i32, btf_fd: i32) -> Attr {
    Attr::default()
        .u32(spec.map_type)
        .u32(spec.key_size)
        .u32(spec.value_size)
        .u32(spec.max_entries)
        .u32(spec.flags)
        .fd(inner_fd)
        .u32(0)
        .name(&spec.name)
        .u32(0)
        .fd(btf_fd)
        .u32(spec.btf_key_type_id)
        .u32(spec.btf_value_type_id)
        .u32(spec.btf_vmlinux_value_type_id)
        .u64(spec.map_extra)
}

/// `BPF_MAP_*_ELEM` and `BPF_MAP_GET_NEXT_KEY`.
pub(crate) fn map_elem(fd: i32, key: u64, value: u64, flags: u64) -> Attr {
    Attr::default().fd(fd).u32(0).u64(key).u64(value).u64(flags)
}

/// `BPF_BTF_LOAD` without a log.
pub(crate) fn btf_load(data: Placed) -> Attr {
    Attr::default()
        .u64(data.at)
        .u64(0)
        .u32(data.len)
        .u32(0)
        .u32(0)
        .u32(0)
}

/// `BPF_PROG_TEST_RUN` with a packet, or without one.
pub(crate) fn test_run(fd: i32, packet: Placed) -> Attr {
    let head = Attr::default()
        .fd(fd)
        .u32(0)
        .u32(packet.len)
        .u32(0)
        .u64(packet.or_null());
    // data_out; repeat and duration; both ctx sizes; ctx_in; ctx_out; flags and cpu; batch_size and padding.
    (0..7).fold(head, |attr, _| attr.u64(0))
}

/// `BPF_PROG_TEST_RUN` with a packet and a context, each of which may be empty.
pub(crate) fn test_run_with_context(fd: i32, packet: Placed, context: Placed) -> Attr {
    Attr::default()
        .fd(fd)
        .u32(0)
        .u32(packet.len)
        .u32(0)
        .u64(packet.or_null())
        .u64(0)
        // repeat, duration
        .u64(0)
        .u32(context.len)
        .u32(0)
        .u64(context.or_null())
        // ctx_out; flags and cpu; batch_size and padding
        .u64(0)
        .u64(0)
        .u64(0)
}

/// Puts descriptors where `ld_imm64` holds an index into the row's maps.
///
/// -2000 stands for an open descriptor that is no map, -1000 for a closed one (which it is as it stands).
pub(crate) fn name_maps(insns: &mut [u8], fd_of: impl Fn(usize) -> Option<i32>) {
    const LD_IMM64: u8 = 0x18;
    const OPEN_BUT_NO_MAP: i32 = -2000;
    let mut second_half = false;
    for insn in insns.chunks_exact_mut(8) {
        if std::mem::take(&mut second_half) || insn[0] != LD_IMM64 {
            continue;
        }
        second_half = true;
        if !matches!(insn[1] >> 4, 1 | 2) {
            continue;
        }
        let index = i32::from_ne_bytes([insn[4], insn[5], insn[6], insn[7]]);
        let fd = if index == OPEN_BUT_NO_MAP {
            Some(1)
        } else {
            usize::try_from(index).ok().and_then(&fd_of)
        };
        if let Some(fd) = fd {
            insn[4..].copy_from_slice(&fd.to_ne_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::hex;
    use super::*;

    #[test]
    fn only_first_halves_name_maps() {
        let fds = [40, 41];
        let mut insns =
            hex::decode("18110000010000000000000018000000180600000000000018220000feff0000")
                .unwrap();
        name_maps(&mut insns, |index| fds.get(index).copied());
        assert_eq!(insns[4], 41);
        assert_eq!(insns[8..16], hex::decode("0000000018000000").unwrap());
        // An index past the maps stays as it is.
        assert_eq!(insns[28..], hex::decode("feff0000").unwrap());
    }
}
