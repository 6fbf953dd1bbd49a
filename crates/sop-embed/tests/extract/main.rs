//! A data set through an encoder into embeddings.

#![allow(clippy::unwrap_used, reason = "tests, and the functions they share")]

mod greys;
mod one_set;
mod parts;
