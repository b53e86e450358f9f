//! `cargo xtask kernel-btf FROM`: the kernel types that skep carries, cut out of a whole vmlinux BTF.
//!
//! Kept is what skep's tables and programs of usual kinds name (kernel functions, LSM hooks, raw tracepoints, iterators, BPF's own enums
//! and structs, variables, the functions that are hooked most) and every type reachable from there. [`records`] reads and writes the
//! format, this file chooses.

mod records;

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use skep_btf::BtfKind;

use self::records::{Record, Table};
use crate::root;

/// Cut the types that skep carries out of a vmlinux BTF
#[derive(clap::Args)]
pub(crate) struct Args {
    /// BTF of Linux 6.18, raw or gzipped.
    from: PathBuf,
}

/// Where the result goes.
const RESULT: &str = "crates/skep-kernel/data/vmlinux-6.18.btf.gz";
/// What the packed result may take.
const LARGEST: usize = 1 << 20;

/// Functions that programs attach to or that tables name by their beginning.
const FUNCTIONS: [&str; 38] = [
    "bpf_lsm_",
    "bpf_iter_",
    "bpf_fentry_test",
    "bpf_modify_return_test",
    "tcp_",
    "__tcp",
    "udp_",
    "ip_",
    "ip6_",
    "inet_",
    "unix_",
    "vfs_",
    "do_",
    "__x64_sys_",
    "__sys_",
    "security_",
    "sched_",
    "netif_",
    "__netif",
    "dev_",
    "napi_",
    "skb_",
    "kfree_skb",
    "__kfree",
    "kmem_",
    "wake_up",
    "try_to_wake",
    "finish_task",
    "account_",
    "blk_",
    "submit_bio",
    "mmap",
    "exec",
    "filp_",
    "path_",
    "begin_new_exec",
    "task_",
    "icmp_",
];

/// Writes the cut BTF.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let whole = Table::parse(&unpacked(&args.from)?).context("this is no BTF")?;
    let cut = whole.reachable_from(is_root).write();
    let path = root::root().join(RESULT);
    let mut packer = GzBuilder::new().read(cut.as_slice(), Compression::best());
    let mut packed = Vec::new();
    packer.read_to_end(&mut packed)?;
    if packed.len() > LARGEST {
        bail!("{} bytes are too many to carry", packed.len());
    }
    fs::write(&path, &packed).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{RESULT}: {} bytes, {} packed", cut.len(), packed.len());
    Ok(ExitCode::SUCCESS)
}

fn unpacked(path: &PathBuf) -> Result<Vec<u8>> {
    let failed = || format!("cannot read {}", path.display());
    let mut bytes = Vec::new();
    File::open(path)
        .with_context(failed)?
        .read_to_end(&mut bytes)
        .with_context(failed)?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut raw = Vec::new();
    GzDecoder::new(bytes.as_slice()).read_to_end(&mut raw)?;
    Ok(raw)
}

fn is_root(record: &Record, name: &str) -> bool {
    match record.kind() {
        Some(BtfKind::Func) => {
            skep_catalog::kfunc(name).is_some()
                || FUNCTIONS.iter().any(|start| name.starts_with(start))
        }
        Some(BtfKind::Typedef) => name.starts_with("btf_trace_"),
        Some(BtfKind::Struct) => name.starts_with("bpf_"),
        Some(BtfKind::Enum | BtfKind::Enum64) => name.to_ascii_lowercase().starts_with("bpf_"),
        Some(BtfKind::Var | BtfKind::Datasec) => true,
        _ => false,
    }
}
