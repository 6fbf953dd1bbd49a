//! Results as one HTML page that can be sent around: tables, figures, pictures, what encoders disagree on, and downloads.
//!
//! The page is one file. It loads nothing, and a policy in it forbids that. Tables, figures and pictures are there without scripts, so that
//! it can be printed and read anywhere; scripts sort, show the settings behind a number, and take downloads out of it.

mod block;
mod data;
mod data_uri;
mod drawn;
mod page;
mod section;
mod table;
mod units;

pub use block::{Block, Content, Picture};
pub use page::{Download, HtmlPage};
pub use units::UnitOutcomes;
