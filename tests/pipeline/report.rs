//! Measured values to tables and figures.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, UInt32Array};

use crate::fixture::Sandbox;

/// Two runs of one data set: good and bad pixels.
fn results() -> Sandbox {
    results_on(30, 20)
}

fn results_on(train: u32, test: u32) -> Sandbox {
    let sandbox = Sandbox::with_generated(train, test);
    for side in [2, 8] {
        let data = "--train folder:data/train --test folder:data/test";
        sandbox.sop(&format!("eval knn --encoder pixels:{side} {data} --k 1,5 --out results/{side}")).succeeds();
    }
    sandbox
}

#[test]
fn tables_come_in_every_format() {
    let sandbox = results();
    let table = |flags: &str| sandbox.sop(&format!("report results {flags}")).succeeds().stdout.clone();
    let markdown = table("");
    for row in ["**k-NN on data/test**", "| Encoder ", "| pixels:2 ", "| pixels:8 "] {
        assert!(markdown.lines().any(|line| line.starts_with(row)), "no row `{row}`\n{markdown}");
    }
    assert_eq!(table("--format md"), markdown);
    let latex = table("--format latex");
    assert!(latex.contains("\\begin{tabular}") && latex.contains("pixels:8"), "{latex}");
    // The best k stands for all; with the sweep, and for programs, every k has a column.
    assert!(!markdown.contains("k=5") && markdown.contains("best k, chosen by top1"), "{markdown}");
    assert!(table("--sweep").contains("top1 k=5"));
    assert!(table("--format csv").starts_with("dataset,encoder,feature,top1_k1_value,"));
    let csv = table("--table long --format csv");
    let mut lines = csv.lines();
    let columns = lines.next().unwrap().split(',').count();
    assert!(columns > 5 && lines.count() > 4, "{csv}");
    sandbox.sop("report results --out table.md").succeeds();
    assert_eq!(sandbox.text("table.md"), markdown);
}

#[test]
fn each_protocol_has_a_table() {
    let sandbox = results();
    let data = "--train folder:data/train --test folder:data/test";
    sandbox.sop(&format!("eval logreg --encoder pixels:2 {data} --penalties 0.1,1 --out results/logreg")).succeeds();
    let markdown = sandbox.sop("report results").succeeds().stdout.clone();
    let titles: Vec<&str> = markdown.lines().filter(|line| line.starts_with("**")).collect();
    assert_eq!(titles, ["**k-NN on data/test**", "**Logistic regression on data/test**"], "{markdown}");
    assert!(markdown.contains("best penalty, chosen by top1") && markdown.contains("converged=true"), "{markdown}");
    assert_eq!(markdown.lines().filter(|line| line.starts_with("| pixels:2 ")).count(), 2, "{markdown}");
    let latex = sandbox.sop("report results --format latex").succeeds().stdout.clone();
    assert_eq!(latex.matches("\\begin{table").count(), 2, "{latex}");
    // For programs all stands in one table, and nothing is folded.
    let rows = sandbox.sop("report results --format json").succeeds().stdout.clone();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&rows).unwrap();
    let penalties = rows.iter().filter(|row| row["logreg_top1_value"].is_number()).count();
    assert_eq!(penalties, 2, "{rows:?}");
    sandbox.sop("report results --table long --sweep").exits(2).says(&["--sweep", "summary"]);
}

#[test]
fn figures_are_svg_png_and_pdf_of_the_width_asked_for() {
    let sandbox = results();
    sandbox.sop("report results --figure figure.svg --figure figure.png --figure figure.pdf --width 3.25in").succeeds();
    let svg = sandbox.text("figure.svg");
    assert!(svg.contains("<svg") && svg.contains("pixels:2") && svg.contains("pixels:8"), "{svg}");
    let bytes = sandbox.read("figure.png");
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    assert!(pixels.iter().any(|&value| value != pixels[0]), "the figure is empty");
    assert!(svg.contains("width=\"234pt\"") && reader.info().width == 234 * 4);
    let pdf = sandbox.read("figure.pdf");
    assert!(pdf.starts_with(b"%PDF-1.4") && pdf.trim_ascii_end().ends_with(b"%%EOF"));
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.contains("/MediaBox [0 0 234 ") && text.contains("/FontFile2 ") && !text.contains("/Type3"));
    sandbox.sop("report results --figure figure.pdf --width 2cm").exits(2).says(&["2cm", "column (8.5 cm)"]);
}

