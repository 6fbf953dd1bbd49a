//! Searching.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};
use sop_index::{RowSet, SearchOptions};

use super::Collection;
use crate::config::Distance;
use crate::error::QueryError;
use crate::filter::Filter;
use crate::limits::LimitExceeded;
use crate::point::{Parts, Payload, PointId};
use crate::point_key::PointKey;
use crate::state::{AnswerRoom, State, View};
use crate::unit_length::to_unit_length;

/// Searches that a change of the rows' numbers, or of what was found, may repeat before they hold up changes.
const REPEATS: usize = 3;

/// What is searched for.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// A vector of as many components as the collection's.
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
        }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchAnswer {
    /// Points, best first; equal scores by the order in which they were added.
    pub hits: Vec<Hit>,
    /// Whether they are provably those of exact search.
    pub exact: bool,
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

    /// Several searches; those that differ in nothing but the query share the work. The answers are those of [`Self::search`].
    ///
    /// # Errors
    /// That of the first search that fails.
    pub fn search_batch(&self, requests: &[SearchRequest]) -> Result<Vec<SearchAnswer>, QueryError> {
        LimitExceeded::check("searches in a batch", requests.len(), self.limits.searches)?;
        requests.iter().try_for_each(|request| self.check(request))?;
        let is_alike = |left: &SearchRequest, right: &SearchRequest| {
            left.exact == right.exact
                && left.beam == right.beam
                && left.limit + left.offset == right.limit + right.offset
                // One more is searched for where the query is a point.
                && matches!(left.query, Query::Point(_)) == matches!(right.query, Query::Point(_))
                && left.filter == right.filter
        };
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (place, request) in requests.iter().enumerate() {
            match groups
                .iter_mut()
                .find(|group| group.first().is_some_and(|&first| is_alike(&requests[first], request)))
            {
                Some(group) => group.push(place),
                None => groups.push(vec![place]),
            }
        }
        let mut answers = vec![SearchAnswer { hits: Vec::new(), exact: true }; requests.len()];
        for group in groups {
            let alike: Vec<&SearchRequest> = group.iter().map(|&place| &requests[place]).collect();
            for (place, answer) in group.into_iter().zip(self.search_alike(&alike)?) {
                answers[place] = answer;
            }
        }
        Ok(answers)
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
        Ok(())
    }

    /// Searches that differ in the query, the threshold, the parts, and how the best are split into offset and limit.
    fn search_alike(&self, requests: &[&SearchRequest]) -> Result<Vec<SearchAnswer>, QueryError> {
        let Some(first) = requests.first() else { return Ok(Vec::new()) };
        for _ in 0..REPEATS {
            let (state, passing) = self.read_passing(first.filter.as_ref())?;
            let plan = self.plan(&state, passing, requests)?;
            drop(state);
            let found = plan.run(first)?;
            let room = &mut self.answer_room();
            if let Some(answers) = plan.answers(&self.read(), requests, found, first.filter.is_some(), room)? {
                return Ok(answers);
            }
        }
        // Changes came too fast: they wait for this one.
        let (state, passing) = self.read_passing(first.filter.as_ref())?;
        let plan = self.plan(&state, passing, requests)?;
        let found = plan.run(first)?;
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
                    self.put_query(vector, &mut queries)?;
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

    fn put_query(&self, vector: &[f32], into: &mut Vec<f32>) -> Result<(), QueryError> {
        if vector.len() != self.config.dim {
            return Err(QueryError::Dim { expected: self.config.dim, found: vector.len() });
        }
        if let Some(component) = vector.iter().position(|value| !value.is_finite()) {
            return Err(QueryError::NotFinite { component });
        }
        let start = into.len();
        into.extend_from_slice(vector);
        if self.config.distance == Distance::Cosine && !into.get_mut(start..).is_some_and(to_unit_length) {
            return Err(QueryError::ZeroVector);
        }
        Ok(())
    }
}

/// Searches that share their work, on the rows of one moment.
struct Plan {
    view: View,
    /// The queries, `[queries, dim]`.
    queries: Vec<f32>,
    dim: usize,
    /// The row of each query that is a point.
    own: Vec<Option<u32>>,
}

type FoundRows = (Vec<Vec<(u32, f32)>>, bool);

impl Plan {
    fn run(&self, first: &SearchRequest) -> Result<FoundRows, QueryError> {
        let shape = (self.own.len(), self.dim);
        let empty = Array2::zeros((0, self.dim));
        let queries = ArrayView2::from_shape(shape, &self.queries).unwrap_or(empty.view());
        // A point that is the query is found, too.
        let own = usize::from(self.own.iter().any(Option::is_some));
        let k = first.limit + first.offset + own;
        let options = SearchOptions { beam: first.beam, ..SearchOptions::default() };
        Ok(self.view.search(queries, k, &options, first.exact)?)
    }

    /// The answers; `None` where what was found is no longer what it was.
    fn answers(
        &self,
        state: &State,
        requests: &[&SearchRequest],
        (found, exact): FoundRows,
        is_filtered: bool,
        room: &mut AnswerRoom,
    ) -> Result<Option<Vec<SearchAnswer>>, LimitExceeded> {
        if state.epoch() != self.view.epoch {
            return Ok(None);
        }
        let mut answers = Vec::with_capacity(requests.len());
        for ((request, own), found) in requests.iter().zip(&self.own).zip(found) {
            let lowest = request.score_threshold.unwrap_or(f32::NEG_INFINITY);
            let wanted = found
                .into_iter()
                .filter(|(row, score)| Some(*row) != *own && *score >= lowest)
                .skip(request.offset)
                .take(request.limit);
            let mut hits = Vec::with_capacity(request.limit.min(64));
            for (row, score) in wanted {
                let Some(record) = state.record(row, &request.parts, room)? else { return Ok(None) };
                // Its payload may not pass the filter any more.
                if is_filtered && record.version > self.view.last {
                    return Ok(None);
                }
                let (id, version, payload, vector) = (record.id, record.version, record.payload, record.vector);
                hits.push(Hit { id, score, version, payload, vector });
            }
            answers.push(SearchAnswer { hits, exact });
        }
        Ok(Some(answers))
    }
}
