//! Figures as PDF: what venues check, and that texts are texts.

use std::collections::BTreeMap;
use std::io::Read;

use sop_core::MetricTable;
use sop_report::{Figure, FigureWidth, ProbeLine, ReportError, ScatterMap, probe_curves, training_curves};

use crate::described::over_k;
use crate::records::knn;

/// A figure of every kind, with a text that is in it.
fn figures() -> Vec<(Figure, &'static str)> {
    let records =
        [knn("SOP, ViT-S/16", "top1", 5, 0.5), knn("SOP, ViT-S/16", "top1", 10, 0.6), knn("数据", "top1", 5, 0.4)];
    let head = ProbeLine { name: "0.01".to_owned(), train_loss: vec![2.0, 1.0], test_top1: vec![0.3, 0.4] };
    let loss = ("loss".to_owned(), vec![Some(3.0), Some(2.0)]);
    let map = |title: &str| ScatterMap {
        title: title.to_owned(),
        points: (0..300).map(|place| [f64::from(place % 17), f64::from(place % 23)]).collect(),
        classes: (0..300).map(|place| Some(place % 3)).collect(),
        note: "KL divergence 1.234, perplexity 30".to_owned(),
    };
    let classes = ["aeroplane", "bird", "cat"].map(str::to_owned).to_vec();
    vec![
        (over_k(&records, "top1").unwrap(), "SOP, ViT-S/16"),
        (probe_curves(&[head]).unwrap(), "Linear probe by learning rate: test set"),
        (training_curves(&MetricTable { steps: vec![0, 1], columns: vec![loss] }).unwrap(), "Loss"),
        (Figure::scatter(vec![map("SOP"), map("DINO"), map("iBOT")], classes), "aeroplane"),
    ]
}

fn find(bytes: &[u8], wanted: &str) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted.as_bytes())
}

fn count(bytes: &[u8], wanted: &str) -> usize {
    bytes.windows(wanted.len()).filter(|window| *window == wanted.as_bytes()).count()
}

/// The number behind a key.
fn number(bytes: &[u8], key: &str) -> usize {
    let rest = &bytes[find(bytes, key).unwrap_or_else(|| panic!("{key}")) + key.len()..];
    let digits = rest.iter().skip_while(|byte| **byte == b' ').take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}

/// The bytes of an object.
fn object(pdf: &[u8], id: usize) -> &[u8] {
    let from = &pdf[find(pdf, &format!("\n{id} 0 obj")).unwrap()..];
    // Packed bytes may hold anything, but hardly this.
    &from[..find(from, "\nendobj").unwrap()]
}

/// The bytes of a stream, unpacked.
fn stream(object: &[u8]) -> Vec<u8> {
    let begin = find(object, "stream\n").unwrap() + "stream\n".len();
    let packed = &object[begin..begin + number(object, "/Length ")];
    if find(object, "/FlateDecode").is_none() {
        return packed.to_vec();
    }
    let mut bytes = Vec::new();
    flate2::read::ZlibDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    bytes
}

/// The character of each code, as the map for readers has it.
fn characters(pdf: &[u8]) -> BTreeMap<u16, String> {
    let map = String::from_utf8(stream(object(pdf, number(pdf, "/ToUnicode ")))).unwrap();
    let hex = |text: &str| -> Vec<u16> {
        let digits = text.trim_matches(['<', '>']);
        digits
            .as_bytes()
            .chunks(4)
            .map(|four| u16::from_str_radix(std::str::from_utf8(four).unwrap(), 16).unwrap())
            .collect()
    };
    let pairs = map.lines().filter(|line| line.starts_with('<')).filter_map(|line| line.split_once(' '));
    let all: BTreeMap<u16, String> = pairs
        .filter(|(code, _)| *code != "<0000>")
        .map(|(code, text)| (hex(code)[0], String::from_utf16(&hex(text)).unwrap()))
        .collect();
    assert!(!all.is_empty(), "{map}");
    all
}