#[test]
fn every_kind_of_figure_is_drawn_or_says_what_it_needs() {
    let sandbox = results();
    let drawn = |flags: &str| {
        sandbox
            .sop(&format!("report {flags} --figure of.svg --figure of.pdf --width column --out table.md"))
            .succeeds();
        assert!(sandbox.read("of.pdf").starts_with(b"%PDF-1.4"));
        sandbox.text("of.svg")
    };
    let default = drawn("results");
    assert_eq!(drawn("results --draw sweep"), default);
    assert!(drawn("results --draw sweep --metric top5").contains("Top-5 accuracy (%)"));
    let classes = drawn("results --draw classes --setting k=1");
    assert!(classes.contains("Top-1 accuracy of a class (%)") && classes.contains("k=1"), "{classes}");
    let of_classes = "--metric class_top1 --setting encoder=pixels:8";
    let heat_map = drawn(&format!("results --draw heatmap --x k --y class {of_classes}"));
    assert!(heat_map.contains("Top-1 accuracy of a class (%)") && heat_map.contains("\nclass\n"), "{heat_map}");
    assert!(drawn("results --draw ablation --x k --series transform").contains("resize_exact(8,8,bicubic)"));
    let methods = drawn("--table paper-1 --draw methods --column knn");
    assert!(methods.contains("ViT-L/16") && methods.contains("all values are published"), "{methods}");

    let confusion = drawn("results --draw confusion --setting encoder=pixels:8");
    assert!(confusion.contains("True class") && confusion.contains("share of each true class"), "{confusion}");
    assert!(drawn("results/2 --draw confusion --counts").contains("number of units"));

    let refused = |flags: &str, says: &[&str]| sandbox.refuses(&format!("report {flags} --figure no.svg"), says);
    refused("results --draw pie", &["pie", "possible values", "sweep", "heatmap"]);
    refused("results --draw parts", &["nothing to draw for parts", "there are results of knn"]);
    refused("results --draw units", &["units", "the videos of DAVIS"]);
    refused("results --draw sweep --protocol davis", &["`davis` was asked for"]);
    refused("results --draw sweep --metric top3", &["top3", "top1, top5"]);
    refused("results --draw ablation", &["needs --x KEY"]);
    refused("results --draw heatmap --x k", &["--y KEY"]);
    refused("results --draw ablation --x depth", &["no result has `depth`", "k, temperature"]);
    refused("results --draw ablation --x k", &["pixels:2", "pixels:8", "transform is", "--setting \"transform="]);
    refused("results --draw methods --column knn", &["--table paper-1"]);
    refused("--table paper-1 --draw methods", &["--column knn"]);
    refused("--table paper-1 --draw methods --column nearest", &["no column `nearest`", "knn, linear"]);
    refused("results --draw confusion", &["of one encoder", "pixels:2 and pixels:8", "--setting \"encoder=pixels:"]);
    refused("results --draw precision-recall", &["points of a curve"]);
    refused("results --column knn", &["--column is not for this figure"]);
    sandbox.sop("report results --draw classes").exits(2).says(&["--figure"]);
}

#[test]
fn a_report_of_nothing_is_an_error() {
    let sandbox = results();
    sandbox.write("empty/readme", "");
    sandbox.refuses("report empty", &["empty", "give a results .parquet file or a folder"]);
    sandbox.refuses("report missing", &["missing"]);
    sandbox.refuses("report results --format pdf", &["pdf", "latex"]);
    sandbox.refuses("report data/test", &["data/test"]);
}

#[test]
fn results_of_another_version_or_schema_are_refused() {
    let sandbox = results();
    let file =
        sandbox.files().into_iter().find(|file| file.starts_with("results/") && !file.contains(".outcomes.")).unwrap();
    let (batch, _) = sandbox.read_parquet(&file);
    let columns = |version: Option<u32>| -> Vec<(&str, ArrayRef)> {
        let schema = batch.schema_ref().fields().iter().map(|field| field.name().as_str());
        let all = schema.zip(batch.columns()).map(|(name, column)| match (name, version) {
            ("schema_version", Some(version)) => (name, Arc::new(UInt32Array::from(vec![version; column.len()])) as _),
            _ => (name, column.clone()),
        });
        all.filter(|(name, _)| version.is_some() || *name != "num_samples").collect()
    };
    sandbox.parquet("now.parquet", &columns(Some(1)));
    sandbox.sop("report now.parquet").succeeds();
    sandbox.parquet("later.parquet", &columns(Some(3)));
    sandbox.refuses("report later.parquet", &["later.parquet", "schema version 3", "update it"]);
    sandbox.parquet("less.parquet", &columns(None));
    sandbox.refuses("report less.parquet", &["less.parquet", "`num_samples` is missing"]);
    sandbox.write("text.parquet", "no results");
    sandbox.refuses("report text.parquet", &["text.parquet", "not a readable Parquet file"]);
}

