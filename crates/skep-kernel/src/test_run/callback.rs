//! Running one function of a program on an element of a map: callbacks of timers and work items.

use skep_memory::Region;
use skep_object::{CancelToken, Errno, SysError, SysResult};

use super::run::{Called, Test};
use super::state::{RunState, Subject};
use crate::owned::deferred::{Callback, Element, Kind};
use crate::{Kernel, TaskIds};

/// Calls back with the map, the key and the value: timers on a vCPU, work as a sleepable program. ENOENT: there is no
/// such element. EFAULT: the checker trapped. ENOTSUPP: the program cannot be run here.
pub(crate) fn run_callback(
    kernel: &Kernel,
    kind: Kind,
    callback: &Callback,
    element: &Element,
) -> SysResult<u32> {
    let Some(key) = element.map.map().key_of(element.value) else {
        return SysError::err(Errno::ENOENT, "no element at this address");
    };
    let no_memory = |_| SysError::new(Errno::ENOMEM, "no memory for the key");
    let copy = Region::new(key.len().max(1)).map_err(no_memory)?;
    // As many bytes as the region has.
    let _ = copy.copy_in(0, &key);
    let none = Region::new(8).map_err(no_memory)?;
    let context = none.base();
    let state = RunState::new(Subject::Bytes(none), nobody(), kernel.strong());
    let test = Test {
        kernel,
        cancel: &CancelToken::new(),
        prog: &callback.prog,
        state: &state,
        context,
    };
    let called = Called {
        function: callback.function,
        map: element.map.bound(),
        key: copy.bytes(),
        value: element.value,
    };
    test.call_back(kind, &called)
}

/// Whom such callbacks find running: the idle task.
fn nobody() -> TaskIds {
    let mut comm = [0; 16];
    for (to, from) in comm.iter_mut().zip(b"swapper/0") {
        *to = *from;
    }
    TaskIds {
        pid: 0,
        tgid: 0,
        uid: 0,
        gid: 0,
        comm,
    }
}
