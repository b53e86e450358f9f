//! Objects that programs allocate: new, drop, one more owner.

use std::sync::Arc;

use skep_btf::{BtfTypeId, FieldRecord, Type};
use skep_exec::{HelperCall, HelperResult, Trapped};
use skep_memory::Addr;
use skep_object::ObjectId;

use crate::helpers::call::session;

/// The first argument is a type of the program's BTF, for this and the next.
pub(super) fn new(call: &HelperCall<'_, '_>) -> HelperResult {
    let (size, record) = described(call)?;
    Ok(session(call)?.objects().allocate(size, record).raw())
}

pub(super) fn percpu_new(call: &HelperCall<'_, '_>) -> HelperResult {
    let (size, _) = described(call)?;
    let session = session(call)?;
    let cpus = session.slots().possible();
    Ok(session.objects().allocate_percpu(size, cpus).raw())
}

/// Size and fields of the struct whose id is in R1.
fn described(call: &HelperCall<'_, '_>) -> Result<(u32, Option<Arc<FieldRecord>>), Trapped> {
    let btf = ObjectId::new(call.program_btf());
    let Some(btf) = btf.and_then(|id| session(call).ok()?.btfs().get(id)) else {
        return Err(call.refuse("the program has no BTF"));
    };
    let id = BtfTypeId(call.arg(0) as u32);
    let Some(Type::Struct(object)) = btf.btf().type_by_id(id) else {
        return Err(call.refuse("R1 is no struct of the program's BTF"));
    };
    Ok((object.size(), btf.btf().struct_record(id).cloned()))
}

pub(super) fn drop(call: &HelperCall<'_, '_>) -> HelperResult {
    session(call)?.objects().let_go(Addr::new(call.arg(0)));
    Ok(0)
}

/// Null if the last owner has just let it go.
pub(super) fn refcount_acquire(call: &HelperCall<'_, '_>) -> HelperResult {
    let object = call.arg(0);
    let acquired = session(call)?.objects().acquire(Addr::new(object));
    Ok(if acquired { object } else { 0 })
}
