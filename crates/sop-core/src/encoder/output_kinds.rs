//! A set of outputs.

use std::collections::BTreeSet;

use super::OutputKind;

/// A set of outputs, in the contract's order: those that exist, or those that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputKinds(BTreeSet<OutputKind>);

impl OutputKinds {
    /// Whether the output is in the set.
    #[must_use]
    pub fn contains(&self, kind: OutputKind) -> bool {
        self.0.contains(&kind)
    }

    /// Whether no output is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The outputs, in the contract's order.
    pub fn iter(&self) -> impl Iterator<Item = OutputKind> + '_ {
        self.0.iter().copied()
    }

    /// The outputs' names, in the contract's order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.iter().map(|kind| kind.to_string()).collect()
    }

    /// The outputs of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(&self.0 | &other.0)
    }

    /// The outputs of `self` that `other` lacks.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        Self(&self.0 - &other.0)
    }
}

impl FromIterator<OutputKind> for OutputKinds {
    fn from_iter<I: IntoIterator<Item = OutputKind>>(kinds: I) -> Self {
        Self(kinds.into_iter().collect())
    }
}

impl<const N: usize> From<[OutputKind; N]> for OutputKinds {
    fn from(kinds: [OutputKind; N]) -> Self {
        kinds.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_keep_the_contracts_order() {
        use OutputKind::{Attention, Cls, ClsLast4, Patches};
        let some = OutputKinds::from([Attention, Cls, Attention]);
        let other = OutputKinds::from([ClsLast4, Cls, Patches]);
        assert_eq!(some.names(), ["cls", "attention"]);
        assert_eq!(some.union(&other).names(), ["cls", "patches", "cls_last4", "attention"]);
        assert_eq!(some.minus(&other), OutputKinds::from([Attention]));
        assert_eq!(other.minus(&some).names(), ["patches", "cls_last4"]);
        assert!(some.minus(&some).is_empty() && some.contains(Attention) && !some.contains(Patches));
    }
}