#[test]
fn every_figure_has_its_font_within_and_is_the_same_twice() {
    for (figure, _) in figures() {
        for figure in [figure.clone(), figure.clone().with_width(FigureWidth::COLUMN)] {
            let pdf = figure.pdf().unwrap();
            assert_eq!(figure.pdf().unwrap(), pdf);
            assert!(pdf.starts_with(b"%PDF-1.") && pdf.trim_ascii_end().ends_with(b"%%EOF"));
            assert_eq!((count(&pdf, "/Type /Page\n"), count(&pdf, "/Subtype /CIDFontType2")), (1, 1));
            assert_eq!((count(&pdf, "/Type3"), count(&pdf, "/CreationDate"), count(&pdf, "/ID")), (0, 0, 0));

            let program = object(&pdf, number(&pdf, "/FontFile2 "));
            let file = stream(program);
            assert!(file.starts_with(&[0, 1, 0, 0]), "a TrueType font");
            assert_eq!(file.len(), number(program, "/Length1 "));
            assert!(file.len() < 20_000, "cut down, {} bytes", file.len());
            // A letter has the width that the file says, so that texts stand where they were laid out.
            assert!(find(&pdf, "/W [0 [").is_some());
        }
    }
}

/// The bytes of the first string, and what follows it: `(text)` with escapes, or `<hexadecimal digits>`.
fn first_string(content: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let begin = content.iter().position(|byte| matches!(byte, b'(' | b'<'))?;
    let (literal, mut rest) = (content[begin] == b'(', &content[begin + 1..]);
    let mut bytes = Vec::new();
    let mut depth = 0;
    loop {
        let (first, behind) = rest.split_first()?;
        rest = behind;
        match first {
            b'>' if !literal => return Some((bytes, rest)),
            digit if !literal => {
                let value = |digit: u8| char::from(digit).to_digit(16).unwrap() as u8;
                bytes.push(value(*digit) * 16 + value(rest[0]));
                rest = &rest[1..];
            }
            b')' if depth == 0 => return Some((bytes, rest)),
            b'\\' if rest[0].is_ascii_digit() => {
                bytes.push(rest[..3].iter().fold(0, |value, digit| value * 8 + (digit - b'0')));
                rest = &rest[3..];
            }
            b'\\' => {
                let named = [(b'n', b'\n'), (b'r', b'\r'), (b't', b'\t'), (b'b', 8), (b'f', 12)];
                bytes.push(named.iter().find(|(name, _)| *name == rest[0]).map_or(rest[0], |(_, byte)| *byte));
                rest = &rest[1..];
            }
            byte => {
                depth += i32::from(*byte == b'(') - i32::from(*byte == b')');
                bytes.push(*byte);
            }
        }
    }
}

/// The texts of a page, as a reader finds them.
fn texts(pdf: &[u8]) -> Vec<String> {
    let characters = characters(pdf);
    let content = stream(object(pdf, number(pdf, "/Contents ")));
    let mut rest = content.as_slice();
    let mut texts = Vec::new();
    while let Some(begin) = find(rest, "\nBT\n") {
        // A code may look like the end of a text: whole strings are passed over first.
        rest = &rest[begin + 4..];
        let mut text = String::new();
        while let Some((bytes, behind)) = first_string(rest) {
            text.extend(bytes.chunks(2).map(|code| characters[&u16::from_be_bytes([code[0], code[1]])].as_str()));
            rest = behind;
            let end = rest.iter().position(|byte| matches!(byte, b']' | b'(' | b'<')).unwrap();
            if rest[end] == b']' {
                break;
            }
        }
        texts.push(text);
    }
    texts
}

