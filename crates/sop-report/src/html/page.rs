//! A page from its parts.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sop_core::{ProtocolInfo, ResultRecord, Sha256Hasher};

use super::block::Block;
use super::data::page_data;
use super::section::{self, Section};
use super::table::Shelf;
use super::units::UnitOutcomes;
use crate::ReportError;
use crate::protocols::Protocols;
use crate::table::html_escape as escape;

const STYLE: &str = include_str!("page.css");

/// The scripts, in the order in which they stand in the page: each is a function that `main.js` calls.
const SCRIPTS: [&str; 7] = [
    include_str!("js/elements.js"),
    include_str!("js/theme.js"),
    include_str!("js/tables.js"),
    include_str!("js/settings.js"),
    include_str!("js/pictures.js"),
    include_str!("js/units.js"),
    include_str!("js/main.js"),
];

/// Everything that a page shows.
#[derive(Debug)]
pub struct HtmlPage<'a> {
    /// The heading.
    pub title: &'a str,
    /// The result rows, of which the tables and figures are made.
    pub records: &'a [ResultRecord],
    /// What is known of the protocols.
    pub protocols: &'a [&'a ProtocolInfo],
    /// What else stands in the sections of protocols.
    pub blocks: Vec<Block>,
    /// Outcomes of the units of a value, for values of which at least two encoders have some.
    pub units: Vec<UnitOutcomes>,
    /// Files to take away.
    pub downloads: Vec<Download>,
    /// What was left out, a sentence each.
    pub notes: Vec<String>,
}

/// A file to take away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Its name.
    pub name: String,
    /// Its media type, such as `text/csv`.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl HtmlPage<'_> {
    /// The page as one self-contained HTML file; the same parts give the same bytes.
    ///
    /// # Errors
    /// When there are no results, a value is one that its metric cannot have, or a figure cannot be drawn.
    pub fn html(&self) -> Result<String, ReportError> {
        if self.records.is_empty() {
            return Err(ReportError::NoRecords);
        }
        Protocols(self.protocols).check_ranges(self.records.iter())?;
        let mut shelf = Shelf::default();
        let mut sections: Vec<Section> = section::overview(self, &mut shelf)?.into_iter().collect();
        sections.extend(section::others(self, &mut shelf)?);
        let mut left_out = self.notes.clone();
        sections.extend(section::protocols(self, &mut shelf, &mut left_out)?);
        sections.extend(section::units(self));
        sections.extend(section::notes(&left_out));
        let data = page_data(self.records, &shelf, &self.units, &self.downloads);
        Ok(self.document(&sections, &data))
    }

    fn document(&self, sections: &[Section], data: &str) -> String {
        let script = SCRIPTS.concat();
        let script = format!("(() => {{\n'use strict';\n{script}}})();\n");
        let hash = BASE64_STANDARD.encode(digest(script.as_bytes()));
        let title = escape(self.title);
        let links: String = sections
            .iter()
            .map(|section| format!("<a href=\"#{}\">{}</a>\n", section.id, escape(&section.name)))
            .collect();
        let files: String = self
            .downloads
            .iter()
            .enumerate()
            .map(|(place, file)| {
                format!("<button type=\"button\" data-file=\"{place}\">{}</button>\n", escape(&file.name))
            })
            .collect();
        let files = if files.is_empty() {
            files
        } else {
            format!("<details class=\"menu\"><summary>Download</summary><div>\n{files}</div></details>\n")
        };
        let body: String = sections
            .iter()
            .map(|section| {
                let Section { id, name, html } = section;
                format!("<section id=\"{id}\" aria-labelledby=\"{id}-name\">\n<h2 id=\"{id}-name\">{}</h2>\n{html}</section>\n", escape(name))
            })
            .collect();
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
             script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"generator\" content=\"sop\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <a class=\"skip\" href=\"#main\">To the results</a>\n\
             <header>\n<div class=\"head\">\n<h1>{title}</h1>\n<p>{}</p>\n</div>\n\
             <div class=\"tools\">\n<input type=\"search\" id=\"filter\" placeholder=\"Filter rows\" aria-label=\"Show only rows that hold this text\">\n\
             {files}<button type=\"button\" id=\"theme\">Theme</button>\n</div>\n\
             <nav aria-label=\"Sections\">\n{links}</nav>\n</header>\n\
             <main id=\"main\">\n{body}</main>\n\
             <dialog id=\"settings\" aria-labelledby=\"settings-name\"></dialog>\n<dialog id=\"picture\" aria-label=\"Picture\"></dialog>\n\
             <p id=\"said\" role=\"status\"></p>\n\
             <script type=\"application/json\" id=\"data\">{data}</script>\n<script>{script}</script>\n</body>\n</html>\n",
            escape(&section::summary(self.records)),
        )
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256Hasher::default();
    hasher.update(bytes);
    hasher.finish_bytes()
}
