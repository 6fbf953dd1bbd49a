//! Proof that a collection is whole: every point is where it should be, can be found, and is on the disk as it is in memory.

use ndarray::{ArrayView2, Axis};
use serde::Serialize;
use sop_index::SearchOptions;
use sop_numeric::random::Stream;

use super::{Collection, Manifest};
use crate::config::Distance;
use crate::error::StoreError;
use crate::limits::LimitExceeded;
use crate::state::{Cut, State};

/// Problems that are listed one by one.
const LISTED: usize = 20;
/// How far the length of a vector may be from 1: what rounding to f32 leaves, and more.
const LENGTH_TOLERANCE: f64 = 1e-3;

/// What is verified, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyOptions {
    /// Points that are drawn as queries to measure the recall of the graph.
    pub queries: usize,
    /// Neighbours of each.
    pub k: usize,
    /// Rows that the graph keeps in view; what suits `k` where there is none.
    pub beam: Option<usize>,
    /// Seed of the draw.
    pub seed: u64,
    /// Whether the files are read and compared with the memory.
    pub files: bool,
    /// Whether what is wrong is mended: the graph is built again, the files are written again.
    pub repair: bool,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self { queries: 200, k: 10, beam: None, seed: 0, files: true, repair: false }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VerifyReport {
    /// Points.
    pub points: usize,
    /// Rows of the base that are searched by the graph; 0 where there is none.
    pub graph_rows: usize,
    /// Points that the graph cannot reach, whatever is searched for.
    pub unreachable: usize,
    /// The share of the exact neighbours that a search finds; none where there is no graph, or too few points.
    pub recall: Option<Recall>,
    /// Points that were compared with the files.
    pub compared: usize,
    /// What is wrong, the first twenty.
    pub problems: Vec<String>,
    /// How much is wrong, points that cannot be reached included.
    pub num_problems: usize,
    /// What was mended; verify again to see that it is.
    pub repaired: Vec<String>,
}

/// Recall of a graph on drawn points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Recall {
    /// Queries.
    pub queries: usize,
    /// Neighbours of each.
    pub k: usize,
    /// The share of the exact neighbours that was found, from 0 to 1.
    pub recall: f64,
    /// Queries that were answered by walking along the graph. The others compared all rows, which is faster where those are few: their
    /// recall says nothing about the graph.
    pub walked: usize,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.num_problems == 0
    }

    fn wrong(&mut self, what: String) {
        self.num_problems += 1;
        if self.problems.len() < LISTED {
            self.problems.push(what);
        }
    }
}

impl Collection {
    /// Proves that the collection is whole. Changes and searches go on meanwhile, except while files are mended.
    ///
    /// # Errors
    /// When the options are beyond the limits, or a repair fails. What is wrong with the collection is in the report.
    pub fn verify(&self, options: &VerifyOptions) -> Result<VerifyReport, StoreError> {
        LimitExceeded::check("queries of a verification", options.queries, self.limits.hits)?;
        LimitExceeded::check("points asked for", options.k.max(1), self.limits.hits)?;
        let mut report = VerifyReport {
            points: 0,
            graph_rows: 0,
            unreachable: 0,
            recall: None,
            compared: 0,
            problems: Vec::new(),
            num_problems: 0,
            repaired: Vec::new(),
        };
        let guard = self.maintenance();
        let cut = self.cut();
        report.points = cut.rows.len();
        self.check_rows(&cut, &mut report);
        self.check_graph(&cut, options, &mut report)?;
        let before_files = report.num_problems;
        if options.files {
            self.check_files(&cut, &mut report);
        }
        let files_are_wrong = report.num_problems > before_files;
        drop(guard);
        if options.repair && report.unreachable > 0 {
            self.rebuild_graph()?;
            report.repaired.push("the graph was built again".to_owned());
        }
        if options.repair && files_are_wrong {
            self.checkpoint()?;
            report.repaired.push("the files were written again from the memory".to_owned());
        }
        Ok(report)
    }

    /// Counts again, and looks at every vector.
    fn check_rows(&self, cut: &Cut, report: &mut VerifyReport) {
        let (counted, keys) = {
            let state = self.read();
            (state.num_live(), state.num_keys())
        };
        if counted != keys {
            report.wrong(format!("{counted} points are counted, and {keys} ids are known"));
        }
        for (place, info) in cut.infos.iter().enumerate() {
            let id = info.id();
            let Some(vector) = cut.vector(place).filter(|vector| vector.len() == self.config.dim) else {
                report.wrong(format!("point `{id}` has no vector"));
                continue;
            };
            let square_sum: f64 = vector.iter().map(|&value| f64::from(value) * f64::from(value)).sum();
            if !square_sum.is_finite() {
                report.wrong(format!("the vector of point `{id}` is not finite"));
            } else if self.config.distance == Distance::Cosine && (square_sum - 1.0).abs() > LENGTH_TOLERANCE {
                report.wrong(format!("the vector of point `{id}` has length {}, and not 1", square_sum.sqrt()));
            }
        }
    }

