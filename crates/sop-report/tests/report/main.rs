//! Tables and figures of made-up results, through the public interface.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

mod confusion;
mod data_kept_apart;
mod described;
mod dots;
mod figure;
mod grids;
mod html;
mod layout;
mod methods;
mod narrow;
mod not_described;
mod page;
mod parts;
mod pdf;
mod ranked;
mod records;
mod rendering;
mod summary;
mod svg_texts;
mod sweep;
