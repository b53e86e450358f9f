//! Look-up, update and delete; push, pop and peek.

use skep_exec::{HelperCall, HelperResult};

use super::call::{done, word};

pub(super) fn lookup_elem(call: &HelperCall<'_, '_>) -> HelperResult {
    let map = call.map(0)?.map();
    let key = call.read(1, map.base().attr().key_size as usize)?;
    let value = map.prog_lookup(call.context().cpu(), key);
    if map.inner_template().is_some() {
        call.returns_map(value);
    }
    Ok(value.raw())
}

pub(super) fn update_elem(call: &HelperCall<'_, '_>) -> HelperResult {
    let map = call.map(0)?.map();
    let attr = map.base().attr();
    let key = call.read(1, attr.key_size as usize)?;
    let value = call.read(2, attr.value_size as usize)?;
    done(map.prog_update(call.context().cpu(), key, value, call.arg(3)))
}

pub(super) fn delete_elem(call: &HelperCall<'_, '_>) -> HelperResult {
    let map = call.map(0)?.map();
    let key = call.read(1, map.base().attr().key_size as usize)?;
    done(map.prog_delete(call.context().cpu(), key))
}

pub(super) fn lookup_percpu_elem(call: &HelperCall<'_, '_>) -> HelperResult {
    let map = call.map(0)?.map();
    let key = call.read(1, map.base().attr().key_size as usize)?;
    Ok(map.prog_lookup_percpu(key, word(call, 2)).raw())
}

pub(super) fn push_elem(call: &HelperCall<'_, '_>) -> HelperResult {
    let map = call.map(0)?.map();
    let value = call.read(1, map.base().attr().value_size as usize)?;
    done(map.prog_push(value, call.arg(2)))
}

pub(super) fn pop_elem(call: &HelperCall<'_, '_>) -> HelperResult {
    let map = call.map(0)?.map();
    let value = call.write(1, map.base().attr().value_size as usize)?;
    done(map.prog_pop(value))
}

/// Bloom filters look for the value instead of giving one.
pub(super) fn peek_elem(call: &HelperCall<'_, '_>) -> HelperResult {
    let map = call.map(0)?.map();
    let size = map.base().attr().value_size as usize;
    let value = if map.lookup_reads_value() {
        call.read(1, size)?
    } else {
        call.write(1, size)?
    };
    done(map.prog_peek(value))
}
