//! From the classes of a head to the nine.

use std::collections::BTreeMap;

use super::CLASSES;

/// Which of the nine classes each class of a head stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassMap(Vec<Option<u8>>);

/// Why a mapping cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClassMapError {
    /// The text is not an object of numbers.
    #[error("the mapping is no JSON object from class numbers to -1..8, such as in_to_in9.json")]
    Format(#[from] serde_json::Error),
    /// A key is not the number of a class of the head.
    #[error("the mapping names the class `{class}`, but the head has the classes 0 to {last}")]
    UnknownClass {
        /// The key.
        class: String,
        /// The last class of the head.
        last: usize,
    },
    /// A value is none of the nine.
    #[error("the mapping sends the class {class} to {target}; valid are 0 to 8, and -1 for none")]
    UnknownTarget {
        /// The head's class.
        class: String,
        /// The value.
        target: i64,
    },
    /// Classes that the mapping leaves out.
    #[error("the mapping leaves out {count} classes of the head, the first is {first}; -1 stands for none of the nine")]
    Missing {
        /// How many.
        count: usize,
        /// The lowest.
        first: usize,
    },
    /// A head of another width without a mapping.
    #[error("a head of {classes} classes needs a mapping to the nine (in_to_in9.json for ImageNet's 1000)")]
    NeedsMapping {
        /// Classes of the head.
        classes: usize,
    },
}

impl ClassMap {
    /// The mapping of a head of nine classes: each stands for itself.
    ///
    /// # Errors
    /// [`ClassMapError::NeedsMapping`] where the head has another number of classes.
    pub fn nine(head_classes: usize) -> Result<Self, ClassMapError> {
        if head_classes != CLASSES.len() {
            return Err(ClassMapError::NeedsMapping { classes: head_classes });
        }
        Ok(Self((0..9).map(Some).collect()))
    }

    /// Reads `{"0": -1, "151": 0, …}`, as in `in_to_in9.json`; every class of the head must be there.
    ///
    /// # Errors
    /// [`ClassMapError`] where the text is something else, or names unknown classes.
    pub fn parse(json: &str, head_classes: usize) -> Result<Self, ClassMapError> {
        let entries: BTreeMap<String, i64> = serde_json::from_str(json)?;
        let mut map: Vec<Option<Option<u8>>> = vec![None; head_classes];
        for (class, target) in entries {
            let place = class.parse().ok().and_then(|place: usize| map.get_mut(place));
            let last = head_classes.saturating_sub(1);
            let place = place.ok_or_else(|| ClassMapError::UnknownClass { class: class.clone(), last })?;
            *place = match u8::try_from(target) {
                Ok(nine) if usize::from(nine) < CLASSES.len() => Some(Some(nine)),
                Err(_) if target == -1 => Some(None),
                _ => return Err(ClassMapError::UnknownTarget { class, target }),
            };
        }
        let missing: Vec<usize> = (0..head_classes).filter(|&class| map[class].is_none()).collect();
        match missing.first() {
            Some(&first) => Err(ClassMapError::Missing { count: missing.len(), first }),
            None => Ok(Self(map.into_iter().flatten().collect())),
        }
    }

    /// Classes of the head.
    #[must_use]
    pub fn head_classes(&self) -> usize {
        self.0.len()
    }

    /// Which of the nine a class of the head stands for; `None` for none of them.
    #[must_use]
    pub fn nine_of(&self, class: usize) -> Option<u8> {
        self.0.get(class).copied().flatten()
    }

    /// Number of the head's classes that stand for each of the nine.
    #[must_use]
    pub fn counts(&self) -> [usize; CLASSES.len()] {
        let mut counts = [0; CLASSES.len()];
        for nine in self.0.iter().flatten() {
            counts[usize::from(*nine)] += 1;
        }
        counts
    }
}
