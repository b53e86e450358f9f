//! Capabilities by name, for `--cap`.

use anyhow::{Result, bail};
use skep_kernel::Caps;

/// `cap_bpf,cap_net_admin`: names as in capabilities(7), with or without `cap_`; `all` and `none`.
pub(crate) fn parse(list: &str) -> Result<Caps> {
    let mut caps = Caps::empty();
    for name in list
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let lower = name.to_ascii_lowercase();
        caps |= match lower.strip_prefix("cap_").unwrap_or(&lower) {
            "bpf" => Caps::BPF,
            "perfmon" => Caps::PERFMON,
            "net_admin" => Caps::NET_ADMIN,
            "sys_admin" => Caps::SYS_ADMIN,
            "sys_boot" => Caps::SYS_BOOT,
            "all" => Caps::all(),
            "none" => Caps::empty(),
            _ => bail!(
                "no such capability here: {name} (bpf, perfmon, net_admin, sys_admin, sys_boot, all or none)"
            ),
        };
    }
    Ok(caps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_capabilities() {
        assert_eq!(parse("bpf,CAP_PERFMON").unwrap(), Caps::BPF | Caps::PERFMON);
        assert_eq!(parse("none").unwrap(), Caps::empty());
        assert!(parse("bpf,cap_fly").is_err());
    }
}
