//! The place of a data set and the options behind it: `place#key=value&key=value`.
//!
//! A place or value that holds `#`, `&` or a quotation mark is written between quotation marks, `\"` and `\\` standing for these two
//! letters: `folder:"images#1"`, `revisited:jpg#gnd="this & that.json"&part=queries`. A quoted place is never a pattern. A text that
//! is the path of a file or folder needs no quotation marks.

use std::path::Path;

use crate::error::DatasetError;

/// Where a data set is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The path, or a pattern of paths.
    pub text: String,
    /// Whether it was quoted: then it is a path.
    pub is_quoted: bool,
}

/// Options by key, each valid and given once.
#[derive(Debug)]
pub(super) struct SpecOptions(Vec<(String, String)>);

impl SpecOptions {
    /// Splits a text into its place and its options, of which those in `valid` may be given.
    pub fn split(text: &str, valid: &[&str]) -> Result<(Place, Self), DatasetError> {
        let (place, rest) = Self::place(text);
        let refuse = |option: &str| DatasetError::UnknownOption {
            option: option.to_owned(),
            spec: text.to_owned(),
            valid: valid.iter().map(|key| format!("{key}=…")).collect::<Vec<_>>().join(", "),
        };
        let mut options: Vec<(String, String)> = Vec::new();
        let mut rest = rest;
        while !rest.is_empty() {
            let (key, behind) = rest.split_once('=').ok_or_else(|| refuse(rest))?;
            let (value, behind) = match unquoted(behind) {
                Some((value, behind)) => (value, behind),
                None => {
                    let (value, _) = behind.split_once('&').unwrap_or((behind, ""));
                    (value.to_owned(), behind.get(value.len()..).unwrap_or_default())
                }
            };
            let is_new = !options.iter().any(|(given, _)| given == key);
            if !valid.contains(&key) || value.is_empty() || !is_new {
                return Err(refuse(rest.split('&').next().unwrap_or(rest)));
            }
            options.push((key.to_owned(), value));
            rest = match behind.strip_prefix('&') {
                Some(next) => next,
                None if behind.is_empty() => "",
                None => return Err(refuse(behind)),
            };
        }
        Ok((place, Self(options)))
    }

    /// The place, and the text of the options behind its `#`.
    ///
    /// A `#` that is not followed by a word and `=` belongs to the place.
    pub fn place(text: &str) -> (Place, &str) {
        if Path::new(text).exists() {
            return (Place { text: text.to_owned(), is_quoted: false }, "");
        }
        if let Some((place, behind)) = unquoted(text)
            && let Some(options) = if behind.is_empty() { Some("") } else { behind.strip_prefix('#') }
        {
            return (Place { text: place, is_quoted: true }, options);
        }
        let begins_options = |&(at, _): &(usize, &str)| {
            let key = text.get(at + 1..).and_then(|rest| rest.split_once('=')).map_or("", |(key, _)| key);
            !key.is_empty() && key.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'_')
        };
        match text.match_indices('#').find(begins_options) {
            Some((at, _)) => {
                let (place, options) = text.split_at(at);
                (Place { text: place.to_owned(), is_quoted: false }, options.get(1..).unwrap_or_default())
            }
            None => (Place { text: text.to_owned(), is_quoted: false }, ""),
        }
    }

    /// The value of an option.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == key).map(|(_, value)| value.as_str())
    }
}

/// What stands between the quotation marks that a text begins with, and what follows; `None` where it does not begin with one, or
/// the second one is missing.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut letters = inside.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, inside.get(at + 1..)?)),
            '\\' => value.push(letters.next()?.1),
            letter => value.push(letter),
        }
    }
    None
}

/// The text that names the data set of a layout (`folder`, `hf` …) at a path, with options.
#[must_use]
pub fn spec_of(layout: &str, path: &Path, options: &[(&str, &str)]) -> String {
    let mut spec = format!("{layout}:{}", quoted(&path.display().to_string()));
    for (place, (key, value)) in options.iter().enumerate() {
        spec.push(if place == 0 { '#' } else { '&' });
        spec.push_str(&format!("{key}={}", quoted(value)));
    }
    spec
}

/// A text between quotation marks where it needs them.
fn quoted(text: &str) -> String {
    if !text.contains(['#', '&', '"', '*', '?', '[', '{', '\\']) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(text: &str, is_quoted: bool) -> Place {
        Place { text: text.to_owned(), is_quoted }
    }

    #[test]
    fn options_are_split_strictly() {
        let (found, options) = SpecOptions::split("a#b/c#split=test&label=none", &["split", "label"]).unwrap();
        assert_eq!(
            (found, options.get("split"), options.get("label")),
            (place("a#b/c", false), Some("test"), Some("none"))
        );
        assert_eq!(SpecOptions::split("a#b", &[]).unwrap().0, place("a#b", false));
        for text in ["a#lable=x", "a#split=", "a#split=x&split=y", "a#split=x&oops", "a#split=\"x\"y"] {
            let message = SpecOptions::split(text, &["split", "label"]).unwrap_err().to_string();
            assert!(message.contains("split=…, label=…"), "{message}");
        }
    }

    #[test]
    fn quotation_marks_keep_a_place_and_a_value_whole() {
        let (found, options) =
            SpecOptions::split(r##""a#k=1&b"#list="x & \"y\"#z"&classes=c"##, &["list", "classes"]).unwrap();
        assert_eq!(found, place("a#k=1&b", true));
        assert_eq!((options.get("list"), options.get("classes")), (Some("x & \"y\"#z"), Some("c")));
        assert_eq!(SpecOptions::place(r#""a"b"#).0, place(r#""a"b"#, false));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(path in "[ -~äß#&\"\\\\]{1,12}", value in "[ -~é#&\"\\\\]{1,12}") {
            // What exists under this name in the folder of the tests is taken as it is.
            prop_assume!(!Path::new(&path).exists());
            let spec = spec_of("list", Path::new(&path), &[("list", &value), ("classes", "imagenet")]);
            let text = spec.strip_prefix("list:").unwrap();
            let (place, options) = SpecOptions::split(text, &["list", "classes"]).unwrap();
            prop_assert_eq!(place.text, path);
            prop_assert_eq!((options.get("list"), options.get("classes")), (Some(value.as_str()), Some("imagenet")));
        }
    }
}
