//! [`FieldRecord`]: the special fields of one type, checked and sorted.

use alloc::vec::Vec;

use skep_uapi::Errno;
use skep_uapi::limits::PAGE_SIZE;

use super::find::{self, Budget, Found, FoundTarget};
use super::kernel_types::KernelTypes;
use super::kind::{FieldKind, FieldSet, KptrMode};
use crate::btf::Btf;
use crate::id::{BtfIdentity, BtfTypeId};

/// Special fields by ascending offset; at least one.
///
/// Equality is that of Linux's `btf_record_equal`: same kinds, offsets and targets, where a target in a program's BTF is the
/// same only in the same BTF object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRecord {
    fields: Vec<Field>,
    kinds: FieldSet,
}

/// One special field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Bytes from the start of the value.
    pub offset: u32,
    /// What it is.
    pub ty: FieldType,
}

/// What a special field is, with its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// `struct bpf_spin_lock`.
    SpinLock,
    /// `struct bpf_res_spin_lock`.
    ResSpinLock,
    /// `struct bpf_timer`.
    Timer,
    /// `struct bpf_wq`.
    Wq,
    /// `struct bpf_task_work`.
    TaskWork,
    /// A pointer to an object.
    Kptr(KptrMode, ObjectType),
    /// A pointer into a task's memory.
    Uptr(TypeRef),
    /// `struct bpf_list_head`.
    ListHead(GraphRoot),
    /// `struct bpf_list_node`.
    ListNode,
    /// `struct bpf_rb_root`.
    RbRoot(GraphRoot),
    /// `struct bpf_rb_node`.
    RbNode,
    /// `struct bpf_refcount`.
    Refcount,
}

/// A type in a certain BTF object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeRef {
    /// Whose type it is.
    pub origin: Origin,
    /// The BTF object.
    pub btf: BtfIdentity,
    /// The type in it.
    pub id: BtfTypeId,
}

/// Whose BTF a type is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The kernel or a module.
    Kernel,
    /// The program or map that has the field.
    Program,
}

/// What a kptr points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectType {
    /// The struct; of [`Origin::Program`] if made by `bpf_obj_new`.
    pub ty: TypeRef,
    /// For a referenced kptr to a kernel struct: the function that releases it.
    pub destructor: Option<BtfTypeId>,
}

/// What a list head or tree root holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphRoot {
    /// The struct in the program's BTF; its own fields are its [`Btf::struct_record`].
    pub value: TypeRef,
    /// Byte offset of the node in it.
    pub node_offset: u32,
}

impl Field {
    /// Its kind.
    pub fn kind(&self) -> FieldKind {
        match self.ty {
            FieldType::SpinLock => FieldKind::SpinLock,
            FieldType::ResSpinLock => FieldKind::ResSpinLock,
            FieldType::Timer => FieldKind::Timer,
            FieldType::Wq => FieldKind::Wq,
            FieldType::TaskWork => FieldKind::TaskWork,
            FieldType::Kptr(mode, _) => FieldKind::Kptr(mode),
            FieldType::Uptr(_) => FieldKind::Uptr,
            FieldType::ListHead(_) => FieldKind::ListHead,
            FieldType::ListNode => FieldKind::ListNode,
            FieldType::RbRoot(_) => FieldKind::RbRoot,
            FieldType::RbNode => FieldKind::RbNode,
            FieldType::Refcount => FieldKind::Refcount,
        }
    }

    /// Bytes.
    pub fn size(&self) -> u32 {
        self.kind().size()
    }

    /// First byte after it.
    pub fn end(&self) -> u32 {
        self.offset.saturating_add(self.size())
    }

    /// What a root holds.
    pub fn root(&self) -> Option<&GraphRoot> {
        match &self.ty {
            FieldType::ListHead(root) | FieldType::RbRoot(root) => Some(root),
            _ => None,
        }
    }
}

