//! Runs a process tree and answers its bpf(2): unmodified tools, without root.
//!
//! ```text
//! skep run -- TOOL          supervisor (this process)                 client (TOOL and its descendants)
//!   launch ── fork ── guard ── fork ──────────────────────────> namespaces, filter, exec
//!     │            <── listener, root of bpffs (SCM_RIGHTS) ───────┘
//!     v
//!   workers: receive ── answer ── reply                        <── bpf(2), epoll, mmap, paths, ...
//!              │          │
//!              │          └─ skep-kernel: a Task of (credentials, ClientFds, ProcessMemory, ClientBpffs)
//!              └─ carrier (notify)
//!   settle: handles that nobody has open, pins without a name
//! ```
//!
//! | module | what it gives |
//! |---|---|
//! | [`launch`] | [`run`]: a command from start to end |
//! | [`survey`] | [`Survey`]: what this machine allows, found by trial |
//! | [`trace`], [`error`] | a line a call; why it cannot work here |
//! | `carrier`, `notify` | how calls come and answers go |
//! | `client_caps` | the capabilities clients have, and see |
//! | `client_path`, `proc_path` | what a path says |
//! | `handles`, `hints`, `client_fds`, `fd_dirs`, `file_key` | files that stand for objects, and when they end |
//! | `near_memory` | keys and values are often where the attr is |
//! | `pins`, `view` | bpffs |
//! | `polls` | epolls, and when rings are ready |
//! | `answer` | what each notified call is answered |
//! | [`control`] | skep commands inside a session: [`Inside`] |
//! | `session`, `workers`, `long_calls` | who answers |
//! | `writers` | who maps a file writably |
//! | `client_process` | how the client fares, and its signals; the guard between us and it is in `sys::guard` |
//! | `sys` | system calls nobody wraps safely |
//!
//! What is not here: any decision of bpf(2)'s. This crate moves bytes and descriptors.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]
#![cfg(target_os = "linux")]

mod answer;
mod carrier;
mod client_caps;
mod client_fds;
mod client_path;
mod client_process;
pub mod control;
pub mod error;
mod fd_dirs;
mod file_key;
mod handles;
mod hints;
mod identity;
pub mod launch;
mod long_calls;
mod near_memory;
mod notify;
mod pins;
mod polls;
mod proc_path;
mod session;
pub mod survey;
mod sys;
pub mod trace;
mod view;
mod workers;
mod writers;

pub use control::{ControlError, Inside};
pub use error::{InterceptError, NoCarrier};
pub use launch::{BpffsPlace, Ended, Options, run};
pub use survey::{Bpffs, Setting, Survey};
pub use sys::namespace::Namespaces;
pub use trace::Trace;
