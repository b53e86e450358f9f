//! What a type really is and how big: skipping modifiers, sizes, alignments.

use skep_uapi::btf::BtfKind;

use crate::btf::Btf;
use crate::id::BtfTypeId;
use crate::types::Type;

/// Longest chain that is followed; loaded BTF has chains of at most 32, kernel BTF shorter ones.
const MAX_CHAIN: u32 = 64;
/// Members looked at for one alignment: structs of structs could make it exponential.
const ALIGN_BUDGET: u32 = 1 << 14;
/// Bytes of a pointer in BPF.
pub(crate) const POINTER_SIZE: u32 = 8;

impl Btf {
    /// The type behind qualifiers, type tags and typedefs; `None` for unknown ids and endless chains.
    pub fn resolve(&self, id: BtfTypeId) -> Option<Type<'_>> {
        self.follow(id, |_| true)
    }

    /// The type behind qualifiers and type tags, stopping at a typedef.
    pub fn skip_qualifiers(&self, id: BtfTypeId) -> Option<Type<'_>> {
        self.follow(id, |ty| !matches!(ty, Type::Typedef(_)))
    }

    fn follow(&self, id: BtfTypeId, may_skip: impl Fn(&Type<'_>) -> bool) -> Option<Type<'_>> {
        let mut id = id;
        for _ in 0..MAX_CHAIN {
            let ty = self.type_by_id(id)?;
            match ty.modified().filter(|_| may_skip(&ty)) {
                Some(reference) => id = reference.target(),
                None => return Some(ty),
            }
        }
        None
    }

    /// The pointee of a pointer behind modifiers, itself without modifiers.
    pub fn resolve_pointer(&self, id: BtfTypeId) -> Option<Type<'_>> {
        self.resolve(self.resolve(id)?.as_ptr()?.target())
    }

    /// Bytes of a type; `None` for types without size (`void`, functions, forward declarations) and overflow.
    pub fn size_of(&self, id: BtfTypeId) -> Option<u32> {
        let mut factor = 1_u32;
        let mut id = id;
        for _ in 0..MAX_CHAIN {
            let size = match self.type_by_id(id)? {
                Type::Int(int) => int.size(),
                Type::Ptr(_) => POINTER_SIZE,
                Type::Struct(composite) | Type::Union(composite) => composite.size(),
                Type::Enum(enumeration) | Type::Enum64(enumeration) => enumeration.size(),
                Type::Datasec(datasec) => datasec.size(),
                Type::Float(float) => float.size(),
                Type::Array(array) => {
                    factor = factor.checked_mul(array.len())?;
                    id = array.element();
                    continue;
                }
                Type::Var(var) => {
                    id = var.type_id();
                    continue;
                }
                Type::Typedef(next)
                | Type::Volatile(next)
                | Type::Const(next)
                | Type::Restrict(next)
                | Type::TypeTag(next) => {
                    id = next.target();
                    continue;
                }
                Type::Void
                | Type::Fwd(_)
                | Type::Func(_)
                | Type::FuncProto(_)
                | Type::DeclTag(_) => {
                    return None;
                }
            };
            return size.checked_mul(factor);
        }
        None
    }

    /// Natural alignment in bytes; 1 for packed structs; `None` for types without size.
    ///
    /// BTF does not record alignment: this is libbpf's derivation from sizes and member offsets.
    pub fn align_of(&self, id: BtfTypeId) -> Option<u32> {
        let mut budget = ALIGN_BUDGET;
        self.align_within(id, 0, &mut budget)
    }

    fn align_within(&self, id: BtfTypeId, depth: u32, budget: &mut u32) -> Option<u32> {
        *budget = budget.checked_sub(1).filter(|_| depth < MAX_CHAIN)?;
        let deeper = depth.saturating_add(1);
        match self.resolve(id)? {
            Type::Int(int) => Some(int.size().clamp(1, POINTER_SIZE)),
            Type::Enum(enumeration) | Type::Enum64(enumeration) => {
                Some(enumeration.size().clamp(1, POINTER_SIZE))
            }
            Type::Float(float) => Some(float.size().clamp(1, POINTER_SIZE)),
            Type::Ptr(_) => Some(POINTER_SIZE),
            Type::Array(array) => self.align_within(array.element(), deeper, budget),
            Type::Var(var) => self.align_within(var.type_id(), deeper, budget),
            Type::Struct(composite) | Type::Union(composite) => {
                let mut most = 1;
                for member in composite.members() {
                    let align = self.align_within(member.type_id(), deeper, budget)?;
                    let aligned = member.bit_offset().is_multiple_of(align.saturating_mul(8));
                    if member.bitfield_bits().is_none() && !aligned {
                        return Some(1);
                    }
                    most = most.max(align);
                }
                Some(if composite.size().is_multiple_of(most) {
                    most
                } else {
                    1
                })
            }
            Type::Datasec(_)
            | Type::Void
            | Type::Fwd(_)
            | Type::Func(_)
            | Type::FuncProto(_)
            | Type::DeclTag(_)
            | Type::Typedef(_)
            | Type::Volatile(_)
            | Type::Const(_)
            | Type::Restrict(_)
            | Type::TypeTag(_) => None,
        }
    }

    /// The first variable of this name.
    pub fn find_var(&self, name: &str) -> Option<BtfTypeId> {
        self.find_by_name_kind(name, BtfKind::Var)
    }
}
