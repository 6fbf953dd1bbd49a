//! `sop eval`: a protocol from configs, or from flags.

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::Subcommand;
use sop_core::Feature;
use sop_eval::attention::DEFAULT_MASS;
use sop_eval::knn::KnnParams;
use sop_eval::linear::LinearParams;
use sop_eval::logreg::LogregParams;
use sop_eval::statistics::DEFAULT_RESAMPLES;
use sop_eval::tsne::TsneParams;
use sop_suite::evaluation::{
    AttentionParams, DEFAULT_K, DEFAULT_RESOLUTION, DEFAULT_SPLIT, DavisParams, KeptOutcomes, QueryCrop,
};

use super::choice::choice;
use super::{ExtractionFlags, LsArgs};

/// The usual numbers of neighbours, as they are typed.
static KNN_K: LazyLock<String> = LazyLock::new(|| {
    let texts: Vec<String> = KnnParams::default().k.iter().map(usize::to_string).collect();
    texts.join(",")
});

/// `sop eval`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct EvalArgs {
    /// One protocol from flags, or the list of what there is.
    #[command(subcommand)]
    pub command: Option<EvalCommand>,
    /// Configs, each one evaluation (`.toml`).
    #[arg(required = true)]
    pub configs: Vec<PathBuf>,
    /// Check the configs and that their files are there; run nothing.
    #[arg(long)]
    pub check: bool,
    /// What is printed and written.
    #[command(flatten)]
    pub result: ResultFlags,
}

/// `sop eval …`.
#[derive(Debug, Subcommand)]
pub enum EvalCommand {
    /// List protocols and the configs under eval_configs/.
    Ls(LsArgs),
    /// Weighted k-nearest-neighbour classification.
    Knn(Box<KnnArgs>),
    /// Linear probe: a sweep of learning rates and features.
    Linear(Box<LinearArgs>),
    /// Multinomial logistic regression.
    Logreg(Box<LogregArgs>),
    /// Revisited Oxford and Paris: mAP and mP@k from images, descriptors or a ranking.
    Retrieval(Box<RetrievalArgs>),
    /// Copy detection on Copydays: mAP.
    Copydays(Box<CopydaysArgs>),
    /// ImageNet-9: foreground and background taken apart.
    #[command(name = "imagenet9")]
    ImageNet9(Box<ImageNet9Args>),
    /// DAVIS-2017: follow objects through videos, or score a folder of masks, by J and F.
    Davis(Box<DavisArgs>),
    /// Map embeddings to two or three dimensions.
    Tsne(Box<TsneArgs>),
    /// Maps and masks of the CLS token's attention, as pictures.
    Attention(Box<AttentionArgs>),
}

/// What an evaluation prints and writes.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ResultFlags {
    /// One JSON object per result row on stdout instead of the table.
    #[arg(long)]
    pub json: bool,
    /// A gate such as `top1>=0.70` or `top1[k=20]>=0.70` (`recall[!class]`: without the parameter); exit code 1 when it fails. May be
    /// given several times.
    #[arg(long, value_name = "GATE")]
    pub expect: Vec<String>,
}

/// Where results go.
#[derive(Clone, Debug, clap::Args)]
pub struct EvalOutput {
    /// Resamples behind the 95 % interval.
    #[arg(long, default_value_t = DEFAULT_RESAMPLES)]
    pub bootstrap_resamples: u32,
    /// Seed of everything that is drawn.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Folder for the result file; without it nothing is written.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Which outcomes go into `<run>.outcomes.parquet`, one row per unit and value, by which encoders are compared, with the true and the
    /// predicted class of each unit of an accuracy; `all` where nothing follows.
    #[arg(long, requires = "out", value_parser = choice(&KeptOutcomes::CHOICES), num_args = 0..=1, default_value = "chosen",
          default_missing_value = "all", require_equals = true)]
    pub outcomes: KeptOutcomes,
    /// What is printed.
    #[command(flatten)]
    pub result: ResultFlags,
}

