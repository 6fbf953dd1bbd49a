//! One file per command.

pub mod cache;
pub mod data;
pub mod demo;
pub mod embed;
pub mod encoder;
pub mod eval;
pub mod export;
pub mod import;
pub mod index;
pub mod pretrain;
pub mod report;
pub mod results;
pub mod runtime;
pub mod serve;
pub mod verify;
