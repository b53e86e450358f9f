//! The barrier between readers and waiters: free for readers where membarrier(2) answers.
//!
//! # Safety
//!
//! One raw system call with no pointer arguments.
#![cfg_attr(not(loom), allow(unsafe_code))]

use crate::sync::{Ordering, fence};

/// How readers and waiters order themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Barrier {
    /// The waiter makes all threads of the process pass a barrier; readers only keep the compiler in order.
    #[cfg(not(loom))]
    Membarrier,
    /// Both sides pass a full fence.
    Fences,
}

#[cfg(not(loom))]
const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;
#[cfg(not(loom))]
const PRIVATE_EXPEDITED: libc::c_int = 1 << 3;

impl Barrier {
    /// The cheapest that works here.
    pub(super) fn choose() -> Self {
        #[cfg(not(loom))]
        if membarrier(REGISTER_PRIVATE_EXPEDITED) {
            return Self::Membarrier;
        }
        Self::Fences
    }

    /// Between a reader's store to its slot and its first load of shared data.
    #[inline(always)]
    pub(super) fn reader(self) {
        match self {
            #[cfg(not(loom))]
            Self::Membarrier => std::sync::atomic::compiler_fence(Ordering::SeqCst),
            Self::Fences => fence(Ordering::SeqCst),
        }
    }

    /// Between a waiter's unlinking and its look at the slots.
    pub(super) fn waiter(self) {
        fence(Ordering::SeqCst);
        #[cfg(not(loom))]
        if self == Self::Membarrier {
            // It cannot fail once registered; and without it readers would not be ordered at all.
            assert!(
                membarrier(PRIVATE_EXPEDITED),
                "membarrier(2) failed after its registration"
            );
        }
    }
}

#[cfg(not(loom))]
fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: takes three integers and touches no memory of ours.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}
