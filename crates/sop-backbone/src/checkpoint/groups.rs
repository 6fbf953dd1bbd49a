//! The sets of weights inside a checkpoint, at any depth, and everything else that holds tensors.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sop_pickle::{Arena, Id, Node, TensorView};

use super::{CheckpointError, branches};

/// One set of weights of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDictSummary {
    /// Its key, e.g. `teacher` or `ema.module`; empty when the file is the state dict itself.
    pub key: String,
    /// Number of tensors, those of heads included.
    pub num_tensors: usize,
    /// Number of elements in all tensors.
    pub num_elements: usize,
}

/// Tensors of a file outside the set of weights that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRead {
    /// Where they are, e.g. `student` or `optimizer`.
    pub key: String,
    /// Number of tensors.
    pub num_tensors: usize,
    /// What they are, e.g. `another set of weights`.
    pub reason: &'static str,
}

/// Tensors by name.
pub(super) type Tensors = BTreeMap<String, TensorView>;

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Sets of weights by key.
    pub(super) sets: BTreeMap<String, Tensors>,
    /// Further keys of the same objects, and the key in `sets`.
    pub(super) aliases: BTreeMap<String, String>,
    /// Tensors in no set: numbers of them by place and reason.
    pub(super) rest: BTreeMap<(String, &'static str), usize>,
}

/// Longest name of a tensor, and of a key, that is followed, in bytes.
const MAX_NAME: usize = 1024;
/// Tensors in all state dicts together.
const MAX_TENSORS: usize = 1 << 20;
/// Dicts of tensors, and other places of tensors, that are told apart.
const MAX_PLACES: usize = 4096;
/// Containers within each other whose tensors get a name.
const MAX_DEPTH: usize = 16;

/// The state of an optimizer, under whatever key: the names that `torch.optim` gives its tensors.
const OPTIMIZER_TENSORS: [&str; 12] = [
    "step",
    "exp_avg",
    "exp_avg_sq",
    "max_exp_avg_sq",
    "exp_inf",
    "momentum_buffer",
    "square_avg",
    "acc_delta",
    "grad_avg",
    "prev",
    "step_size",
    "sum",
];

/// Words in a key that say that its tensors are no model.
const NO_WEIGHTS_WORDS: [&str; 8] = ["queue", "scaler", "scheduler", "schedulers", "loss", "losses", "rng", "center"];

const OPTIMIZER: &str = "the state of an optimizer";
const NO_WEIGHTS: &str = "no weights of a model";
const ARGUMENTS: &str = "within the training arguments";
const NUMBERS: &str = "single numbers";
const NAMELESS: &str = "tensors in a list, without names";
const ARRAYS: &str = "NumPy arrays, which are not read";
const DEEP: &str = "nested too deep to be named";
const OTHER_WEIGHTS: &str = "another set of weights";

/// Every dict of tensors, by the keys that lead to it (`a.b.c`; the file's own tensors have the key ``).
///
/// A dict that holds several models by the first parts of its names is given as these models. Nothing that holds
/// tensors is left out: what is no set of weights is counted by its place.
///
/// # Errors
/// When there are more tensors or places of tensors than any honest file has.
pub(super) fn find(arena: &Arena, root: Id, path: &Path) -> Result<Groups, CheckpointError> {
    let mut walk = Walk { arena, path, left: MAX_TENSORS, seen: BTreeMap::new(), found: Groups::default() };
    walk.container(root, "", 0, None)?;
    let mut groups = walk.found;
    groups.settle();
    Ok(groups)
}

/// The tensors of a file without containers.
pub(super) fn flat(tensors: Tensors) -> Groups {
    let mut groups = Groups::default();
    if !tensors.is_empty() {
        groups.sets.insert(String::new(), tensors);
    }
    groups.settle();
    groups
}

/// Why the tensors below a key are no model, if its last part says so.
fn no_model(part: &str) -> Option<&'static str> {
    let part = part.to_ascii_lowercase();
    let mut words = part.split(|letter: char| !letter.is_ascii_alphanumeric());
    if words.clone().any(|word| word == "optim" || word.starts_with("optimizer") || word.starts_with("optimiser")) {
        return Some(OPTIMIZER);
    }
    let named_model = words.clone().any(|word| matches!(word, "model" | "weights" | "dict"));
    let named_other = part.contains("memory_bank") || words.any(|word| NO_WEIGHTS_WORDS.contains(&word));
    if named_other && !named_model {
        return Some(NO_WEIGHTS);
    }
    let is_arguments = matches!(part.as_str(), "args" | "hparams" | "hyper_parameters" | "config" | "cfg");
    is_arguments.then_some(ARGUMENTS)
}

