//! From BTF to parameters: which arguments the prototype of a function of the program declares, tags included.

use super::prototype::FuncArg;
use crate::register::{BtfRef, TypeRef};
use crate::reject::{Check, PrototypeReject, Reject};
use crate::state::SubprogIdx;
use crate::verifier::Verifier;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use bitflags::bitflags;
use skep_btf::{Btf, BtfTypeId, Func, Type};
use skep_uapi::Errno;

/// Parameters at most.
const MAX_ARGS: usize = 5;

bitflags! {
    /// `arg:` tags of one parameter.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Tags: u8 {
        const CTX = 1;
        const TRUSTED = 2;
        const UNTRUSTED = 4;
        const NONNULL = 8;
        const NULLABLE = 16;
        const ARENA = 32;
    }
}

impl Tags {
    fn named(tag: &[u8]) -> Option<Tags> {
        Some(match tag {
            b"ctx" => Tags::CTX,
            b"trusted" => Tags::TRUSTED,
            b"untrusted" => Tags::UNTRUSTED,
            b"nonnull" => Tags::NONNULL,
            b"nullable" => Tags::NULLABLE,
            b"arena" => Tags::ARENA,
            _ => return None,
        })
    }
}

/// The function whose parameters are read.
struct Declared<'a> {
    btf: &'a Btf,
    func: Func<'a>,
    is_global: bool,
}

