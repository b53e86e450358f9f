//! MAP_CREATE: makes a map.
//!
//! Linux makes the map before it looks at its name and BTF; here the values' fields must be known first. So name and
//! BTF are looked at early, but what is wrong with them is only said after the map could be made.

mod args;
mod btf;

use skep_btf::FieldRecord;
use skep_catalog::{BtfCheck, Caps, MapCap, MapMeta, map_type};
use skep_maps::kind::Holds;
use skep_maps::{InnerTemplate, MapEnv, MapKind};
use skep_object::{Errno, FieldOps, NoFields, Ref, SysError, SysResult, unsupported};
use skep_uapi::MapType;
use std::sync::Arc;

use super::{Call, Reply};
use crate::load::fields::value_fields;
use crate::object::{MapObject, ObjectName, kernel_struct};
use crate::owned::ValueOps;
use crate::{Fd, FdObject, UnprivilegedBpf};
use args::Args;
use btf::{BtfIds, ValueBtf};

pub(super) fn run(call: &Call<'_>) -> SysResult<Reply> {
    let args = Args::of(call)?;
    if !call.kernel.availability().map_type(args.map.map_type) {
        return SysError::err(Errno::EINVAL, "this kernel has no such map type");
    }
    let kind = skep_maps::kind(args.map.map_type)?;
    check_needed_btf(&args)?;
    (kind.check)(&args.map, call.task.caps())?;
    if let Some(token) = args.token {
        call.fds().token(token)?;
    }
    check_privileges(call, args.map.map_type)?;
    if args.ifindex != 0 {
        return Err(unsupported!(EOPNOTSUPP, "offloaded maps"));
    }

    let inner = find_template(call, kind, args.inner_map)?;
    let name = ObjectName::from_attr(args.name);
    let btf = args
        .btf
        .as_ref()
        .map(|ids| ids.find(call, &args.map))
        .transpose();
    let usable = btf.as_ref().ok().and_then(Option::as_ref);
    let record = usable.and_then(ValueBtf::record);
    let env = MapEnv {
        caps: call.task.caps(),
        possible_cpus: call.kernel.slots().possible(),
        hash_seed: call.kernel.platform().random_u32(),
        fields: value_fields(record),
        field_ops: field_ops(call, record),
        inner: inner.as_ref().map(|inner| inner.template.clone()),
        memory_limit: call.kernel.limits().map_bytes,
    };
    let map = (kind.create)(args.map, env)?;
    let name = name?;
    let btf = btf?;
    if args.has_exclusive_program {
        return Err(unsupported!(EINVAL, "maps of one program"));
    }

    let attr = *map.base().attr();
    let meta = MapMeta {
        map_type: attr.map_type,
        key_size: attr.key_size,
        value_size: attr.value_size,
        max_entries: attr.max_entries,
        map_flags: attr.flags,
        map_extra: attr.map_extra,
        name: name.bytes(),
        btf: btf.as_ref().map(ValueBtf::types),
        btf_key_type_id: btf.as_ref().map(|btf| btf.key).unwrap_or_default(),
        btf_value_type_id: btf.as_ref().map(|btf| btf.value).unwrap_or_default(),
        btf_vmlinux_value_type_id: Default::default(),
        record: btf.as_ref().and_then(|btf| btf.record().cloned()),
        inner: inner.map(|inner| inner.meta),
        frozen: false,
    };
    let btf = btf.map(ValueBtf::into_map_btf);
    let domains = call.kernel.rcu().clone();
    let object = Ref::new(MapObject::new(map, name, btf, meta, domains));
    call.kernel.maps().publish(&object)?;
    kernel_struct::describe(call.kernel.symbols().btf(), &object);
    Ok(Reply::NewFd(FdObject::map(&object, args.access)))
}

/// What is released with a value.
fn field_ops(call: &Call<'_>, record: Option<&Arc<FieldRecord>>) -> Arc<dyn FieldOps> {
    match record {
        Some(record) => {
            let record = Arc::clone(record);
            Arc::new(ValueOps::new(record, call.kernel))
        }
        None => Arc::new(NoFields),
    }
}

/// EPERM: unprivileged bpf is disabled, or the type needs a capability.
fn check_privileges(call: &Call<'_>, wanted: MapType) -> SysResult<()> {
    if call.kernel.unprivileged() != UnprivilegedBpf::Allowed {
        call.task
            .require(Caps::BPF, "unprivileged bpf is disabled")?;
    }
    let needed = match map_type(wanted).map(|info| info.cap) {
        Some(MapCap::Bpf) => Caps::BPF,
        Some(MapCap::NetAdmin) => Caps::NET_ADMIN,
        Some(MapCap::None) | None => Caps::empty(),
    };
    call.task
        .require(needed, "map type needs more capabilities")
}

/// EINVAL: a type that is nothing without BTF of key and value has none.
fn check_needed_btf(args: &Args) -> SysResult<()> {
    let rule = map_type(args.map.map_type).map(|info| info.btf_check);
    if rule == Some(BtfCheck::LocalStorage) && !args.btf.as_ref().is_some_and(BtfIds::has_both) {
        return refuse("local storage needs BTF of key and value");
    }
    Ok(())
}

/// What inner maps must look like, for the map and for the verifier.
struct Template {
    template: InnerTemplate,
    meta: Arc<MapMeta>,
}

/// The template behind `inner_map_fd`; other types do not look at it. EBADF, EINVAL, ENOTSUPP.
fn find_template(call: &Call<'_>, kind: &MapKind, fd: Fd) -> SysResult<Option<Template>> {
    match kind.holds {
        Holds::Bytes | Holds::Progs => Ok(None),
        Holds::Maps => {
            let map = call.fds().map(fd)?;
            let template = InnerTemplate::of(map.map())?;
            Ok(Some(Template {
                template,
                meta: map.meta(),
            }))
        }
    }
}

/// Every errno of the early checks is the attr's fault.
fn refuse<T>(why: &'static str) -> SysResult<T> {
    SysError::err(Errno::EINVAL, why)
}
