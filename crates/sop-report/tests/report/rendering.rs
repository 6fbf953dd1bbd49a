//! Tables as literal text.

use sop_report::{Cell, Column, ColumnKind, Format, Measured, NumberFormat, Table, TableOptions, long_table};

use crate::described::summary_table;
use crate::records::{knn, two_encoders};

fn small_table() -> Table {
    let options = TableOptions { title: Some("k-NN".to_owned()), ..TableOptions::default() };
    summary_table(&two_encoders(), &options).unwrap()
}

/// One value whose names hold every character that means something to a format.
fn hostile_table() -> Table {
    let mut record = knn("a&b%c$d#e_f{g}h~i^j\\k", "top1", 5, 0.5);
    record.dataset = Some("se|t, \"x\"\n*y* <b>".to_owned());
    record.split = None;
    let options = TableOptions { title: Some("50 % ± α".to_owned()), ..TableOptions::default() };
    let mut table = summary_table(&[record], &options).unwrap();
    table.notes.clear();
    table
}

#[test]
fn markdown_is_aligned_and_bold() {
    let expected = "\
**k-NN**

| Dataset      | Encoder   | Feature |      top1 k=10 |      top1 k=20 | best k | top5 at best k | macro_top1 at best k |
| ------------ | --------- | ------- | -------------: | -------------: | -----: | -------------: | -------------------: |
| cifar10/test | pixels:16 | cls     |     33.9 ± 0.9 |     35.2 ± 0.9 |     20 |     55.2 ± 0.9 |           34.2 ± 0.9 |
| cifar10/test | vit_small | cls     | **74.5 ± 0.9** | **74.1 ± 0.9** |     10 | **94.5 ± 0.9** |       **73.5 ± 0.9** |

- values in per cent
- ± half the width of the 95 % interval
- marked: the best value of a column among rows on the same data
- the best k is chosen by top1 on the same data that it is reported for
- all rows: temperature=0.07
";
    assert_eq!(small_table().render(Format::Markdown), expected);
}

#[test]
fn latex_has_rules_and_bold() {
    let expected = r"% needs \usepackage{booktabs}
\begin{table*}
\centering
\footnotesize\setlength{\tabcolsep}{3pt}
\caption{k-NN}
\smallskip
\begin{tabular}{lllrrrrr}
\toprule
Dataset & Encoder & Feature & top1 k=10 & top1 k=20 & best k & top5 at best k & macro\_top1 at best k \\
\midrule
cifar10/test & pixels:16 & cls & 33.9 $\pm$ 0.9 & 35.2 $\pm$ 0.9 & 20 & 55.2 $\pm$ 0.9 & 34.2 $\pm$ 0.9 \\
cifar10/test & vit\_small & cls & \textbf{74.5 $\pm$ 0.9} & \textbf{74.1 $\pm$ 0.9} & 10 & \textbf{94.5 $\pm$ 0.9} & \textbf{73.5 $\pm$ 0.9} \\
\bottomrule
\end{tabular}

\smallskip
{\footnotesize\raggedright values in per cent\par
$\pm$ half the width of the 95 \% interval\par
marked: the best value of a column among rows on the same data\par
the best k is chosen by top1 on the same data that it is reported for\par
all rows: temperature=0.07\par}
\end{table*}
";
    assert_eq!(small_table().render(Format::Latex), expected);
}

#[test]
fn latex_escapes_what_means_something() {
    let expected = r"% needs \usepackage{booktabs}
\begin{table*}
\centering
\caption{50 \% $\pm$ $\alpha$}
\smallskip
\begin{tabular}{lllr}
\toprule
Dataset & Encoder & Feature & top1 k=5 \\
\midrule
se$|$t, ''x'' *y* $<$b$>$ & a\&b\%c\$d\#e\_f\{g\}h\textasciitilde{}i\textasciicircum{}j\textbackslash{}k & cls & 50.0 $\pm$ 0.9 \\
\bottomrule
\end{tabular}
\end{table*}
";
    assert_eq!(hostile_table().render(Format::Latex), expected);
}

