//! A part that a file lists.

use std::collections::HashMap;

use crate::EvalError;

/// How many names an error lists.
const MAX_EXAMPLES: usize = 5;

/// Rows of the images that a list names, one name a line, ascending; blank lines are left out.
///
/// A name is an id, or the last part of one, as in SimCLR's lists (`n01440764_10026.JPEG` for `n01440764/n01440764_10026.JPEG`); the
/// file's extension may differ.
///
/// # Errors
/// [`EvalError::UnknownNames`] where images are not in the set, or several have the name, and [`EvalError::EmptyList`] where the
/// list names none.
pub fn rows_of_list(ids: &[String], list: &str) -> Result<Vec<usize>, EvalError> {
    let mut rows_of_name: HashMap<&str, Option<usize>> = HashMap::new();
    for (row, id) in ids.iter().enumerate() {
        rows_of_name.insert(id, Some(row));
    }
    for (row, id) in ids.iter().enumerate() {
        for name in [last_part(id), stem(last_part(id))] {
            let ambiguous = |old: &mut Option<usize>| {
                if *old != Some(row) {
                    *old = None
                }
            };
            rows_of_name.entry(name).and_modify(ambiguous).or_insert(Some(row));
        }
    }
    let mut rows = Vec::new();
    let mut unknown = Vec::new();
    for name in list.lines().map(str::trim).filter(|name| !name.is_empty()) {
        let found = [name, last_part(name), stem(last_part(name))].into_iter().find_map(|name| rows_of_name.get(name));
        match found.copied().flatten() {
            Some(row) => rows.push(row),
            None => unknown.push(name),
        }
    }
    if !unknown.is_empty() {
        let examples = unknown.iter().take(MAX_EXAMPLES).map(|&name| name.to_owned()).collect();
        return Err(EvalError::UnknownNames { count: unknown.len(), examples });
    }
    if rows.is_empty() {
        return Err(EvalError::EmptyList { name: "list" });
    }
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