/// How data sets become vectors, where they are not given as such.
#[derive(Clone, Debug, clap::Args)]
pub struct VectorFlags {
    /// Encodes the data sets first: an ONNX file, or `pixels:16`.
    #[arg(long)]
    pub encoder: Option<String>,
    /// What a foreign ONNX file's input and outputs are (TOML); `sop encoder inspect` suggests one.
    #[arg(long, value_name = "FILE.toml", requires = "encoder")]
    pub description: Option<PathBuf>,
    /// `cls`, `patch_mean`, `cls_last4`, `cls+patch_mean`, `gem(3)`, `rmac(3)`, `cls+gem(4)` or `logits`, with --encoder; several,
    /// separated by commas, where a protocol sweeps them [default: cls; for copydays cls+gem(4)].
    #[arg(long, value_delimiter = ',')]
    pub feature: Vec<Feature>,
    /// How images become vectors, with --encoder.
    #[command(flatten)]
    pub extraction: ExtractionFlags,
}

/// A labelled set to learn from and one to measure on.
#[derive(Clone, Debug, clap::Args)]
pub struct LabelledData {
    /// Labelled images that are learnt from: embeddings (Parquet; one file per feature, separated by commas), or a data set when an
    /// encoder is given.
    #[arg(long, value_delimiter = ',')]
    pub train: Vec<String>,
    /// Labelled images that are classified: embeddings (Parquet), or a data set when an encoder is given.
    #[arg(long, required = true, value_delimiter = ',')]
    pub test: Vec<String>,
}

/// Parts of the train set.
#[derive(Clone, Debug, clap::Args)]
pub struct FewLabelFlags {
    /// Learn from that many images of every class, drawn --tries times; several, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "N")]
    pub shots: Vec<usize>,
    /// Learn from that percentage of every class, drawn --tries times; several, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "P")]
    pub percent: Vec<f64>,
    /// Learn from the images that a file lists, one name a line (SimCLR's 1percent.txt).
    #[arg(long, value_name = "FILE")]
    pub train_list: Option<PathBuf>,
    /// Draws of every part [default: 5].
    #[arg(long, value_name = "N")]
    pub tries: Option<u64>,
}

/// `sop eval knn`.
#[derive(Debug, clap::Args)]
pub struct KnnArgs {
    /// The sets.
    #[command(flatten)]
    pub data: LabelledData,
    /// Numbers of neighbours, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = KNN_K.as_str())]
    pub k: Vec<usize>,
    /// Temperature of the vote's weights exp(similarity / temperature).
    #[arg(long, default_value_t = KnnParams::default().temperature)]
    pub temperature: f64,
    /// Classify the images of --test by the other images of --test.
    #[arg(long, conflicts_with = "train")]
    pub leave_one_out: bool,
    /// MiB that the search may take beside the vectors; no result depends on it.
    #[arg(long, default_value_t = KnnParams::default().search_mib)]
    pub search_mib: usize,
    /// Parts of the train set.
    #[command(flatten)]
    pub few_labels: FewLabelFlags,
    /// How data sets become vectors.
    #[command(flatten)]
    pub vectors: VectorFlags,
    /// Where results go.
    #[command(flatten)]
    pub output: EvalOutput,
}

