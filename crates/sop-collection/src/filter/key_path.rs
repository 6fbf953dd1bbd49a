//! Paths into a payload.

use std::fmt;

use serde_json::{Map, Value};

/// Bytes of the longest path.
const MAX_BYTES: usize = 1024;
/// Steps of the longest path.
const MAX_STEPS: usize = 16;

/// A path into a payload: `a`, `a.b`, `a[].b` (every element of a list), `a[0]` (one of them), `"a.b"` (a key with a dot).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath {
    text: String,
    steps: Vec<Step>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    /// The value of a key of an object.
    Key(String),
    /// Every element of a list.
    Elements,
    /// One element of a list, from 0.
    Element(usize),
}

/// A text that is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{shown}` is no path into a payload ({what}): write `a`, `a.b`, `a[]`, `a[0]` or, for keys with dots, `\"a.b\"`"
)]
pub struct InvalidKeyPath {
    /// The text, cut where it is long.
    pub shown: String,
    /// What is wrong with it.
    pub what: &'static str,
}

impl KeyPath {
    /// Reads a path.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn new(text: &str) -> Result<Self, InvalidKeyPath> {
        let wrong = |what| InvalidKeyPath { shown: text.chars().take(80).flat_map(char::escape_debug).collect(), what };
        if text.len() > MAX_BYTES {
            return Err(wrong("it has more than 1024 bytes"));
        }
        let mut steps = Vec::new();
        let mut rest = text;
        loop {
            let (key, after) = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or_else(|| wrong("a quotation mark is missing"))?,
                None => rest.split_at(rest.find(['.', '[', ']', '"']).unwrap_or(rest.len())),
            };
            if key.is_empty() {
                return Err(wrong("a key is empty"));
            }
            steps.push(Step::Key(key.to_owned()));
            rest = after;
            while let Some(inner) = rest.strip_prefix('[') {
                let (number, after) = inner.split_once(']').ok_or_else(|| wrong("a bracket is not closed"))?;
                steps.push(match number {
                    "" => Step::Elements,
                    _ if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                        Step::Element(number.parse().map_err(|_| wrong("an index is too large"))?)
                    }
                    _ => return Err(wrong("an index is no number")),
                });
                rest = after;
            }
            if steps.len() > MAX_STEPS {
                return Err(wrong("it has more than 16 steps"));
            }
            match rest.strip_prefix('.') {
                Some(after) => rest = after,
                None if rest.is_empty() => break,
                None => return Err(wrong("keys are separated by dots")),
            }
        }
        Ok(Self { text: text.to_owned(), steps })
    }

    /// The path of one key, whatever it is made of.
    pub(crate) fn of_keys(keys: &[&str]) -> Self {
        let needs_quotes = |key: &str| key.is_empty() || key.contains(['.', '[', ']']);
        let quoted = keys.iter().map(|key| if needs_quotes(key) { format!("\"{key}\"") } else { (*key).to_owned() });
        let text = quoted.collect::<Vec<_>>().join(".");
        Self { text, steps: keys.iter().map(|key| Step::Key((*key).to_owned())).collect() }
    }

    /// The path as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Calls `visit` with every value at the path.
    pub(crate) fn visit<'v>(&self, payload: &'v Map<String, Value>, visit: &mut impl FnMut(&'v Value)) {
        if let Some((Step::Key(key), rest)) = self.steps.split_first()
            && let Some(value) = payload.get(key)
        {
            walk(value, rest, visit);
        }
    }
}

fn walk<'v>(value: &'v Value, steps: &[Step], visit: &mut impl FnMut(&'v Value)) {
    let Some((step, rest)) = steps.split_first() else { return visit(value) };
    match (step, value) {
        (Step::Key(key), Value::Object(map)) => {
            if let Some(value) = map.get(key) {
                walk(value, rest, visit);
            }
        }
        (Step::Elements, Value::Array(elements)) => elements.iter().for_each(|element| walk(element, rest, visit)),
        (Step::Element(index), Value::Array(elements)) => {
            if let Some(element) = elements.get(*index) {
                walk(element, rest, visit);
            }
        }
        _ => {}
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(path: &str, payload: &Value) -> Vec<Value> {
        let mut found = Vec::new();
        let payload = payload.as_object().unwrap();
        KeyPath::new(path).unwrap().visit(payload, &mut |value| found.push(value.clone()));
        found
    }

    #[test]
    fn paths_lead_to_values() {
        let payload = json!({"a": {"b": [1, {"c": 2}, {"c": 3}]}, "a.b": 4, "d": [[5, 6], 7]});
        assert_eq!(found("a.b[].c", &payload), [json!(2), json!(3)]);
        assert_eq!(found("a.b[1].c", &payload), [json!(2)]);
        assert_eq!(found("\"a.b\"", &payload), [json!(4)]);
        assert_eq!(found("d[][]", &payload), [json!(5), json!(6)]);
        assert_eq!(found("a.b.c", &payload), [] as [Value; 0]);
        assert_eq!(found("d", &payload), [json!([[5, 6], 7])]);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in
            ["", ".", "a.", "a..b", "a[", "a[x]", "a]", "\"a", "a\"b\"", "[]", "a[99999999999999999999]", "a[]b"]
        {
            assert!(KeyPath::new(text).is_err(), "{text}");
        }
        assert!(KeyPath::new(&"a.".repeat(20)).is_err());
        assert!(KeyPath::new(&"a".repeat(2000)).is_err());
    }
}
