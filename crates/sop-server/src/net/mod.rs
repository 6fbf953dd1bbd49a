//! Connections.

mod accept;
mod refuse;
mod stall_guard;

pub(crate) use accept::accept;
