//! Paths for OBJ_PIN and OBJ_GET: a flat file system of a few pins, the oldest making room for the newest.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use skep_kernel::{Bpffs, MapAccess, PinPath, Pinned, SysError, SysResult};
use skep_uapi::Errno;

/// Pins kept at once.
const KEPT: usize = 16;

/// The pins of a session.
#[derive(Default)]
pub(crate) struct Pins(Mutex<VecDeque<(Vec<u8>, Pinned)>>);

impl Pins {
    fn all(&self) -> MutexGuard<'_, VecDeque<(Vec<u8>, Pinned)>> {
        // A call that panicked is reported; the pins are whole all the same.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pins {
    /// Removes a pin; false if there is none.
    pub(crate) fn unlink(&self, path: &[u8]) -> bool {
        let mut all = self.all();
        let found = all.iter().position(|(taken, _)| taken == path);
        found.and_then(|at| all.remove(at)).is_some()
    }
}

impl Bpffs for Pins {
    fn pin(&self, path: &PinPath, object: Pinned) -> SysResult<()> {
        let mut all = self.all();
        if all.iter().any(|(taken, _)| *taken == path.path) {
            return SysError::err(Errno::EEXIST, "pinned already");
        }
        if all.len() >= KEPT {
            all.pop_front();
        }
        all.push_back((path.path.clone(), object));
        Ok(())
    }

    fn open(&self, path: &PinPath, _access: MapAccess) -> SysResult<Pinned> {
        let found = self
            .all()
            .iter()
            .find(|(name, _)| *name == path.path)
            .map(|(_, pinned)| pinned.clone());
        found.ok_or_else(|| SysError::new(Errno::ENOENT, "no such pin"))
    }
}
