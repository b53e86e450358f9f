//! Which kernel a session pretends to be.
//!
//! Clients read the same facts from files (`/sys/kernel/btf/vmlinux`, `uname`, the list of possible CPUs); what they
//! read and what is here must agree.

use std::fs;
use std::io::Read;
use std::sync::{Arc, OnceLock};

use flate2::read::GzDecoder;
use skep_btf::{Btf, LoadError};

/// Whether programs are compiled, as far as verdicts and infos are concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Jit {
    /// As with `net.core.bpf_jit_enable` 1.
    On,
    /// As with 0: what needs the JIT is refused.
    Off,
}

/// What the architecture makes of accesses that are not aligned to their size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alignment {
    /// They are as good as others (x86, arm64, s390).
    Efficient,
    /// They are refused, as with `BPF_F_STRICT_ALIGNMENT`.
    Strict,
}

/// Where the kernel BTF of an identity comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BtfOrigin {
    /// The host: clients that read its files read the same.
    Host,
    /// Elsewhere, or there is none: the host's files tell something else.
    Chosen,
}

/// The identity of a session; fixed for its life.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The kernel's own types; the BTF object with id 1.
    pub btf: Option<Arc<Btf>>,
    /// Where they come from.
    pub btf_origin: BtfOrigin,
    /// What `uname -r` says.
    pub release: String,
    /// CPUs that per-CPU values have parts for.
    pub possible_cpus: u32,
    /// Whether programs are compiled.
    pub jit: Jit,
    /// Whether accesses must be aligned.
    pub alignment: Alignment,
}

/// The release that verdicts and errno follow.
const REFERENCE_RELEASE: &str = "6.18.0";

impl Identity {
    /// A kernel without BTF, release 6.18.0, the host's number of CPUs.
    pub fn without_btf() -> Self {
        Self {
            btf: None,
            btf_origin: BtfOrigin::Chosen,
            release: REFERENCE_RELEASE.to_owned(),
            possible_cpus: possible_cpus(),
            jit: Jit::On,
            alignment: Alignment::Efficient,
        }
    }

    /// Linux 6.18 by the types skep carries: kernel functions, LSM hooks, raw tracepoints, the functions hooked most, and
    /// what they lead to. Cut out of a kernel's BTF by `cargo xtask kernel-btf`.
    pub fn builtin() -> Self {
        Self {
            btf: builtin_btf(),
            ..Self::without_btf()
        }
    }

    /// [`Self::host`] where the host shows its types, else [`Self::builtin`].
    pub fn host_or_builtin() -> Self {
        let host = Self::host();
        if host.btf.is_some() {
            host
        } else {
            Self::builtin()
        }
    }

    /// As much of the host as can be read: its BTF, release and possible CPUs.
    pub fn host() -> Self {
        let btf = fs::read("/sys/kernel/btf/vmlinux")
            .ok()
            .and_then(|raw| Btf::parse(&raw).ok())
            .map(Arc::new);
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").map_or_else(
            |_| REFERENCE_RELEASE.to_owned(),
            |text| text.trim().to_owned(),
        );
        Self {
            btf,
            btf_origin: BtfOrigin::Host,
            release,
            ..Self::without_btf()
        }
    }

    /// This identity with another kernel BTF, given as raw bytes.
    pub fn with_btf(self, raw: &[u8]) -> Result<Self, LoadError> {
        Ok(Self {
            btf: Some(Arc::new(Btf::parse(raw)?)),
            btf_origin: BtfOrigin::Chosen,
            ..self
        })
    }
}

/// Unpacked once; sessions share it.
fn builtin_btf() -> Option<Arc<Btf>> {
    static PACKED: &[u8] = include_bytes!("../data/vmlinux-6.18.btf.gz");
    static BTF: OnceLock<Option<Arc<Btf>>> = OnceLock::new();
    let unpack = || {
        let mut raw = Vec::new();
        GzDecoder::new(PACKED).read_to_end(&mut raw).ok()?;
        Btf::parse(&raw).ok().map(Arc::new)
    };
    BTF.get_or_init(unpack).clone()
}

/// The host's possible CPUs: one more than the last number of a list such as `0-3` or `0,2-5`.
fn possible_cpus() -> u32 {
    let list = fs::read_to_string("/sys/devices/system/cpu/possible").unwrap_or_default();
    let last = list.trim().rsplit([',', '-']).next().unwrap_or_default();
    let online = || std::thread::available_parallelism().map_or(1, usize::from);
    match last.parse::<u32>() {
        Ok(last) => last.saturating_add(1),
        Err(_) => u32::try_from(online()).unwrap_or(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_btf::BtfKind;

    #[test]
    fn the_builtin_types_serve_the_tables() {
        let btf = Identity::builtin().btf.unwrap();
        let has = |name, kind| btf.find_by_name_kind(name, kind).is_some();
        for name in ["task_struct", "sk_buff", "sock", "bpf_map", "file"] {
            assert!(has(name, BtfKind::Struct), "{name}");
        }
        for name in ["bpf_obj_new_impl", "bpf_lsm_file_open", "tcp_v4_connect"] {
            assert!(has(name, BtfKind::Func), "{name}");
        }
        assert!(has("btf_trace_sched_switch", BtfKind::Typedef));
        let helpers = btf.find_by_name_kind("bpf_func_id", BtfKind::Enum).unwrap();
        let helpers = btf.type_by_id(helpers).unwrap().as_enum().unwrap();
        assert!(helpers.value_count() > 200);
    }

    #[test]
    fn there_is_a_cpu() {
        assert!(Identity::without_btf().possible_cpus >= 1);
    }
}
