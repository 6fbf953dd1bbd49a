//! A part that a file lists.

use std::collections::HashMap;

use crate::EvalError;

/// How many names an error lists.
const MAX_EXAMPLES: usize = 5;

/// Rows of the images that a list names, one name a line, ascending; blank lines are left out.
///
/// A name is an id, or the end of one, as in SimCLR's lists (`n01440764_10026.JPEG` for `n01440764/n01440764_10026.JPEG`), or ends with
/// one (`train/a/1.jpg` for `a/1.jpg`); the file's extension may differ.
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
    // Windows programs begin texts with a byte-order mark.
    let list = list.strip_prefix('\u{feff}').unwrap_or(list);
    for name in list.lines().map(str::trim).filter(|name| !name.is_empty()) {
        let found = [name, last_part(name), stem(last_part(name))].into_iter().find_map(|name| rows_of_name.get(name));
        match found.copied().flatten().filter(|&row| ids.get(row).is_some_and(|id| is_end_of_the_other(name, id))) {
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

/// Whether one path is the end of the other, whatever their files' extensions: two folders with a file of the same name are told apart.
fn is_end_of_the_other(first: &str, second: &str) -> bool {
    let ends =
        |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    let spellings = |path| [path, stem(path)];
    spellings(first)
        .iter()
        .any(|first| spellings(second).iter().any(|second| ends(first, second) || ends(second, first)))
}

fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
