//! [`KernelTypes`]: what the search for special fields must know of the kernel.

use skep_uapi::btf::BtfKind;

use super::record::{Origin, TypeRef};
use crate::btf::Btf;
use crate::id::BtfTypeId;

/// The kernel's types, as far as kptrs refer to them.
pub trait KernelTypes {
    /// A type of the kernel or its modules by exact name and kind.
    fn find(&self, name: &[u8], kind: BtfKind) -> Option<TypeRef>;

    /// The function that releases an object of this type; only types that have one may be the target of a `kptr`.
    fn destructor(&self, target: &TypeRef) -> Option<BtfTypeId>;
}

/// A kernel without BTF: every target is the program's own type.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoKernelTypes;

impl KernelTypes for NoKernelTypes {
    fn find(&self, _name: &[u8], _kind: BtfKind) -> Option<TypeRef> {
        None
    }

    fn destructor(&self, _target: &TypeRef) -> Option<BtfTypeId> {
        None
    }
}

/// Structs a program may own, with the function Linux 6.18 registers to release each.
const DESTRUCTORS: [(&str, &str); 7] = [
    ("task_struct", "bpf_task_release_dtor"),
    ("cgroup", "bpf_cgroup_release_dtor"),
    ("bpf_cpumask", "bpf_cpumask_release_dtor"),
    ("bpf_crypto_ctx", "bpf_crypto_ctx_release_dtor"),
    ("sk_buff", "bpf_kfree_skb_dtor"),
    ("prog_test_ref_kfunc", "bpf_kfunc_call_test_release_dtor"),
    ("prog_test_member", "bpf_kfunc_call_memb_release_dtor"),
];

/// Kernel types from one kernel BTF; a destructor exists if its function does.
#[derive(Clone, Copy, Debug)]
pub struct VmlinuxTypes<'a>(pub &'a Btf);

impl KernelTypes for VmlinuxTypes<'_> {
    fn find(&self, name: &[u8], kind: BtfKind) -> Option<TypeRef> {
        let id = self.0.find_by_bytes(name, kind)?;
        Some(TypeRef {
            origin: Origin::Kernel,
            btf: self.0.identity(),
            id,
        })
    }

    fn destructor(&self, target: &TypeRef) -> Option<BtfTypeId> {
        let name = self.0.name(target.id);
        let (_, function) = DESTRUCTORS.iter().find(|(owned, _)| *owned == name)?;
        self.0.find_by_name_kind(function, BtfKind::Func)
    }
}
