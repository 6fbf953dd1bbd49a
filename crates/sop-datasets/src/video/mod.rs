//! Videos with the objects that are followed through them.

pub mod davis;