#[test]
fn texts_are_found_even_where_the_font_lacks_a_letter() {
    for (figure, text) in figures() {
        let texts = texts(&figure.pdf().unwrap());
        assert!(texts.iter().any(|found| found == text), "{texts:?}");
    }
    // Two lines where a map is too narrow for one.
    let maps = texts(&figures()[3].0.clone().with_width(FigureWidth::COLUMN).pdf().unwrap());
    assert_eq!(maps.iter().filter(|text| *text == "KL divergence 1.234,").count(), 3, "{maps:?}");
    assert_eq!(maps.iter().filter(|text| *text == "perplexity 30").count(), 3);
    let accuracy = texts(&figures()[0].0.pdf().unwrap());
    for text in ["k-NN on cifar10/test", "Top-1 accuracy (%)", "with 95 % intervals", "数据"] {
        assert!(accuracy.iter().any(|found| found == text), "{text}: {accuracy:?}");
    }
}

#[test]
fn widths_are_kept_in_every_format() {
    for (figure, _) in figures() {
        for (text, points) in
            [("column", "240.94"), ("page", "496.06"), ("3.25in", "234"), ("234pt", "234"), ("5cm", "141.73")]
        {
            let figure = figure.clone().with_width(text.parse().unwrap());
            let pdf = figure.pdf().unwrap();
            assert!(find(&pdf, &format!("/MediaBox [0 0 {points} ")).is_some(), "{text}");
            let svg = figure.svg().unwrap();
            let printed = svg.split("width=\"").nth(1).unwrap().split("pt\"").next().unwrap();
            assert!((printed.parse::<f64>().unwrap() - points.parse::<f64>().unwrap()).abs() < 0.11, "{printed}");
            // Nothing is written smaller than the smallest of the sizes.
            let content = String::from_utf8_lossy(&stream(object(&pdf, number(&pdf, "/Contents ")))).into_owned();
            let sizes = content.lines().filter_map(|line| line.strip_prefix("/F ")?.strip_suffix(" Tf"));
            assert!(sizes.map(|size| size.parse::<f64>().unwrap()).fold(f64::INFINITY, f64::min) >= 7.5);
        }
    }
    for text in ["", "8.5", "cm", "-9cm", "4.9cm", "51cm", "nancm", "infin", "Column", "1e999pt"] {
        let error = text.parse::<FigureWidth>().unwrap_err();
        assert!(matches!(&error, ReportError::FigureWidth { found } if found == text), "{text}: {error}");
    }
}

#[test]
fn a_long_title_keeps_the_word_on_intervals() {
    let figure = over_k(&[knn("a", "top1", 5, 0.5)], "top1").unwrap();
    let svg = figure.clone().with_width("5cm".parse().unwrap()).svg().unwrap();
    assert!(svg.contains("k-NN on cifar10/test") && svg.contains("with 95 % intervals"), "{svg}");
}

#[test]
fn odd_numbers_give_a_file() {
    let mut records =
        vec![knn(&"very long name ".repeat(50), "not described", 1, 0.5), knn("b", "not described", u64::MAX, -1e300)];
    records.push(knn("c", "not described", 7, f64::MAX));
    let pdf = over_k(&records, "not described").unwrap().pdf().unwrap();
    let content = String::from_utf8_lossy(&stream(object(&pdf, number(&pdf, "/Contents ")))).into_owned();
    assert!(!content.contains("NaN") && !content.contains("inf"), "{content}");
}

#[test]
fn files_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("top1.pdf");
    let figure = &figures()[0].0;
    figure.write_pdf(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), figure.pdf().unwrap());
}

#[test]
fn a_name_that_the_font_lacks_leaves_a_mark() {
    let pixels = |name: &str| {
        let bytes = over_k(&[knn(name, "top1", 5, 0.5)], "top1").unwrap().png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        pixels.iter().map(|channel| u64::from(255 - channel)).sum::<u64>()
    };
    assert!(pixels("数") > pixels("\u{a0}") + 1000);
    assert_eq!(pixels("数"), pixels("\u{fffd}"));
}
