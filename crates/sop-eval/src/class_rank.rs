//! The place of an image's own class among the logits of a head.

/// Classes that an image's own class may be among for `top5`.
pub(crate) const TOP: usize = 5;

/// Number of classes ahead of one: a larger logit, or an equal one and a lower class; all of them for a class without a logit.
pub(crate) fn class_rank<T: PartialOrd + Copy>(logits: &[T], class: usize) -> usize {
    let Some(&own) = logits.get(class) else { return logits.len() };
    let (before, after) = logits.split_at(class);
    before.iter().filter(|&&other| other >= own).count() + after.iter().filter(|&&other| other > own).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_lower_class() {
        assert_eq!([0, 1, 2, 3].map(|class| class_rank(&[0.5, 1.0, 1.0], class)), [2, 0, 1, 3]);
    }
}
