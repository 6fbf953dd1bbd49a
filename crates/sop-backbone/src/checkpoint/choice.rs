//! Which set of weights is read.

use std::path::Path;

use super::CheckpointError;
use super::groups::{Groups, Tensors};

/// Keys that an error lists.
const SHOWN: usize = 40;

/// The set of weights `key`; without a key the only one, or the teacher where there are just it and its student.
///
/// # Errors
/// When there is none, none of that key, or none is the obvious one.
pub(super) fn choose<'a>(
    groups: &'a Groups,
    key: Option<&str>,
    path: &Path,
) -> Result<(&'a str, &'a Tensors), CheckpointError> {
    let sets = &groups.sets;
    let path = path.to_path_buf();
    if sets.is_empty() {
        return Err(CheckpointError::NoStateDict { path, found: beside(groups) });
    }
    let wanted = match key {
        Some(key) => groups.aliases.get(key).map_or(key, String::as_str),
        None => match obvious(groups) {
            Some(key) => key,
            None => return Err(CheckpointError::AmbiguousKey { path, available: keys(groups) }),
        },
    };
    let found = sets.get_key_value(wanted).map(|(key, tensors)| (key.as_str(), tensors));
    found.ok_or_else(|| {
        let plain = sets.len() == 1 && sets.contains_key("");
        let available = match plain {
            true => "the file itself is the state dict: ask for no key".to_owned(),
            false => format!("it has {}", keys(groups)),
        };
        CheckpointError::UnknownKey { path, key: wanted.to_owned(), available }
    })
}

/// The only set, or the teacher of the only pair: two keys that differ in `teacher` and `student` alone.
fn obvious(groups: &Groups) -> Option<&str> {
    let mut keys = groups.sets.keys().map(String::as_str);
    match (keys.next(), keys.next(), keys.next()) {
        (Some(only), None, _) => Some(only),
        (Some(student), Some(teacher), None) => {
            let as_student = teacher.split('.').map(|part| if part == "teacher" { "student" } else { part });
            let is_pair = student != teacher && as_student.eq(student.split('.'));
            is_pair.then_some(teacher)
        }
        _ => None,
    }
}

/// The keys in words; the one of the file's own tensors is empty.
fn keys(groups: &Groups) -> String {
    let shown =
        groups.sets.keys().take(SHOWN).map(|key| if key.is_empty() { "\"\"".to_owned() } else { format!("`{key}`") });
    let mut shown: Vec<String> = shown.collect();
    let hidden = groups.sets.len() - shown.len();
    if hidden > 0 {
        shown.push(format!("… and {hidden} more"));
    }
    shown.join(", ")
}

/// What a file without a set of weights holds instead, in words.
fn beside(groups: &Groups) -> String {
    let places = groups.rest.iter().take(5).map(|((key, reason), count)| {
        let place = if key.is_empty() { "at the top".to_owned() } else { format!("in `{key}`") };
        format!("{count} {place} ({reason})")
    });
    let places: Vec<String> = places.collect();
    if places.is_empty() { String::new() } else { format!("; its tensors are {}", places.join(", ")) }
}
