//! `sop index`: flags.

use std::path::PathBuf;

use clap::Subcommand;
use sop_suite::sop_collection::{DISTANCES, Distance, GRAPH_CHOICES, GraphChoice};

use super::choice::choice;

/// `sop index`.
#[derive(Debug, clap::Args)]
pub struct IndexArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: IndexCommand,
}

/// `sop index …`.
#[derive(Debug, Subcommand)]
pub enum IndexCommand {
    /// Make a collection of embeddings, in an index folder that is made where there is none.
    Build(BuildArgs),
    /// Add embeddings to a collection; points whose ids are there are replaced.
    Add(AddArgs),
    /// Remove points from a collection.
    Remove(RemoveArgs),
    /// Find the nearest points of a point, or of embeddings.
    Search(SearchArgs),
    /// Show what is in an index, or in one of its collections.
    Stats(StatsArgs),
    /// Check files, prove that every point can be found, and measure the recall of approximate search; exit code 1 when something is wrong.
    Verify(VerifyIndexArgs),
    /// Write a collection into one file.
    Snapshot(SnapshotArgs),
    /// Make a collection of a snapshot.
    Restore(RestoreArgs),
}

/// A collection of an index.
#[derive(Debug, clap::Args)]
pub struct CollectionFlags {
    /// The index folder.
    #[arg(long, env = "SOP_INDEX")]
    pub index: PathBuf,
    /// The collection, or an alias of it.
    #[arg(long)]
    pub collection: String,
}

/// `sop index build`.
#[derive(Debug, clap::Args)]
pub struct BuildArgs {
    /// Embeddings: a Parquet file, a folder of parts, or a pattern. Labels and further columns become the points' metadata.
    #[arg(long)]
    pub embeddings: String,
    /// The index folder.
    #[arg(long)]
    pub out: PathBuf,
    /// Name of the new collection: letters, digits, `_`, `-` and `.`.
    #[arg(long)]
    pub collection: String,
    /// What finds the neighbours.
    #[arg(long, value_parser = choice(GRAPH_CHOICES), default_value = "auto")]
    pub graph: GraphChoice,
    /// What makes vectors near each other.
    #[arg(long, value_parser = choice(DISTANCES), default_value = "cosine")]
    pub distance: Distance,
    /// Whiten the embeddings to that many components, fewer than they have; so are all that are added and searched for later.
    #[arg(long, value_name = "N")]
    pub whitening_dim: Option<usize>,
    /// Fit the whitening on these embeddings instead of those of the collection.
    #[arg(long, value_name = "SET", requires = "whitening_dim")]
    pub whitening_set: Option<String>,
    /// Subtract the mean from the covariance, too, as in `sop eval retrieval`.
    #[arg(long, requires = "whitening_dim")]
    pub centred: bool,
    /// The images of the embeddings, so that a server can show them: `folder:DIR`, `hf:GLOB`, …
    #[arg(long)]
    pub data: Option<String>,
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop index add`.
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// Where to.
    #[command(flatten)]
    pub to: CollectionFlags,
    /// Embeddings of the same encoder, feature and transform: a Parquet file, a folder of parts, or a pattern.
    #[arg(long)]
    pub embeddings: String,
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop index remove`.
#[derive(Debug, clap::Args)]
pub struct RemoveArgs {
    /// From where.
    #[command(flatten)]
    pub from: CollectionFlags,
    /// Ids of the points.
    #[arg(long, num_args = 1.., required_unless_present_any = ["ids_file", "filter"])]
    pub id: Vec<String>,
    /// A text file with an id on each line.
    #[arg(long)]
    pub ids_file: Option<PathBuf>,
    /// All points that a filter lets through, as JSON: '{"must":[{"key":"label","match":{"value":3}}]}'.
    #[arg(long, conflicts_with_all = ["id", "ids_file"])]
    pub filter: Option<String>,
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop index search`.
#[derive(Debug, clap::Args)]
pub struct SearchArgs {
    /// Where.
    #[command(flatten)]
    pub among: CollectionFlags,
    /// The neighbours of these points, which are not their own.
    #[arg(long, num_args = 1.., required_unless_present = "embeddings")]
    pub id: Vec<String>,
    /// The neighbours of each of these embeddings, of the same encoder, feature and transform.
    #[arg(long, conflicts_with = "id")]
    pub embeddings: Option<String>,
    /// Neighbours of each.
    #[arg(long, short, default_value_t = 10)]
    pub k: usize,
    /// Only among points that a filter lets through, as JSON: '{"must":[{"key":"label","match":{"value":3}}]}'.
    #[arg(long)]
    pub filter: Option<String>,
    /// Look at every point, whatever the collection's graph.
    #[arg(long)]
    pub exact: bool,
    /// Points that a graph search keeps in view: more find more, and take longer [default: what suits k].
    #[arg(long)]
    pub beam: Option<usize>,
    /// Draw each query towards that many of its nearest points first (query expansion, as in `sop eval retrieval`).
    #[arg(long, value_name = "N")]
    pub expand: Option<usize>,
    /// Exponent of the weights of --expand; 0 is the plain mean [default: 3].
    #[arg(long, requires = "expand")]
    pub alpha: Option<f64>,
    /// Show a point whose cosine to a better hit is at least this as one with that hit.
    #[arg(long, value_name = "COSINE")]
    pub fold_duplicates: Option<f32>,
    /// One JSON object per query on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop index stats`.
#[derive(Debug, clap::Args)]
pub struct StatsArgs {
    /// The index folder.
    #[arg(long, env = "SOP_INDEX")]
    pub index: PathBuf,
    /// One collection [default: all].
    #[arg(long)]
    pub collection: Option<String>,
    /// One JSON object per collection on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop index verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyIndexArgs {
    /// Which.
    #[command(flatten)]
    pub of: CollectionFlags,
    /// Points that are searched for, to measure recall.
    #[arg(long, default_value_t = 1000)]
    pub queries: usize,
    /// Neighbours that are compared.
    #[arg(long, short, default_value_t = 10)]
    pub k: usize,
    /// Rows that a graph search keeps in view [default: what suits k].
    #[arg(long)]
    pub beam: Option<usize>,
    /// Seed of the points that are drawn.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Build anew what is found wrong.
    #[arg(long)]
    pub repair: bool,
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop index snapshot`.
#[derive(Debug, clap::Args)]
pub struct SnapshotArgs {
    /// Of what.
    #[command(flatten)]
    pub of: CollectionFlags,
    /// Where the file goes [default: among the index folder's snapshots].
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop index restore`.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// The index folder; it is made where there is none.
    #[arg(long, env = "SOP_INDEX")]
    pub index: PathBuf,
    /// Name of the collection.
    #[arg(long)]
    pub collection: String,
    /// The snapshot.
    #[arg(long)]
    pub snapshot: PathBuf,
    /// Take the place of a collection of this name.
    #[arg(long)]
    pub replace: bool,
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
}
