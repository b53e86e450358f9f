//! The few fields of kernel structs that programs may write, by program type.

use crate::register::TypeRef;
use crate::reject::{Check, MemoryReject};
use crate::verifier::Verifier;
use alloc::string::ToString;
use skep_btf::{Btf, BtfKind};
use skep_uapi::ProgType;

/// Fields of one struct. A row names the struct that declares the field, and the field or a path of fields.
struct Writable {
    /// The struct as programs see it.
    seen: &'static str,
    /// Declaring struct, path. Declaring structs stand at offset 0 of the seen one.
    fields: &'static [(&'static str, &'static [&'static str])],
}

const TCP_SOCK: Writable = Writable {
    seen: "tcp_sock",
    fields: &[
        ("sock", &["sk_pacing_rate"]),
        ("sock", &["sk_pacing_status"]),
        ("inet_connection_sock", &["icsk_ca_priv"]),
        ("inet_connection_sock", &["icsk_ack", "pending"]),
        ("tcp_sock", &["snd_cwnd"]),
        ("tcp_sock", &["snd_cwnd_cnt"]),
        ("tcp_sock", &["snd_cwnd_stamp"]),
        ("tcp_sock", &["snd_ssthresh"]),
        ("tcp_sock", &["ecn_flags"]),
        ("tcp_sock", &["app_limited"]),
    ],
};
const NF_CONN: Writable = Writable {
    seen: "nf_conn",
    fields: &[("nf_conn", &["mark"])],
};

/// A struct that programs of its struct_ops may write as a whole.
const DUMMY_STATE: &str = "bpf_dummy_ops_state";

impl Verifier<'_> {
    /// A store of `size` bytes at `off` of a kernel struct.
    pub(super) fn check_kernel_struct_write(&mut self, ty: TypeRef, off: i32, size: u32) -> Check {
        let name = self.type_name(ty).to_string();
        let struct_ops = self
            .calls
            .target
            .as_ref()
            .and_then(|t| t.struct_name.clone());
        let allowed = match (self.request.prog_type, struct_ops.as_deref()) {
            (ProgType::StructOps, Some("tcp_congestion_ops")) if name == TCP_SOCK.seen => &TCP_SOCK,
            (ProgType::StructOps, Some("bpf_dummy_ops")) if name == DUMMY_STATE => {
                return self.check_whole_struct(ty, off, size);
            }
            (ProgType::SchedCls | ProgType::SchedAct | ProgType::Xdp, _)
                if matches!(name.as_str(), "nf_conn" | "nf_conn___init") =>
            {
                &NF_CONN
            }
            _ => return Err(self.reject(MemoryReject::BtfReadOnly)),
        };
        let span = self
            .btf(ty.btf)
            .and_then(|btf| allowed.field_at(btf, off.cast_unsigned()));
        let Some((_, end)) = span else {
            return Err(self.reject(MemoryReject::NoWriteSupport {
                name: allowed.seen,
                off,
            }));
        };
        if off.cast_unsigned().saturating_add(size) > end {
            return Err(self.reject(MemoryReject::WriteBeyondField {
                off,
                size,
                name: allowed.seen,
                end,
            }));
        }
        Ok(())
    }

    fn check_whole_struct(&mut self, ty: TypeRef, off: i32, size: u32) -> Check {
        let total = self.btf(ty.btf).and_then(|b| b.size_of(ty.id)).unwrap_or(0);
        if off.cast_unsigned().saturating_add(size) > total {
            return Err(self.reject(MemoryReject::BtfReadOnly));
        }
        Ok(())
    }
}

impl Writable {
    /// The span of the field that byte `off` lies in.
    fn field_at(&self, btf: &Btf, off: u32) -> Option<(u32, u32)> {
        let spans = self
            .fields
            .iter()
            .filter_map(|(owner, path)| span_of(btf, owner, path));
        spans
            .into_iter()
            .find(|(start, end)| (*start..*end).contains(&off))
    }
}

fn span_of(btf: &Btf, owner: &str, path: &[&str]) -> Option<(u32, u32)> {
    let mut ty = btf.find_by_name_kind(owner, BtfKind::Struct)?;
    let mut start = 0u32;
    for name in path {
        let composite = btf.resolve(ty)?.as_composite()?;
        let member = composite.member_by_name(name)?;
        start = start.checked_add(member.byte_offset())?;
        ty = member.type_id();
    }
    Some((start, start.checked_add(btf.size_of(ty)?)?))
}
