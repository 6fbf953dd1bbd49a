//! Several models in one state dict, told apart by the first parts of their names.

use std::collections::{BTreeMap, BTreeSet};

use super::groups::{Groups, Tensors};

/// Models of a self-distillation, as DINOv2's training keeps them in one module.
const DISTILLATION: [&str; 2] = ["student.", "teacher."];
/// Names that a model has once: a state dict with two of them, after different prefixes, holds two models.
const ONCE: [&str; 1] = ["patch_embed.proj.weight"];
/// Models that are told apart; what has more of them is no training checkpoint.
const MOST: usize = 64;

const BESIDE: &str = "beside the sets of weights";

/// Replaces each set that holds several models by these.
///
/// The keys of a student and a teacher are `student` and `teacher` where they are free; other models have the key of
/// the set with their prefix behind it.
pub(super) fn split(groups: &mut Groups) {
    let whole: Vec<(String, Vec<String>)> =
        groups.sets.iter().map(|(key, tensors)| (key.clone(), prefixes(tensors))).collect();
    for (key, prefixes) in whole.into_iter().filter(|(_, prefixes)| prefixes.len() > 1) {
        let mut parts: BTreeMap<&str, Tensors> = BTreeMap::new();
        let mut beside = 0;
        for (name, view) in groups.sets.remove(&key).unwrap_or_default() {
            match innermost(&prefixes, &name) {
                Some(prefix) => {
                    let inner = name.get(prefix.len()..).unwrap_or_default().to_owned();
                    parts.entry(prefix).or_default().insert(inner, view);
                }
                None => beside += 1,
            }
        }
        for (prefix, tensors) in parts {
            let part = prefix.trim_end_matches('.');
            let bare = DISTILLATION.contains(&prefix) && !groups.sets.contains_key(part);
            let joined = match (bare || key.is_empty(), part.is_empty()) {
                (true, _) => part.to_owned(),
                (false, true) => key.clone(),
                (false, false) => format!("{key}.{part}"),
            };
            groups.sets.insert(free(&groups.sets, joined), tensors);
        }
        if beside > 0 {
            groups.count(key, BESIDE, beside);
        }
    }
}

/// What the names of each model in a state dict start with; fewer than two where it is one model.
fn prefixes(tensors: &Tensors) -> Vec<String> {
    let starts = |prefix: &&str| {
        let first = tensors.range((*prefix).to_owned()..).next();
        first.is_some_and(|(name, _)| name.starts_with(prefix))
    };
    if DISTILLATION.iter().all(starts) {
        return DISTILLATION.map(str::to_owned).to_vec();
    }
    let before = |name: &String| ONCE.iter().find_map(|once| name.strip_suffix(once).map(str::to_owned));
    let mut prefixes: Vec<String> = tensors.keys().filter_map(before).take(MOST).collect();
    prefixes.retain(|prefix| prefix.is_empty() || prefix.ends_with('.'));
    alike(tensors, prefixes)
}

/// The prefixes of models that have half of their names in common with the largest one: averages of the same model. What
/// is smaller is another part of it.
fn alike(tensors: &Tensors, prefixes: Vec<String>) -> Vec<String> {
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for name in tensors.keys() {
        if let Some(prefix) = innermost(&prefixes, name) {
            names.entry(prefix).or_default().insert(name.get(prefix.len()..).unwrap_or_default());
        }
    }
    let largest = names.values().max_by_key(|names| names.len()).cloned().unwrap_or_default();
    let is_alike = |names: &BTreeSet<&str>| names.intersection(&largest).count() * 2 >= largest.len();
    let alike = names.iter().filter(|(_, names)| is_alike(names));
    alike.map(|(prefix, _)| (*prefix).to_owned()).collect()
}

/// The longest prefix that a name has; a model without a prefix has what no other has.
fn innermost<'a>(prefixes: &'a [String], name: &str) -> Option<&'a str> {
    let fits = prefixes.iter().map(String::as_str).filter(|prefix| name.starts_with(prefix));
    fits.max_by_key(|prefix| prefix.len())
}

/// The key, or where it is taken the first numbered one that is not.
pub(super) fn free(sets: &BTreeMap<String, Tensors>, key: String) -> String {
    let mut unique = key.clone();
    let mut number = 2;
    while sets.contains_key(&unique) {
        unique = format!("{key}#{number}");
        number += 1;
    }
    unique
}