#[test]
fn a_figure_of_another_kind_names_the_kinds() {
    results().sop("report results --figure figure.gif").exits(2).says(&["figure.gif", ".svg, .png or .pdf"]);
}

#[test]
fn one_page_has_everything_about_the_results() {
    let sandbox = results_on(60, 80);
    let images = "--images folder:data/test --title A<b>c";
    sandbox.sop(&format!("report results --html page.html {images}")).succeeds();
    let page = sandbox.text("page.html");
    assert!(page.contains("<h1>A&lt;b&gt;c</h1>"), "the heading");
    for part in [
        "<h2 id=\"overview-name\">",
        "Which differences are real: Top-1 accuracy on data/test, k=",
        "pixels:2",
        "pixels:8",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    let data: serde_json::Value = serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
    // Every number leads to a row, and rows say what they were measured with.
    let (tables, _) = page.split_once("<script").unwrap();
    let ids: Vec<&str> = tables.split("data-row=\"").skip(1).map(|rest| &rest[..16]).collect();
    assert!(ids.len() > 8 && ids.iter().all(|id| data["rows"][id].is_array()), "{ids:?}");
    assert!(
        data["shared"]
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["transform"].as_str().unwrap().contains("resize_exact(8,8"))
    );
    // Eighty images; those on which the encoders differ have their pictures, and every unit says what it was taken for.
    let units = &data["units"][0];
    assert_eq!(units["total"], 80);
    let shown = units["units"].as_array().unwrap().len();
    assert!(shown > 0 && units["pictures"].as_array().unwrap().iter().all(serde_json::Value::is_u64), "{units}");
    assert!(data["pictures"][0].as_str().unwrap().starts_with("data:image/jpeg;base64,"));
    assert_eq!(units["predictions"][1].as_array().unwrap().len(), shown);
    let counts: Vec<u64> =
        units["counts"][0][2].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).collect();
    assert_eq!(counts[0] + counts[1] + counts[2], 80);
    assert_eq!(counts[0] + counts[1], shown as u64);
    // The same results give the same bytes.
    sandbox.sop(&format!("report results --html again.html {images}")).succeeds();
    assert!(sandbox.text("again.html") == page);
}

#[test]
fn a_page_has_the_images_of_a_set_of_which_some_were_skipped() {
    let sandbox = Sandbox::with_generated(60, 80);
    let broken = sandbox.files().into_iter().find(|file| file.starts_with("data/test/")).unwrap();
    sandbox.write(&broken, "no picture");
    for side in [2, 8] {
        let data = "--train folder:data/train --test folder:data/test --on-missing skip";
        sandbox.sop(&format!("eval knn --encoder pixels:{side} {data} --k 1,5 --out results")).succeeds();
    }
    sandbox.sop("report results --html page.html --images folder:data/test").succeeds();
    let page = sandbox.text("page.html");
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    let data: serde_json::Value = serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
    assert!(!data["pictures"].as_array().unwrap().is_empty());
    // Images that were measured must be what they were.
    let changed = sandbox.files().into_iter().filter(|file| file.starts_with("data/test/")).nth(1).unwrap();
    sandbox.write(&changed, "no picture");
    sandbox.refuses("report results --html page.html --images folder:data/test", &["folder:data/test"]);
}

#[test]
fn a_page_of_other_images_or_of_nothing_is_refused() {
    let sandbox = results();
    // The training images have other bytes than those that were measured on.
    sandbox.sop("report results --html page.html --images folder:data/train").exits(2).says(&[
        "folder:data/train",
        "no value with kept outcomes",
        "Top-1 accuracy on data/test",
    ]);
    sandbox.sop("report nothing --html page.html").exits(2).says(&["nothing"]);
    sandbox.sop("report results --html page.html --format csv").exits(2).says(&["--format"]);
    sandbox.sop("report results --images folder:data/test").exits(2).says(&["--html"]);
    sandbox.sop("report results --curves metrics.parquet --figure curves.svg").exits(2).says(&["--curves", "--html"]);
    assert!(!sandbox.files().iter().any(|file| file.contains("page.html")));
}
