//! Contexts as the client and the program see them: the structs `ctx_in` and `ctx_out` of PROG_TEST_RUN carry.

mod sk_buff;
mod sk_lookup;
mod xdp_md;

pub use sk_buff::{FlowKeys, SkBuff};
pub use sk_lookup::SkLookup;
pub use xdp_md::XdpMd;
