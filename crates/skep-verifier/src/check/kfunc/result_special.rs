//! Results of kernel functions that the verifier knows more about than BTF says.

use super::call::KfuncCall;
use super::special::Special;
use crate::check::call::DynptrArg;
use crate::register::{BtfRef, Pointer, PtrFlags, Target, TypeRef};
use crate::reject::{Check, KfuncReject};
use crate::verifier::Verifier;
use skep_btf::{BtfKind, BtfTypeId, Composite, Type};
use skep_catalog::PacketAccess;
use skep_uapi::ProgType;

/// Bytes of an object on each CPU at most.
const MAX_PERCPU_SIZE: u32 = 512;

/// Which allocation function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Allocation {
    Single,
    Percpu,
}

impl Verifier<'_> {
    /// The result of a function with rules of its own; `None` for the others.
    pub(super) fn special_result(&mut self, call: &KfuncCall) -> Check<Option<Pointer>> {
        let Some(special) = call.info.special else {
            return Ok(None);
        };
        let pointer = match special {
            Special::ObjNew => self.allocated(call, Allocation::Single)?,
            Special::PercpuObjNew => self.allocated(call, Allocation::Percpu)?,
            Special::RefcountAcquire => match call.object {
                Some(ty) => Pointer::new(Target::Btf { ty }).with(PtrFlags::ALLOC),
                None => {
                    return Err(self.reject(KfuncReject::Bug {
                        what: "one more owner of nothing",
                    }));
                }
            },
            _ if special.is_list() || special.is_rbtree() => match call.root {
                Some(root) => self.graph_node(&root)?,
                None => {
                    return Err(self.reject(KfuncReject::Bug {
                        what: "a node of no collection",
                    }));
                }
            },
            Special::CastToKernCtx => self.kernel_context()?,
            Special::RdonlyCast => self.readonly_cast(call.constant.unwrap_or(0))?,
            Special::DynptrSlice => self.slice(call, PtrFlags::RDONLY)?,
            Special::DynptrSliceRdwr => {
                if self.calls.type_info().map(|info| info.packet_access)
                    != Some(PacketAccess::ReadWrite)
                {
                    return Err(self.reject(KfuncReject::PacketReadOnly));
                }
                self.traits.writes_packet = true;
                self.slice(call, PtrFlags::empty())?
            }
            Special::SessionCookie => Pointer::new(Target::Mem {
                size: 8,
                dynptr_id: 0,
            }),
            _ => return Ok(None),
        };
        Ok(Some(pointer))
    }

    /// A new object of a struct of the program's BTF.
    fn allocated(&mut self, call: &KfuncCall, allocation: Allocation) -> Check<Pointer> {
        let Ok(id) = u32::try_from(call.constant.unwrap_or(0)) else {
            return Err(self.reject(KfuncReject::TypeIdRange));
        };
        let Some(btf) = self.prog_btf.clone() else {
            return Err(self.reject(KfuncReject::NoProgramBtf));
        };
        let Some(Type::Struct(object)) = btf.type_by_id(BtfTypeId(id)) else {
            return Err(self.reject(KfuncReject::TypeIdNotStruct));
        };
        let mut flags = PtrFlags::ALLOC;
        if allocation == Allocation::Percpu {
            self.check_percpu_object_type(&btf, &object)?;
            flags |= PtrFlags::PERCPU;
        }
        Ok(Pointer::new(Target::Btf {
            ty: TypeRef {
                btf: BtfRef::Program,
                id: object.id(),
            },
        })
        .with(flags))
    }

    fn check_percpu_object_type(&mut self, btf: &skep_btf::Btf, object: &Composite<'_>) -> Check {
        let size = object.size();
        if size > MAX_PERCPU_SIZE {
            return Err(self.reject(KfuncReject::PercpuTooLarge {
                size,
                most: MAX_PERCPU_SIZE,
            }));
        }
        if !self.is_scalar_struct(btf, object)? {
            return Err(self.reject(KfuncReject::PercpuNotScalars));
        }
        if btf.struct_record(object.id()).is_some() {
            return Err(self.reject(KfuncReject::PercpuFields));
        }
        Ok(())
    }

    /// The kernel's struct behind the context.
    fn kernel_context(&mut self) -> Check<Pointer> {
        let id = kernel_context_name(self.request.prog_type).and_then(|name| {
            self.kernel_btf
                .as_ref()?
                .find_by_name_kind(name, BtfKind::Struct)
        });
        match id {
            Some(id) => Ok(Pointer::new(Target::Btf {
                ty: TypeRef {
                    btf: BtfRef::Kernel,
                    id,
                },
            })
            .with(PtrFlags::TRUSTED)),
            None => Err(self.reject(KfuncReject::KernCtxNotStruct { id: 0 })),
        }
    }

    /// Any address as a struct that may be read with care.
    fn readonly_cast(&mut self, id: u64) -> Check<Pointer> {
        let ty = u32::try_from(id)
            .ok()
            .and_then(|id| Some((id, self.kernel_btf.as_ref()?.type_by_id(BtfTypeId(id))?)));
        match ty {
            None => Err(self.reject(KfuncReject::RdonlyCastUnknown {
                id: id.cast_signed(),
            })),
            Some((_, Type::Void)) => {
                let memory = Target::Mem {
                    size: 0,
                    dynptr_id: 0,
                };
                Ok(Pointer::new(memory).with(PtrFlags::RDONLY | PtrFlags::UNTRUSTED))
            }
            Some((id, Type::Struct(_) | Type::Union(_))) => {
                let ty = TypeRef {
                    btf: BtfRef::Kernel,
                    id: BtfTypeId(id),
                };
                Ok(Pointer::new(Target::Btf { ty }).with(PtrFlags::UNTRUSTED))
            }
            Some((_, _)) => Err(self.reject(KfuncReject::RdonlyCastNotStruct)),
        }
    }

    /// Part of what a dynptr points to, of the constant size asked for.
    fn slice(&mut self, call: &KfuncCall, flags: PtrFlags) -> Check<Pointer> {
        let (
            Some(size),
            Some(DynptrArg {
                kind,
                id,
                ref_obj_id,
            }),
        ) = (call.constant, call.dynptr)
        else {
            return Err(self.reject(KfuncReject::Bug {
                what: "a slice of nothing",
            }));
        };
        let target = Target::Mem {
            size: size as u32,
            dynptr_id: id,
        };
        Ok(Pointer {
            ref_obj_id,
            ..Pointer::new(target).with(flags | kind.slice_flag())
        })
    }
}

