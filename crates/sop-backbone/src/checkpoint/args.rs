//! The training arguments that checkpoints carry.

use std::collections::BTreeMap;
use std::fmt;

use sop_pickle::{Arena, Id, Node};

use super::groups;

/// One training argument.
#[derive(Clone, Debug, PartialEq)]
pub enum ArgValue {
    /// Python's `None`.
    None,
    /// A switch.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text, or the kind of a value that is not read.
    Text(String),
    /// A list or tuple.
    List(Vec<ArgValue>),
}

/// JSON; numbers that JSON does not have are texts.
impl fmt::Display for ArgValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("null"),
            Self::Bool(value) => write!(formatter, "{value}"),
            Self::Int(value) => write!(formatter, "{value}"),
            Self::Float(value) if value.is_finite() => {
                // The shortest form that reads back as the same number, with an exponent where it is extreme.
                let number = serde_json::Number::from_f64(*value).ok_or(fmt::Error)?;
                write!(formatter, "{number}")
            }
            Self::Float(value) => write!(formatter, "\"{value}\""),
            Self::Text(text) => write!(formatter, "{}", serde_json::Value::from(text.as_str())),
            Self::List(values) => {
                formatter.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(formatter, "{separator}{value}")?;
                }
                formatter.write_str("]")
            }
        }
    }
}

/// Containers within each other that are followed.
const MAX_DEPTH: usize = 8;
/// Arguments and elements that are kept; what comes later is left out.
const MAX_VALUES: usize = 10_000;
/// Bytes of a text that are kept.
const MAX_TEXT: usize = 4096;

/// The arguments under `root`, a dict or namespace; those of dicts within it as `outer.inner`.
pub(super) fn flatten(arena: &Arena, root: Id) -> BTreeMap<String, ArgValue> {
    let mut flat = BTreeMap::new();
    let mut left = MAX_VALUES;
    gather(arena, root, "", 0, &mut left, &mut flat);
    flat
}

/// What a file says besides its tensors, by place; the states of optimizers and the like say nothing of a network.
pub(super) fn settings(arena: &Arena, root: Id) -> BTreeMap<String, ArgValue> {
    /// Entries that are looked at, those that are tensors too.
    const MAX_STEPS: usize = 1 << 22;
    let mut settings = Settings { arena, steps: MAX_STEPS, left: MAX_VALUES, flat: BTreeMap::new() };
    settings.gather(root, "", 0);
    settings.flat
}

struct Settings<'a> {
    arena: &'a Arena,
    steps: usize,
    left: usize,
    flat: BTreeMap<String, ArgValue>,
}

impl Settings<'_> {
    fn gather(&mut self, id: Id, prefix: &str, depth: usize) {
        let arena = self.arena;
        for &(key, value) in arena.entries(id).unwrap_or_default() {
            if self.steps == 0 || self.left == 0 {
                return;
            }
            self.steps -= 1;
            let Some(key) = arena.text(key).filter(|_| !matches!(arena.get(value), Node::Tensor(_))) else { continue };
            let name = format!("{prefix}{}", kept(key));
            if arena.entries(value).is_some() {
                if depth < MAX_DEPTH && !groups::is_state(key) {
                    self.gather(value, &format!("{name}."), depth + 1);
                }
            } else {
                self.left -= 1;
                let value = value_of(arena, value, depth, &mut self.left);
                self.flat.insert(name, value);
            }
        }
    }
}

/// The texts of a `.safetensors` file: numbers and lists are read as such, JSON objects as dicts.
pub(super) fn of_texts(texts: &BTreeMap<String, String>) -> BTreeMap<String, ArgValue> {
    let mut flat = BTreeMap::new();
    let mut left = MAX_VALUES;
    for (name, text) in texts {
        match serde_json::from_str(text) {
            Ok(value) => gather_json(&value, name, 0, &mut left, &mut flat),
            Err(_) => drop(flat.insert(name.clone(), ArgValue::Text(kept(text)))),
        }
    }
    flat
}