impl Verifier<'_> {
    /// The parameters a function declares. Static functions that cannot be described fail without a line: nothing depends on their BTF.
    pub(super) fn declared_args(&mut self, subprog: SubprogIdx) -> Check<Vec<FuncArg>> {
        let is_global = self.is_global(subprog);
        let id = self
            .subprog(subprog)
            .and_then(|s| s.func_type)
            .filter(|id| !id.is_void());
        let (Some(btf), Some(id)) = (self.prog_btf.clone(), id) else {
            return Err(if is_global {
                self.reject(PrototypeReject::NoBtf)
            } else {
                self.reject(PrototypeReject::NoBtfOfStatic)
            });
        };
        let Some(func) = btf.type_by_id(id).and_then(|t| t.as_func()) else {
            return Err(self.reject(PrototypeReject::NotFunc { subprog: subprog.0 }));
        };
        let declared = Declared {
            btf: &btf,
            func,
            is_global,
        };
        let Some(proto) = func.proto() else {
            return Err(self.reject(PrototypeReject::NoProto {
                name: declared.name(),
            }));
        };
        let count = proto.params().len();
        if count > MAX_ARGS {
            return Err(self.refuse(
                &declared,
                PrototypeReject::TooManyArgs {
                    name: declared.name(),
                    count,
                    most: MAX_ARGS,
                },
            ));
        }
        let returned = btf.resolve(proto.return_type());
        if !returned.is_some_and(|t| is_number(&t)) {
            return Err(self.refuse(
                &declared,
                PrototypeReject::NotScalarReturn {
                    name: declared.name(),
                },
            ));
        }
        let params = proto.params().enumerate();
        params
            .map(|(arg, param)| self.declared_arg(&declared, arg, param.type_id()))
            .collect()
    }

    /// Fails: with a line for global functions only.
    fn refuse(&mut self, declared: &Declared<'_>, rule: PrototypeReject) -> Reject {
        if declared.is_global {
            self.reject(rule)
        } else {
            self.reject_silently(rule.errno())
        }
    }

    fn declared_arg(
        &mut self,
        declared: &Declared<'_>,
        arg: usize,
        ty: BtfTypeId,
    ) -> Check<FuncArg> {
        let tags = self.arg_tags(declared, arg)?;
        let resolved = declared.btf.resolve(ty);
        if let Some(Type::Ptr(pointer)) = resolved
            && let Some(found) = self.declared_pointer(declared, arg, pointer.target(), tags)?
        {
            return Ok(found);
        }
        if !tags.is_empty() {
            return Err(self.reject(PrototypeReject::TagOnNonPointer { arg }));
        }
        if resolved.is_some_and(|t| is_number(&t)) {
            return Ok(FuncArg::Scalar);
        }
        let kind = resolved.map_or("UNKNOWN", |t| t.kind_name());
        Err(self.refuse(
            declared,
            PrototypeReject::UnsupportedType {
                arg,
                kind,
                name: declared.name(),
            },
        ))
    }

    fn arg_tags(&mut self, declared: &Declared<'_>, arg: usize) -> Check<Tags> {
        let mut tags = Tags::empty();
        let component = u32::try_from(arg).ok();
        for tag in declared.btf.decl_tags(declared.func.id(), component) {
            let Some(tag) = tag.strip_prefix(b"arg:") else {
                continue;
            };
            if !declared.is_global {
                return Err(self.reject(PrototypeReject::TagInStatic { arg }));
            }
            match Tags::named(tag) {
                Some(known) => tags |= known,
                None => return Err(self.reject(PrototypeReject::UnknownTags { arg })),
            }
        }
        Ok(tags)
    }

    /// What a pointer parameter is; `None`: a static function's, which nothing is said of.
    fn declared_pointer(
        &mut self,
        declared: &Declared<'_>,
        arg: usize,
        pointee: BtfTypeId,
        tags: Tags,
    ) -> Check<Option<FuncArg>> {
        let only = |allowed: Tags| (tags - allowed).is_empty();
        if tags.contains(Tags::CTX) || self.is_context_type(declared.btf, pointee) {
            if !only(Tags::CTX) {
                return Err(self.reject(PrototypeReject::TagCombination { arg }));
            }
            if tags.contains(Tags::CTX) {
                self.check_context_type(declared.btf, pointee, arg)?;
            }
            return Ok(Some(FuncArg::Ctx));
        }
        let target = declared.btf.resolve(pointee);
        if target.is_some_and(|t| {
            matches!(t, Type::Struct(_) | Type::Fwd(_)) && t.name() == "bpf_dynptr"
        }) {
            return if tags.is_empty() {
                Ok(Some(FuncArg::Dynptr))
            } else {
                Err(self.reject(PrototypeReject::TagCombination { arg }))
            };
        }
        if tags.contains(Tags::TRUSTED) {
            if tags.contains(Tags::NONNULL) {
                return Err(self.reject(PrototypeReject::TagCombination { arg }));
            }
            let ty = self.kernel_type_like(arg, target)?;
            return Ok(Some(FuncArg::Trusted {
                ty,
                nullable: tags.contains(Tags::NULLABLE),
            }));
        }
        if tags.contains(Tags::UNTRUSTED) {
            if !only(Tags::UNTRUSTED) {
                return Err(self.reject(PrototypeReject::UntrustedCombination { arg }));
            }
            return self.untrusted_pointer(arg, target).map(Some);
        }
        if tags.contains(Tags::ARENA) {
            return if only(Tags::ARENA) {
                Ok(Some(FuncArg::Arena))
            } else {
                Err(self.reject(PrototypeReject::ArenaCombination { arg }))
            };
        }
        if !declared.is_global {
            return Ok(None);
        }
        if tags.contains(Tags::NULLABLE) {
            return Err(self.reject(PrototypeReject::TagCombination { arg }));
        }
        let nullable = !tags.contains(Tags::NONNULL);
        match target.and_then(|t| declared.btf.size_of(t.id())) {
            Some(size) => Ok(Some(FuncArg::Memory { size, nullable })),
            None => {
                let (kind, name) = describe(target);
                let error = Errno::EINVAL.as_return();
                Err(self.reject(PrototypeReject::SizeUnknown {
                    arg,
                    kind,
                    name,
                    error,
                }))
            }
        }
    }

    fn untrusted_pointer(&mut self, arg: usize, target: Option<Type<'_>>) -> Check<FuncArg> {
        if target.is_none_or(|t| matches!(t, Type::Void) || is_number(&t)) {
            return Ok(FuncArg::UntrustedMemory);
        }
        let ty = self.kernel_type_like(arg, target)?;
        let found = self.kernel_btf.as_ref().and_then(|b| b.type_by_id(ty.id));
        if found.is_some_and(|t| t.as_composite().is_some()) {
            return Ok(FuncArg::UntrustedStruct(ty));
        }
        let (kind, name) = describe(found);
        Err(self.reject(PrototypeReject::UntrustedPointee { arg, kind, name }))
    }

    /// The one kernel type of the same kind and name (flavours ignored) as a type of the program.
    fn kernel_type_like(&mut self, arg: usize, target: Option<Type<'_>>) -> Check<TypeRef> {
        let (kind, name) = describe(target);
        let (Some(target), Some(kernel)) = (
            target.filter(|t| !t.name_bytes().is_empty()),
            self.kernel_btf.clone(),
        ) else {
            let error = Errno::EINVAL.as_return();
            return Err(self.reject(PrototypeReject::KernelTypeSearch {
                arg,
                kind,
                name: "(anon)".into(),
                error,
            }));
        };
        match one_like(&kernel, target) {
            Ok(id) => Ok(TypeRef {
                btf: BtfRef::Kernel,
                id,
            }),
            Err(0) => Err(self.reject(PrototypeReject::NoKernelType { arg, kind, name })),
            Err(_) => Err(self.reject(PrototypeReject::AmbiguousKernelType { arg, kind, name })),
        }
    }
}

impl Declared<'_> {
    fn name(&self) -> String {
        self.func.name().to_string()
    }
}

/// The only type like `target`, or how many there are.
fn one_like(kernel: &Arc<Btf>, target: Type<'_>) -> Result<BtfTypeId, usize> {
    let mut like = kernel
        .ids_by_essential_name(target.name_bytes())
        .filter(|id| kernel.kind(*id) == target.kind());
    match (like.next(), like.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(0),
        (Some(_), Some(_)) => Err(2),
    }
}

/// Kind in capitals and name, as messages show a type.
fn describe(ty: Option<Type<'_>>) -> (&'static str, String) {
    ty.map_or(("UNKNOWN", String::new()), |t| {
        (t.kind_name(), t.name().to_string())
    })
}

fn is_number(ty: &Type<'_>) -> bool {
    matches!(ty, Type::Int(_) | Type::Enum(_) | Type::Enum64(_))
}