/// The struct that the kernel itself keeps where programs of a type see their context.
const fn kernel_context_name(prog_type: ProgType) -> Option<&'static str> {
    Some(match prog_type {
        ProgType::SocketFilter
        | ProgType::SchedCls
        | ProgType::SchedAct
        | ProgType::CgroupSkb
        | ProgType::LwtIn
        | ProgType::LwtOut
        | ProgType::LwtXmit
        | ProgType::LwtSeg6local
        | ProgType::SkSkb => "sk_buff",
        ProgType::Xdp => "xdp_buff",
        ProgType::CgroupSock => "sock",
        ProgType::CgroupSockAddr => "bpf_sock_addr_kern",
        ProgType::SockOps => "bpf_sock_ops_kern",
        ProgType::SkMsg => "sk_msg",
        ProgType::FlowDissector => "bpf_flow_dissector",
        ProgType::Kprobe => "pt_regs",
        ProgType::PerfEvent => "bpf_perf_event_data_kern",
        ProgType::CgroupDevice => "bpf_cgroup_dev_ctx",
        ProgType::CgroupSysctl => "bpf_sysctl_kern",
        ProgType::CgroupSockopt => "bpf_sockopt_kern",
        ProgType::SkReuseport => "sk_reuseport_kern",
        ProgType::SkLookup => "bpf_sk_lookup_kern",
        ProgType::Netfilter => "bpf_nf_ctx",
        ProgType::Unspec
        | ProgType::Tracepoint
        | ProgType::RawTracepoint
        | ProgType::RawTracepointWritable
        | ProgType::LircMode2
        | ProgType::Tracing
        | ProgType::StructOps
        | ProgType::Ext
        | ProgType::Lsm
        | ProgType::Syscall => return None,
    })
}