/// Whether what lies below a key is the state of something that trains, e.g. of an optimizer.
pub(super) fn is_state(part: &str) -> bool {
    no_model(part).is_some_and(|reason| reason != ARGUMENTS)
}

/// Whether a key is one of training arguments.
pub(super) fn is_arguments(part: &str) -> bool {
    no_model(part) == Some(ARGUMENTS)
}

/// Whether a tensor's name says that it belongs to no model.
fn is_buffer(name: &str) -> bool {
    no_model(name.split('.').next().unwrap_or_default()).is_some()
}

impl Groups {
    /// Splits sets that hold several models, and counts what is no model among the rest.
    fn settle(&mut self) {
        branches::split(self);
        // Loose numbers and buffers beside a model make no model. Alone, whatever could be one is kept.
        let is_model = |tensors: &Tensors| {
            let mut weights = tensors.iter().filter(|(name, _)| !is_buffer(name));
            weights.any(|(name, view)| view.count > 1 || name.contains('.'))
        };
        let has_model = self.sets.values().any(is_model);
        let all = std::mem::take(&mut self.sets);
        for (key, tensors) in all {
            let buffers = tensors.keys().all(|name| is_buffer(name));
            if buffers || (has_model && !is_model(&tensors)) {
                self.count(key, if buffers { NO_WEIGHTS } else { NUMBERS }, tensors.len());
            } else {
                self.sets.insert(key, tensors);
            }
        }
        self.aliases.retain(|_, key| self.sets.contains_key(key));
    }

    /// Counts tensors that are in no set. Of too many places the later ones are counted together.
    pub(super) fn count(&mut self, key: String, reason: &'static str, tensors: usize) {
        let mut place = (key, reason);
        if self.rest.len() >= MAX_PLACES && !self.rest.contains_key(&place) {
            place.0 = "…".to_owned();
        }
        let count = self.rest.entry(place).or_default();
        *count = count.saturating_add(tensors);
    }

    /// The sets of weights in short.
    pub(super) fn summaries(&self) -> Vec<StateDictSummary> {
        let summary = |(key, tensors): (&String, &Tensors)| StateDictSummary {
            key: key.clone(),
            num_tensors: tensors.len(),
            num_elements: tensors.values().fold(0, |sum, view| sum.saturating_add(view.count)),
        };
        self.sets.iter().map(summary).collect()
    }

    /// All tensors outside the set `key`, by place.
    pub(super) fn not_read(&self, key: &str) -> Vec<NotRead> {
        let others = self.sets.iter().filter(|(other, _)| *other != key);
        let others = others.map(|(key, tensors)| ((key.clone(), OTHER_WEIGHTS), tensors.len()));
        let rest = self.rest.iter().map(|(place, count)| (place.clone(), *count));
        let all = others.chain(rest).filter(|(_, count)| *count > 0);
        all.map(|((key, reason), num_tensors)| NotRead { key, num_tensors, reason }).collect()
    }
}

/// A way through the containers of a pickle, each of which is entered once.
struct Walk<'a> {
    arena: &'a Arena,
    path: &'a Path,
    /// Tensors that may still be found.
    left: usize,
    /// Containers that were entered; the key where one is a set of weights.
    seen: BTreeMap<Id, Option<String>>,
    found: Groups,
}

/// A place that an outer key says to be no model, and the reason.
type Aside<'a> = Option<(&'a str, &'static str)>;

