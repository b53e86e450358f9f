//! Values that own things: what is put into them works, and is released with them. In both executors, on virtual time.

#[path = "owned/objects.rs"]
mod objects;
#[path = "owned/session.rs"]
mod session;
#[path = "owned/timers.rs"]
mod timers;
