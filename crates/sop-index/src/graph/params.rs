//! How a graph is built.

use serde::{Deserialize, Serialize};

use crate::GraphError;

/// Who builds the graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GraphBuilder {
    /// Rows are inserted in batches by searching the graph built so far, and their candidates are pruned by the rule of relative
    /// neighbours, as Vamana does. The graph depends on vectors and parameters alone, not on the number of threads.
    #[default]
    Own,
    /// The crate `hnsw_rs`, on one thread; its base layer is searched. Rows that are added later are inserted as [`Self::Own`] does.
    HnswRs,
}

/// How a graph is built; the defaults suit embeddings of a few hundred components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GraphParams {
    /// Who builds it; [`GraphBuilder::Own`] by default.
    pub builder: GraphBuilder,
    /// Neighbours of a row at most, from 4 to 256; 48 by default. More find more at the same beam, and take longer.
    pub degree: usize,
    /// Rows that a search keeps in view while a row is inserted, from `degree` to 4096; 128 by default. More build a better graph, and
    /// take longer.
    pub beam: usize,
    /// A candidate is left out where a neighbour already chosen is closer to it than the row itself is by this factor (of squared
    /// distances), from 1 to 2; 1.1 by default. More keeps more neighbours in the same direction.
    pub alpha: f32,
}

impl Default for GraphParams {
    fn default() -> Self {
        Self { builder: GraphBuilder::Own, degree: 48, beam: 128, alpha: 1.1 }
    }
}

impl GraphParams {
    /// Checks that the numbers are within their ranges.
    ///
    /// # Errors
    /// [`GraphError::Param`] names the first that is not.
    pub fn check(&self) -> Result<(), GraphError> {
        let range = |name, value: usize, least: usize, most: usize| {
            let wrong = || GraphError::Param { name, value: value.to_string(), range: format!("{least} to {most}") };
            if (least..=most).contains(&value) { Ok(()) } else { Err(wrong()) }
        };
        range("degree", self.degree, 4, 256)?;
        range("beam", self.beam, self.degree, 4096)?;
        if !(1.0..=2.0).contains(&self.alpha) {
            let (value, range) = (self.alpha.to_string(), "1 to 2".to_owned());
            return Err(GraphError::Param { name: "alpha", value, range });
        }
        Ok(())
    }
}
