//! Where walks start.

/// Entries at most.
const MOST: usize = 1024;

/// Some of the first rows in a shuffled order: about the square root of the number of all rows.
///
/// Rows drawn at random lie where the rows are: a walk that starts from the best of them starts near.
pub(crate) fn choose_entries(shuffled: &[u32], num_rows: usize) -> Vec<u32> {
    let count = (num_rows as f64).sqrt().ceil() as usize;
    shuffled[..count.min(MOST).min(shuffled.len())].to_vec()
}
