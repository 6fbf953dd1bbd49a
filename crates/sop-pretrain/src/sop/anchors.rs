//! Which slots of a memory are anchors.

use super::config::{AnchorSelection, SopConfig, TaskConfig};
use crate::random::{Purpose, stream};

/// The anchors of one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorDraw {
    /// All slots that were drawn: none of them is searched for support embeddings by the released code.
    pub drawn: Vec<usize>,
    /// Places in `drawn` of those that become prototypes, in order.
    pub kept: Vec<usize>,
}

impl AnchorDraw {
    /// A draw in which every anchor becomes a prototype.
    #[must_use]
    pub fn all(drawn: Vec<usize>) -> Self {
        Self { kept: (0..drawn.len()).collect(), drawn }
    }

    /// Draws for one task of a step without replacement; with fixed anchors the step does not matter.
    ///
    /// `part` tells the class tasks and the patch tasks of a step apart.
    #[must_use]
    pub fn random(config: &SopConfig, task: &TaskConfig, seed: u64, step: u64, part: u64) -> Self {
        let step = if config.fixed_anchors { u64::MAX } else { step };
        let mut stream = stream(Purpose::Anchors, seed, step, part);
        let drawn = stream.distinct(task.anchors, task.memory);
        match config.selection {
            AnchorSelection::All => Self::all(drawn),
            AnchorSelection::LowEnergy => Self { kept: stream.distinct((drawn.len() / 2).max(2), drawn.len()), drawn },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn anchors_are_distinct_slots_of_the_memory() {
        let config = SopConfig::default();
        let task = TaskConfig { memory: 100, anchors: 60, ..config.class };
        let draw = AnchorDraw::random(&config, &task, 1, 2, 0);
        assert_eq!(draw.drawn.iter().collect::<BTreeSet<_>>().len(), 60);
        assert!(draw.drawn.iter().all(|slot| *slot < 100));
        assert_eq!(draw.kept, (0..60).collect::<Vec<_>>());
        assert_ne!(draw, AnchorDraw::random(&config, &task, 1, 3, 0));
        assert_ne!(draw, AnchorDraw::random(&config, &task, 1, 2, 1));
        let fixed = SopConfig { fixed_anchors: true, ..config.clone() };
        assert_eq!(AnchorDraw::random(&fixed, &task, 1, 2, 0), AnchorDraw::random(&fixed, &task, 1, 3, 0));
        let half = SopConfig { selection: AnchorSelection::LowEnergy, ..config };
        assert_eq!(AnchorDraw::random(&half, &task, 1, 2, 0).kept.len(), 30);
    }
}