/// `sop eval linear`.
#[derive(Debug, clap::Args)]
pub struct LinearArgs {
    /// The sets.
    #[command(flatten)]
    pub data: LabelledData,
    /// Learning rates for a batch of 256, separated by commas [default: SOP's 13 from 0.0001 to 0.5].
    #[arg(long, value_delimiter = ',', default_values_t = LinearParams::default().learning_rates, hide_default_value = true)]
    pub learning_rates: Vec<f64>,
    /// Passes over the train set.
    #[arg(long, default_value_t = LinearParams::default().epochs)]
    pub epochs: usize,
    /// Images of a step.
    #[arg(long, default_value_t = LinearParams::default().batch)]
    pub step_images: usize,
    /// Momentum of the optimiser.
    #[arg(long, default_value_t = LinearParams::default().momentum)]
    pub momentum: f64,
    /// Weight decay.
    #[arg(long, default_value_t = LinearParams::default().weight_decay)]
    pub weight_decay: f64,
    /// Share of the train set that is held out to choose the learning rate; 0 leaves that number out.
    #[arg(long, default_value_t = LinearParams::default().held_out)]
    pub held_out: f64,
    /// Crop and flip the train images at random, anew in every epoch, to this size (the papers' way; needs --encoder, and time).
    #[arg(long, value_name = "PIXELS", requires = "encoder")]
    pub random_crops: Option<usize>,
    /// First weights (`W0`) and order of the images (`order`) of another program's run (.safetensors), to be equal to it step by step.
    #[arg(long, value_name = "FILE", conflicts_with = "random_crops")]
    pub start: Option<PathBuf>,
    /// Also write the chosen head to this file (.safetensors).
    #[arg(long, value_name = "FILE")]
    pub save_head: Option<PathBuf>,
    /// Parts of the train set.
    #[command(flatten)]
    pub few_labels: FewLabelFlags,
    /// How data sets become vectors.
    #[command(flatten)]
    pub vectors: VectorFlags,
    /// Where results go.
    #[command(flatten)]
    pub output: EvalOutput,
}

/// `sop eval logreg`.
#[derive(Debug, clap::Args)]
pub struct LogregArgs {
    /// The sets.
    #[command(flatten)]
    pub data: LabelledData,
    /// Penalties on half the squared weights beside the mean cross-entropy, separated by commas.
    #[arg(long, value_delimiter = ',', default_values_t = LogregParams::default().penalties)]
    pub penalties: Vec<f64>,
    /// What happens to the features first: `standardize`, `l2` or `none`.
    #[arg(long, default_value = LogregParams::default().scaling.name())]
    pub scaling: String,
    /// No intercept.
    #[arg(long)]
    pub no_intercept: bool,
    /// It has converged where no component of the gradient is larger.
    #[arg(long, default_value_t = LogregParams::default().tolerance)]
    pub tolerance: f64,
    /// Iterations at most.
    #[arg(long, default_value_t = LogregParams::default().max_iterations)]
    pub max_iterations: usize,
    /// Parts of the train set.
    #[command(flatten)]
    pub few_labels: FewLabelFlags,
    /// How data sets become vectors.
    #[command(flatten)]
    pub vectors: VectorFlags,
    /// Where results go.
    #[command(flatten)]
    pub output: EvalOutput,
}

/// Whitening of descriptors.
#[derive(Clone, Debug, clap::Args)]
pub struct WhiteningFlags {
    /// Whiten, fitted on these embeddings, or this data set when an encoder is given.
    #[arg(long, value_name = "SET")]
    pub whitening_set: Option<String>,
    /// Components that whitening keeps [default: all].
    #[arg(long, value_name = "N", requires = "whitening_set")]
    pub whitening_dim: Option<usize>,
    /// Subtract the mean from the covariance, too, which DINO's script does not.
    #[arg(long, requires = "whitening_set")]
    pub centred: bool,
}

/// A collection in place of the database.
#[derive(Clone, Debug, clap::Args)]
pub struct SearchedIndexFlags {
    /// An index folder whose --collection holds the database images: each query is searched for there, and what that loses against a
    /// ranking of all images is measured, too.
    #[arg(long, value_name = "DIR", requires = "collection", conflicts_with_all = ["database", "ranking"])]
    pub index: Option<PathBuf>,
    /// The collection: exactly the images of the ground truth, by the encoder, feature and transform of the queries.
    #[arg(long, value_name = "NAME", requires = "index")]
    pub collection: Option<String>,
    /// Images that a search in --index gives; the others count as not found.
    #[arg(long, value_name = "N", requires = "index", default_value_t = DEFAULT_K)]
    pub k: usize,
    /// Points that a graph search in --index keeps in view: more find more, and take longer [default: what suits --k].
    #[arg(long, value_name = "N", requires = "index", conflicts_with = "exact")]
    pub beam: Option<usize>,
    /// Look at every point of --index, whatever its graph.
    #[arg(long, requires = "index")]
    pub exact: bool,
}

