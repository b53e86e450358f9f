//! What the kernel says of itself: its types, and the settings of bpf.

use std::os::fd::OwnedFd;
use std::sync::OnceLock;

use skep_kernel::{BtfOrigin, Identity, Jit, Kernel};

use super::{Shown, file_of, read_only};

/// Where Linux shows the types of the kernel and its modules.
const BTF_DIRECTORY: &str = "/sys/kernel/btf/";

/// The session's kernel BTF as a file, where the host's is not the one.
pub(crate) struct KernelBtf {
    /// `None` where the host's file is the right one.
    chosen: Option<Identity>,
    file: OnceLock<Option<OwnedFd>>,
}

impl KernelBtf {
    /// Of a session with this identity.
    pub(crate) fn new(identity: &Identity) -> Self {
        let chosen = match identity.btf_origin {
            BtfOrigin::Host => None,
            BtfOrigin::Chosen => Some(identity.clone()),
        };
        Self {
            chosen,
            file: OnceLock::new(),
        }
    }

    /// What is at a path in the directory.
    pub(super) fn open(&self, path: &str) -> Option<Shown> {
        let identity = self.chosen.as_ref()?;
        // Modules of the host extend another kernel's types.
        if path.strip_prefix(BTF_DIRECTORY)? != "vmlinux" {
            return Some(Shown::Absent);
        }
        let file = self.file.get_or_init(|| {
            let btf = identity.btf.as_ref()?;
            file_of(btf.raw_bytes()).ok()
        });
        let opened = file.as_ref().and_then(|file| read_only(file).ok());
        Some(opened.map_or(Shown::Absent, Shown::File))
    }
}

/// A setting's text.
pub(super) fn setting(kernel: &Kernel, path: &str) -> Option<String> {
    let value = match path.strip_prefix("/proc/sys/")? {
        "kernel/unprivileged_bpf_disabled" => kernel.unprivileged() as i64,
        "kernel/bpf_stats_enabled" => i64::from(kernel.statistics().are_on()),
        "net/core/bpf_jit_enable" => match kernel.identity().jit {
            Jit::On => 1,
            Jit::Off => 0,
        },
        // Constants are not blinded, and programs are not among the kernel's symbols.
        "net/core/bpf_jit_harden" | "net/core/bpf_jit_kallsyms" => 0,
        // There is no limit for all programs together.
        "net/core/bpf_jit_limit" => i64::MAX,
        _ => return None,
    };
    Some(format!("{value}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_those_of_the_session() {
        let kernel = Kernel::builder_for(Identity::without_btf()).build();
        let text = |path| setting(&kernel, path);
        let disabled = text("/proc/sys/kernel/unprivileged_bpf_disabled");
        assert_eq!(disabled.as_deref(), Some("2\n"));
        assert_eq!(
            text("/proc/sys/net/core/bpf_jit_enable").as_deref(),
            Some("1\n")
        );
        assert_eq!(text("/proc/sys/kernel/pid_max"), None);
    }

    #[test]
    fn a_chosen_kernel_has_no_modules_of_the_host() {
        let btf = KernelBtf::new(&Identity::without_btf());
        assert!(matches!(
            btf.open("/sys/kernel/btf/vmlinux"),
            Some(Shown::Absent)
        ));
        assert!(matches!(
            btf.open("/sys/kernel/btf/xfs"),
            Some(Shown::Absent)
        ));
    }
}
