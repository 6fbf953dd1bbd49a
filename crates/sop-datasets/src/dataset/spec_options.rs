//! The options behind the place of a data set: `#key=value&key=value`.

use crate::error::DatasetError;

/// Options by key, each valid and given once.
pub(super) struct SpecOptions<'a>(Vec<(&'a str, &'a str)>);

impl<'a> SpecOptions<'a> {
    /// Splits a text into its place and its options, of which those in `valid` may be given.
    pub fn split(text: &'a str, valid: &[&str]) -> Result<(&'a str, Self), DatasetError> {
        let place = Self::place(text);
        let mut options: Vec<(&str, &str)> = Vec::new();
        let rest = text.get(place.len() + 1..).unwrap_or_default();
        for option in rest.split('&').filter(|option| !option.is_empty()) {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            let is_new = !options.iter().any(|(given, _)| *given == key);
            if !valid.contains(&key) || value.is_empty() || !is_new {
                return Err(DatasetError::UnknownOption {
                    option: option.to_owned(),
                    spec: text.to_owned(),
                    valid: valid.iter().map(|key| format!("{key}=…")).collect::<Vec<_>>().join(", "),
                });
            }
            options.push((key, value));
        }
        Ok((place, Self(options)))
    }

    /// The part in front of the options; a `#` without a `=` behind it belongs to the place.
    pub fn place(text: &str) -> &str {
        match text.rsplit_once('#') {
            Some((place, options)) if options.contains('=') => place,
            _ => text,
        }
    }

    /// The value of an option.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(given, _)| *given == key).map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_split_strictly() {
        let (place, options) = SpecOptions::split("a#b/c#split=test&label=none", &["split", "label"]).unwrap();
        assert_eq!((place, options.get("split"), options.get("label")), ("a#b/c", Some("test"), Some("none")));
        assert_eq!(SpecOptions::split("a#b", &[]).unwrap().0, "a#b");
        for text in ["a#lable=x", "a#split=", "a#split=x&split=y", "a#split=x&oops"] {
            let message = SpecOptions::split(text, &["split", "label"]).err().unwrap().to_string();
            assert!(message.contains("split=…, label=…"), "{message}");
        }
    }
}