    /// Whether the graph reaches every point, and how much of the exact answers it finds.
    fn check_graph(&self, cut: &Cut, options: &VerifyOptions, report: &mut VerifyReport) -> Result<(), StoreError> {
        let base = cut.base();
        let Some(unreachable) = base.unreachable() else { return Ok(()) };
        report.graph_rows = base.len();
        for row in unreachable {
            if let Ok(place) = cut.rows.binary_search(&row) {
                report.unreachable += 1;
                let id = cut.infos.get(place).map(|info| info.id().to_string()).unwrap_or_default();
                report.wrong(format!("point `{id}` cannot be reached by the graph"));
            }
        }
        let in_base = cut.rows.partition_point(|&row| (row as usize) < base.len());
        if in_base < 2 || options.queries == 0 {
            return Ok(());
        }
        let mut stream = Stream::from_seed(options.seed, 0);
        let places = stream.distinct(options.queries.min(in_base), in_base);
        let mut queries = Vec::with_capacity(places.len() * self.config.dim);
        for &place in &places {
            queries.extend_from_slice(cut.vector(place).unwrap_or_default());
        }
        let Ok(queries) = ArrayView2::from_shape((places.len(), self.config.dim), &queries) else { return Ok(()) };
        let allowed = cut.rows_of_base();
        // A point finds itself, which is no merit: one more is searched for, and its own row does not count.
        let k = options.k.max(1) + 1;
        let search = SearchOptions { beam: options.beam, ..SearchOptions::default() };
        let (mut found, mut wanted, mut walked) = (0, 0, 0);
        for (query, &place) in queries.axis_chunks_iter(Axis(0), 1).zip(&places) {
            let own = cut.rows.get(place).copied();
            let (by_graph, is_exact) =
                base.search(query, k, allowed.as_ref(), &search, false).map_err(crate::QueryError::from)?;
            walked += usize::from(!is_exact);
            let (exact, _) = base.search(query, k, allowed.as_ref(), &search, true).map_err(crate::QueryError::from)?;
            for row in exact.indices.iter().filter(|&&row| Some(row) != own).take(k - 1) {
                wanted += 1;
                found += usize::from(by_graph.indices.iter().any(|other| other == row));
            }
        }
        let recall = if wanted == 0 { 1.0 } else { found as f64 / wanted as f64 };
        report.recall = Some(Recall { queries: places.len(), k: options.k.max(1), recall, walked });
        Ok(())
    }

    /// Reads the files as the next start would, and compares.
    fn check_files(&self, cut: &Cut, report: &mut VerifyReport) {
        let manifest = match Manifest::read(&self.folder) {
            Ok(manifest) => manifest,
            Err(error) => return report.wrong(error.to_string()),
        };
        let mut opened = Default::default();
        let stored = match super::open::read_files(&self.folder, &manifest, Some(cut.last), &mut opened) {
            Ok((state, _, _)) => state,
            Err(error) => return report.wrong(error.to_string()),
        };
        for loss in opened.losses.iter().filter(|_| stored.last() < cut.last) {
            report.wrong(format!("{}: {}", loss.path.display(), loss.reason));
        }
        report.compared = cut.rows.len();
        self.compare(cut, &stored, report);
    }

    fn compare(&self, cut: &Cut, stored: &State, report: &mut VerifyReport) {
        if stored.num_live() != cut.rows.len() {
            report.wrong(format!("{} points are in the files, and {} in memory", stored.num_live(), cut.rows.len()));
        }
        for (place, info) in cut.infos.iter().enumerate() {
            let id = info.id();
            let row = stored.row_of(&info.key);
            let Some((row, other)) = row.and_then(|row| Some((row, stored.info(row)?))) else {
                report.wrong(format!("point `{id}` is not in the files"));
                continue;
            };
            if (other.is_number, other.version) != (info.is_number, info.version) || other.payload() != info.payload() {
                report.wrong(format!("point `{id}` has another payload, version or form of its id in the files"));
            }
            let bits = |vector: Option<&[f32]>| -> Option<Vec<u32>> {
                Some(vector?.iter().map(|value| value.to_bits()).collect())
            };
            if bits(stored.vector(row)) != bits(cut.vector(place)) {
                report.wrong(format!("point `{id}` has another vector in the files"));
            }
        }
    }
}
