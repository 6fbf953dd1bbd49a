//! Exact search in galleries large enough to be quantized, on data of many shapes.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use half::f16;
use ndarray::{Array2, ArrayView2, Axis, s};
use proptest::prelude::*;
use sop_index::{Gallery, Neighbors, RowSet, SearchError, SearchOptions, VectorIndex, top_k};
use sop_numeric::l2_normalize;

/// A seeded generator of numbers of -1 to 1.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }

    fn normal(&mut self) -> f32 {
        (0..4).map(|_| self.uniform()).sum()
    }

    fn below(&mut self, end: usize) -> usize {
        ((f64::from(self.uniform()) + 1.0) / 2.0 * end as f64) as usize
    }
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    Normal,
    /// Around a few centres, so tightly that integers cannot tell the members apart, sorted by centre.
    Clusters(f32),
    /// Few distinct rows.
    Duplicates,
    /// One row only.
    Constant,
    /// A common mean far larger than what differs.
    Anisotropic(f32),
    /// One component in ten is not zero.
    Sparse,
    /// Some components are far larger than the others.
    Outliers,
    /// Norms from 1e-12 to 1e12.
    Scales,
    /// Norms so large that similarities may overflow, among others.
    Huge,
    /// Numbers whose products f32 cannot hold.
    Tiny,
    /// Zero rows among others.
    Zeros,
}

const SHAPES: [Shape; 13] = [
    Shape::Normal,
    Shape::Clusters(0.3),
    Shape::Clusters(0.001),
    Shape::Duplicates,
    Shape::Constant,
    Shape::Anisotropic(30.0),
    Shape::Anisotropic(1e6),
    Shape::Sparse,
    Shape::Outliers,
    Shape::Scales,
    Shape::Huge,
    Shape::Tiny,
    Shape::Zeros,
];

/// Queries and gallery rows of one distribution: the first rows are the queries.
fn sides(shape: Shape, num_queries: usize, num_rows: usize, dim: usize, seed: u64) -> (Array2<f32>, Array2<f32>) {
    let mut random = Random(seed);
    let mut base = Array2::from_shape_simple_fn((num_queries + num_rows, dim), || random.normal());
    let bases = Array2::from_shape_simple_fn((7, dim), || random.normal());
    let total = base.nrows();
    for (index, mut row) in base.rows_mut().into_iter().enumerate() {
        let group = if index < num_queries { index % 7 } else { index * 7 / total };
        match shape {
            Shape::Normal => {}
            Shape::Clusters(width) => {
                row.zip_mut_with(&bases.row(group), |value, &base| *value = base + *value * width)
            }
            Shape::Duplicates => row.assign(&bases.row(random.below(7))),
            Shape::Constant => row.assign(&bases.row(0)),
            Shape::Anisotropic(mean) => row.mapv_inplace(|value| value + mean),
            Shape::Sparse => row.mapv_inplace(|value| if random.below(10) == 0 { value } else { 0.0 }),
            Shape::Outliers => row.slice_mut(s![..dim.min(2)]).mapv_inplace(|value| value * 1e4),
            Shape::Scales => {
                let scale = 10.0_f32.powi(random.below(25) as i32 - 12);
                row.mapv_inplace(|value| value * scale);
            }
            Shape::Huge => {
                let scale = if random.below(4) == 0 { 5e36 } else { 1.0 };
                row.mapv_inplace(|value| value * scale);
            }
            Shape::Tiny => row.mapv_inplace(|value| value * 1e-23),
            Shape::Zeros => {
                let scale = random.below(2) as f32;
                row.mapv_inplace(|value| value * scale);
            }
        }
    }
    (base.slice(s![..num_queries, ..]).to_owned(), base.slice(s![num_queries.., ..]).to_owned())
}

fn similarity(query: &[f32], row: &[f32]) -> f32 {
    let mut sums = [0.0_f64; 16];
    for (component, (&left, &right)) in query.iter().zip(row).enumerate() {
        sums[component % 16] += f64::from(left) * f64::from(right);
    }
    for half in [8, 4, 2, 1] {
        for place in 0..half {
            sums[place] += sums[place + half];
        }
    }
    sums[0] as f32 + 0.0
}

