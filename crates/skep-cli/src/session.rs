//! The session a command works in: which kernel it pretends to be, who asks, what runs programs.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use skep_kernel::{Alignment, BtfOrigin, Client, Credentials, Engine, Identity, Jit, Kernel};
use skep_loader::{Kconfig, Object, Target};

/// Options of the session.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The kernel to verify for, by its types: `host`, `builtin` (6.18), `none`, or a BTF file (may be gzipped). What that
    /// kernel lacks is refused; the rules are always those of Linux 6.18. By default the host's, else the built-in ones
    #[arg(long, value_name = "host|builtin|none|FILE")]
    kernel_btf: Option<String>,
    /// Whether that kernel compiles programs (net.core.bpf_jit_enable); without, what needs the JIT is refused
    #[arg(long, value_enum, default_value_t = JitSwitch::On, value_name = "on|off")]
    jit: JitSwitch,
    /// `strict`: an architecture without efficient unaligned access, where accesses must be aligned to their size
    #[arg(long, value_enum, default_value_t = Accesses::Efficient, value_name = "efficient|strict")]
    alignment: Accesses,
    /// Ask as a user without capabilities, with unprivileged BPF allowed
    #[arg(long)]
    unprivileged: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum JitSwitch {
    On,
    Off,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Accesses {
    Efficient,
    Strict,
}

/// Where the host's kernel shows its types.
const HOST_BTF: &str = "/sys/kernel/btf/vmlinux";

impl Options {
    /// A client of a new session.
    pub(crate) fn client(&self, engine: Engine) -> Result<Client> {
        Ok(self.client_of(self.identity()?, engine))
    }

    /// A client of a new session that pretends to be `identity`.
    pub(crate) fn client_of(&self, identity: Identity, engine: Engine) -> Client {
        let kernel = Kernel::builder_for(identity).engine(engine);
        if !self.unprivileged {
            return Client::new(&kernel.build());
        }
        let kernel = kernel
            .unprivileged(skep_kernel::kernel::UnprivilegedBpf::Allowed)
            .build();
        Client::with_credentials(&kernel, Credentials::unprivileged())
    }

    /// Which kernel this is, in one line: whose rules, whose types.
    pub(crate) fn describe(&self, identity: &Identity, rules: &str) -> String {
        let types = match self.kernel_btf.as_deref() {
            _ if identity.btf.is_none() => "no kernel".to_owned(),
            Some("builtin") => "the built-in kernel".to_owned(),
            Some("host") => format!("this host ({})", identity.release),
            Some(file) => file.to_owned(),
            None if Identity::host().btf.is_some() => format!("this host ({})", identity.release),
            None => "the built-in kernel (this host shows none)".to_owned(),
        };
        format!("rules of Linux {rules}, types of {types}")
    }

    /// A new session for `skep run`.
    pub(crate) fn kernel(&self) -> Result<Arc<Kernel>> {
        let kernel = Kernel::builder_for(self.identity()?);
        let kernel = if self.unprivileged {
            kernel.unprivileged(skep_kernel::kernel::UnprivilegedBpf::Allowed)
        } else {
            kernel
        };
        Ok(kernel.build())
    }

    /// Whether none of them is given.
    pub(crate) fn is_default(&self) -> bool {
        self.kernel_btf.is_none() && !self.unprivileged
    }

    /// Whether clients have no capabilities.
    pub(crate) fn is_unprivileged(&self) -> bool {
        self.unprivileged
    }

    /// The kernel to pretend to be.
    pub(crate) fn identity(&self) -> Result<Identity> {
        Ok(Identity {
            jit: match self.jit {
                JitSwitch::On => Jit::On,
                JitSwitch::Off => Jit::Off,
            },
            alignment: match self.alignment {
                Accesses::Efficient => Alignment::Efficient,
                Accesses::Strict => Alignment::Strict,
            },
            ..self.with_types()?
        })
    }

    fn with_types(&self) -> Result<Identity> {
        match self.kernel_btf.as_deref() {
            None => Ok(Identity::host_or_builtin()),
            Some("builtin") => Ok(Identity::builtin()),
            Some("none") => Ok(Identity {
                btf: None,
                btf_origin: BtfOrigin::Chosen,
                ..Identity::host()
            }),
            Some("host") => {
                let identity = Identity::host();
                if identity.btf.is_none() {
                    bail!(
                        "cannot read the host's kernel BTF at {HOST_BTF}; there is --kernel-btf builtin"
                    );
                }
                Ok(identity)
            }
            Some(file) => {
                let raw = unpacked(Path::new(file))?;
                let identity = Identity::host().with_btf(&raw);
                identity.map_err(|why| anyhow::anyhow!("{file} is no kernel BTF: {why}"))
            }
        }
    }
}

/// Opens an object for the client's kernel.
pub(crate) fn open(client: &Client, path: &Path) -> Result<Arc<Object>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let identity = client.kernel().identity();
    let config = host_config();
    let target = Target {
        btf: identity.btf.as_deref(),
        release: &identity.release,
        config: config.as_ref(),
        ..Target::default()
    };
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let opened = Object::open(&name, &bytes, &target);
    let object = opened.with_context(|| format!("cannot open {}", path.display()))?;
    if object.programs.is_empty() && object.broken.is_empty() {
        bail!("{} holds no program", path.display());
    }
    Ok(Arc::new(object))
}

/// The host's configuration, where it can be read.
fn host_config() -> Option<Kconfig> {
    let packed = fs::read("/proc/config.gz").ok();
    let text = match packed {
        Some(packed) => {
            let mut text = String::new();
            GzDecoder::new(&*packed).read_to_string(&mut text).ok()?;
            text
        }
        None => {
            let release = fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
            fs::read_to_string(format!("/boot/config-{}", release.trim())).ok()?
        }
    };
    Some(Kconfig::parse(&text))
}

fn unpacked(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut raw = Vec::new();
    let unpacked = GzDecoder::new(&*bytes).read_to_end(&mut raw);
    unpacked.with_context(|| format!("cannot unpack {}", path.display()))?;
    Ok(raw)
}
