//! Helpers of syscall programs.

use skep_btf::BtfKind;
use skep_exec::{HelperCall, HelperResult, Trapped};
use skep_object::Errno;

use super::call::{answer, ensure, size, state, word};

/// The id of a type of the kernel by name and kind.
pub(super) fn btf_find_by_name_kind(call: &HelperCall<'_, '_>) -> HelperResult {
    let name = call.read(0, size(call, 1))?.to_vec();
    answer(find(call, &name)?)
}

fn find(call: &HelperCall<'_, '_>, name: &[u8]) -> Result<Result<u64, Errno>, Trapped> {
    let [name @ .., 0] = name else {
        return Ok(Err(Errno::EINVAL));
    };
    let btf = state(call)?
        .kernel()
        .and_then(|kernel| kernel.identity().btf.as_ref());
    let checked = ensure(!name.is_empty() && call.arg(3) as u32 == 0, Errno::EINVAL);
    Ok(checked.and_then(|()| {
        let end = name
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(name.len());
        let name = name
            .get(..end)
            .and_then(|name| std::str::from_utf8(name).ok());
        let kind = BtfKind::from_raw(word(call, 2));
        let id = btf
            .zip(name)
            .zip(kind)
            .and_then(|((btf, name), kind)| btf.find_by_name_kind(name, kind));
        id.map(|id| u64::from(id.get())).ok_or(Errno::ENOENT)
    }))
}
