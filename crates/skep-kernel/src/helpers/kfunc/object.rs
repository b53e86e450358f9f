//! Objects that programs allocate: new, drop, one more owner.

use skep_btf::{BtfTypeId, Type};
use skep_exec::{HelperCall, HelperResult};
use skep_memory::Addr;
use skep_object::ObjectId;

use crate::helpers::call::session;

/// The first argument is a type of the program's BTF.
pub(super) fn new(call: &HelperCall<'_, '_>) -> HelperResult {
    let session = session(call)?;
    let btf = ObjectId::new(call.program_btf()).and_then(|id| session.btfs().get(id));
    let Some(btf) = btf else {
        return Err(call.refuse("the program has no BTF"));
    };
    let id = BtfTypeId(call.arg(0) as u32);
    let Some(Type::Struct(object)) = btf.btf().type_by_id(id) else {
        return Err(call.refuse("R1 is no struct of the program's BTF"));
    };
    let record = btf.btf().struct_record(id).cloned();
    Ok(session.objects().allocate(object.size(), record).raw())
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
