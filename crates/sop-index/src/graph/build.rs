//! Building, extending and repairing a graph.

use crate::graph::cells::Cells;
use crate::graph::codes::RowCodes;
use crate::graph::flat::Graph;
use crate::graph::hnsw;
use crate::graph::insert;
use crate::graph::params::{GraphBuilder, GraphParams};
use crate::graph::space::Space;
use crate::{GraphError, Vectors};

impl Graph {
    /// Builds the graph of some vectors, `[rows, dim]`, for searches by inner product; on all threads.
    ///
    /// It depends on the vectors and the parameters alone. Rows may have any length and may be equal. Every row
    /// can be reached from every other.
    ///
    /// # Errors
    /// When a parameter is out of its range, there are 2^31 rows or more, a row has no component or more than 65,536, or one that is not
    /// finite.
    pub fn build<'a>(vectors: impl Into<Vectors<'a>>, params: &GraphParams) -> Result<Self, GraphError> {
        let vectors = vectors.into();
        let codes = RowCodes::new(vectors.rows())?;
        Self::build_with(&vectors, &codes, params)
    }

    /// As [`Self::build`], with the integers of the vectors.
    pub(crate) fn build_with(
        vectors: &Vectors<'_>,
        codes: &RowCodes,
        params: &GraphParams,
    ) -> Result<Self, GraphError> {
        params.check()?;
        if codes.len() == 0 {
            return Ok(Self::empty(params.clone()));
        }
        let space = Space::new(vectors.rows(), codes);
        let mut graph = match params.builder {
            GraphBuilder::Own => insert::build(&space, params),
            GraphBuilder::HnswRs => hnsw::build(&space, params),
        };
        graph.cells = Cells::new(codes);
        graph.link_unreachable(&space);
        Ok(graph)
    }

    /// Adds the rows that `vectors`, `[rows, dim]`, has beyond those of the graph; its first rows must be those the graph is of.
    ///
    /// Rows keep their numbers, and every row can be reached after that. The new rows are inserted, whoever built the graph.
    ///
    /// # Errors
    /// As [`Self::build`], and when there are fewer vectors than rows of the graph.
    pub fn extend<'a>(&mut self, vectors: impl Into<Vectors<'a>>) -> Result<(), GraphError> {
        let vectors = vectors.into();
        if vectors.dim().0 < self.len {
            return Err(GraphError::OtherRows { graph: self.len, vectors: vectors.dim().0 });
        }
        if vectors.dim().0 == self.len {
            return Ok(());
        }
        let codes = RowCodes::new(vectors.rows())?;
        let space = Space::new(vectors.rows(), &codes);
        let cells = self.cells.extended(&codes);
        *self = Self { cells, ..insert::extend(self, &space) };
        self.link_unreachable(&space);
        Ok(())
    }

    /// Links each row that cannot be reached to one near it; returns how many links it took: none where [`Self::unreachable`] is empty.
    ///
    /// # Errors
    /// As [`Self::build`], and when there are not as many vectors as rows.
    pub fn repair<'a>(&mut self, vectors: impl Into<Vectors<'a>>) -> Result<usize, GraphError> {
        let vectors = vectors.into();
        if vectors.dim().0 != self.len {
            return Err(GraphError::OtherRows { graph: self.len, vectors: vectors.dim().0 });
        }
        if self.unreachable().is_empty() {
            return Ok(0);
        }
        let codes = RowCodes::new(vectors.rows())?;
        Ok(self.link_unreachable(&Space::new(vectors.rows(), &codes)))
    }
}