impl FieldRecord {
    /// Finds the fields of `wanted` kinds in a struct or DATASEC of `value_size` bytes; `Ok(None)` if there are none.
    ///
    /// Errors are those of Linux's `btf_parse_fields`; what they mean is for the caller: see [`crate::MapRecord`].
    pub fn parse(
        btf: &Btf,
        id: BtfTypeId,
        wanted: FieldSet,
        value_size: u32,
        kernel: &dyn KernelTypes,
    ) -> Result<Option<Self>, Errno> {
        Self::parse_within(btf, id, wanted, value_size, kernel, &mut Budget::new())
    }

    pub(super) fn parse_within(
        btf: &Btf,
        id: BtfTypeId,
        wanted: FieldSet,
        value_size: u32,
        kernel: &dyn KernelTypes,
        budget: &mut Budget,
    ) -> Result<Option<Self>, Errno> {
        let found = find::fields(btf, id, wanted, budget)?;
        if found.is_empty() {
            return Ok(None);
        }
        let mut record = Self {
            fields: Vec::with_capacity(found.len()),
            kinds: FieldSet::empty(),
        };
        let mut next_offset = 0;
        for one in &found {
            let end = one.offset.saturating_add(one.kind.size());
            if end > value_size {
                return Err(Errno::EFAULT);
            }
            if one.offset < next_offset {
                return Err(Errno::EEXIST);
            }
            next_offset = end;
            let ty = complete(btf, one, kernel)?;
            record.kinds |= one.kind.set();
            record.fields.push(Field {
                offset: one.offset,
                ty,
            });
        }
        record.check_whole()?;
        record.fields.sort_by_key(|field| field.offset);
        Ok(Some(record))
    }

    /// What fields need of each other.
    fn check_whole(&self) -> Result<(), Errno> {
        let kinds = self.kinds;
        let two_locks = kinds.contains(FieldSet::LOCK);
        let root_without_lock =
            kinds.intersects(FieldSet::GRAPH_ROOT) && !kinds.intersects(FieldSet::LOCK);
        let shared_without_refcount =
            kinds.contains(FieldSet::GRAPH_NODE) && !kinds.contains(FieldSet::REFCOUNT);
        if two_locks || root_without_lock || shared_without_refcount {
            return Err(Errno::EINVAL);
        }
        Ok(())
    }

    /// Checks what fields own: uptr targets, and that collections do not hold collections of collections.
    ///
    /// For a map this is the last check of MAP_CREATE, and its errno does fail the call.
    pub fn check_ownership(&self, btf: &Btf) -> Result<(), Errno> {
        self.check_ownership_in(btf, |id| btf.struct_record(id).map(|record| record.kinds))
    }

    pub(super) fn check_ownership_in(
        &self,
        btf: &Btf,
        kinds_of: impl Fn(BtfTypeId) -> Option<FieldSet>,
    ) -> Result<(), Errno> {
        for field in &self.fields {
            if let FieldType::Uptr(target) = field.ty {
                check_uptr(btf, target)?;
            } else if let Some(root) = field.root() {
                let held = kinds_of(root.value.id).ok_or(Errno::EFAULT)?;
                if self.kinds.intersects(FieldSet::GRAPH_NODE)
                    && held.intersects(FieldSet::GRAPH_ROOT)
                {
                    return Err(Errno::ELOOP);
                }
            }
        }
        Ok(())
    }

    /// The fields.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The kinds there are.
    pub fn kinds(&self) -> FieldSet {
        self.kinds
    }

    /// Whether there is a field of one of these kinds.
    pub fn has(&self, kinds: FieldSet) -> bool {
        self.kinds.intersects(kinds)
    }

    /// The field of one of these kinds that begins at an offset.
    pub fn at(&self, offset: u32, kinds: FieldSet) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| field.offset == offset && kinds.contains(field.kind().set()))
    }

    /// The first field of a kind (the only one of locks, timers and the like).
    pub fn first(&self, kinds: FieldSet) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| kinds.contains(field.kind().set()))
    }

    /// Fields that share bytes with `offset..offset + size`.
    pub fn overlapping(&self, offset: u32, size: u32) -> impl Iterator<Item = &Field> {
        let end = u64::from(offset).saturating_add(u64::from(size));
        self.fields
            .iter()
            .filter(move |field| u64::from(field.offset) < end && offset < field.end())
    }
}

