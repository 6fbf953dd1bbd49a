//! Stored runs as the page that shows them, and in the forms of other programs.

#![allow(clippy::unwrap_used, reason = "tests, and the functions they share")]

mod exports;
mod pages;
mod record;
