//! Searching.

use std::sync::Arc;

use sop_index::{Expansion, RowSet};

use super::Collection;
use super::near_duplicates::Folding;
use super::plan::Plan;
use crate::config::Distance;
use crate::error::QueryError;
use crate::filter::Filter;
use crate::limits::LimitExceeded;
use crate::point::{Parts, Payload, PointId};
use crate::point_key::PointKey;
use crate::state::State;

/// Searches that a change of the rows' numbers, or of what was found, may repeat before they hold up changes.
const REPEATS: usize = 3;

/// What is searched for.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// A vector of as many components as the collection's, or an embedding where it whitens.
    Vector(Vec<f32>),
    /// The vector of a point, which is not its own hit.
    Point(PointId),
}

/// One search.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchRequest {
    /// What is searched for.
    pub query: Query,
    /// Which points may be found.
    pub filter: Option<Filter>,
    /// How many points are wanted, at least 1.
    pub limit: usize,
    /// How many of the best are left out before them.
    pub offset: usize,
    /// Points with a lower score are left out.
    pub score_threshold: Option<f32>,
    /// Which parts of the points come back.
    pub parts: Parts,
    /// Rows that a graph keeps in view (`hnsw_ef`): more find more, and take longer.
    pub beam: Option<usize>,
    /// Whether to search exactly, graph or not.
    pub exact: bool,
    /// What draws the query towards its nearest points first, those that may be found; needs the cosine. Scores are similarities to the
    /// query as it is then.
    pub expansion: Option<Expansion>,
    /// Shows a point whose cosine to a better hit is at least this, in (0, 1], as one with the best such hit: [`Hit::folded`]. The limit
    /// and the offset count what is shown.
    pub fold_duplicates: Option<f32>,
}

impl SearchRequest {
    /// The `limit` nearest points of a query, ids and scores only.
    #[must_use]
    pub fn new(query: Query, limit: usize) -> Self {
        Self {
            query,
            filter: None,
            limit,
            offset: 0,
            score_threshold: None,
            parts: Parts::default(),
            beam: None,
            exact: false,
            expansion: None,
            fold_duplicates: None,
        }
    }

    /// Whether two searches differ in nothing but the query and what is shown of the hits, so that they share their work in a batch.
    #[must_use]
    pub fn shares_work_with(&self, other: &Self) -> bool {
        self.exact == other.exact
            && self.beam == other.beam
            && self.limit.saturating_add(self.offset) == other.limit.saturating_add(other.offset)
            // One more is searched for where the query is a point.
            && matches!(self.query, Query::Point(_)) == matches!(other.query, Query::Point(_))
            && self.filter == other.filter
            && self.expansion == other.expansion
            // How deep one has to look for near-duplicates depends on what is found.
            && self.fold_duplicates.or(other.fold_duplicates).is_none()
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchAnswer {
    /// Points, best first; equal scores by the order in which they were added.
    pub hits: Vec<Hit>,
    /// Whether they are provably those of exact search.
    pub exact: bool,
    /// How near-duplicates were folded, where that was asked for.
    pub folding: Option<Folding>,
}

/// A point that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Its id.
    pub id: PointId,
    /// Its similarity to the query: the cosine, or the inner product.
    pub score: f32,
    /// Number of the change that last touched it.
    pub version: u64,
    /// Its payload, as far as it was asked for.
    pub payload: Option<Payload>,
    /// Its vector as it is stored, where it was asked for.
    pub vector: Option<Vec<f32>>,
    /// Hits that are shown as one with it, best first, where near-duplicates are folded.
    pub folded: Vec<PointId>,
}

impl Collection {
    /// Finds the nearest points.
    ///
    /// # Errors
    /// When the query is no vector of the collection, or something is beyond the limits.
    pub fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, QueryError> {
        self.check(request)?;
        self.search_alike(&[request]).map(|mut answers| answers.swap_remove(0))
    }