/// `sop eval retrieval`.
#[derive(Debug, clap::Args)]
pub struct RetrievalArgs {
    /// gnd_roxford5k.pkl, gnd_rparis6k.pkl, or JSON of the same form.
    #[arg(long, value_name = "FILE")]
    pub ground_truth: PathBuf,
    /// Folder of the images, NAME.jpg or NAME.png; without an encoder they are drawn only.
    #[arg(long, value_name = "DIR")]
    pub images: Option<PathBuf>,
    /// Descriptors of the queries (Parquet), instead of an encoder.
    #[arg(long)]
    pub queries: Option<String>,
    /// Descriptors of the database images (Parquet).
    #[arg(long, requires = "queries")]
    pub database: Option<String>,
    /// Where the searched collection is.
    #[command(flatten)]
    pub index: SearchedIndexFlags,
    /// A ranking made elsewhere (.npy, a column for each query), instead of an encoder.
    #[arg(long, value_name = "FILE", conflicts_with = "queries")]
    pub ranking: Option<PathBuf>,
    /// What is described of a query: its box as the benchmark asks for, or the whole image as DINO, iBOT and SOP do.
    #[arg(long, value_parser = choice(&QueryCrop::CHOICES), default_value = QueryCrop::default().name())]
    pub query_crop: QueryCrop,
    /// Whitening.
    #[command(flatten)]
    pub whitening: WhiteningFlags,
    /// Expand queries by that many nearest images.
    #[arg(long, value_name = "N")]
    pub expand: Option<usize>,
    /// Exponent of the weights of --expand; 0 is the plain mean [default: 3].
    #[arg(long, requires = "expand")]
    pub alpha: Option<f64>,
    /// Augment the database by that many nearest images, each counted once for itself.
    #[arg(long, value_name = "N")]
    pub augment: Option<usize>,
    /// Exponent of the weights of --augment [default: 3].
    #[arg(long, requires = "augment")]
    pub augment_alpha: Option<f64>,
    /// How images become vectors [default transform: thumbnail(512,lanczos)|normalize(…)|scales(dino)].
    #[command(flatten)]
    pub vectors: VectorFlags,
    /// Where results, ranking and strips go.
    #[command(flatten)]
    pub output: EvalOutput,
}

/// `sop eval copydays`.
#[derive(Debug, clap::Args)]
pub struct CopydaysArgs {
    /// Folder with original, strong, jpegqual/QUALITY and crops/PERCENT, or some of the last three.
    #[arg(long)]
    pub root: PathBuf,
    /// Blocks of copies, separated by commas [default: all that are there].
    #[arg(long, value_delimiter = ',')]
    pub blocks: Vec<String>,
    /// A data set of which nothing is a copy, searched beside the originals.
    #[arg(long, value_name = "SET")]
    pub distractors: Option<String>,
    /// Whitening.
    #[command(flatten)]
    pub whitening: WhiteningFlags,
    /// How images become vectors [default transform: resize_exact(320,320,bicubic)|normalize(…)].
    #[command(flatten)]
    pub vectors: VectorFlags,
    /// Where results go.
    #[command(flatten)]
    pub output: EvalOutput,
}

/// `sop eval imagenet9`.
#[derive(Debug, clap::Args)]
pub struct ImageNet9Args {
    /// Folder that holds `<variant>/val/<class>/`.
    #[arg(long)]
    pub root: PathBuf,
    /// Variants, separated by commas [default: those of the eight that are there].
    #[arg(long, value_delimiter = ',')]
    pub variants: Vec<String>,
    /// The head: a file that `sop eval linear --save-head` wrote.
    #[arg(long)]
    pub head: PathBuf,
    /// From the head's classes to the nine (in_to_in9.json); not needed for a head of nine classes.
    #[arg(long)]
    pub mapping: Option<PathBuf>,
    /// How images become vectors; by default they are taken as they are stored.
    #[command(flatten)]
    pub vectors: VectorFlags,
    /// Where results go.
    #[command(flatten)]
    pub output: EvalOutput,
}

