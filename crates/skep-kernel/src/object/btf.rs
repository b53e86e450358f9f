//! A BTF object: types with an id.

use std::sync::Arc;

use skep_btf::Btf;
use skep_object::Object;

/// Whose types they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BtfOwner {
    /// The kernel's.
    Kernel,
    /// A client's.
    User,
}

/// Types with an id.
#[derive(Debug)]
pub struct BtfObject {
    btf: Arc<Btf>,
    owner: BtfOwner,
}

impl BtfObject {
    pub(crate) fn new(btf: Arc<Btf>, owner: BtfOwner) -> Self {
        Self { btf, owner }
    }

    /// The types.
    pub fn btf(&self) -> &Arc<Btf> {
        &self.btf
    }

    /// Whose they are.
    pub fn owner(&self) -> BtfOwner {
        self.owner
    }

    /// The name infos show.
    pub fn name(&self) -> &'static str {
        match self.owner {
            BtfOwner::Kernel => "vmlinux",
            BtfOwner::User => "",
        }
    }
}

impl Object for BtfObject {}
