//! From the classes of a head to the nine.

use std::collections::BTreeMap;

use super::{CLASSES, class_of_folder};

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
    #[error("the mapping names the class `{class}`, but none of the head's {classes} classes has this number")]
    UnknownClass {
        /// The key.
        class: String,
        /// Classes of the head.
        classes: usize,
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
        /// The number of the first.
        first: i32,
    },
    /// A head of nine classes, not all of which the images have.
    #[error(
        "the head's class {class} is `{name}`, which is none of the classes of the images ({images}): train a head on these classes, \
         or say with a mapping which of them each class of the head stands for"
    )]
    OtherClass {
        /// Number of the head's class.
        class: i32,
        /// Its name.
        name: String,
        /// The classes of the images.
        images: String,
    },
    /// The classes of ImageNet-9 in another order than a mapping counts them.
    #[error(
        "class {place} of the images is {found}, and a mapping means {expected} by it: name the folders 00_dog, 01_bird … as \
         ImageNet-9 does"
    )]
    OtherOrder {
        /// The first number whose class differs.
        place: usize,
        /// The images' class.
        found: String,
        /// The class of ImageNet-9.
        expected: &'static str,
    },
    /// Images of other than nine classes.
    #[error("the images have {found} classes ({names}); ImageNet-9 has nine")]
    NotNine {
        /// Their number.
        found: usize,
        /// Their names.
        names: String,
    },
    /// A head of another width without a mapping.
    #[error("a head of {classes} classes needs a mapping to the nine (in_to_in9.json for ImageNet's 1000)")]
    NeedsMapping {
        /// Classes of the head.
        classes: usize,
    },
}

impl ClassMap {
    /// The mapping of a head whose nine classes have names, to images whose class folders have the same ones in any order.
    ///
    /// `labels` and `names` are the head's, `images` the names of the images' classes in the order of their numbers.
    ///
    /// # Errors
    /// [`ClassMapError::NeedsMapping`] where the head has another number of classes, [`ClassMapError::NotNine`] where the images
    /// have, [`ClassMapError::OtherClass`] names the first class of the head that the images do not have.
    pub fn by_name(labels: &[i32], names: &[String], images: &[String]) -> Result<Self, ClassMapError> {
        Self::check_nine(names.len(), images)?;
        let place = |(name, &label): (&String, &i32)| {
            let place = images.iter().position(|image| image == name).and_then(|place| u8::try_from(place).ok());
            let other = || ClassMapError::OtherClass { class: label, name: name.clone(), images: images.join(", ") };
            place.map(Some).ok_or_else(other)
        };
        Ok(Self(names.iter().zip(labels).map(place).collect::<Result<_, _>>()?))
    }

    /// The mapping of a head of nine classes without names, whose labels are 0 to 8: each stands for the images' class of its number.
    ///
    /// # Errors
    /// As [`Self::by_name`].
    pub fn by_number(labels: &[i32], images: &[String]) -> Result<Self, ClassMapError> {
        Self::check_nine(labels.len(), images)?;
        if !labels.iter().copied().eq(0..9) {
            return Err(ClassMapError::NeedsMapping { classes: labels.len() });
        }
        Ok(Self((0..9).map(Some).collect()))
    }

    fn check_nine(head_classes: usize, images: &[String]) -> Result<(), ClassMapError> {
        if head_classes != CLASSES.len() {
            return Err(ClassMapError::NeedsMapping { classes: head_classes });
        }
        Self::check_images(images)
    }

    /// Holds the classes of the images against the numbers that a mapping speaks of: nine, and those of ImageNet-9 in their order.
    ///
    /// # Errors
    /// [`ClassMapError::NotNine`], and [`ClassMapError::OtherOrder`] for the classes of ImageNet-9 in another order, as folders without
    /// numbers have them.
    pub fn check_images(images: &[String]) -> Result<(), ClassMapError> {
        if images.len() != CLASSES.len() {
            return Err(ClassMapError::NotNine { found: images.len(), names: images.join(", ") });
        }
        let names: Vec<&str> = images.iter().map(|image| class_of_folder(image)).collect();
        let other = names.iter().zip(CLASSES).position(|(name, class)| *name != class);
        match other.filter(|_| CLASSES.iter().all(|class| names.contains(class))) {
            None => Ok(()),
            Some(place) => {
                Err(ClassMapError::OtherOrder { place, found: names[place].to_owned(), expected: CLASSES[place] })
            }
        }
    }

    /// Reads `{"0": -1, "151": 0, …}`, as in `in_to_in9.json`: keys are the numbers of the head's classes, which are its `labels`, all of
    /// which must be there; values are the numbers of the images' classes.
    ///
    /// # Errors
    /// [`ClassMapError`] where the text is something else, or names unknown classes.
    pub fn parse(json: &str, labels: &[i32]) -> Result<Self, ClassMapError> {
        let entries: BTreeMap<String, i64> = serde_json::from_str(json)?;
        let places: BTreeMap<i32, usize> = labels.iter().copied().zip(0..).collect();
        let mut map: Vec<Option<Option<u8>>> = vec![None; labels.len()];
        for (class, target) in entries {
            let place =
                class.parse().ok().and_then(|label: i32| places.get(&label)).and_then(|&place| map.get_mut(place));
            let unknown = || ClassMapError::UnknownClass { class: class.clone(), classes: labels.len() };
            let place = place.ok_or_else(unknown)?;
            *place = match u8::try_from(target) {
                Ok(nine) if usize::from(nine) < CLASSES.len() => Some(Some(nine)),
                Err(_) if target == -1 => Some(None),
                _ => return Err(ClassMapError::UnknownTarget { class, target }),
            };
        }
        let missing: Vec<i32> =
            labels.iter().zip(&map).filter(|(_, target)| target.is_none()).map(|(&label, _)| label).collect();
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
