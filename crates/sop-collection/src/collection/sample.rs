//! Points drawn at random: something to look at before there is a question.

use sop_numeric::random::Stream;

use super::Collection;
use crate::error::QueryError;
use crate::filter::Filter;
use crate::point::{Parts, Record};

impl Collection {
    /// Points drawn at random without replacement, in random order; all that pass the filter where there are no more than `limit`.
    /// One seed draws the same from the same rows.
    ///
    /// # Errors
    /// When the limit is 0, or something is beyond the limits.
    pub fn sample(
        &self,
        filter: Option<&Filter>,
        limit: usize,
        seed: u64,
        parts: &Parts,
    ) -> Result<Vec<Record>, QueryError> {
        self.check_limit(limit)?;
        let (state, passing) = self.read_passing(filter)?;
        let mut rows: Vec<u32> = passing.as_ref().unwrap_or_else(|| state.live()).iter().collect();
        Stream::from_seed(seed, 0).shuffle_front(&mut rows, limit);
        Ok(state.records(rows.into_iter().take(limit), parts, &mut self.answer_room())?)
    }
}