/// `sop eval attention`.
#[derive(Debug, clap::Args)]
pub struct AttentionArgs {
    /// The images: a data set.
    #[arg(long)]
    pub images: String,
    /// Share of a head's attention that its mask holds.
    #[arg(long, default_value_t = DEFAULT_MASS)]
    pub mass: f64,
    /// Images that are looked at, spread over the set; 0 for all.
    #[arg(long, default_value_t = AttentionParams::default().count)]
    pub count: usize,
    /// How images become vectors.
    #[command(flatten)]
    pub vectors: VectorFlags,
    /// Where results and pictures go.
    #[command(flatten)]
    pub output: EvalOutput,
}

/// `sop eval davis`.
#[derive(Debug, clap::Args)]
pub struct DavisArgs {
    /// Folder with JPEGImages, Annotations and ImageSets.
    #[arg(long)]
    pub root: PathBuf,
    /// The split: `ImageSets/2017/<split>.txt`.
    #[arg(long, default_value = DEFAULT_SPLIT)]
    pub split: String,
    /// Sequences instead of a split's, separated by commas.
    #[arg(long, value_delimiter = ',')]
    pub sequences: Vec<String>,
    /// Folder of frames and annotations below their kinds.
    #[arg(long, default_value = DEFAULT_RESOLUTION)]
    pub resolution: String,
    /// Score the masks of this folder (`<sequence>/00000.png`) instead of making them.
    #[arg(long, value_name = "DIR", conflicts_with = "encoder")]
    pub results: Option<PathBuf>,
    /// Frames before the current one that vote beside the first.
    #[arg(long, default_value_t = DavisParams::default().frames)]
    pub frames: usize,
    /// Distance in tokens up to which tokens vote; 0 for all.
    #[arg(long, default_value_t = DavisParams::default().radius)]
    pub radius: usize,
    /// Context tokens that vote for a token.
    #[arg(long, default_value_t = DavisParams::default().top_k)]
    pub top_k: usize,
    /// Temperature of the votes.
    #[arg(long, default_value_t = DavisParams::default().temperature)]
    pub temperature: f64,
    /// Short side of the frames as the encoder gets them.
    #[arg(long, default_value_t = DavisParams::default().short_side)]
    pub short_side: usize,
    /// What encodes the frames.
    #[command(flatten)]
    pub vectors: VectorFlags,
    /// Where results, masks and pictures go.
    #[command(flatten)]
    pub output: EvalOutput,
}

/// `sop eval tsne`.
#[derive(Debug, clap::Args)]
pub struct TsneArgs {
    /// Embeddings (Parquet; maps of several files, separated by commas, stand side by side), or a data set when an encoder is given.
    #[arg(long, required = true, value_delimiter = ',')]
    pub points: Vec<String>,
    /// Points that are mapped at most, spread over the set [default: all].
    #[arg(long)]
    pub count: Option<usize>,
    /// Width of the map's figure in print: `column` (8.5 cm), `page` (17.5 cm), or a length such as 8.25cm, 3.25in, 234pt [default: up
    /// to a page].
    #[arg(long)]
    pub width: Option<String>,
    /// Effective number of neighbours of a point.
    #[arg(long, default_value_t = TsneParams::default().perplexity)]
    pub perplexity: f64,
    /// Dimensions of the map, 2 or 3.
    #[arg(long, default_value_t = TsneParams::default().dimensions)]
    pub dimensions: usize,
    /// Where the map starts: `random` or `pca`.
    #[arg(long, default_value = "random")]
    pub init: String,
    /// Steps.
    #[arg(long, default_value_t = TsneParams::default().iterations)]
    pub iterations: usize,
    /// How data sets become vectors.
    #[command(flatten)]
    pub vectors: VectorFlags,
    /// Where map, figure and results go.
    #[command(flatten)]
    pub output: EvalOutput,
}
