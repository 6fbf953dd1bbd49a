//! What stands below the tables of a protocol.

use super::data_uri::data_uri;
use super::table::{Shelf, table_html};
use crate::table::{Table, html_escape as escape};
use crate::{Figure, ReportError};

/// Something that stands in the section of a protocol, with a heading.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Name of the protocol, as in result rows; empty for what belongs to none, such as a pre-training.
    pub protocol: String,
    /// What it shows.
    pub heading: String,
    /// What is shown.
    pub content: Content,
}

/// What is shown in a block.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Tables, one below the other.
    Tables(Vec<Table>),
    /// A figure, sharp at every size.
    Figure(Box<Figure>),
    /// A picture of pixels or lines.
    Picture(Picture),
}

/// A picture as a file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Such as `image/jpeg`.
    pub media_type: &'static str,
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// What it shows, for those who do not see it.
    pub text: String,
    /// Width and height in pixels, where they are known: a wide picture gets the width of the page.
    pub size: Option<(usize, usize)>,
}

/// Width over height from which a picture gets the width of the page.
const WIDE: f64 = 1.5;

/// Most rows of a table that stands open within a block.
const OPEN_ROWS: usize = 30;

/// The table, behind a fold where it is long: thirty encoders have 435 pairs.
fn foldable(table: &Table, shelf: &mut Shelf) -> String {
    let html = table_html(table, shelf);
    if table.rows.len() <= OPEN_ROWS {
        return html;
    }
    format!("<details class=\"whole\"><summary>{} rows</summary>\n{html}</details>\n", table.rows.len())
}

impl Block {
    /// The block as HTML.
    pub(super) fn html(&self, shelf: &mut Shelf) -> Result<String, ReportError> {
        let heading = escape(&self.heading);
        Ok(match &self.content {
            Content::Tables(tables) => {
                let tables: String = tables.iter().map(|table| foldable(table, shelf)).collect();
                format!("<div class=\"block wide\"><h3>{heading}</h3>\n{tables}</div>\n")
            }
            Content::Figure(figure) => {
                let notes: String = figure.notes().iter().map(|note| format!("<li>{}</li>", escape(note))).collect();
                let notes = if notes.is_empty() { notes } else { format!("<ul class=\"notes\">{notes}</ul>") };
                format!(
                    "<figure class=\"block\"><figcaption>{heading}</figcaption>\n<div class=\"paper\">{}</div>{notes}</figure>\n",
                    figure.svg()?
                )
            }
            Content::Picture(picture) => {
                let is_wide = picture.size.is_some_and(|(width, height)| width as f64 >= WIDE * height as f64);
                let sides = picture
                    .size
                    .map_or_else(String::new, |(width, height)| format!(" width=\"{width}\" height=\"{height}\""));
                format!(
                    "<figure class=\"block{}\"><figcaption>{heading}</figcaption>\n<div class=\"paper\"><button type=\"button\" \
                     class=\"zoom\"><img src=\"{}\" alt=\"{}\"{sides}></button></div></figure>\n",
                    if is_wide { " wide" } else { "" },
                    data_uri(picture.media_type, &picture.bytes),
                    escape(&picture.text)
                )
            }
        })
    }
}
