//! Names of tensors: prefixes of wrappers, and what is no backbone.

use std::collections::BTreeMap;

/// What became of a state dict's names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SortedNames<'a> {
    /// The backbone's tensors: name without prefixes, name in the file.
    pub(super) backbone: BTreeMap<String, &'a str>,
    /// Name in the file, and why it is left aside.
    pub(super) ignored: Vec<(&'a str, &'static str)>,
}

/// Two names in the file that are one name without prefixes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Duplicate {
    pub(super) name: String,
    pub(super) first: String,
    pub(super) second: String,
}

/// Prefixes that wrappers around a whole model add: `DataParallel`, `torch.compile`.
const WRAPPERS: [&str; 2] = ["module.", "_orig_mod."];

/// First parts of the names of projection and classification heads.
const HEADS: [&str; 14] = [
    "head",
    "heads",
    "mlp_head",
    "dino_head",
    "ibot_head",
    "projection",
    "projection_head",
    "projector",
    "proj_head",
    "predictor",
    "prediction_head",
    "prototypes",
    "classifier",
    "head_dist",
];

/// Sorts the names of one state dict.
///
/// `module.` and `_orig_mod.` go where every name has them. Where a name starts with `backbone.`, what does not is
/// outside the backbone; `encoder.` goes where every name that is no head has it.
pub(super) fn sort<'a>(names: impl Iterator<Item = &'a str>) -> Result<SortedNames<'a>, Duplicate> {
    // (rest of the name, name in the file)
    let mut rest: Vec<(&str, &str)> = names.map(|name| (name, name)).collect();
    let mut sorted = SortedNames::default();
    unwrap(&mut rest)?;
    if rest.iter().any(|(name, _)| name.starts_with("backbone.")) {
        let mut inside = Vec::new();
        for (name, original) in rest {
            match name.strip_prefix("backbone.") {
                Some(name) => inside.push((name, original)),
                None => sorted.ignored.push((original, no_backbone(name).unwrap_or("outside the backbone"))),
            }
        }
        rest = inside;
        unwrap(&mut rest)?;
    }
    let mut kept = Vec::new();
    for (name, original) in rest {
        match no_backbone(name) {
            Some(reason) => sorted.ignored.push((original, reason)),
            None => kept.push((name, original)),
        }
    }
    let has_encoder = !kept.is_empty() && kept.iter().all(|(name, _)| name.starts_with("encoder."));
    if has_encoder {
        for (name, _) in &mut kept {
            *name = name.strip_prefix("encoder.").unwrap_or(name);
        }
        unwrap(&mut kept)?;
    }
    sorted.ignored.sort_unstable();
    sorted.backbone = kept.into_iter().map(|(name, original)| (name.to_owned(), original)).collect();
    Ok(sorted)
}

/// Removes the prefixes of wrappers that every name has.
///
/// Where only some have them the names stay as they are, unless two would be the same: then it is not clear which
/// one the model is.
fn unwrap(names: &mut [(&str, &str)]) -> Result<(), Duplicate> {
    let bare = |mut name| {
        while let Some(inner) = WRAPPERS.iter().find_map(|prefix| str::strip_prefix(name, *prefix)) {
            name = inner;
        }
        name
    };
    let mut seen = BTreeMap::new();
    for (name, original) in names.iter() {
        let name = bare(name);
        if let Some(first) = seen.insert(name, *original) {
            let (first, second) = (first.to_owned(), (*original).to_owned());
            return Err(Duplicate { name: name.to_owned(), first, second });
        }
    }
    while let Some(prefix) =
        WRAPPERS.iter().find(|prefix| !names.is_empty() && names.iter().all(|(name, _)| name.starts_with(**prefix)))
    {
        for (name, _) in names.iter_mut() {
            *name = name.strip_prefix(prefix).unwrap_or(name);
        }
    }
    Ok(())
}

/// Why a tensor belongs to no backbone, if its name says so.
fn no_backbone(name: &str) -> Option<&'static str> {
    let mut parts = name.split('.');
    let first = parts.next().unwrap_or_default();
    let last = parts.next_back().unwrap_or(first);
    if HEADS.contains(&first) {
        return Some("a head");
    }
    let is_memory = first.contains("memory_bank") || matches!(last, "queue" | "queue_ptr" | "partition_labels");
    is_memory.then_some("a memory bank")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&'static str]) -> (Vec<String>, Vec<(&'static str, &'static str)>) {
        let sorted = sort(list.iter().copied()).unwrap();
        (sorted.backbone.into_keys().collect(), sorted.ignored)
    }

    #[test]
    fn prefixes_of_wrappers_and_the_backbone_go() {
        let expected = ["cls_token", "norm.bias"];
        for prefix in ["", "module.", "backbone.", "module.backbone.", "_orig_mod.", "backbone._orig_mod.", "encoder."]
        {
            let list = expected.map(|name| format!("{prefix}{name}"));
            let sorted = sort(list.iter().map(String::as_str)).unwrap();
            assert_eq!(sorted.backbone.keys().collect::<Vec<_>>(), expected, "{prefix}");
        }
    }

    #[test]
    fn what_is_outside_the_backbone_is_left_aside_with_a_reason() {
        let (kept, ignored) = names(&["module.backbone.norm.bias", "module.head.mlp.0.bias", "module.scale"]);
        assert_eq!(kept, ["norm.bias"]);
        assert_eq!(ignored, [("module.head.mlp.0.bias", "a head"), ("module.scale", "outside the backbone")]);
        let (kept, ignored) = names(&["norm.bias", "head.bias", "projection.0.bias", "memory_bank.queue", "queue"]);
        assert_eq!(kept, ["norm.bias"]);
        assert_eq!(ignored.len(), 4);
    }

    #[test]
    fn a_prefix_that_only_some_names_have_stays() {
        let (kept, _) = names(&["module.norm.bias", "cls_token"]);
        assert_eq!(kept, ["cls_token", "module.norm.bias"]);
        let (kept, _) = names(&["encoder.layer.0.weight", "embeddings.cls_token"]);
        assert_eq!(kept, ["embeddings.cls_token", "encoder.layer.0.weight"]);
    }

    #[test]
    fn names_that_become_one_are_refused() {
        let duplicate = sort(["norm.bias", "module.norm.bias"].into_iter()).unwrap_err();
        assert_eq!(duplicate.name, "norm.bias");
        assert_eq!((duplicate.first.as_str(), duplicate.second.as_str()), ("norm.bias", "module.norm.bias"));
    }
}
