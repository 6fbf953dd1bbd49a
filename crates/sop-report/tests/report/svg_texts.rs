//! What stands in a figure.

use sop_report::Figure;

/// The texts of an SVG in their order.
pub fn texts(svg: &str) -> Vec<&str> {
    svg.split("<text")
        .skip(1)
        .map(|text| text.split_once(">\n").unwrap().1.split("\n</text>").next().unwrap())
        .collect()
}

/// Those of the texts that are asked for, in the order in which they stand.
#[track_caller]
pub fn among(figure: &Figure, wanted: &[&str]) -> Vec<String> {
    let svg = figure.svg().unwrap();
    texts(&svg).into_iter().filter(|text| wanted.contains(text)).map(str::to_owned).collect()
}

/// Whether a text stands in it, in one line.
pub fn says(figure: &Figure, text: &str) -> bool {
    texts(&figure.svg().unwrap()).contains(&text)
}

/// Every kind of file at a column's width, twice the same.
#[track_caller]
pub fn is_written(figure: &Figure) {
    let column = figure.clone().with_width(sop_report::FigureWidth::COLUMN);
    assert_eq!(column.svg().unwrap(), column.svg().unwrap());
    assert_eq!(column.png().unwrap(), column.png().unwrap());
    let pdf = column.pdf().unwrap();
    assert_eq!(pdf, column.pdf().unwrap());
    let has = |wanted: &[u8]| pdf.windows(wanted.len()).any(|window| window == wanted);
    assert!(has(b"/FontFile2") && !has(b"/Type3"), "an embedded TrueType font");
}