#[test]
fn latex_table_that_is_wider_than_a_column_spans_the_page() {
    let columns = vec![Column::new("a", ColumnKind::Label), Column::new("b", ColumnKind::Count)];
    let rows = vec![vec![Cell::Text("x".to_owned()), Cell::Count(7)]];
    let mut table = Table { title: String::new(), columns, rows, notes: Vec::new() };
    let environment = |table: &Table| {
        let latex = table.render(Format::Latex);
        let (_, begun) = latex.split_once("\\begin{").unwrap();
        let (name, rest) = begun.split_once('}').unwrap();
        assert!(latex.ends_with(&format!("\\end{{{name}}}\n")), "{latex}");
        (name.to_owned(), rest.contains("\\footnotesize\\setlength{\\tabcolsep}"))
    };
    assert_eq!(environment(&table), ("table".to_owned(), false));
    // 48 letters are wider than the 240 points of a column.
    table.columns[0].title = "a".repeat(48);
    assert_eq!(environment(&table), ("table*".to_owned(), false));
    // Cells count as headings do.
    table.columns[0].title = "a".to_owned();
    table.rows[0][0] = Cell::Text("a".repeat(100));
    assert_eq!(environment(&table), ("table*".to_owned(), true));
}

#[test]
fn latex_row_that_begins_with_a_bracket_is_no_argument() {
    let mut record = knn("e", "top1", 5, 0.5);
    record.dataset = Some("[a]--b".to_owned());
    let latex = summary_table(&[record], &TableOptions::default()).unwrap().render(Format::Latex);
    assert!(latex.contains("\n{}[a]-{}-b/test & e &"), "{latex}");
}

#[test]
fn csv_quotes_fields_and_keeps_full_numbers() {
    let mut record = knn("e", "top1", 5, 1.0 / 3.0);
    record.dataset = Some("a,\"b\"\nc".to_owned());
    record.ci_low = Some(0.25);
    record.ci_high = None;
    let csv = summary_table(&[record], &TableOptions::default()).unwrap().render(Format::Csv);
    assert_eq!(
        csv,
        "dataset,encoder,feature,top1_k5_value,top1_k5_ci_low,top1_k5_ci_high\r\n\
         \"a,\"\"b\"\"\nc/test\",e,cls,0.3333333333333333,,\r\n"
    );
}

#[test]
fn csv_of_a_summary_has_three_columns_a_measure() {
    let csv = small_table().render(Format::Csv);
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines.len(), 4);
    assert!(
        lines[0].starts_with("dataset,encoder,feature,top1_k10_value,top1_k10_ci_low,top1_k10_ci_high,top1_k20_value")
    );
    assert!(lines[0].contains(",best_k,top5_best_k_value,"));
    assert!(lines[2].starts_with("cifar10/test,vit_small,cls,0.745,0.736,0.754,0.741,"), "{}", lines[2]);
    assert!(lines.iter().take(3).all(|line| line.split(',').count() == lines[0].split(',').count()));
}

#[test]
fn text_marks_the_best_with_a_star() {
    let mut records = two_encoders();
    records.retain(|record| record.metric == "top1");
    let expected = "\
Results of knn

Dataset       Encoder    Feature   top1 k=10    top1 k=20
────────────  ─────────  ───────  ───────────  ───────────
cifar10/test  pixels:16  cls      33.9 ± 0.9   35.2 ± 0.9
cifar10/test  vit_small  cls      74.5 ± 0.9*  74.1 ± 0.9*

values in per cent
± half the width of the 95 % interval
marked: the best value of a column among rows on the same data
all rows: temperature=0.07
";
    let table = summary_table(&records, &TableOptions::default()).unwrap();
    assert_eq!(table.render(Format::Text), expected);
}