fn naive(queries: ArrayView2<'_, f32>, gallery: ArrayView2<'_, f32>, k: usize, exclude_self: bool) -> Neighbors {
    let k = k.min(gallery.nrows() - usize::from(exclude_self));
    let dim = (queries.nrows(), k);
    let mut neighbors = Neighbors { indices: Array2::zeros(dim), similarities: Array2::zeros(dim) };
    for (index, query) in queries.rows().into_iter().enumerate() {
        let mut ranked: Vec<(f32, usize)> = gallery
            .rows()
            .into_iter()
            .enumerate()
            .filter(|&(row, _)| !(exclude_self && row == index))
            .map(|(row, values)| (similarity(query.to_slice().unwrap(), values.to_slice().unwrap()), row))
            .collect();
        ranked.sort_by(|first, second| second.0.total_cmp(&first.0).then(first.1.cmp(&second.1)));
        for (place, (value, row)) in ranked.into_iter().take(k).enumerate() {
            neighbors.indices[(index, place)] = u32::try_from(row).unwrap();
            neighbors.similarities[(index, place)] = value;
        }
    }
    neighbors
}

fn with_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[test]
fn every_shape_has_the_neighbours_of_a_full_sort() {
    for (seed, shape) in SHAPES.into_iter().enumerate() {
        for (dim, normalized) in [(8, false), (70, true), (70, false)] {
            let (mut queries, mut gallery) = sides(shape, 60, 2500, dim, seed as u64);
            if normalized {
                (queries, gallery) = (l2_normalize(queries.view()), l2_normalize(gallery.view()));
            }
            let prepared = Gallery::new(gallery.view());
            for k in [1, 20, 300] {
                let expected = naive(queries.view(), gallery.view(), k, false);
                let options = SearchOptions::default();
                let found = prepared.top_k(queries.view(), k, &options).unwrap();
                assert_eq!(found, expected, "{shape:?}, {dim} components, k = {k}");
                let one = prepared.top_k(queries.slice(s![7..8, ..]), k, &options).unwrap();
                assert_eq!(one.indices.row(0), expected.indices.row(7), "{shape:?}, one query, k = {k}");
            }
        }
    }
}

#[test]
fn other_queries_than_the_gallery_has_are_found_too() {
    for (seed, (from, to)) in [
        (Shape::Normal, Shape::Anisotropic(30.0)),
        (Shape::Anisotropic(-30.0), Shape::Anisotropic(30.0)),
        (Shape::Tiny, Shape::Anisotropic(1e3)),
        (Shape::Huge, Shape::Clusters(0.01)),
        (Shape::Zeros, Shape::Scales),
    ]
    .into_iter()
    .enumerate()
    {
        let (queries, _) = sides(from, 40, 1, 40, seed as u64);
        let (_, gallery) = sides(to, 1, 3000, 40, seed as u64 + 100);
        let found = top_k(queries.view(), gallery.view(), 25, &SearchOptions::default()).unwrap();
        assert_eq!(found, naive(queries.view(), gallery.view(), 25, false), "{from:?} in {to:?}");
    }
}

#[test]
fn leave_one_out_in_a_quantized_gallery_leaves_the_row_out() {
    for shape in [Shape::Normal, Shape::Duplicates, Shape::Clusters(0.01)] {
        let (_, set) = sides(shape, 1, 2100, 24, 5);
        let options = SearchOptions { exclude_self: true, ..SearchOptions::default() };
        let found = top_k(set.view(), set.view(), 30, &options).unwrap();
        assert_eq!(found, naive(set.view(), set.view(), 30, true), "{shape:?}");
    }
}

#[test]
fn a_last_panel_that_one_thread_fills_is_searched_once() {
    let (queries, gallery) = sides(Shape::Normal, 12, 4107, 9, 673_079_707_263_364_621);
    let options = SearchOptions::default();
    for threads in [1, 2, 3] {
        let found = with_threads(threads, || Gallery::new(gallery.view()).top_k(queries.view(), 5, &options)).unwrap();
        assert_eq!(found, naive(queries.view(), gallery.view(), 5, false), "{threads} threads");
    }
}

