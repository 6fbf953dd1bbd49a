//! Tables as LaTeX for the package `booktabs`.

use super::model::{Cell, Column, Table, one_line};

pub(super) fn render(table: &Table) -> String {
    let alignment: String = table.columns.iter().map(|column| if column.is_numeric() { 'r' } else { 'l' }).collect();
    let header: Vec<String> = table.columns.iter().map(|column| escape(&column.title)).collect();

    let room = Room::of(width(table));
    let environment = room.environment();
    let mut out = format!("% needs \\usepackage{{booktabs}}\n\\begin{{{environment}}}\n\\centering\n{}", room.size());
    if !table.title.is_empty() {
        // The usual classes leave no room below a caption.
        out += &format!("\\caption{{{}}}\n\\smallskip\n", escape(&table.title));
    }
    out += &format!("\\begin{{tabular}}{{{alignment}}}\n\\toprule\n");
    out += &line(&header);
    out += "\\midrule\n";
    for row in &table.rows {
        let cells: Vec<String> = table.columns.iter().zip(row).map(|(column, cell)| text(column, cell)).collect();
        out += &line(&cells);
    }
    out += "\\bottomrule\n\\end{tabular}\n";
    if !table.notes.is_empty() {
        let notes: Vec<String> = table.notes.iter().map(|note| escape(note)).collect();
        out += &format!("\n\\smallskip\n{{\\footnotesize\\raggedright {}\\par}}\n", notes.join("\\par\n"));
    }
    out + &format!("\\end{{{environment}}}\n")
}

/// About how wide the table is, in points.
fn width(table: &Table) -> usize {
    let of_column = |(place, column): (usize, &Column)| {
        let cells = table.rows.iter().filter_map(|row| row.get(place)).map(|cell| column.plain(cell).chars().count());
        points(cells.max().unwrap_or(0).max(column.title.chars().count()))
    };
    table.columns.iter().enumerate().map(of_column).sum()
}

/// About how wide a column of so many letters is with the space beside it, in points, in a text of ten points.
pub(crate) fn points(letters: usize) -> usize {
    const LETTER: usize = 5;
    const GAP: usize = 12;
    letters * LETTER + GAP
}

/// What a table needs of a page with two columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// One column.
    Column,
    /// The whole width.
    Page,
    /// More, unless letters and spaces are small.
    Small,
}

impl Room {
    /// For a table of so many points.
    pub fn of(width: usize) -> Self {
        const COLUMN: usize = 240;
        const PAGE: usize = 490;
        if width <= COLUMN {
            Self::Column
        } else if width <= PAGE {
            Self::Page
        } else {
            Self::Small
        }
    }

    /// The floating environment.
    pub fn environment(self) -> &'static str {
        if self == Self::Column { "table" } else { "table*" }
    }

    /// The line that makes letters and spaces small, where there is one.
    pub fn size(self) -> &'static str {
        if self == Self::Small { "\\footnotesize\\setlength{\\tabcolsep}{3pt}\n" } else { "" }
    }
}

fn line(cells: &[String]) -> String {
    format!("{} \\\\\n", cells.join(" & "))
}

fn text(column: &Column, cell: &Cell) -> String {
    let text = escape(&column.plain(cell));
    // After `\\`, a bracket or a star would be taken for its argument.
    let text = if text.starts_with(['[', '*']) { format!("{{}}{text}") } else { text };
    if cell.is_best() { format!("\\textbf{{{text}}}") } else { text }
}

/// Text that LaTeX shows as it is; letters with accents stay (LaTeX reads UTF-8), signs become mathematics.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut previous = ' ';
    for c in one_line(text).chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            // Two hyphens would be joined to a dash.
            '-' if previous == '-' => out.push_str("{}-"),
            _ => match replacement(c) {
                Some(latex) => out.push_str(latex),
                None => out.push(c),
            },
        }
        previous = c;
    }
    out
}

fn replacement(c: char) -> Option<&'static str> {
    Some(match c {
        '\\' => "\\textbackslash{}",
        '~' => "\\textasciitilde{}",
        '^' => "\\textasciicircum{}",
        '<' => "$<$",
        '>' => "$>$",
        '|' => "$|$",
        '"' => "''",
        '`' => "\\textasciigrave{}",
        '\u{a0}' => "~",
        '†' => "$^\\dagger$",
        '±' => "$\\pm$",
        '×' => "$\\times$",
        '·' => "$\\cdot$",
        '÷' => "$\\div$",
        '°' => "$^\\circ$",
        '²' => "$^2$",
        '³' => "$^3$",
        '\u{2212}' => "$-$",
        '‐' | '\u{2011}' => "-",
        '–' => "--",
        '—' => "---",
        '…' => "\\dots{}",
        '‘' => "`",
        '’' => "'",
        '“' => "``",
        '”' => "''",
        '•' => "$\\bullet$",
        '≤' => "$\\leq$",
        '≥' => "$\\geq$",
        '≠' => "$\\neq$",
        '≈' => "$\\approx$",
        '∞' => "$\\infty$",
        '→' => "$\\rightarrow$",
        '←' => "$\\leftarrow$",
        '↑' => "$\\uparrow$",
        '↓' => "$\\downarrow$",
        'α' => "$\\alpha$",
        'β' => "$\\beta$",
        'γ' => "$\\gamma$",
        'δ' => "$\\delta$",
        'Δ' => "$\\Delta$",
        'ε' => "$\\varepsilon$",
        'λ' => "$\\lambda$",
        'µ' | 'μ' => "$\\mu$",
        'π' => "$\\pi$",
        'ρ' => "$\\rho$",
        'σ' => "$\\sigma$",
        'τ' => "$\\tau$",
        'θ' => "$\\theta$",
        _ => return None,
    })
}