#[test]
fn long_table_has_a_row_per_record() {
    let mut records = vec![knn("vit_small", "top1", 10, 0.745), knn("vit_small", "top5", 10, 0.9)];
    records[1].value = None;
    let table = long_table(&records).unwrap();
    let expected = "\
| Protocol | Dataset      | Encoder   | Feature | Params                 | Metric |   Value [95 % interval] |     n |
| -------- | ------------ | --------- | ------- | ---------------------- | ------ | ----------------------: | ----: |
| knn      | cifar10/test | vit_small | cls     | k=10, temperature=0.07 | top1   | 0.7450 [0.7360, 0.7540] | 10000 |
| knn      | cifar10/test | vit_small | cls     | k=10, temperature=0.07 | top5   |                       – | 10000 |
";
    assert_eq!(table.render(Format::Markdown), expected);
    assert_eq!(
        table.render(Format::Csv),
        "protocol,dataset,encoder,feature,params,metric,value,ci_low,ci_high,n\r\n\
         knn,cifar10/test,vit_small,cls,\"k=10, temperature=0.07\",top1,0.745,0.736,0.754,10000\r\n\
         knn,cifar10/test,vit_small,cls,\"k=10, temperature=0.07\",top5,,,,10000\r\n"
    );
}

#[test]
fn markdown_cells_cannot_break_the_row() {
    let markdown = hostile_table().render(Format::Markdown);
    let row = markdown.lines().last().unwrap();
    assert!(row.starts_with(r#"| se\|t, "x" \*y\* \<b> | a\&b%c$d#e_f{g}h\~i^j\\k | cls "#), "{row}");
}

#[test]
fn text_has_no_control_characters() {
    let record = knn("\u{1b}[31mred\r", "top1", 5, 0.5);
    let table = summary_table(&[record], &TableOptions::default()).unwrap();
    for format in [Format::Text, Format::Markdown, Format::Latex] {
        assert!(!table.render(format).contains(['\u{1b}', '\r']));
    }
}

#[test]
fn formats_have_names() {
    for (name, format) in [
        ("md", Format::Markdown),
        ("markdown", Format::Markdown),
        ("latex", Format::Latex),
        ("tex", Format::Latex),
        ("csv", Format::Csv),
        ("html", Format::Html),
        ("json", Format::Json),
        ("text", Format::Text),
    ] {
        assert_eq!(name.parse::<Format>().unwrap(), format);
    }
    let error = "pdf".parse::<Format>().unwrap_err().to_string();
    assert_eq!(error, "unknown table format `pdf`; valid are md (markdown), latex (tex), csv, html, json, text");
}

#[test]
fn html_is_escaped_and_json_has_an_object_a_row() {
    let table = Table {
        title: "<i>".to_owned(),
        columns: vec![
            Column { title: "A & B".to_owned(), key: "a".to_owned(), kind: ColumnKind::Label },
            Column { title: "v".to_owned(), key: "v".to_owned(), kind: ColumnKind::Measure(NumberFormat::default()) },
        ],
        rows: vec![
            vec![Cell::Text("\"<b>'".to_owned()), Cell::Measure(Measured::new(Some(0.5), Some(0.4), Some(0.6)))],
            vec![Cell::Count(3), Cell::Empty],
        ],
        notes: vec!["x<y".to_owned()],
    };
    let html = table.render(Format::Html);
    for part in ["<caption>&lt;i&gt;</caption>", "A &amp; B", "<td>&quot;&lt;b&gt;&#39;</td>", "<li>x&lt;y</li>"] {
        assert!(html.contains(part), "no {part} in {html}");
    }
    let json: serde_json::Value = serde_json::from_str(&table.render(Format::Json)).unwrap();
    assert_eq!(json[0], serde_json::json!({"a": "\"<b>'", "v_value": 0.5, "v_ci_low": 0.4, "v_ci_high": 0.6}));
    assert_eq!(json[1], serde_json::json!({"a": 3, "v_value": null, "v_ci_low": null, "v_ci_high": null}));
}
