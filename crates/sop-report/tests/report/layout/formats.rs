//! Names with characters that formats give a meaning, and headings that span columns.

use sop_report::Format;
use sop_report::layout::LaidOut;

use super::{imagenet, own};

const EVIL: &str = r#"a_b & 50% $x$ #1 {y} \end{table} ~^ <b>"q"</b> | *s* `c`"#;

fn evil() -> LaidOut {
    let layout = format!(
        "name = \"own\"\ntitle = '''{EVIL}'''\nrows = [\"encoder\"]\nlabel = '''tab:}}x'''\n\
         [headings]\nencoder = '''{EVIL}'''\n[[groups]]\ntitle = '''{EVIL}'''\nrows = [{{}}]\n\
         [[columns]]\nname = \"a\"\nheading = '''{EVIL}'''\ngroup = ['''{EVIL}''']\n\
         measured = {{ protocol = \"knn\", metric = \"top1\" }}\n\
         [[columns]]\nname = \"b\"\ngroup = ['''{EVIL}''']\nnot_measurable = '''{EVIL}'''\n"
    );
    let mut record = imagenet("sop", "vit_small", 1, 0.5);
    record.encoder = Some(format!("{EVIL}\nnext line"));
    own(&layout, &[record]).unwrap()
}

#[test]
fn latex_shows_every_character_and_obeys_none() {
    let text = evil().render(Format::Latex, false).unwrap();
    let escaped = r"a\_b \& 50\% \$x\$ \#1 \{y\} \textbackslash{}end\{table\} \textasciitilde{}\textasciicircum{} $<$b$>$''q''$<$/b$>$ $|$ *s* \textasciigrave{}c\textasciigrave{}";
    // Caption, spanning heading, two headings, title of the group, label, and a note that names the column by them.
    assert_eq!(text.matches(escaped).count(), 8, "{text}");
    assert_eq!(text.matches(r"\end{table").count(), 1, "{text}");
    assert!(text.contains(r"\label{tab:-x}"), "{text}");
    assert_eq!(text.matches("next line \\\\").count() + text.matches("next line &").count(), 1, "{text}");
}

#[test]
fn html_shows_every_character_and_obeys_none() {
    for fragment in [false, true] {
        let text = evil().render(Format::Html, fragment).unwrap();
        assert!(!text.contains("<b>&quot;") && !text.contains("<b>\"q"), "{text}");
        assert!(text.contains("&lt;b&gt;&quot;q&quot;&lt;/b&gt;"), "{text}");
        assert_eq!(text.starts_with("<table>"), fragment);
        assert!(text.contains("<th colspan=\"2\" scope=\"colgroup\">a_b &amp;"), "{text}");
    }
}

#[test]
fn markdown_rows_stay_rows() {
    let text = evil().render(Format::Markdown, false).unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    for row in &rows {
        let pipes = row.replace("\\|", "").matches('|').count();
        assert_eq!(pipes, 4, "{row}");
    }
    assert!(text.contains(r"\<b>") && text.contains(r"\*s\*") && text.contains(r"\`c\`"), "{text}");
}

#[test]
fn csv_and_json_keep_texts_as_they_are() {
    let csv = evil().render(Format::Csv, false).unwrap();
    assert!(csv.contains(&EVIL.replace('"', "\"\"")), "{csv}");
    let cells: Vec<serde_json::Value> = serde_json::from_str(&evil().render(Format::Json, false).unwrap()).unwrap();
    assert_eq!(cells[0]["row"]["encoder"], format!("{EVIL}\nnext line"));
    assert_eq!((&cells[0]["table"], &cells[0]["measured"]), (&"own".into(), &serde_json::json!(50.0)));
}

#[test]
fn headings_that_span_columns_have_rules_below_them() {
    let table = super::paper("paper-5", &[], &[]).unwrap();
    let latex = table.render(Format::Latex, true).unwrap();
    for part in [
        r"& \multicolumn{2}{c}{ROxford} & \multicolumn{2}{c}{RParis} \\",
        r"\cmidrule(lr){4-5}\cmidrule(lr){6-7}",
        "S[table-format=2.1",
        r"\bfseries 42.7",
        r"{\underline{39.3}}",
        r"\bottomrule",
    ] {
        assert!(latex.contains(part), "no {part} in {latex}");
    }
    assert!(
        latex.contains("% bold: the best value of a column, underlined: the second best; not ranked: Supervised\n")
    );
    assert!(!latex.contains("\\caption") && !latex.contains("{table"), "{latex}");
    let whole = table.render(Format::Latex, false).unwrap();
    assert!(whole.contains("\\caption{Image retrieval") && whole.contains("\\label{tab:paper-5}"), "{whole}");
}
