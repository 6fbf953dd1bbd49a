//! Tables that a TOML file lays out, such as those of the paper: published and measured values side by side.
//!
//! [`Layout`] says what a table shows, [`PublishedCell`] is a published value, [`lay_out`] brings them together with result rows, and
//! [`LaidOut`] renders. Nothing here knows a table; those that come with the program are files of `reports/paper`.

mod csv;
mod form;
mod given;
mod grid;
mod html;
mod json;
mod labels;
mod latex;
mod lay_out;
mod markdown;
mod model;
mod notes;
mod paper;
mod published;
mod rank;
mod rows;
mod select;
mod setting_filter;
mod settings;
mod shown;
mod source;
mod text;
mod values;

pub use form::{Better, Column, Group, Layout, Scope};
pub use labels::{Filter, Names, RowLabels};
pub use lay_out::{Contents, lay_out};
pub use model::{LaidOut, LaidOutCell, LaidOutColumn, LaidOutGroup, LaidOutRow, LaidOutValue, Rank};
pub use paper::{embedded_layout, embedded_names, embedded_published, embedded_tables};
pub use published::{PublishedCell, read_published};
pub use setting_filter::SettingFilter;
pub(crate) use settings::Side;
pub(crate) use values::{OF_ENCODER, canonical, number, same, setting_of, text as setting_text};
