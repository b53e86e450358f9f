//! Addresses of kernel variables and functions, as `ld_imm64` of a BTF id sees them.
//!
//! There is no kernel whose symbols these are. A variable is zeroed memory of its size, made when a program first names
//! it and kept for the session; a function is a number that nothing can be read through.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use skep_btf::{Btf, BtfKind};
use skep_memory::{Addr, Region};

/// The symbols of a session.
pub struct Symbols {
    btf: Option<Arc<Btf>>,
    variables: Mutex<BTreeMap<String, Region>>,
}

/// Functions are here: kernel addresses on x86-64, never mapped in a process.
const FUNCTIONS: u64 = 0xffff_ffff_8100_0000;
/// Distance of two functions.
const FUNCTION_STEP: u64 = 64;

impl Symbols {
    pub(crate) fn new(btf: Option<Arc<Btf>>) -> Self {
        Self {
            btf,
            variables: Mutex::new(BTreeMap::new()),
        }
    }

    /// The kernel's BTF.
    pub(crate) fn btf(&self) -> Option<&Btf> {
        self.btf.as_deref()
    }

    /// The address of a variable or function of the kernel's BTF; `None` if it has no such symbol.
    pub fn address(&self, name: &str) -> Option<u64> {
        let btf = self.btf.as_deref()?;
        if let Some(id) = btf.find_by_name_kind(name, BtfKind::Var) {
            let size = btf.size_of(id).unwrap_or(0).max(8);
            return self.variable(name, size as usize).map(Addr::raw);
        }
        let id = btf.find_by_name_kind(name, BtfKind::Func)?;
        Some(FUNCTIONS.wrapping_add(u64::from(id.get()).wrapping_mul(FUNCTION_STEP)))
    }

    fn variable(&self, name: &str, size: usize) -> Option<Addr> {
        let mut variables = self.variables.lock();
        if let Some(region) = variables.get(name) {
            return Some(region.base());
        }
        let region = Region::new(size).ok()?;
        let base = region.base();
        variables.insert(name.to_owned(), region);
        Some(base)
    }
}
