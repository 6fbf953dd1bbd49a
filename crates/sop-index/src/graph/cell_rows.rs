//! Cells as a search needs them: their centres, their rows, and how far these lie from the centre.

use rayon::prelude::*;

use crate::graph::cells::Cells;
use crate::graph::centres::Centres;
use crate::graph::codes::RowCodes;

/// The rows of all cells, cell after cell: the place of a row is where it comes in this order.
#[derive(Clone, Debug)]
pub(crate) struct CellRows {
    pub centres: Centres,
    /// Where the rows of each cell begin, and where the last ones end.
    starts: Vec<u32>,
    rows: Vec<u32>,
    /// The place of each row.
    places: Vec<u32>,
    /// The root of the mean squared distance of a cell's rows from their centre, in units of the largest row.
    radii: Vec<f32>,
}

impl CellRows {
    /// Prepares cells of the rows that `codes` are of.
    pub fn new(codes: &RowCodes, cells: &Cells) -> Self {
        let members = cells.members();
        let centres = Centres::new(codes, &members);
        let radii = members
            .par_iter()
            .zip(0_u32..cells.count as u32)
            .map(|(rows, cell)| {
                let square = |row: &u32| codes.numbers()[*row as usize].scale.powi(2) * codes.square_sum(*row) as f32;
                let mean = rows.iter().map(square).sum::<f32>() / rows.len().max(1) as f32;
                // What the centre has of it is the same in all rows.
                (mean - centres.components(cell).map(|value| value * value).sum::<f32>()).max(0.0).sqrt()
            })
            .collect();
        let mut starts = vec![0];
        starts.extend(members.iter().scan(0, |end, rows| {
            *end += rows.len() as u32;
            Some(*end)
        }));
        let rows = members.concat();
        let mut places = vec![0; rows.len()];
        (0_u32..).zip(&rows).for_each(|(place, &row)| places[row as usize] = place);
        Self { centres, starts, rows, places, radii }
    }

    /// Number of cells.
    pub fn count(&self) -> usize {
        self.radii.len()
    }

    /// The place of the first row of a cell.
    #[inline(always)]
    pub fn start(&self, cell: u32) -> u32 {
        self.starts[cell as usize]
    }

    /// The rows of a cell, ascending.
    #[inline(always)]
    pub fn rows(&self, cell: u32) -> &[u32] {
        &self.rows[self.starts[cell as usize] as usize..self.starts[cell as usize + 1] as usize]
    }

    /// The row at a place.
    #[inline(always)]
    pub fn row(&self, place: u32) -> u32 {
        self.rows[place as usize]
    }

    /// The place of a row.
    #[inline(always)]
    pub fn place(&self, row: u32) -> u32 {
        self.places[row as usize]
    }

    /// How far the rows of each cell lie from its centre.
    pub fn radii(&self) -> &[f32] {
        &self.radii
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        let of_rows = [&self.starts, &self.rows, &self.places];
        let of_rows: usize = of_rows.into_iter().map(|numbers| size_of_val(&**numbers)).sum();
        self.centres.bytes() + size_of_val(&*self.radii) + of_rows
    }
}
