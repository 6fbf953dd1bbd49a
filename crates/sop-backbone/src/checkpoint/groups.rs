//! The state dicts inside a checkpoint.

use std::collections::BTreeMap;
use std::path::Path;

use sop_pickle::{Arena, Id, Node, TensorView};

use super::CheckpointError;

/// One state dict of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDictSummary {
    /// Its key, e.g. `teacher`; empty when the file is the state dict itself.
    pub key: String,
    /// Number of tensors, those of heads included.
    pub num_tensors: usize,
    /// Number of elements in all tensors.
    pub num_elements: usize,
}

/// Tensors by name.
pub(super) type Tensors = BTreeMap<String, TensorView>;

/// Longest name of a tensor that is followed, in bytes.
const MAX_NAME: usize = 1024;
/// Tensors in all state dicts together.
const MAX_TENSORS: usize = 1 << 20;

/// Parts of a key that say that its tensors are no model.
const NO_MODEL: [&str; 8] = ["optim", "memory_bank", "queue", "scaler", "scheduler", "loss", "rng_state", "center"];

/// Every dict of tensors at the top (key `""`) and one level below it.
///
/// A dict whose names start with `teacher.` and `student.` is also given as these two (DINOv2's training checkpoints).
pub(super) fn find(arena: &Arena, root: Id, path: &Path) -> Result<BTreeMap<String, Tensors>, CheckpointError> {
    let mut groups = BTreeMap::new();
    let mut left = MAX_TENSORS;
    let top = tensors_of(arena, root, path, &mut left)?;
    for &(key, value) in arena.entries(root).unwrap_or_default() {
        let Some(key) = arena.text(key).filter(|key| key.len() <= MAX_NAME && !is_no_model(key)) else { continue };
        let tensors = tensors_of(arena, value, path, &mut left)?;
        if !tensors.is_empty() {
            groups.insert(key.to_owned(), tensors);
        }
    }
    // Loose buffers beside a model, such as a queue, make no model.
    if top.keys().any(|name| !is_no_model(name)) {
        groups.insert(String::new(), top);
    }
    add_branches(&mut groups);
    Ok(groups)
}

fn is_no_model(key: &str) -> bool {
    let first = key.split('.').next().unwrap_or_default().to_ascii_lowercase();
    NO_MODEL.iter().any(|part| first.contains(part))
}

/// The tensors directly in a dict.
fn tensors_of(arena: &Arena, id: Id, path: &Path, left: &mut usize) -> Result<Tensors, CheckpointError> {
    let mut tensors = Tensors::new();
    for &(key, value) in arena.entries(id).unwrap_or_default() {
        let (Some(name), Node::Tensor(view)) = (arena.text(key), arena.get(value)) else { continue };
        if name.len() > MAX_NAME {
            return Err(CheckpointError::too_large(path, format!("a tensor's name has {} bytes", name.len())));
        }
        let more = left.checked_sub(1);
        *left = more.ok_or_else(|| CheckpointError::too_large(path, format!("more than {MAX_TENSORS} tensors")))?;
        tensors.insert(name.to_owned(), TensorView::clone(view));
    }
    Ok(tensors)
}

/// Adds the teacher and student branches of a state dict that holds both.
pub(super) fn add_branches(groups: &mut BTreeMap<String, Tensors>) {
    const BRANCHES: [&str; 2] = ["teacher", "student"];
    if BRANCHES.iter().any(|branch| groups.contains_key(*branch)) {
        return;
    }
    let branch_of = |tensors: &Tensors, branch: &str| -> Tensors {
        let inner = |name: &str| Some(name.strip_prefix(branch)?.strip_prefix('.')?.to_owned());
        tensors.iter().filter_map(|(name, view)| Some((inner(name)?, view.clone()))).collect()
    };
    let mut both = groups.values().map(|tensors| BRANCHES.map(|branch| branch_of(tensors, branch)));
    let both = both.find(|branches| branches.iter().all(|tensors| !tensors.is_empty()));
    for (branch, tensors) in BRANCHES.iter().zip(both.into_iter().flatten()) {
        groups.insert((*branch).to_owned(), tensors);
    }
}

/// The key to read when none is given: the only one, or the teacher of a teacher and a student.
pub(super) fn choose<'a>(
    groups: &'a BTreeMap<String, Tensors>,
    key: Option<&str>,
    path: &Path,
) -> Result<(&'a str, &'a Tensors), CheckpointError> {
    let path = path.to_path_buf();
    let available = || groups.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    if groups.is_empty() {
        return Err(CheckpointError::NoStateDict { path });
    }
    let wanted = match key {
        Some(key) => key,
        None if groups.contains_key("teacher") && groups.contains_key("student") => "teacher",
        None => match groups.keys().next() {
            Some(only) if groups.len() == 1 => only,
            _ => return Err(CheckpointError::AmbiguousKey { path, available: available() }),
        },
    };
    let found = groups.get_key_value(wanted).map(|(key, tensors)| (key.as_str(), tensors));
    found.ok_or_else(|| {
        let plain = groups.len() == 1 && groups.contains_key("");
        let available = match plain {
            true => "the file itself is the state dict: ask for no key".to_owned(),
            false => format!("it has {}", available()),
        };
        CheckpointError::UnknownKey { path, key: wanted.to_owned(), available }
    })
}
