//! The texts that come with an image: query string and fields of a form, which mean the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::http::ApiError;

/// Longest name that a message repeats, in characters.
const LONGEST_NAME: usize = 40;

/// Texts by name, none of them twice, all of them known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    known: &'static [&'static str],
    texts: BTreeMap<String, String>,
}

impl Fields {
    /// No texts yet, of these names.
    pub(super) fn of(known: &'static [&'static str]) -> Self {
        Self { known, texts: BTreeMap::new() }
    }

    /// Adds a text.
    ///
    /// # Errors
    /// 422 for a name that is not known, or comes twice.
    pub(super) fn add(&mut self, name: &str, text: String) -> Result<(), ApiError> {
        let shown = || name.chars().take(LONGEST_NAME).flat_map(char::escape_debug).collect::<String>();
        if !self.known.contains(&name) {
            let message = format!("unknown field `{}`; known are {}", shown(), self.known.join(", "));
            return Err(ApiError::unprocessable(message));
        }
        if self.texts.contains_key(name) {
            return Err(ApiError::unprocessable(format!("field `{}` comes twice", shown())));
        }
        self.texts.insert(name.to_owned(), text);
        Ok(())
    }

    /// Takes a text out.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.texts.remove(name)
    }

    /// All texts as one object: each is the JSON of its value.
    ///
    /// # Errors
    /// 422 names the field that is no JSON.
    pub(super) fn into_json(self) -> Result<Map<String, Value>, ApiError> {
        let value = |(name, text): (String, String)| {
            let not_json = |error| ApiError::unprocessable(format!("field `{name}` is not JSON: {error}"));
            let value = serde_json::from_str(&text).map_err(not_json)?;
            Ok((name, value))
        };
        self.texts.into_iter().map(value).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_become_one_object() {
        let mut fields = Fields::of(&["limit", "filter", "id"]);
        for (name, text) in [("limit", "3"), ("filter", r#"{"must": []}"#), ("id", "a/b")] {
            fields.add(name, text.to_owned()).unwrap();
        }
        assert_eq!(fields.take("id").as_deref(), Some("a/b"));
        assert_eq!(fields.take("id"), None);
        assert_eq!(Value::Object(fields.into_json().unwrap()), json!({"limit": 3, "filter": {"must": []}}));
    }

    #[test]
    fn unknown_and_repeated_names_and_broken_json_are_named() {
        let mut fields = Fields::of(&["limit"]);
        let message = fields.add("limits\n", String::new()).unwrap_err().message;
        assert!(message.contains(r"`limits\n`; known are limit"), "{message}");
        fields.add("limit", "3 4".to_owned()).unwrap();
        assert!(fields.add("limit", "4".to_owned()).unwrap_err().message.contains("`limit` comes twice"));
        let error = fields.into_json().unwrap_err();
        assert!(error.status == 422 && error.message.contains("`limit` is not JSON"), "{error:?}");
    }
}