fn check_uptr(btf: &Btf, target: TypeRef) -> Result<(), Errno> {
    match (target.origin, btf.size_of(target.id)) {
        (Origin::Kernel, _) | (Origin::Program, None | Some(0)) => Err(Errno::EINVAL),
        (Origin::Program, Some(size)) if size as usize > PAGE_SIZE => Err(Errno::E2BIG),
        (Origin::Program, Some(_)) => Ok(()),
    }
}

/// Finds the target of a field that was found.
fn complete(btf: &Btf, one: &Found<'_>, kernel: &dyn KernelTypes) -> Result<FieldType, Errno> {
    let own = |id| TypeRef {
        origin: Origin::Program,
        btf: btf.identity(),
        id,
    };
    Ok(match (one.kind, one.target) {
        (FieldKind::SpinLock, _) => FieldType::SpinLock,
        (FieldKind::ResSpinLock, _) => FieldType::ResSpinLock,
        (FieldKind::Timer, _) => FieldType::Timer,
        (FieldKind::Wq, _) => FieldType::Wq,
        (FieldKind::TaskWork, _) => FieldType::TaskWork,
        (FieldKind::ListNode, _) => FieldType::ListNode,
        (FieldKind::RbNode, _) => FieldType::RbNode,
        (FieldKind::Refcount, _) => FieldType::Refcount,
        (FieldKind::Kptr(mode), FoundTarget::Pointee(id)) => {
            FieldType::Kptr(mode, object_type(btf, mode, id, kernel)?)
        }
        (FieldKind::Uptr, FoundTarget::Pointee(id)) => {
            FieldType::Uptr(kernel_type(btf, id, kernel).unwrap_or(own(id)))
        }
        (FieldKind::ListHead, FoundTarget::Graph { value, node }) => {
            let node_offset = find::node_offset(btf, value, node, FieldKind::ListNode)?;
            FieldType::ListHead(GraphRoot {
                value: own(value),
                node_offset,
            })
        }
        (FieldKind::RbRoot, FoundTarget::Graph { value, node }) => {
            let node_offset = find::node_offset(btf, value, node, FieldKind::RbNode)?;
            FieldType::RbRoot(GraphRoot {
                value: own(value),
                node_offset,
            })
        }
        (
            FieldKind::Kptr(_) | FieldKind::Uptr | FieldKind::ListHead | FieldKind::RbRoot,
            FoundTarget::None | FoundTarget::Pointee(_) | FoundTarget::Graph { .. },
        ) => return Err(Errno::EFAULT),
    })
}

/// The kernel type of the same name and kind, if there is one; anonymous types are the program's.
fn kernel_type(btf: &Btf, id: BtfTypeId, kernel: &dyn KernelTypes) -> Option<TypeRef> {
    let name = Some(btf.name_bytes(id)).filter(|name| !name.is_empty())?;
    kernel.find(name, btf.kind(id)?)
}

fn object_type(
    btf: &Btf,
    mode: KptrMode,
    id: BtfTypeId,
    kernel: &dyn KernelTypes,
) -> Result<ObjectType, Errno> {
    let Some(ty) = kernel_type(btf, id, kernel) else {
        let ty = TypeRef {
            origin: Origin::Program,
            btf: btf.identity(),
            id,
        };
        return Ok(ObjectType {
            ty,
            destructor: None,
        });
    };
    let destructor = match mode {
        KptrMode::Ref => Some(kernel.destructor(&ty).ok_or(Errno::ENOENT)?),
        KptrMode::Unref | KptrMode::Percpu => None,
    };
    Ok(ObjectType { ty, destructor })
}
