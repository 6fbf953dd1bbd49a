//! Laid-out tables as HTML: a page of its own, or the `<table>` alone.

use super::grid::{Line, MEASURED, Shown, lines, spans};
use super::model::{ALIKE, LaidOut, Rank, letter};
use crate::table::html_escape as escape;

/// How the page looks: the rules of a printed table, readable in light and dark.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.4 system-ui,sans-serif;margin:1.5rem}\
table{border-collapse:collapse;border-block:2px solid;font-variant-numeric:tabular-nums}\
caption{text-align:start;font-weight:600;padding-block-end:.5rem}\
th,td{padding:.2rem .7rem;text-align:start;font-weight:400}\
thead,thead th[colspan]{border-block-end:1px solid}\
tbody+tbody{border-block-start:1px solid}\
thead th{vertical-align:bottom}\
thead th[colspan]{text-align:center}\
sup{line-height:0}\
.n{text-align:end}.n b{font-weight:700}\
.below th{padding-inline-start:1.6rem}\
ul{font-size:.85rem;padding-inline-start:1.2rem}";

pub(super) fn render(table: &LaidOut, fragment: bool) -> String {
    let grid = grid(table);
    if fragment {
        return grid;
    }
    let title = escape(if table.title.is_empty() { &table.name } else { &table.title });
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n{grid}<ul>\n"
    );
    for (place, text) in table.footnotes.iter().enumerate() {
        out += &format!("<li><sup>{}</sup> {}</li>\n", letter(place), escape(text));
    }
    for note in &table.notes {
        out += &format!("<li>{}</li>\n", escape(note));
    }
    out + "</ul>\n</body>\n</html>\n"
}

fn grid(table: &LaidOut) -> String {
    let spans = spans(table);
    let mut out = String::from("<table>\n");
    if !table.title.is_empty() {
        out += &format!("<caption>{}</caption>\n", escape(&table.title));
    }
    out += "<thead>\n";
    for (level, row) in spans.iter().enumerate() {
        out += "<tr>";
        if level == 0 {
            for (_, heading) in &table.labels {
                out += &format!("<th rowspan=\"{}\" scope=\"col\">{}</th>", spans.len() + 1, escape(heading));
            }
        }
        for (text, width) in row {
            out += &match text.as_str() {
                "" => format!("<td{}></td>", if *width > 1 { format!(" colspan=\"{width}\"") } else { String::new() }),
                text => format!("<th colspan=\"{width}\" scope=\"colgroup\">{}</th>", escape(text)),
            };
        }
        out += "</tr>\n";
    }
    out += "<tr>";
    if spans.is_empty() {
        for (_, heading) in &table.labels {
            out += &format!("<th scope=\"col\">{}</th>", escape(heading));
        }
    }
    for column in &table.columns {
        out += &format!("<th class=\"n\" scope=\"col\">{}</th>", escape(&column.heading));
    }
    out += "</tr>\n</thead>\n<tbody>\n";
    let width = table.labels.len() + table.columns.len();
    for line in lines(table) {
        match line {
            Line::Rule => out += "</tbody>\n<tbody>\n",
            Line::Title(title) => {
                out += &format!("<tr><th colspan=\"{width}\" scope=\"rowgroup\"><i>{}</i></th></tr>\n", escape(title));
            }
            Line::Values { labels, is_below, cells } => {
                out += if is_below { "<tr class=\"below\">" } else { "<tr>" };
                for label in labels {
                    let label = if is_below && label == MEASURED { format!("<i>{label}</i>") } else { escape(label) };
                    out += &format!("<th scope=\"row\">{label}</th>");
                }
                for shown in &cells {
                    out += &format!("<td class=\"n\">{}</td>", cell(shown));
                }
                out += "</tr>\n";
            }
        }
    }
    out + "</tbody>\n</table>\n"
}

fn cell(shown: &Shown) -> String {
    let number = shown.plain();
    let mut text = match shown.rank {
        Rank::Best => format!("<b>{number}</b>"),
        Rank::Second => format!("<u>{number}</u>"),
        Rank::Other => number,
    };
    if let Some(half) = &shown.half_width {
        text += &format!(" <small>± {half}</small>");
    }
    if shown.is_alike {
        text += &format!(" {ALIKE}");
    }
    if !shown.letters.is_empty() {
        text += &format!("<sup>{}</sup>", shown.letters);
    }
    text
}