#[test]
fn f16_rows_are_searched_as_the_f32_they_stand_for() {
    let (queries, gallery) = sides(Shape::Normal, 50, 3000, 33, 1);
    let halves = gallery.mapv(f16::from_f32);
    let wide = halves.mapv(f16::to_f32);
    for k in [5, 2000] {
        let expected = naive(queries.view(), wide.view(), k, false);
        assert_eq!(top_k(queries.view(), halves.view(), k, &SearchOptions::default()).unwrap(), expected);
        let one = top_k(queries.slice(s![..1, ..]), halves.t().to_owned().t(), k, &SearchOptions::default()).unwrap();
        assert_eq!(one.indices.row(0), expected.indices.row(0));
    }
    assert_eq!(
        Gallery::new(halves).top_k(queries.view(), 5, &SearchOptions::default()).unwrap(),
        naive(queries.view(), wide.view(), 5, false)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_split_and_no_size_changes_the_result(
        shape in prop::sample::select(SHAPES.to_vec()),
        num_queries in 1_usize..70,
        num_rows in 2048_usize..6000,
        dim in 8_usize..90,
        k in prop_oneof![1_usize..40, 40_usize..800],
        seed in any::<u64>(),
        block_bytes in prop_oneof![Just(0_usize), Just(1 << 20), Just(64 << 20)],
        threads in 1_usize..5,
    ) {
        let (queries, gallery) = sides(shape, num_queries, num_rows, dim, seed);
        let options = SearchOptions { block_bytes, ..SearchOptions::default() };
        let found = with_threads(threads, || Gallery::new(gallery.view()).top_k(queries.view(), k, &options)).unwrap();
        prop_assert_eq!(found, naive(queries.view(), gallery.view(), k, false));
    }
}

/// The neighbours among some rows: those of a gallery of these rows alone.
fn naive_among(queries: ArrayView2<'_, f32>, gallery: ArrayView2<'_, f32>, k: usize, allowed: &RowSet) -> Neighbors {
    let rows: Vec<usize> = allowed.iter().map(|row| row as usize).collect();
    let mut found = naive(queries, gallery.select(Axis(0), &rows).view(), k.min(rows.len()), false);
    found.indices.mapv_inplace(|place| rows[place as usize] as u32);
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn among_some_rows_the_others_are_as_if_they_were_not_there(
        shape in prop::sample::select(SHAPES.to_vec()),
        num_queries in prop_oneof![1_usize..5, 5_usize..70],
        num_rows in 2048_usize..5000,
        dim in 8_usize..70,
        k in prop_oneof![1_usize..40, 40_usize..800],
        one_in in prop_oneof![Just(1_usize), 2_usize..12, Just(300_usize)],
        // Neighbouring rows are alike in sorted clusters: a filter may leave out all that are near a query.
        neighbours in any::<bool>(),
        seed in any::<u64>(),
        threads in 1_usize..4,
    ) {
        let (queries, gallery) = sides(shape, num_queries, num_rows, dim, seed);
        let mut random = Random(seed ^ 5);
        let start = random.below(num_rows);
        let chosen = (0..num_rows as u32).filter(|&row| {
            if neighbours { (row as usize + num_rows - start) % num_rows < num_rows / one_in } else { random.below(one_in) == 0 }
        });
        let allowed = RowSet::from_rows(num_rows, chosen);
        let options = SearchOptions::default();
        let search = || Gallery::new(gallery.view()).top_k_among(queries.view(), k, &allowed, &options);
        let found = with_threads(threads, search).unwrap();
        prop_assert_eq!(found, naive_among(queries.view(), gallery.view(), k, &allowed));
    }
}

#[test]
fn a_set_of_other_rows_is_refused_and_an_empty_one_has_no_neighbours() {
    let (queries, gallery) = sides(Shape::Normal, 3, 2100, 9, 5);
    let gallery = Gallery::new(gallery.view());
    let among = |allowed| gallery.top_k_among(queries.view(), 5, &allowed, &SearchOptions::default());
    assert_eq!(among(RowSet::full(2099)), Err(SearchError::AllowedRows { allowed: 2099, gallery: 2100 }));
    assert_eq!(among(RowSet::new(2100)).unwrap().indices.dim(), (3, 0));
    let whole = gallery.top_k(queries.view(), 5, &SearchOptions::default()).unwrap();
    assert_eq!(among(RowSet::full(2100)).unwrap(), whole);
}

#[test]
fn where_a_query_is_left_out_itself_the_place_of_a_missing_neighbour_is_none() {
    let (_, set) = sides(Shape::Normal, 1, 3, 9, 5);
    let options = SearchOptions { exclude_self: true, ..SearchOptions::default() };
    let found = Gallery::new(set.view()).top_k_among(set.view(), 9, &RowSet::from_rows(3, [0, 2]), &options).unwrap();
    let rows: Vec<Vec<u32>> = found.indices.rows().into_iter().map(|row| row.to_vec()).collect();
    assert_eq!((&rows[0], &rows[2]), (&vec![2, Neighbors::NONE], &vec![0, Neighbors::NONE]));
    assert_eq!(found.similarities[[0, 1]], f32::NEG_INFINITY);
    assert!(rows[1] == [0, 2] || rows[1] == [2, 0], "{rows:?}");
}
