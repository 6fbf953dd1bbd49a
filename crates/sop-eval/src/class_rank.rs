//! The place of an image's own class among the logits of a head.

/// Classes that an image's own class may be among for `top5`.
pub(crate) const TOP: usize = 5;

/// What a head makes of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// Classes ahead of the image's own: a larger logit, or an equal one and a lower class. All of them for a class without a logit, and
    /// for a logit that is not a number, as those of a head that diverged.
    pub rank: u32,
    /// The class that comes first; the number of classes where no logit is a number.
    pub predicted: u32,
}

impl Ranked {
    /// Where `class` stands among the classes of these logits. It comes first exactly where its rank is 0.
    pub(crate) fn new<T: PartialOrd + Copy>(logits: &[T], class: usize) -> Self {
        let predicted = first_class(logits).unwrap_or(logits.len());
        Self { rank: rank(logits, class) as u32, predicted: predicted as u32 }
    }
}

fn rank<T: PartialOrd + Copy>(logits: &[T], class: usize) -> usize {
    let Some(&own) = logits.get(class).filter(|own| is_number(*own)) else { return logits.len() };
    let (before, after) = logits.split_at(class);
    before.iter().filter(|&&other| other >= own).count() + after.iter().filter(|&&other| other > own).count()
}

/// The class of the largest logit, of equal ones the lower; `None` where no logit is a number.
pub(crate) fn first_class<T: PartialOrd + Copy>(logits: &[T]) -> Option<usize> {
    let mut first: Option<(usize, T)> = None;
    for (class, &logit) in logits.iter().enumerate().filter(|(_, logit)| is_number(*logit)) {
        if first.is_none_or(|(_, largest)| logit > largest) {
            first = Some((class, logit));
        }
    }
    first.map(|(class, _)| class)
}

/// Whether it can be ordered at all.
fn is_number<T: PartialOrd>(logit: &T) -> bool {
    logit.partial_cmp(logit).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_lower_class() {
        let ranked = [0, 1, 2, 3].map(|class| Ranked::new(&[0.5, 1.0, 1.0], class));
        assert_eq!(ranked.map(|ranked| ranked.rank), [2, 0, 1, 3]);
        assert_eq!(ranked.map(|ranked| ranked.predicted), [1; 4]);
    }

    #[test]
    fn what_is_no_number_is_last_and_never_first() {
        let nan = f32::NAN;
        assert_eq!(Ranked::new(&[nan, nan, nan], 0), Ranked { rank: 3, predicted: 3 });
        assert_eq!(Ranked::new(&[nan, -1.0, nan], 1), Ranked { rank: 0, predicted: 1 });
        assert_eq!(Ranked::new(&[nan, -1.0, nan], 0), Ranked { rank: 3, predicted: 1 });
        assert_eq!(first_class(&[f32::NEG_INFINITY, nan]), Some(0));
    }
}
