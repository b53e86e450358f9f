//! The kernel functions a program calls: resolved before the walk, whether they are reached or not.

use super::classify::{Param, params};
use super::special::Special;
use crate::reject::{Check, KfuncReject};
use crate::verifier::Verifier;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use skep_btf::BtfTypeId;
use skep_catalog::{Kfunc, KfuncFlags};
use skep_isa::RawInsn;

/// Different kernel functions one program may call.
const MAX_KFUNCS: usize = 256;
/// Only programs bound to a device may call these.
const DEVICE_BOUND: [&str; 3] = [
    "bpf_xdp_metadata_rx_timestamp",
    "bpf_xdp_metadata_rx_hash",
    "bpf_xdp_metadata_rx_vlan_tag",
];

/// A kernel function that the program calls.
#[derive(Debug)]
pub(crate) struct KfuncInfo {
    pub(crate) name: String,
    /// Its FUNC in the kernel BTF.
    pub(crate) id: BtfTypeId,
    /// What it returns.
    pub(crate) returns: BtfTypeId,
    pub(crate) flags: KfuncFlags,
    /// Whether programs of this type may call it.
    pub(crate) callable: bool,
    /// The rules of its own that it has.
    pub(crate) special: Option<Special>,
    /// Its parameters.
    pub(super) params: Box<[Param]>,
}

impl KfuncInfo {
    pub(crate) fn has(&self, flag: KfuncFlags) -> bool {
        self.flags.contains(flag)
    }

    /// Whether pointer arguments must be trusted; what is released must be, too.
    pub(crate) fn wants_trust(&self) -> bool {
        self.flags
            .intersects(KfuncFlags::TRUSTED_ARGS | KfuncFlags::RELEASE)
    }

    pub(crate) fn is(&self, special: Special) -> bool {
        self.special == Some(special)
    }
}

/// The kernel functions of a load by id; those of modules are not supported.
#[derive(Debug, Default)]
pub(crate) struct KfuncTable(BTreeMap<u32, Rc<KfuncInfo>>);

impl Verifier<'_> {
    /// Resolves the function of a kfunc call.
    pub(crate) fn register_kfunc(&mut self, insn: RawInsn) -> Check {
        if self.calls.kfuncs.0.is_empty() {
            self.check_kfuncs_possible()?;
        }
        // May stand in code that is never reached.
        if insn.imm == 0 && insn.off == 0 {
            return Ok(());
        }
        if insn.off != 0 {
            return self.refuse_module(insn.off);
        }
        let id = insn.imm.cast_unsigned();
        if self.calls.kfuncs.0.contains_key(&id) {
            return Ok(());
        }
        if self.calls.kfuncs.0.len() >= MAX_KFUNCS {
            return Err(self.reject(KfuncReject::TooMany));
        }
        let info = self.resolve_kfunc(id)?;
        self.calls.kfuncs.0.insert(id, Rc::new(info));
        self.traits.jit_required = true;
        Ok(())
    }

    fn check_kfuncs_possible(&mut self) -> Check {
        if self.kernel_btf.is_none() {
            return Err(self.reject(KfuncReject::NoKernelBtf));
        }
        if !self.machine.jit {
            return Err(self.reject(KfuncReject::JitRequired));
        }
        if !self.request.gpl_compatible {
            return Err(self.reject(KfuncReject::NotGpl));
        }
        Ok(())
    }

    /// No session has kernel modules, so no fd can be the BTF of one.
    fn refuse_module(&mut self, off: i16) -> Check {
        let reject = match u32::try_from(off) {
            Err(_) => self.reject(KfuncReject::NegativeOffset),
            Ok(_) if !self.request.has_fd_array => self.reject(KfuncReject::NoFdArray),
            Ok(index) => match self.env.fd_array(index).map(|fd| self.env.btf(fd)) {
                Err(errno) => self.reject_silently(errno),
                Ok(Err(errno)) => self.reject(KfuncReject::InvalidModuleFd).with_errno(errno),
                Ok(Ok(_)) => self.reject(KfuncReject::NotModuleBtf),
            },
        };
        Err(self.reject_more(reject, KfuncReject::NoBtfFound))
    }

    fn resolve_kfunc(&mut self, id: u32) -> Check<KfuncInfo> {
        let Some(kernel) = self.kernel_btf.clone() else {
            return Err(self.reject(KfuncReject::NoKernelBtf));
        };
        let Some(func) = kernel.type_by_id(BtfTypeId(id)).and_then(|t| t.as_func()) else {
            return Err(self.reject(KfuncReject::NotFunction { id }));
        };
        let Some(proto) = func.proto() else {
            return Err(self.reject(KfuncReject::NoProto { id }));
        };
        let name = func.name();
        if DEVICE_BOUND.contains(&name) {
            return Err(self.reject(KfuncReject::DeviceBound));
        }
        self.check_representable(&kernel, name, &proto)?;
        let row: Option<&'static Kfunc> = skep_catalog::kfunc(name);
        Ok(KfuncInfo {
            name: name.to_string(),
            id: func.id(),
            returns: proto.return_type(),
            flags: row.map_or(KfuncFlags::empty(), |row| row.flags),
            callable: row.is_some_and(|row| row.callable(&self.calls.context())),
            special: Special::named(name),
            params: params(&proto),
        })
    }

    /// What a kfunc call means.
    pub(crate) fn kfunc_info(&self, insn: RawInsn) -> Option<Rc<KfuncInfo>> {
        if insn.off != 0 {
            return None;
        }
        self.calls.kfuncs.0.get(&insn.imm.cast_unsigned()).cloned()
    }

    /// The type of a called kernel function, for the facts.
    pub(crate) fn kfunc_type(&self, insn: RawInsn) -> Option<crate::register::TypeRef> {
        let id = self.kfunc_info(insn)?.id;
        Some(crate::register::TypeRef {
            btf: crate::register::BtfRef::Kernel,
            id,
        })
    }

    fn kfunc_special(&self, insn: RawInsn) -> Option<Special> {
        if insn.off != 0 {
            return None;
        }
        self.calls.kfuncs.0.get(&insn.imm.cast_unsigned())?.special
    }

    /// Whether a call is bpf_rbtree_add, whose callback has rules of its own.
    pub(crate) fn is_rbtree_add(&self, insn: RawInsn) -> bool {
        self.kfunc_special(insn) == Some(Special::RbtreeAdd)
    }

    /// Whether a kernel function may be called while a lock is held.
    pub(crate) fn kfunc_allowed_under_lock(&self, insn: RawInsn) -> bool {
        self.kfunc_special(insn)
            .is_some_and(Special::is_allowed_under_lock)
    }
}