impl Walk<'_> {
    /// Takes the tensors of a container and of those within it.
    fn container(&mut self, id: Id, key: &str, depth: usize, aside: Aside<'_>) -> Result<(), CheckpointError> {
        if let Some(before) = self.seen.get(&id) {
            if let Some(before) = before.clone().filter(|_| self.found.aliases.len() < MAX_PLACES) {
                self.found.aliases.insert(key.to_owned(), before);
            }
            return Ok(());
        }
        self.seen.insert(id, None);
        let mut tensors = Tensors::new();
        let (mut nameless, mut arrays) = (0_usize, 0_usize);
        let mut inner = Vec::new();
        let arena = self.arena;
        // Of equal keys Python keeps the last one.
        let mut last = BTreeMap::new();
        for (index, &(name, value)) in arena.entries(id).unwrap_or_default().iter().enumerate() {
            last.insert(self.name(name, index), value);
        }
        for (name, value) in last {
            match arena.get(value) {
                Node::Tensor(view) => {
                    self.pay()?;
                    tensors.insert(name, TensorView::clone(view));
                }
                node if is_array(node) => arrays += 1,
                _ if self.is_container(value) => inner.push((name, value)),
                _ => {}
            }
        }
        let items = match arena.get(id) {
            Node::Set(items) => items.as_slice(),
            _ => arena.sequence(id).unwrap_or_default(),
        };
        for (index, &item) in items.iter().enumerate() {
            match arena.get(item) {
                Node::Tensor(_) => {
                    self.pay()?;
                    nameless += 1;
                }
                node if is_array(node) => arrays += 1,
                _ if self.is_container(item) => inner.push((index.to_string(), item)),
                _ => {}
            }
        }
        let place = |reason| match aside {
            Some((key, reason)) => (key.to_owned(), reason),
            None => (key.to_owned(), reason),
        };
        for (count, reason) in [(nameless, NAMELESS), (arrays, ARRAYS)] {
            if count > 0 {
                let (place, reason) = place(reason);
                self.found.count(place, reason, count);
            }
        }
        if !tensors.is_empty() {
            self.add(id, key, aside, tensors)?;
        }
        for (name, value) in inner {
            let joined = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
            let aside = aside.or_else(|| no_model(&name).map(|reason| (joined.as_str(), reason)));
            if depth < MAX_DEPTH && joined.len() <= MAX_NAME {
                self.container(value, &joined, depth + 1, aside)?;
            } else {
                let count = self.count_below(value)?;
                if count > 0 {
                    let (place, reason) = place(DEEP);
                    self.found.count(place, reason, count);
                }
            }
        }
        Ok(())
    }

    /// Files the tensors of one dict.
    fn add(&mut self, id: Id, key: &str, aside: Aside<'_>, tensors: Tensors) -> Result<(), CheckpointError> {
        if let Some((place, reason)) = aside {
            self.found.count(place.to_owned(), reason, tensors.len());
            return Ok(());
        }
        let is_optimizer = tensors.keys().all(|name| OPTIMIZER_TENSORS.contains(&name.as_str()));
        if is_optimizer && tensors.keys().any(|name| name != "step") {
            // `opt.state.12` and its like are one optimizer.
            let place = key.split_once(".state.").map_or(key, |(place, _)| place);
            self.found.count(place.to_owned(), OPTIMIZER, tensors.len());
            return Ok(());
        }
        if self.found.sets.len() >= MAX_PLACES {
            let what = format!("more than {MAX_PLACES} dicts of tensors");
            return Err(CheckpointError::too_large(self.path, what));
        }
        // `a.b` may be `b` within `a`, or one key with a dot.
        let unique = branches::free(&self.found.sets, key.to_owned());
        self.seen.insert(id, Some(unique.clone()));
        self.found.sets.insert(unique, tensors);
        Ok(())
    }

    /// Counts the tensors below a container without naming them.
    fn count_below(&mut self, id: Id) -> Result<usize, CheckpointError> {
        let arena = self.arena;
        let mut count = 0_usize;
        let mut open = vec![id];
        let mut entered = BTreeSet::new();
        while let Some(id) = open.pop() {
            if self.seen.contains_key(&id) || !entered.insert(id) {
                continue;
            }
            let items = match arena.get(id) {
                Node::Set(items) => items.as_slice(),
                _ => arena.sequence(id).unwrap_or_default(),
            };
            let values = arena.entries(id).unwrap_or_default().iter().map(|(_, value)| *value);
            for value in items.iter().copied().chain(values) {
                match arena.get(value) {
                    Node::Tensor(_) => {
                        self.pay()?;
                        count += 1;
                    }
                    node if is_array(node) => count += 1,
                    _ if self.is_container(value) => open.push(value),
                    _ => {}
                }
            }
        }
        self.seen.extend(entered.into_iter().map(|id| (id, None)));
        Ok(count)
    }

    /// Takes one tensor from the budget.
    fn pay(&mut self) -> Result<(), CheckpointError> {
        let more = self.left.checked_sub(1);
        self.left =
            more.ok_or_else(|| CheckpointError::too_large(self.path, format!("more than {MAX_TENSORS} tensors")))?;
        Ok(())
    }

    /// A key as a part of a name; what is too long or no text is told apart by its place.
    fn name(&self, key: Id, index: usize) -> String {
        const SHOWN: usize = 64;
        match self.arena.get(key) {
            Node::Text(text) if text.len() <= MAX_NAME => text.to_string(),
            Node::Text(text) => {
                let start = text.get(..text.floor_char_boundary(SHOWN)).unwrap_or_default();
                format!("{start}…#{index}")
            }
            Node::Int(number) => number.to_string(),
            _ => format!("?{index}"),
        }
    }

    /// Whether a value holds others.
    fn is_container(&self, id: Id) -> bool {
        match self.arena.get(id) {
            Node::Set(items) => !items.is_empty(),
            _ => {
                self.arena.sequence(id).is_some_and(|items| !items.is_empty())
                    || self.arena.entries(id).is_some_and(|entries| !entries.is_empty())
            }
        }
    }
}

fn is_array(node: &Node) -> bool {
    matches!(node, Node::Opaque("a numpy array"))
}
