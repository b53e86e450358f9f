//! [`Target`]: the kernel an object is opened for.

use skep_btf::Btf;

use crate::Kconfig;

/// What to do when a kernel function or variable that is not declared weak is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MissingExterns {
    /// The programs that use it do not open, as with libbpf.
    #[default]
    Fail,
    /// As if it were weak: calls are poisoned, addresses are 0.
    AsWeak,
}

/// Finds the address of a kernel symbol.
pub type SymbolAddress<'a> = dyn Fn(&str) -> Option<u64> + 'a;

/// The kernel an object is opened for: the same facts the session's verifier uses.
#[derive(Clone, Copy, Default)]
pub struct Target<'a> {
    /// Types of the kernel; without them CO-RE, kfuncs and BTF-attached programs do not open.
    pub btf: Option<&'a Btf>,
    /// What `uname -r` says.
    pub release: &'a str,
    /// The kernel's configuration, if known.
    pub config: Option<&'a Kconfig>,
    /// Addresses of kernel symbols, for externs without type.
    pub symbols: Option<&'a SymbolAddress<'a>>,
    /// What missing kernel functions and variables mean.
    pub missing: MissingExterns,
}

impl Target<'_> {
    /// The release as `KERNEL_VERSION(a, b, c)`; the last part is at most 255, as in Linux.
    pub fn version_code(&self) -> u32 {
        let mut parts = self.release.split(['.', '-', '+', '_']);
        let mut part = || -> u32 {
            let digits: String = parts
                .next()
                .unwrap_or_default()
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            digits.parse().unwrap_or(0)
        };
        let (major, minor, patch) = (part(), part(), part());
        ((major & 0xff) << 16) | ((minor & 0xff) << 8) | patch.min(255)
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn releases_are_numbers() {
        let code = |release| {
            let target = Target {
                release,
                ..Target::default()
            };
            target.version_code()
        };
        assert_eq!(code("6.18.44-amd64"), 0x06122c);
        assert_eq!(code("5.4.300"), 0x0504ff);
        assert_eq!(code("6.18-rc3"), 0x061200);
        assert_eq!(code(""), 0);
    }
}
