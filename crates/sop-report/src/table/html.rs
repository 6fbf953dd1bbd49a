//! Tables as HTML: a `<table>` and a list of notes, for a page that has its own style.

use super::model::{Table, one_line};

pub(super) fn render(table: &Table) -> String {
    let mut out = String::from("<table>\n");
    if !table.title.is_empty() {
        out += &format!("<caption>{}</caption>\n", escape(&table.title));
    }
    out += "<thead>\n<tr>";
    for column in &table.columns {
        out += &format!("<th scope=\"col\">{}</th>", escape(&column.title));
    }
    out += "</tr>\n</thead>\n<tbody>\n";
    for row in &table.rows {
        out += "<tr>";
        for (column, cell) in table.columns.iter().zip(row) {
            let text = escape(&column.plain(cell));
            let text = if cell.is_best() { format!("<b>{text}</b>") } else { text };
            out += &format!("<td>{text}</td>");
        }
        out += "</tr>\n";
    }
    out += "</tbody>\n</table>\n";
    if !table.notes.is_empty() {
        let notes: Vec<String> = table.notes.iter().map(|note| format!("<li>{}</li>\n", escape(note))).collect();
        out += &format!("<ul>\n{}</ul>\n", notes.concat());
    }
    out
}

/// Text that HTML shows as it is, in elements and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