fn gather_json(
    value: &serde_json::Value,
    name: &str,
    depth: usize,
    left: &mut usize,
    flat: &mut BTreeMap<String, ArgValue>,
) {
    if let serde_json::Value::Object(entries) = value
        && depth < MAX_DEPTH
    {
        for (key, value) in entries {
            if *left == 0 {
                return;
            }
            *left -= 1;
            gather_json(value, &format!("{name}.{}", kept(key)), depth + 1, left, flat);
        }
    } else {
        flat.insert(name.to_owned(), value_of_json(value));
    }
}

fn value_of_json(value: &serde_json::Value) -> ArgValue {
    match value {
        serde_json::Value::Null => ArgValue::None,
        serde_json::Value::Bool(value) => ArgValue::Bool(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => ArgValue::Int(number),
            None => number.as_f64().map_or(ArgValue::None, ArgValue::Float),
        },
        serde_json::Value::String(text) => ArgValue::Text(kept(text)),
        serde_json::Value::Array(values) => ArgValue::List(values.iter().map(value_of_json).collect()),
        serde_json::Value::Object(_) => ArgValue::Text("<a dict>".to_owned()),
    }
}

fn gather(arena: &Arena, id: Id, prefix: &str, depth: usize, left: &mut usize, flat: &mut BTreeMap<String, ArgValue>) {
    for &(key, value) in arena.entries(id).unwrap_or_default() {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let key = match arena.get(key) {
            Node::Text(key) => kept(key),
            Node::Int(key) => key.to_string(),
            _ => continue,
        };
        let name = format!("{prefix}{key}");
        if arena.entries(value).is_some_and(|entries| !entries.is_empty()) && depth < MAX_DEPTH {
            gather(arena, value, &format!("{name}."), depth + 1, left, flat);
        } else {
            flat.insert(name, value_of(arena, value, depth, left));
        }
    }
}

fn value_of(arena: &Arena, id: Id, depth: usize, left: &mut usize) -> ArgValue {
    let kind = |kind: &str| ArgValue::Text(format!("<{kind}>"));
    match arena.get(id) {
        Node::None => ArgValue::None,
        Node::Bool(value) => ArgValue::Bool(*value),
        Node::Int(value) => i64::try_from(*value).map_or_else(|_| ArgValue::Text(value.to_string()), ArgValue::Int),
        Node::Float(value) => ArgValue::Float(*value),
        Node::Text(text) => ArgValue::Text(kept(text)),
        Node::Tuple(_) | Node::List(_) if depth >= MAX_DEPTH => kind("a deep list"),
        Node::Tuple(_) | Node::List(_) => {
            let mut values = Vec::new();
            for &item in arena.sequence(id).unwrap_or_default() {
                if *left == 0 {
                    break;
                }
                *left -= 1;
                values.push(value_of(arena, item, depth + 1, left));
            }
            ArgValue::List(values)
        }
        Node::Dict(_) | Node::Namespace(_) => kind("a dict"),
        Node::Set(_) => kind("a set"),
        Node::Bytes(_) => kind("bytes"),
        Node::Global(_) | Node::NumpyType(_) => kind("a type"),
        Node::Storage(_) => kind("a storage"),
        Node::Tensor(view) => ArgValue::Text(format!("<a tensor of shape {:?}>", view.shape)),
        Node::Opaque(name) => kind(name),
    }
}

/// The first [`MAX_TEXT`] bytes, to a whole letter.
fn kept(text: &str) -> String {
    text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_show_as_json() {
        let list = ArgValue::List(vec![ArgValue::Float(0.05), ArgValue::Int(8), ArgValue::Text("a\"b".to_owned())]);
        assert_eq!(list.to_string(), r#"[0.05, 8, "a\"b"]"#);
        assert_eq!(ArgValue::Float(1e-6).to_string(), "1e-6");
        assert_eq!(ArgValue::Float(3.0).to_string(), "3.0");
        assert_eq!(ArgValue::Float(f64::NAN).to_string(), "\"NaN\"");
        assert_eq!(ArgValue::None.to_string(), "null");
    }
}
