//! Rows parted into cells of rows that lie near each other.
//!
//! Where a walk does not lead to the rows that a filter lets through, cells tell which rows are worth a look. They are those of a few
//! steps of k-means over a sample of the rows; every row is in the cell whose centre is nearest.

use rayon::prelude::*;

use crate::graph::centres::Centres;
use crate::graph::codes::RowCodes;
use crate::graph::shuffle::shuffled;

/// So many times the root of the number of rows there are cells.
const CELLS: usize = 1;
/// Rows of the sample for each cell.
const SAMPLE: usize = 8;
/// Steps of k-means.
const STEPS: usize = 4;
/// Cells are made anew when there should be so many times as many of them.
const OUTGROWN: usize = 2;

/// How many cells so many rows are parted into.
fn num_cells(num_rows: usize) -> usize {
    (CELLS * num_rows.isqrt()).min(num_rows)
}

/// Which cell each row is in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cells {
    /// Cells, some of which may have no rows; none only where there is no row.
    pub count: usize,
    /// The cell of each row.
    pub of_rows: Vec<u32>,
}

impl Cells {
    /// Parts all rows.
    pub fn new(codes: &RowCodes) -> Self {
        let count = num_cells(codes.len());
        let mut sample = shuffled(0..codes.len() as u32);
        sample.truncate(count * SAMPLE);
        let seeds: Vec<Vec<u32>> = sample.iter().take(count).map(|&row| vec![row]).collect();
        let mut centres = Centres::new(codes, &seeds);
        for _ in 0..STEPS {
            let cells = nearest(codes, &centres, &sample);
            let mut members = vec![Vec::new(); count];
            sample.iter().zip(cells).for_each(|(&row, cell)| members[cell as usize].push(row));
            // Rows are added up in their order.
            members.iter_mut().for_each(|rows| rows.sort_unstable());
            centres = Centres::new(codes, &members);
        }
        let rows: Vec<u32> = (0..codes.len() as u32).collect();
        Self { count, of_rows: nearest(codes, &centres, &rows) }
    }

    /// Cells of all rows, the first of which keep those they have unless there are too few for so many rows.
    pub fn extended(&self, codes: &RowCodes) -> Self {
        if self.count * OUTGROWN <= num_cells(codes.len()) {
            return Self::new(codes);
        }
        let centres = Centres::new(codes, &self.members());
        let new: Vec<u32> = (self.of_rows.len() as u32..codes.len() as u32).collect();
        let mut of_rows = self.of_rows.clone();
        of_rows.extend(nearest(codes, &centres, &new));
        Self { count: self.count, of_rows }
    }

    /// The rows of each cell, ascending.
    pub fn members(&self) -> Vec<Vec<u32>> {
        let mut members = vec![Vec::new(); self.count];
        (0_u32..).zip(&self.of_rows).for_each(|(row, &cell)| members[cell as usize].push(row));
        members
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.of_rows)
    }
}

/// The cell whose centre is nearest, of each of some rows.
fn nearest(codes: &RowCodes, centres: &Centres, rows: &[u32]) -> Vec<u32> {
    rows.par_iter().map_init(Default::default, |buffers, &row| centres.nearest(codes, row, buffers)).collect()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, s};
    use sop_numeric::random::Stream;

    use super::*;
    use crate::Vectors;

    fn codes(rows: &Array2<f32>) -> RowCodes {
        RowCodes::new(Vectors::from(rows.view()).rows()).unwrap()
    }

    #[test]
    fn rows_of_a_cluster_are_in_cells_of_their_own_and_later_ones_join_them() {
        let mut stream = Stream::from_seed(1, 0);
        // Ten clusters, one row after another.
        let rows = Array2::from_shape_fn((2000, 16), |(row, column)| {
            10.0 * f32::from(u8::from(row % 10 == column)) + stream.normal() as f32
        });
        let first = Cells::new(&codes(&rows.slice(s![..1200, ..]).to_owned()));
        let cells = first.extended(&codes(&rows));
        assert_eq!((first.count, cells.count, cells.of_rows.len()), (34, 34, 2000));
        assert_eq!(cells.of_rows[..1200], first.of_rows);
        for (cell, members) in cells.members().iter().enumerate() {
            assert!(members.iter().all(|row| row % 10 == members[0] % 10), "{cell}: {members:?}");
        }
    }

    #[test]
    fn cells_are_made_anew_where_rows_have_outgrown_them() {
        let rows = Array2::from_shape_fn((1000, 3), |(row, column)| ((row * 7 + column * 11) % 101) as f32);
        let few = Cells::new(&codes(&rows.slice(s![..200, ..]).to_owned()));
        let all = codes(&rows);
        assert_eq!(few.extended(&all), Cells::new(&all));
        assert_eq!(Cells::new(&codes(&rows.slice(s![..1, ..]).to_owned())), Cells { count: 1, of_rows: vec![0] });
    }

    #[test]
    fn equal_rows_have_cells_too() {
        let cells = Cells::new(&codes(&Array2::ones((500, 5))));
        assert!(cells.of_rows.iter().all(|&cell| (cell as usize) < cells.count));
    }
}
