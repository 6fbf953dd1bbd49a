//! Columns of values that occur in payloads, so that filters and counts need not look into JSON.

mod column;
mod evaluate;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub(crate) use column::Column;
pub use column::ColumnTypes;

use crate::filter::{KeyPath, Step};

/// Columns that there are at most: what is beyond them is looked up in the JSON.
const MAX_COLUMNS: usize = 64;
/// Objects within each other whose keys get columns.
const MAX_DEPTH: usize = 4;

/// A column for every key of the payloads, as far as there is room, those of inner objects included.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    root: Node,
    count: usize,
    /// Whether a payload has a key that has no column.
    is_partial: bool,
}

#[derive(Clone, Debug, Default)]
struct Node {
    column: Column,
    /// Keys of the objects at this place.
    children: BTreeMap<String, Node>,
}

/// What is known of a path.
pub(crate) enum Lookup<'a> {
    /// All values at it.
    Column { column: &'a Column, elements_only: bool },
    /// No payload has a value there.
    Nothing,
    /// It must be looked up in the JSON.
    Unknown,
}

impl Columns {
    /// Takes the values of a row that has none so far.
    pub fn add(&mut self, row: u32, payload: &Map<String, Value>) {
        let Self { root, count, is_partial } = self;
        let mut room = Room { count, is_partial };
        root.add_object(row, payload, MAX_DEPTH, &mut room);
    }

    /// Takes other values for a row.
    pub fn replace(&mut self, row: u32, payload: &Map<String, Value>) {
        self.root.clear_row(row);
        self.add(row, payload);
    }

    /// What is known of a path.
    pub fn lookup(&self, path: &KeyPath) -> Lookup<'_> {
        let (steps, elements_only) = match path.steps() {
            [steps @ .., Step::Elements] => (steps, true),
            steps => (steps, false),
        };
        let mut node = &self.root;
        for (depth, step) in steps.iter().enumerate() {
            let Step::Key(key) = step else { return Lookup::Unknown };
            match node.children.get(key) {
                Some(child) => node = child,
                None if self.is_partial || depth >= MAX_DEPTH => return Lookup::Unknown,
                None => return Lookup::Nothing,
            }
        }
        // `a[]` names the elements of lists, which are lists themselves there: what counts is in them.
        if node.column.is_full() || (elements_only && node.column.has_lists_in_lists()) {
            return Lookup::Unknown;
        }
        Lookup::Column { column: &node.column, elements_only }
    }

    /// Every column with its path, in the order of the paths.
    pub fn list(&self) -> Vec<(KeyPath, &Column)> {
        let mut list = Vec::new();
        list_children(&self.root, &mut Vec::new(), &mut list);
        list
    }

    /// Whether there are keys without a column.
    pub fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// Whether there are many more values than rows can have: those of payloads that were changed again and again.
    pub fn is_worth_renewing(&self, rows: usize) -> bool {
        const SPARE: usize = 1 << 16;
        self.list().iter().any(|(_, column)| column.values().len() > 4 * rows + SPARE)
    }

    /// Bytes of memory, roughly.
    pub fn bytes(&self) -> usize {
        self.list().iter().map(|(_, column)| column.bytes()).sum()
    }
}

struct Room<'a> {
    count: &'a mut usize,
    is_partial: &'a mut bool,
}

impl Node {
    fn add_object(&mut self, row: u32, object: &Map<String, Value>, depth: usize, room: &mut Room<'_>) {
        for (key, value) in object {
            if !self.children.contains_key(key) {
                if *room.count >= MAX_COLUMNS || depth == 0 {
                    *room.is_partial = true;
                    continue;
                }
                *room.count += 1;
                self.children.insert(key.clone(), Self::default());
            }
            let Some(child) = self.children.get_mut(key) else { continue };
            child.column.set(row, value);
            if let Value::Object(inner) = value {
                child.add_object(row, inner, depth - 1, room);
            }
        }
    }

    fn clear_row(&mut self, row: u32) {
        for child in self.children.values_mut() {
            child.column.clear(row);
            child.clear_row(row);
        }
    }
}

fn list_children<'a>(node: &'a Node, keys: &mut Vec<&'a str>, list: &mut Vec<(KeyPath, &'a Column)>) {
    for (key, child) in &node.children {
        keys.push(key);
        list.push((KeyPath::of_keys(keys), &child.column));
        list_children(child, keys, list);
        keys.pop();
    }
}
