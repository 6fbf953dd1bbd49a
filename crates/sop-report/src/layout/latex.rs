//! Laid-out tables as LaTeX for the packages `booktabs` and `siunitx`: a floating table, or the tabular alone.

use super::grid::{Line, MEASURED, MISSING, Shown, lines, spans};
use super::model::{LaidOut, LaidOutColumn, Rank, letter};
use crate::table::{LatexRoom, latex_escape as escape, latex_points as points, one_line};

pub(super) fn render(table: &LaidOut, fragment: bool) -> String {
    let tabular = tabular(table);
    if fragment {
        // What stands below the table otherwise, for whoever writes the caption.
        let footnotes = table.footnotes.iter().enumerate();
        let footnotes = footnotes.map(|(place, text)| format!("{} {text}", letter(place)));
        let notes = footnotes.chain(table.notes.iter().cloned());
        let notes: Vec<String> = notes.map(|note| format!("% {}\n", one_line(&note))).collect();
        return format!("{NEEDS}{tabular}{}", notes.concat());
    }
    let room = LatexRoom::of(width(table));
    let environment = room.environment();
    let mut out = format!("{NEEDS}\\begin{{{environment}}}[tb]\n\\centering\n{}", room.size());
    // A label without a caption would be that of the section. The usual classes leave no room below a caption.
    if !table.title.is_empty() {
        out += &format!("\\caption{{{}}}\n", escape(&table.title));
        out += &format!("\\label{{{}}}\n\\smallskip\n", label(&table.label));
    }
    out += &tabular;
    let footnotes = table.footnotes.iter().enumerate();
    let footnotes = footnotes.map(|(place, text)| format!("\\textsuperscript{{{}}}\\,{}", letter(place), escape(text)));
    let notes: Vec<String> = footnotes.chain(table.notes.iter().map(|note| escape(note))).collect();
    if !notes.is_empty() {
        out += &format!("\n\\smallskip\n{{\\footnotesize\\raggedright {}\\par}}\n", notes.join("\\par\n"));
    }
    out + &format!("\\end{{{environment}}}\n")
}

/// About how wide the table is, in points.
fn width(table: &LaidOut) -> usize {
    let lines = lines(table);
    let values = || {
        lines.iter().filter_map(|line| match line {
            Line::Values { labels, cells, .. } => Some((labels, cells)),
            Line::Rule | Line::Title(_) => None,
        })
    };
    let of_label = |(place, (_, heading)): (usize, &(String, String))| {
        let texts = values().filter_map(|(labels, _)| labels.get(place)).map(|text| text.chars().count());
        texts.max().unwrap_or(0).max(heading.chars().count())
    };
    let of_column = |(place, column): (usize, &LaidOutColumn)| {
        let letters = |shown: &Shown| {
            let half = shown.half_width.as_ref().map_or(0, |half| half.len() + 1);
            shown.plain().chars().count() + half + usize::from(shown.is_alike) + shown.letters.len()
        };
        let texts = values().filter_map(|(_, cells)| cells.get(place)).map(letters);
        texts.max().unwrap_or(0).max(column.heading.chars().count())
    };
    let columns: Vec<usize> = table.columns.iter().enumerate().map(of_column).map(points).collect();
    // A spanning heading may be wider than what it spans.
    let of_level = |level: Vec<(String, usize)>| -> usize {
        let mut columns = columns.as_slice();
        let span = |(text, count): (String, usize)| {
            let (below, rest) = columns.split_at(count.min(columns.len()));
            columns = rest;
            points(text.chars().count()).max(below.iter().sum())
        };
        level.into_iter().map(span).sum()
    };
    let spanned = spans(table).into_iter().map(of_level).max().unwrap_or(0);
    let labels: usize = table.labels.iter().enumerate().map(of_label).map(points).sum();
    labels + spanned.max(columns.iter().sum())
}

const NEEDS: &str = "% needs \\usepackage{booktabs} and \\usepackage{siunitx}\n";

/// A label keeps only what every LaTeX takes in one.
fn label(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || ":-./".contains(c) { c } else { '-' }).collect()
}

