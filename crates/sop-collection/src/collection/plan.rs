//! Searches on the rows of one moment.

use ndarray::{Array2, ArrayView1, ArrayView2};
use sop_index::{Expansion, SearchOptions};

use super::near_duplicates::{Folded, Folding, fold};
use super::search::{Hit, SearchAnswer, SearchRequest};
use crate::error::QueryError;
use crate::limits::{LimitExceeded, Limits};
use crate::state::{AnswerRoom, Found, State, View};

/// Searches that share their work, on the rows of one moment.
pub(super) struct Plan {
    pub view: View,
    /// The queries, `[queries, dim]`.
    pub queries: Vec<f32>,
    pub dim: usize,
    /// The row of each query that is a point.
    pub own: Vec<Option<u32>>,
}

/// What was found for each query.
pub(super) struct FoundRows {
    rows: Vec<Vec<Found>>,
    exact: bool,
    /// Of the only query, where near-duplicates are folded.
    folded: Option<(Vec<Vec<u32>>, Folding)>,
}

impl Plan {
    /// Searches.
    pub fn run(&mut self, first: &SearchRequest, limits: &Limits) -> Result<FoundRows, QueryError> {
        let expanded_exactly = match &first.expansion {
            Some(expansion) => self.expand(expansion, first)?,
            None => true,
        };
        let mut found = match first.fold_duplicates {
            Some(threshold) => self.run_folded(first, threshold, limits)?,
            None => {
                let (rows, exact) = self.search(first.limit + first.offset, first)?;
                FoundRows { rows, exact, folded: None }
            }
        };
        found.exact &= expanded_exactly;
        Ok(found)
    }

    /// The `k` nearest rows of each query, or one more: a point that is the query is found, too.
    fn search(&self, k: usize, first: &SearchRequest) -> Result<(Vec<Vec<Found>>, bool), QueryError> {
        let shape = (self.own.len(), self.dim);
        let empty = Array2::zeros((0, self.dim));
        let queries = ArrayView2::from_shape(shape, &self.queries).unwrap_or(empty.view());
        let own = usize::from(self.own.iter().any(Option::is_some));
        let options = SearchOptions { beam: first.beam, ..SearchOptions::default() };
        Ok(self.view.search(queries, k + own, &options, first.exact)?)
    }

    /// Draws the queries towards their nearest rows; says whether those are provably the nearest.
    fn expand(&mut self, expansion: &Expansion, first: &SearchRequest) -> Result<bool, QueryError> {
        let (found, exact) = self.search(expansion.neighbors, first)?;
        let mut queries = Vec::with_capacity(self.queries.len());
        for ((query, own), found) in self.queries.chunks_exact(self.dim).zip(&self.own).zip(found) {
            let others = found.iter().filter(|(row, _)| Some(*row) != *own).take(expansion.neighbors);
            let neighbors = others.filter_map(|&(row, score)| Some((score, ArrayView1::from(self.view.vector(row)?))));
            let query = expansion.expand(ArrayView1::from(query), neighbors);
            if query.iter().all(|&value| value == 0.0) {
                return Err(QueryError::EmptyExpansion);
            }
            queries.extend(query);
        }
        self.queries = queries;
        Ok(exact)
    }

    /// The best rows of the only query with near-duplicates folded; looks deeper until there are as many as wanted.
    fn run_folded(&self, request: &SearchRequest, threshold: f32, limits: &Limits) -> Result<FoundRows, QueryError> {
        let wanted = request.limit + request.offset;
        let lowest = request.score_threshold.unwrap_or(f32::NEG_INFINITY);
        let own = self.own.first().copied().flatten();
        let mut depth = wanted.saturating_mul(2).saturating_add(16).min(limits.folded);
        loop {
            let (mut rows, exact) = self.search(depth, request)?;
            let found = rows.pop().unwrap_or_default();
            let mut hits: Vec<Found> =
                found.into_iter().filter(|(row, score)| Some(*row) != own && *score >= lowest).collect();
            hits.truncate(depth);
            let is_all = hits.len() < depth;
            let Folded { shown, members, examined, is_complete } =
                fold(&hits, threshold, wanted, |row| self.view.vector(row));
            if is_complete || is_all || depth >= limits.folded {
                let folding = Folding { examined, bound_reached: !is_complete && !is_all };
                return Ok(FoundRows { rows: vec![shown], exact, folded: Some((members, folding)) });
            }
            depth = depth.saturating_mul(4).min(limits.folded);
        }
    }

    /// The answers; `None` where what was found is no longer what it was.
    pub fn answers(
        &self,
        state: &State,
        requests: &[&SearchRequest],
        FoundRows { rows, exact, folded }: FoundRows,
        is_filtered: bool,
        room: &mut AnswerRoom,
    ) -> Result<Option<Vec<SearchAnswer>>, LimitExceeded> {
        if state.epoch() != self.view.epoch {
            return Ok(None);
        }
        let (mut members, folding) = folded.unzip();
        let mut answers = Vec::with_capacity(requests.len());
        for ((request, own), found) in requests.iter().zip(&self.own).zip(rows) {
            let lowest = request.score_threshold.unwrap_or(f32::NEG_INFINITY);
            let wanted = found
                .into_iter()
                .enumerate()
                .filter(|(_, (row, score))| Some(*row) != *own && *score >= lowest)
                .skip(request.offset)
                .take(request.limit);
            let mut hits = Vec::with_capacity(request.limit.min(64));
            for (place, (row, score)) in wanted {
                let members = members.as_mut().and_then(|members| members.get_mut(place)).map(std::mem::take);
                let mut folded = Vec::new();
                for row in members.unwrap_or_default() {
                    let Some(info) = state.info(row) else { return Ok(None) };
                    if is_filtered && info.version > self.view.last {
                        return Ok(None);
                    }
                    folded.push(info.id());
                }
                let Some(record) = state.record(row, &request.parts, room)? else { return Ok(None) };
                // Its payload may not pass the filter any more.
                if is_filtered && record.version > self.view.last {
                    return Ok(None);
                }
                let (id, version, payload, vector) = (record.id, record.version, record.payload, record.vector);
                hits.push(Hit { id, score, version, payload, vector, folded });
            }
            answers.push(SearchAnswer { hits, exact, folding });
        }
        Ok(Some(answers))
    }
}
