//! From a PROG_LOAD attr to a program: reading the request, the checks before the verifier, and what follows it.

mod attach;
pub(crate) mod fields;
mod finish;
mod license;
pub(crate) mod log;
mod request;
pub(crate) mod tag;

pub(crate) use attach::{check_attach, with_default_attach_type};
pub(crate) use finish::load;
pub(crate) use license::is_gpl_compatible;
pub(crate) use request::read_request;