    /// Several searches; those that differ in nothing but the query share the work. The answers are those of [`Self::search`], except that
    /// many searches along a graph may be answered exactly.
    ///
    /// # Errors
    /// That of the first search that fails.
    pub fn search_batch(&self, requests: &[SearchRequest]) -> Result<Vec<SearchAnswer>, QueryError> {
        LimitExceeded::check("searches in a batch", requests.len(), self.limits.searches)?;
        requests.iter().try_for_each(|request| self.check(request))?;
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (place, request) in requests.iter().enumerate() {
            match groups
                .iter_mut()
                .find(|group| group.first().is_some_and(|&first| requests[first].shares_work_with(request)))
            {
                Some(group) => group.push(place),
                None => groups.push(vec![place]),
            }
        }
        let mut answers = vec![SearchAnswer { hits: Vec::new(), exact: true, folding: None }; requests.len()];
        for group in groups {
            let alike: Vec<&SearchRequest> = group.iter().map(|&place| &requests[place]).collect();
            for (place, answer) in group.into_iter().zip(self.search_alike(&alike)?) {
                answers[place] = answer;
            }
        }
        Ok(answers)
    }

    /// Whether a search looks at every vector, so that its answer does not depend on what it is batched with; it needs no graph then.
    #[must_use]
    pub fn looks_at_all(&self, request: &SearchRequest) -> bool {
        request.exact || self.read().base().graph().is_none()
    }

    /// Searches that a batch may have.
    #[must_use]
    pub fn most_in_a_batch(&self) -> usize {
        self.limits.searches
    }

    fn check(&self, request: &SearchRequest) -> Result<(), QueryError> {
        if request.limit == 0 {
            return Err(QueryError::ZeroLimit);
        }
        LimitExceeded::check("points asked for", request.limit.saturating_add(request.offset), self.limits.hits)?;
        if request.score_threshold.is_some_and(f32::is_nan) {
            return Err(QueryError::Threshold);
        }
        if let Some(beam) = request.beam {
            LimitExceeded::check("rows that a graph keeps in view", beam, self.limits.beam)?;
        }
        if let Some(expansion) = &request.expansion {
            expansion.check()?;
            LimitExceeded::check("neighbors of a query expansion", expansion.neighbors, self.limits.hits)?;
            if self.config.distance != Distance::Cosine {
                return Err(QueryError::ExpansionDistance);
            }
        }
        if let Some(threshold) = request.fold_duplicates {
            if !(threshold > 0.0 && threshold <= 1.0) {
                return Err(QueryError::FoldThreshold { threshold });
            }
            let wanted = request.limit.saturating_add(request.offset);
            LimitExceeded::check("points asked for with near-duplicates folded", wanted, self.limits.folded)?;
        }
        Ok(())
    }

    /// Searches that differ in the query, the threshold, the parts, and how the best are split into offset and limit.
    fn search_alike(&self, requests: &[&SearchRequest]) -> Result<Vec<SearchAnswer>, QueryError> {
        let Some(first) = requests.first() else { return Ok(Vec::new()) };
        for _ in 0..REPEATS {
            let (state, passing) = self.read_passing(first.filter.as_ref())?;
            let mut plan = self.plan(&state, passing, requests)?;
            drop(state);
            let found = plan.run(first, &self.limits)?;
            let room = &mut self.answer_room();
            if let Some(answers) = plan.answers(&self.read(), requests, found, first.filter.is_some(), room)? {
                return Ok(answers);
            }
        }
        // Changes came too fast: they wait for this one.
        let (state, passing) = self.read_passing(first.filter.as_ref())?;
        let mut plan = self.plan(&state, passing, requests)?;
        let found = plan.run(first, &self.limits)?;
        Ok(plan.answers(&state, requests, found, false, &mut self.answer_room())?.unwrap_or_default())
    }

    fn plan(
        &self,
        state: &State,
        passing: Option<Arc<RowSet>>,
        requests: &[&SearchRequest],
    ) -> Result<Plan, QueryError> {
        let dim = self.config.dim;
        let mut queries = Vec::with_capacity(requests.len() * dim);
        let mut own = Vec::with_capacity(requests.len());
        for request in requests {
            match &request.query {
                Query::Vector(vector) => {
                    let stored = self.stored_form(std::iter::once(vector.as_slice()));
                    queries.extend(stored.map_err(|(_, fault)| fault.of_query())?);
                    own.push(None);
                }
                Query::Point(id) => {
                    let missing = || QueryError::NoSuchPoint { id: id.clone() };
                    let row = state.row_of(&PointKey::of(id)).ok_or_else(missing)?;
                    queries.extend_from_slice(state.vector(row).ok_or_else(missing)?);
                    own.push(Some(row));
                }
            }
        }
        Ok(Plan { view: state.view(passing), queries, dim, own })
    }
}
