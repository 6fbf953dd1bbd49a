//! A part that a file lists.

use std::collections::BTreeMap;

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
    // Sorted, so that all images of one name stand together.
    let mut named: Vec<(&str, usize)> = Vec::with_capacity(2 * ids.len());
    for (row, id) in ids.iter().enumerate() {
        let name = last_part(id);
        named.extend([(name, row), (stem(name), row)]);
    }
    named.sort_unstable();
    let rows_named = |name: &str| {
        let start = named.partition_point(|(other, _)| *other < name);
        named.iter().skip(start).take_while(|(other, _)| *other == name).map(|(_, row)| *row).collect::<Vec<_>>()
    };
    // The only image that a name can mean.
    let row_of = |name: &str| {
        let last = last_part(name);
        let mut rows = [rows_named(last), rows_named(stem(last))].concat();
        rows.retain(|&row| is_end_of_the_other(name, &ids[row]));
        rows.sort_unstable();
        rows.dedup();
        let whole = rows.iter().copied().find(|&row| ids[row] == name);
        whole.or(if rows.len() == 1 { rows.first().copied() } else { None })
    };
    let mut rows = Vec::new();
    let mut unknown = Vec::new();
    let mut named_by: BTreeMap<usize, &str> = BTreeMap::new();
    // Windows programs begin texts with a byte-order mark.
    let list = list.strip_prefix('\u{feff}').unwrap_or(list);
    for name in list.lines().map(str::trim).filter(|name| !name.is_empty()) {
        // Two names of one image would be an image fewer than listed.
        match row_of(name).filter(|&row| *named_by.entry(row).or_insert(name) == name) {
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
