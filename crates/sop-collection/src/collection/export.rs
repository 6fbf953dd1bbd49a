//! Some points as an embedding file.

use std::collections::HashSet;
use std::path::Path;

use super::Collection;
use crate::error::{QueryError, StoreError};
use crate::point::PointId;
use crate::point_key::PointKey;
use crate::points_file;
use crate::state::RowInfo;

impl Collection {
    /// Writes points to an embedding file, which every other command of the suite reads, in the order of the ids; an id that is given
    /// twice is written once. Returns the number of points.
    ///
    /// # Errors
    /// When one of the points is not there, there is no id, or the file cannot be written.
    pub fn export(&self, ids: &[PointId], path: &Path) -> Result<usize, StoreError> {
        if ids.is_empty() {
            return Err(QueryError::ZeroLimit.into());
        }
        let (infos, rows, base, tail) = {
            let state = self.read();
            let mut seen = HashSet::with_capacity(ids.len());
            let mut rows: Vec<u32> = Vec::with_capacity(ids.len());
            for id in ids {
                let row = state.row_of(&PointKey::of(id)).ok_or_else(|| QueryError::NoSuchPoint { id: id.clone() })?;
                if seen.insert(row) {
                    rows.push(row);
                }
            }
            let infos: Vec<RowInfo> = rows.iter().filter_map(|&row| state.info(row).cloned()).collect();
            (infos, rows, state.base().clone(), state.tail().clone())
        };
        // Without the lock: writing takes long, and changes go on.
        let vector = |place: usize| {
            let row = *rows.get(place)? as usize;
            if row < base.len() { base.vector(row) } else { tail.vector(row) }
        };
        points_file::write(path, &self.config, &infos, &vector)?;
        Ok(infos.len())
    }
}