fn tabular(table: &LaidOut) -> String {
    let lines = lines(table);
    let labels = table.labels.len();
    let rooms: Vec<Room> = (0..table.columns.len()).map(|column| Room::of(&lines, column)).collect();
    let columns: Vec<String> = rooms.iter().map(|room| format!("  {}%\n", room.column())).collect();
    let mut out = format!("\\begin{{tabular}}{{%\n  {}%\n{}}}\n\\toprule\n", "l".repeat(labels), columns.concat());
    for level in spans(table) {
        let mut cells = vec![String::new(); labels];
        let mut rules = String::new();
        let mut first = labels + 1;
        for (text, width) in &level {
            let last = first + width - 1;
            if text.is_empty() {
                cells.extend(vec![String::new(); *width]);
            } else {
                cells.push(format!("\\multicolumn{{{width}}}{{c}}{{{}}}", escape(text)));
                rules += &format!("\\cmidrule(lr){{{first}-{last}}}");
            }
            first = last + 1;
        }
        out += &format!("{} \\\\\n{rules}\n", cells.join(" & "));
    }
    let headings = table.columns.iter().map(|column| format!("{{{}}}", escape(&column.heading)));
    let header: Vec<String> = table.labels.iter().map(|(_, heading)| label_cell(heading)).chain(headings).collect();
    out += &format!("{} \\\\\n\\midrule\n", header.join(" & "));
    let width = labels + table.columns.len();
    for line in lines {
        match line {
            Line::Rule => out += "\\midrule\n",
            Line::Title(title) => {
                out += &format!("\\multicolumn{{{width}}}{{l}}{{\\emph{{{}}}}} \\\\\n", escape(title))
            }
            Line::Values { labels, is_below, cells } => {
                let label = |label: &&str| match *label {
                    MEASURED if is_below => format!("\\quad\\emph{{{MEASURED}}}"),
                    label => label_cell(label),
                };
                let cells = cells.iter().zip(&rooms).map(|(shown, room)| cell(shown, room));
                let cells: Vec<String> = labels.iter().map(label).chain(cells).collect();
                out += &format!("{} \\\\\n", cells.join(" & "));
            }
        }
    }
    out + "\\bottomrule\n\\end{tabular}\n"
}

/// After `\\`, a bracket or a star would be taken for its argument.
fn label_cell(text: &str) -> String {
    let text = escape(text);
    if text.starts_with(['[', '*']) { format!("{{}}{text}") } else { text }
}

/// What a column of numbers must have room for.
struct Room {
    sign: bool,
    /// Digits before the point.
    whole: usize,
    decimals: usize,
    /// The longest text behind a number.
    behind: String,
}

impl Room {
    fn of(lines: &[Line<'_>], column: usize) -> Self {
        let cells = lines.iter().filter_map(|line| match line {
            Line::Values { cells, .. } => cells.get(column),
            Line::Rule | Line::Title(_) => None,
        });
        let mut room = Self { sign: false, whole: 1, decimals: 0, behind: String::new() };
        for (shown, number) in cells.filter_map(|shown| Some((shown, shown.number.as_ref()?))) {
            let text = after(shown);
            if text.len() > room.behind.len() {
                room.behind = text;
            }
            let (sign, whole, decimals) = parts(number);
            room.sign |= sign;
            room.whole = room.whole.max(whole);
            room.decimals = room.decimals.max(decimals);
        }
        room
    }

    fn column(&self) -> String {
        let sign = if self.sign { "-" } else { "" };
        let behind = &self.behind;
        let behind = if behind.is_empty() { String::new() } else { format!(", table-space-text-post={{{behind}}}") };
        format!("S[table-format={sign}{}.{}, detect-weight{behind}]", self.whole, self.decimals)
    }

    /// A number that is underlined. It is no number to siunitx then, and takes the room of the widest one by itself.
    fn underlined(&self, number: &str, after: &str) -> String {
        let (sign, whole, _) = parts(number);
        let before =
            if self.sign && !sign { "-" } else { "" }.to_owned() + &"0".repeat(self.whole - whole.min(self.whole));
        let before = if before.is_empty() { before } else { format!("\\phantom{{${before}$}}") };
        let behind = match (after, self.behind.as_str()) {
            (_, "") => String::new(),
            ("", behind) => format!("\\phantom{{{behind}}}"),
            (after, behind) if after == behind => after.to_owned(),
            (after, behind) => format!("\\rlap{{{after}}}\\phantom{{{behind}}}"),
        };
        format!("{{{before}\\underline{{{}}}{behind}}}", number.replace('-', "$-$"))
    }
}

/// Whether a number has a sign, and its digits before and behind the point.
fn parts(number: &str) -> (bool, usize, usize) {
    let digits = number.trim_start_matches('-');
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    (digits.len() < number.len(), whole.len(), decimals.len())
}

/// What stands behind the number.
fn after(shown: &Shown) -> String {
    let mut text = String::new();
    if let Some(half) = &shown.half_width {
        text += &format!("\\,{{\\scriptsize$\\pm$\\,{half}}}");
    }
    if shown.is_alike {
        text += "$^{\\approx}$";
    }
    if !shown.letters.is_empty() {
        text += &format!("\\textsuperscript{{{}}}", shown.letters);
    }
    text
}

fn cell(shown: &Shown, room: &Room) -> String {
    let after = after(shown);
    let Some(number) = &shown.number else {
        return format!("{{{}{after}}}", escape(MISSING));
    };
    match shown.rank {
        Rank::Second => room.underlined(number, &after),
        _ => {
            let (bold, medium) = if shown.rank == Rank::Best { ("\\bfseries ", "\\mdseries") } else { ("", "") };
            let after = if after.is_empty() { after } else { format!("{{{medium}{after}}}") };
            format!("{bold}{number}{after}")
        }
    }
}
