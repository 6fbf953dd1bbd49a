//! Rankings as `.npy` files, as numpy and the reference programs store them.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use ndarray::{Array2, ArrayView2};
use ndarray_npy::{ViewElement, ViewNpyError, ViewNpyExt, WriteNpyExt};
use sop_core::atomic_file::AtomicFile;

use crate::error::{Context as _, Result, refuse};

/// Largest file: revisited Oxford with a million distractors has 0.6 GB.
const MOST_BYTES: u64 = 4 << 30;

/// What the first bytes of the data are aligned to, which numpy pads its header to.
const ALIGNMENT: usize = 64;

/// Reads a ranking, `[queries, places]`, the best image first.
///
/// A file has a column for each query, as `ranks` of the reference programs, or a row for each: the side of `queries` tells. Where
/// both sides have that length, the lists are those that name no image twice; where rows and columns could both be lists, the file
/// is refused.
pub fn read(path: &Path, queries: usize) -> Result<Array2<u32>> {
    let in_file = || format!("cannot use the ranking {}", path.display());
    let file = File::open(path).with_context(in_file)?;
    let length = file.metadata().with_context(in_file)?.len();
    if length > MOST_BYTES {
        refuse!("{}: it has {length} bytes, more than any ranking", in_file());
    }
    // The array is looked at where it lies, so that no header can ask for memory that the file does not fill.
    let mut bytes: Vec<u8> = Vec::with_capacity(length as usize + ALIGNMENT);
    let start = bytes.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
    bytes.resize(start, 0);
    file.take(length).read_to_end(&mut bytes).with_context(in_file)?;
    let ranking = indices(bytes.get(start..).unwrap_or_default()).with_context(in_file)?;
    match ranking.dim() {
        (rows, columns) if rows == queries && columns == queries => {
            let turned = ranking.clone().reversed_axes();
            match (are_lists(&turned), are_lists(&ranking)) {
                (true, true) if turned != ranking => refuse!(
                    "{}: it is {rows} x {columns}, and both its rows and its columns could be the lists of the queries; leave out the \
                     last place of every list",
                    in_file()
                ),
                (false, true) => Ok(ranking),
                _ => Ok(turned),
            }
        }
        (_, columns) if columns == queries => Ok(ranking.reversed_axes()),
        (rows, _) if rows == queries => Ok(ranking),
        (rows, columns) => {
            refuse!("{}: it is {rows} x {columns}, and the ground truth has {queries} queries", in_file())
        }
    }
}

/// Whether no row names an image twice.
fn are_lists(ranking: &Array2<u32>) -> bool {
    ranking.rows().into_iter().all(|list| {
        let mut seen = HashSet::with_capacity(list.len());
        list.iter().all(|image| seen.insert(image))
    })
}

/// Whole numbers of any usual type.
fn indices(bytes: &[u8]) -> Result<Array2<u32>> {
    fn of<T: ViewElement + Copy>(bytes: &[u8]) -> Result<Option<Array2<u32>>>
    where
        u32: TryFrom<T>,
    {
        match ArrayView2::<T>::view_npy(bytes) {
            Ok(view) => {
                let index = |&index: &T| u32::try_from(index).ok().context("it holds a number that is no index");
                let indices: Vec<u32> = view.iter().map(index).collect::<Result<_>>()?;
                Ok(Some(Array2::from_shape_vec(view.dim(), indices)?))
            }
            Err(ViewNpyError::WrongDescriptor(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
    for read in [of::<i64>, of::<i32>, of::<i16>, of::<u64>, of::<u32>, of::<u16>] {
        if let Some(ranking) = read(bytes)? {
            return Ok(ranking);
        }
    }
    refuse!("it holds no whole numbers of 16, 32 or 64 bits")
}

/// Writes a ranking `[queries, places]` in the form of the reference programs: 64-bit numbers, a column for each query.
pub fn write(path: &Path, ranking: ArrayView2<'_, u32>) -> Result<()> {
    let in_file = || format!("cannot write the ranking {}", path.display());
    let mut file = AtomicFile::create(path).with_context(in_file)?;
    let columns = ranking.reversed_axes().mapv(i64::from);
    // Row by row, whatever the order in memory, so that every reader takes it.
    columns.as_standard_layout().write_npy(std::io::BufWriter::new(file.file())).with_context(in_file)?;
    file.commit().with_context(in_file)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn written(array: &impl WriteNpyExt) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ranks.npy");
        array.write_npy(File::create(&path).unwrap()).unwrap();
        (folder, path)
    }

    #[test]
    fn rankings_round_trip_and_lie_either_way() {
        let ranking = array![[2_u32, 0, 1], [1, 2, 0]];
        let (_folder, path) = written(&ranking.mapv(i64::from));
        assert_eq!(read(&path, 2).unwrap(), ranking);
        write(&path, ranking.view()).unwrap();
        assert_eq!(read(&path, 2).unwrap(), ranking);
        let (_folder, path) = written(&ranking.mapv(|index| index as i32));
        assert_eq!(read(&path, 3).unwrap(), ranking.t());
        assert!(read(&path, 5).unwrap_err().with_causes().contains("2 x 3"));
    }

    #[test]
    fn the_lists_of_a_square_ranking_name_no_image_twice() {
        let lists = array![[3_u32, 1], [3, 0]];
        for written_as in [lists.clone(), lists.clone().reversed_axes()] {
            let (_folder, path) = written(&written_as.mapv(i64::from));
            assert_eq!(read(&path, 2).unwrap(), lists);
        }
        let (_folder, path) = written(&array![[0_i64, 1], [2, 3]]);
        assert!(read(&path, 2).unwrap_err().with_causes().contains("both its rows and its columns"));
        let (_folder, path) = written(&array![[0_i64, 1], [1, 0]]);
        assert_eq!(read(&path, 2).unwrap(), array![[0, 1], [1, 0]]);
    }

    #[test]
    fn what_is_no_ranking_is_refused() {
        let (_folder, path) = written(&array![[0.5_f32, 1.0]]);
        assert!(read(&path, 1).unwrap_err().with_causes().contains("whole numbers"));
        let (_folder, path) = written(&array![[-1_i64, 1]]);
        assert!(read(&path, 1).unwrap_err().with_causes().contains("no index"));
        // A header that promises more than there is.
        let text = "{'descr': '<i8', 'fortran_order': False, 'shape': (4000000000, 1000000000), }";
        let padded = format!("{text:<117}\n");
        std::fs::write(&path, [b"\x93NUMPY\x01\x00v\x00", padded.as_bytes()].concat()).unwrap();
        assert!(read(&path, 1).is_err());
        for bytes in [b"".as_slice(), b"\x93NUMPY", b"no array at all"] {
            std::fs::write(&path, bytes).unwrap();
            assert!(read(&path, 1).is_err());
        }
        assert!(read(&path.with_file_name("absent.npy"), 1).is_err());
    }
}
