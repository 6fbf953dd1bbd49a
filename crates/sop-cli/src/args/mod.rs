//! What was typed.

mod choice;
mod eval;
mod export_results;
mod extraction;
mod global;
mod index;
mod serve;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use sop_backbone::DeviceKind;
use sop_benchmark::BenchmarkVersion;
use sop_core::Feature;
use sop_embed::{ExtractOptions, Shard};
use sop_eval::statistics::DEFAULT_RESAMPLES;
use sop_pretrain::checkpoint::NetworkKey;
use sop_report::layout::{SettingFilter, embedded_tables};
use sop_report::{FigureWidth, Format};

use self::choice::choice;

pub use export_results::ExportResultsArgs;
pub use extraction::ExtractionFlags;
pub use global::Global;
pub use index::{
    AddArgs, BuildArgs, CollectionFlags, IndexArgs, IndexCommand, RemoveArgs, RestoreArgs, SearchArgs, SnapshotArgs,
    StatsArgs, VerifyIndexArgs,
};
pub use serve::ServeArgs;

pub use eval::{
    AttentionArgs, CopydaysArgs, DavisArgs, EvalArgs, EvalCommand, EvalOutput, FewLabelFlags, ImageNet9Args, KnnArgs,
    LabelledData, LinearArgs, LogregArgs, RetrievalArgs, SearchedIndexFlags, TsneArgs, VectorFlags, WhiteningFlags,
};

/// Import vision encoders, export them to ONNX, evaluate them, and make tables and figures of the results.
#[derive(Debug, Parser)]
#[command(name = "sop", version, max_term_width = 120)]
pub struct Args {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Args {
    /// What was typed; ends the process where that is help or a mistake.
    pub fn typed() -> Self {
        let matches = global::hide_unused(Self::command()).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The whole pipeline on a generated benchmark, in a few minutes on two cores.
    Demo(DemoArgs),
    /// Generate, check or list data sets.
    Data(DataArgs),
    /// Turn published weights (.pth, .pt, .safetensors) into an ONNX encoder.
    Import(ImportArgs),
    /// Pre-train an encoder with Self-Organizing Prototypes.
    Pretrain(PretrainArgs),
    /// Write an ONNX encoder of this program's own models.
    Export(ExportArgs),
    /// Show what is in an ONNX encoder.
    Encoder(EncoderArgs),
    /// Turn a data set into embeddings.
    Embed(EmbedArgs),
    /// Evaluate embeddings or an encoder.
    Eval(EvalArgs),
    /// Turn results into tables and figures.
    Report(ReportArgs),
    /// List, show or compare results: what ran, with what, what changed.
    Results(ResultsArgs),
    /// Compare two encoders, or an encoder and embeddings made elsewhere, on real images; exit code 1 when they differ.
    ///
    /// An engine is chosen once per process: to compare two engines, embed with the one (`sop --runtime … embed`) and
    /// verify with the other against the file (`sop --runtime … verify … --against embeddings.parquet`).
    Verify(VerifyArgs),
    /// Make collections of embeddings, change them and search in them.
    Index(IndexArgs),
    /// Answer searches over HTTP, with a web page.
    Serve(ServeArgs),
    /// List or remove the embeddings that are kept between evaluations.
    Cache(CacheArgs),
    /// Show which engine runs ONNX models, and why.
    Runtime(RuntimeArgs),
}

/// `sop demo`.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Where data, encoders, embeddings, results and figures go.
    #[arg(long, default_value = "sop-demo")]
    pub out: PathBuf,
    /// Training images.
    #[arg(long, default_value_t = 2000)]
    pub train: u64,
    /// Test images.
    #[arg(long, default_value_t = 500)]
    pub test: u64,
    /// Height and width of an image in pixels.
    #[arg(long, default_value_t = 64)]
    pub size: u32,
    /// Passes over the training images in pre-training.
    #[arg(long, default_value_t = 12)]
    pub epochs: u64,
    /// Seed of the images, the untrained encoder and the pre-training.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// At the end serve the training images: searches by each of the three encoders, with the page.
    #[arg(long)]
    pub serve: bool,
    /// Where to serve them; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:6333", requires = "serve")]
    pub listen: SocketAddr,
}

/// `sop data`.
#[derive(Debug, clap::Args)]
pub struct DataArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: DataCommand,
}

/// `sop data …`.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Write the generated benchmark in a real layout.
    Generate(GenerateArgs),
    /// Read every image of a data set once and report what is there.
    Check(CheckArgs),
    /// List the data sets that are known.
    Ls(LsArgs),
}

/// `sop data generate`.
#[derive(Debug, clap::Args)]
pub struct GenerateArgs {
    /// Folder to write; it must not exist or be empty.
    #[arg(long)]
    pub out: PathBuf,
    /// The layout.
    #[arg(long, value_enum, default_value_t = GeneratedLayout::Folder)]
    pub layout: GeneratedLayout,
    /// Training images, for folder and parquet [default: 5000].
    #[arg(long)]
    pub train: Option<u64>,
    /// Test images, for folder and parquet [default: 1000].
    #[arg(long)]
    pub test: Option<u64>,
    /// How many landmarks, videos, test images of a class and variant, or originals, for the other layouts [default: 20, 6, 20, 40].
    #[arg(long)]
    pub count: Option<u64>,
    /// Height (of landmarks and copies: the shorter side) of an image in pixels.
    #[arg(long, default_value_t = 64)]
    pub size: u32,
    /// The seed; a longer set of the same seed begins with the shorter one.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Version of the classification images, for folder and parquet [default: 2]; the other layouts have one version.
    #[arg(long, value_parser = choice(&BenchmarkVersion::CHOICES))]
    pub version: Option<BenchmarkVersion>,
}

/// Layouts of the generated benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GeneratedLayout {
    /// `train/<class>/*.png` and `test/<class>/*.png`.
    Folder,
    /// `train.parquet` and `test.parquet` as Hugging Face writes them.
    Parquet,
    /// Landmarks as revisited Oxford and Paris: `jpg/*.jpg` and `gnd_generated.json`.
    Revisited,
    /// Videos as DAVIS-2017: `JPEGImages/480p`, `Annotations/480p`, `ImageSets/2017/val.txt`.
    Davis,
    /// Foregrounds and backgrounds as ImageNet-9: `<variant>/val/<class>/*.jpg`, and `train/<class>/*.jpg`.
    #[value(name = "imagenet9")]
    ImageNet9,
    /// Copies as Copydays: `original`, `strong`, `crops/*`, `jpegqual/*`.
    Copydays,
}

/// `sop data check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The data set: `folder:DIR`, `hf:GLOB`, `cifar:DIR`, `mnist:DIR`, `tar:SHARDS`, `list:DIR#list=FILE`.
    pub data: String,
    /// Largest image in pixels.
    #[arg(long)]
    pub max_pixels: Option<u64>,
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop data ls`.
#[derive(Debug, clap::Args)]
pub struct LsArgs {
    /// One JSON object per data set on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop import`.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The weights: .pth, .pt or .safetensors; a plain backbone or a whole training checkpoint.
    pub weights: PathBuf,
    /// `vit_tiny`, `vit_small`, `vit_base`, `vit_large`, or `vit` to read every size from the tensors.
    #[arg(long)]
    pub arch: String,
    /// Height and width of a patch in pixels; checked against the weights.
    #[arg(long)]
    pub patch_size: Option<usize>,
    /// Attention heads, which no tensor shows; needed with `--arch vit` where the file does not say them.
    #[arg(long)]
    pub heads: Option<usize>,
    /// Which set of weights of a training checkpoint, e.g. `ema.module`; `teacher` where there are just it and its student.
    #[arg(long)]
    pub key: Option<String>,
    /// Believe the tensors and the flags alone: what else the file says of its network may contradict them.
    #[arg(long)]
    pub ignore_args: bool,
    /// The ONNX file to write.
    #[arg(long)]
    pub out: PathBuf,
    /// Method of pre-training, for tables: dino, ibot, sop …
    #[arg(long)]
    pub method: Option<String>,
    /// Epochs of pre-training, for tables; the checkpoint's own number where it has one.
    #[arg(long)]
    pub epochs: Option<u64>,
    /// Data set of pre-training, for tables.
    #[arg(long)]
    pub pretrain_dataset: Option<String>,
    /// The image transform that the encoder recommends [default: resize and centre crop to the weights' image size].
    #[arg(long)]
    pub transform: Option<String>,
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop pretrain`.
#[derive(Debug, clap::Args)]
pub struct PretrainArgs {
    /// The config (TOML).
    pub config: PathBuf,
    /// Folder of the run [default: `runs/` and the config's name].
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Go on from the run's last checkpoint; it ends as if it had not been interrupted.
    #[arg(long)]
    pub resume: bool,
    /// What computes; `cuda` and `wgpu` need a build with the feature of that name.
    #[arg(long, value_parser = choice(&DeviceKind::CHOICES), default_value = "cpu")]
    pub device: DeviceKind,
    /// Devices that share the images of a batch, the first ones of their kind.
    #[arg(long, default_value_t = 1)]
    pub devices: usize,
    /// One JSON object per step on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop export`.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// What to export: a checkpoint of `sop pretrain`, or `untrained` for a model with seeded random weights.
    pub checkpoint: String,
    /// Which of a checkpoint's networks.
    #[arg(long, value_parser = choice(&NetworkKey::CHOICES), default_value = "teacher")]
    pub key: NetworkKey,
    /// The config of a pre-training: the backbone that it starts from; for `untrained`.
    #[arg(long, conflicts_with_all = ["arch", "patch_size", "image_size", "seed"])]
    pub config: Option<PathBuf>,
    /// `vit_tiny`, `vit_small`, `vit_base` or `vit_large`; for `untrained` [default: vit_small].
    #[arg(long)]
    pub arch: Option<String>,
    /// Height and width of a patch in pixels; for `untrained` [default: 16].
    #[arg(long)]
    pub patch_size: Option<usize>,
    /// Height and width of the images that the position embedding is made for, in pixels; for `untrained` [default: 224].
    #[arg(long)]
    pub image_size: Option<usize>,
    /// Seed of the weights; for `untrained` [default: 0].
    #[arg(long)]
    pub seed: Option<u64>,
    /// The image transform that the encoder recommends [default: resize and centre crop to the model's image size].
    #[arg(long)]
    pub transform: Option<String>,
    /// The ONNX file to write.
    #[arg(long)]
    pub out: PathBuf,
}

/// `sop encoder`.
#[derive(Debug, clap::Args)]
pub struct EncoderArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: EncoderCommand,
}

/// `sop encoder …`.
#[derive(Debug, Subcommand)]
pub enum EncoderCommand {
    /// Show inputs, outputs, parameters and operations of an ONNX file, and a description where it needs one.
    Inspect(InspectArgs),
}

/// `sop encoder inspect`.
#[derive(Debug, clap::Args)]
pub struct InspectArgs {
    /// The ONNX file.
    pub encoder: PathBuf,
    /// Height and width in pixels of the image whose operations are counted [default: what the recommended transform gives].
    #[arg(long, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=65_536))]
    pub image_size: Option<usize>,
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop embed`.
#[derive(Debug, clap::Args)]
pub struct EmbedArgs {
    /// An ONNX file, or `pixels:16`.
    #[arg(long)]
    pub encoder: String,
    /// What a foreign ONNX file's input and outputs are (TOML); `sop encoder inspect` suggests one.
    #[arg(long, value_name = "FILE.toml")]
    pub description: Option<PathBuf>,
    /// The data set: `folder:DIR`, `hf:GLOB`, `cifar:DIR`, `mnist:DIR`, `tar:SHARDS`, `list:DIR#list=FILE`.
    #[arg(long)]
    pub data: String,
    /// The Parquet file to write, or (any other name) the folder for its parts; `{feature}` in it stands for the feature.
    #[arg(long)]
    pub out: PathBuf,
    /// `cls`, `patch_mean`, `cls_last4`, `cls+patch_mean` or `logits`; several, separated by commas, come from one pass.
    #[arg(long, value_delimiter = ',', default_value = "cls")]
    pub feature: Vec<Feature>,
    /// How images become vectors.
    #[command(flatten)]
    pub extraction: ExtractionFlags,
    /// Make the i-th of n shares of the set, i from 0; the shares of all n together are the set.
    #[arg(long, value_name = "I/N", default_value_t = Shard::WHOLE)]
    pub shard: Shard,
    /// Images per part: what an interrupted run loses at most.
    #[arg(long, default_value_t = ExtractOptions::default().part_rows, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1 << 24))]
    pub part_rows: usize,
    /// Begin anew instead of going on where an interrupted run stopped.
    #[arg(long)]
    pub restart: bool,
    /// One JSON object per feature on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop report`.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// Result files, or folders that hold some. The paper's tables need none.
    #[arg(required_unless_present_any = ["curves", "table"])]
    pub results: Vec<PathBuf>,
    /// The `metrics.parquet` of a pre-training run, whose course goes to the figures instead of results, or onto the page of --html.
    #[arg(long, value_name = "METRICS")]
    pub curves: Option<PathBuf>,
    /// One self-contained HTML page of all results instead of a table: overview, tables that can be sorted, figures, the pictures beside
    /// the results, comparisons of encoders, what they differ on, the settings behind each number, downloads.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["table", "format", "out", "figure", "sweep", "fragment", "settings"])]
    pub html: Option<PathBuf>,
    /// On the page: a data set that results were measured on (`folder:DIR`, `hf:GLOB`, …), whose images are shown where encoders differ.
    /// It must be the same to the byte. May be given several times.
    #[arg(long, value_name = "DATA", requires = "html")]
    pub images: Vec<String>,
    /// On the page: its heading.
    #[arg(long, value_name = "TEXT", requires = "html")]
    pub title: Option<String>,
    /// Which table: `summary` (one for each protocol, a row per encoder, a column per measure; CSV and JSON have one of all), `long` (a
    /// row per value), `overview` (a row per protocol, a column per encoder: one value each), a table of the paper (`paper-1` …
    /// `paper-10`, `paper-b1` … `paper-b3`, `paper-c1` … `paper-c7`) with its published values and those of RESULTS, or FILE.toml, a
    /// table of your own.
    #[arg(long, default_value = "summary", value_name = "TABLE")]
    pub table: TableKind,
    /// A setting that the values of the paper's tables, of FILE.toml and of figures must have, such as `temperature=0.07`, or
    /// `knn:feature=cls` for the column `knn`. May be given several times; of several values of one key any will do.
    #[arg(long = "setting", value_name = "KEY=VALUE")]
    pub settings: Vec<SettingFilter>,
    /// In the summary show every value of a sweep (each `k`, learning rate, penalty) and of single units (each video), and all columns,
    /// however wide. By default the best stands, with how it was chosen. CSV and JSON have everything anyway.
    #[arg(long)]
    pub sweep: bool,
    /// LaTeX's `tabular` or HTML's `<table>` alone, of the paper's tables and of FILE.toml.
    #[arg(long)]
    pub fragment: bool,
    /// `md`, `latex`, `csv`, `html`, `json` or `text`.
    #[arg(long, default_value = "md")]
    pub format: Format,
    /// File for the table instead of stdout.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Also draw a figure (or the curves), to this file: .svg, .png, or .pdf with its font embedded (TrueType).
    #[arg(long)]
    pub figure: Vec<PathBuf>,
    /// What the figure shows. Values of different data, protocol versions or settings never share a figure.
    #[arg(long, value_enum, default_value_t = Drawing::Sweep, value_name = "KIND", conflicts_with = "curves", requires = "figure")]
    pub draw: Drawing,
    /// The protocol to draw, such as `knn`, where results of several can be drawn.
    #[arg(long, value_name = "NAME", requires = "figure")]
    pub protocol: Option<String>,
    /// The metric to draw, such as `top5`; without it the one that the protocol is known by.
    #[arg(long, value_name = "NAME", requires = "figure")]
    pub metric: Option<String>,
    /// The column of the table that `--draw methods` shows.
    #[arg(long, value_name = "NAME", requires = "figure")]
    pub column: Option<String>,
    /// What the horizontal axis is over. Of an ablation or a heat map: a parameter (`temperature`), a field of the row (`feature`), or
    /// one of the encoder's description (`encoder.pretrain_epochs`). Of methods: a label of the table's rows. Of a sweep or of units:
    /// another parameter than the usual one.
    #[arg(long, value_name = "KEY", requires = "figure")]
    pub x: Option<String>,
    /// What the rows of a heat map are over, as for `--x`.
    #[arg(long, value_name = "KEY", requires = "figure")]
    pub y: Option<String>,
    /// What tells the lines of an ablation apart, as for `--x`; of methods: a label of the table's rows.
    #[arg(long, value_name = "KEY", requires = "figure")]
    pub series: Option<String>,
    /// In a confusion matrix show the numbers of units instead of the shares of each true class.
    #[arg(long, requires = "figure")]
    pub counts: bool,
    /// Width of the figures in print: `column` (8.5 cm), `page` (17.5 cm), or a length such as 8.25cm, 3.25in, 234pt. Texts keep
    /// their sizes (7.5 to 10 points). 5in without it.
    #[arg(long, value_name = "WIDTH", requires = "figure")]
    pub width: Option<FigureWidth>,
}

/// What a figure of results shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Drawing {
    /// A metric over the parameter that the protocol sweeps, such as k, a learning rate or a penalty: a line an encoder.
    Sweep,
    /// The parts of a benchmark side by side, such as difficulties or variants: a dot an encoder.
    Parts,
    /// A value for each class: a dot an encoder, the best class first; of many classes the best, the worst and the most different.
    Classes,
    /// A value for each unit, such as a video of DAVIS: a dot an encoder.
    Units,
    /// A column of the paper's tables or of FILE.toml: methods over architectures, published (hollow) and measured (filled) values.
    Methods,
    /// A value over a setting of the protocol or of the pre-training (`--x`, lines by `--series`); seeds become their mean.
    Ablation,
    /// A value over two settings (`--x`, `--y`), with its number in each cell.
    Heatmap,
    /// What the units of each class were taken for, by one encoder, from its kept outcomes.
    Confusion,
    /// Precision over recall of retrieval, from the curve that it measures.
    PrecisionRecall,
}

/// The tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// A row per encoder, a column per measure.
    Summary,
    /// A row per value.
    Long,
    /// A row per protocol, a column per encoder: one value each.
    Overview,
    /// A table with a layout: one that comes with the program, or a file.
    LaidOut(String),
}

impl FromStr for TableKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "summary" => Self::Summary,
            "long" => Self::Long,
            "overview" => Self::Overview,
            file if file.to_ascii_lowercase().ends_with(".toml") => Self::LaidOut(file.to_owned()),
            name if embedded_tables().any(|table| table == name) => Self::LaidOut(name.to_owned()),
            other => {
                let tables = embedded_tables().collect::<Vec<_>>().join(", ");
                return Err(format!(
                    "`{other}` is no table; there are summary, long, overview, {tables}, and FILE.toml for one of your own"
                ));
            }
        })
    }
}

/// `sop results`.
#[derive(Debug, clap::Args)]
pub struct ResultsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ResultsCommand,
}

/// `sop results …`.
#[derive(Debug, Subcommand)]
pub enum ResultsCommand {
    /// List runs, the oldest first.
    Ls(RunsArgs),
    /// Show one run: where it comes from and every value.
    Show(ShowArgs),
    /// Compare two runs, result files or folders, value by value.
    ///
    /// Values are matched by protocol, data set, split, parameters and metric; encoder, feature, reference set
    /// and seed may differ where each side has one of them, and are matched, too, where a side has several.
    /// Where the outcomes of a value were kept by both (`sop eval --outcomes` keeps all), the difference has a 95 % interval over the
    /// units that both have.
    Diff(DiffArgs),
    /// Compare many encoders on the same images: which are better, which cannot be told apart.
    ///
    /// Encoders are compared by the values that their protocols are known by, over the units whose outcomes all have
    /// kept: the objects of a video, the queries of a landmark and the copies of an image count as one piece of evidence.
    Compare(CompareArgs),
    /// Write values in the form of another program: MLflow, or the Hugging Face Hub.
    ///
    /// `mlflow`: a folder that MLflow reads, with a run for each run, encoder, feature and data set; values are metrics such as
    /// `knn/top1.k20`, the ends of their intervals `knn/top1.k20.ci_low` and `.ci_high`, all else parameters and tags.
    /// `hub`: `ENCODER/.eval_results/ID.yaml` with the values that protocols are known by, as the repository of a model holds them.
    /// Weights & Biases reads no documented files (`wandb sync` 0.31 takes its own logs alone).
    Export(ExportResultsArgs),
}

/// `sop results compare`.
#[derive(Debug, clap::Args)]
pub struct CompareArgs {
    /// Result files, folders of results, or with --in beginnings of run_ids; every encoder in them takes part.
    #[arg(required = true)]
    pub results: Vec<String>,
    /// Folder of results in which runs are looked for by the beginning of their run_id.
    #[arg(long = "in", value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// Compare each encoder with this one, instead of each with each; its name as in the table.
    #[arg(long, value_name = "ENCODER")]
    pub against: Option<String>,
    /// Compare by this metric [default: those that a protocol is known by].
    #[arg(long)]
    pub metric: Option<String>,
    /// Only values with this parameter: `k=20`; may be given several times.
    #[arg(long, value_name = "NAME=VALUE")]
    pub setting: Vec<String>,
    /// Resamples behind the 95 % interval of a difference.
    #[arg(long, default_value_t = DEFAULT_RESAMPLES)]
    pub bootstrap_resamples: u32,
    /// Also draw the ranking, best first with 95 % intervals, to this file: .svg, .png or .pdf. For one value: choose by --metric and
    /// --setting where there are several.
    #[arg(long, value_name = "FILE")]
    pub figure: Vec<PathBuf>,
    /// Width of the figure in print: `column` (8.5 cm), `page` (17.5 cm), or a length such as 8.25cm, 3.25in, 234pt. 5in without it.
    #[arg(long, value_name = "WIDTH", requires = "figure")]
    pub width: Option<FigureWidth>,
    /// Draws of signs behind a probability, where there are too many to try all.
    #[arg(long, default_value_t = 10_000)]
    pub draws: u32,
    /// Seed of resamples and draws.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// One JSON object per value on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop results ls`.
#[derive(Debug, clap::Args)]
pub struct RunsArgs {
    /// Result files, or folders that hold some.
    #[arg(required = true)]
    pub results: Vec<PathBuf>,
    /// One JSON object per run on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop results show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The run: its file, or with --in the beginning of its run_id.
    pub run: String,
    /// Folder of results in which runs are looked for by the beginning of their run_id.
    #[arg(long = "in", value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// One JSON object per result row on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop results diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// One side: a result file, a folder of results, or with --in the beginning of a run_id.
    pub a: String,
    /// The other side; differences are B less A.
    pub b: String,
    /// Folder of results in which runs are looked for by the beginning of their run_id.
    #[arg(long = "in", value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// Resamples behind the 95 % interval of a difference.
    #[arg(long, default_value_t = DEFAULT_RESAMPLES)]
    pub bootstrap_resamples: u32,
    /// Seed of the resampling.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// An ONNX file, or `pixels:16`.
    pub encoder: String,
    /// What it is held against: an ONNX file, `pixels:16`, or embeddings (a .parquet file or a folder of them) with the ids of the images.
    #[arg(long, value_name = "OTHER")]
    pub against: String,
    /// The images: `folder:DIR`, `hf:GLOB`.
    #[arg(long)]
    pub data: String,
    /// `cls`, `patch_mean`, `cls_last4`, `cls+patch_mean` or `logits`.
    #[arg(long, default_value_t = Feature::Cls)]
    pub feature: Feature,
    /// Number of images, spread evenly over the data set (over those that the embeddings have).
    #[arg(long, default_value_t = 1000)]
    pub images: usize,
    /// How images become vectors; without --transform each encoder uses its own.
    #[command(flatten)]
    pub extraction: ExtractionFlags,
    /// Exit code 1 when the cosine of an image is below this.
    #[arg(long, default_value_t = 0.999, allow_negative_numbers = true)]
    pub min_cosine: f64,
    /// File for the report (Markdown) instead of stdout.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
}

/// `sop cache`.
#[derive(Debug, clap::Args)]
pub struct CacheArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: CacheCommand,
}

/// `sop cache …`.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// List the embeddings that are kept.
    Ls(LsArgs),
    /// Remove what this version cannot use, and what the flags say.
    Prune(PruneArgs),
}

/// `sop cache prune`.
#[derive(Debug, clap::Args)]
pub struct PruneArgs {
    /// Remove sets that were not used for so many days.
    #[arg(long, value_name = "DAYS")]
    pub older_than: Option<u32>,
    /// Remove the least recently used sets until the others take at most so many bytes: 500M, 20G …
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub max_size: Option<u64>,
    /// Remove everything.
    #[arg(long)]
    pub all: bool,
    /// Say what would be removed, and remove nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// One JSON object per removed entry on stdout.
    #[arg(long)]
    pub json: bool,
}

/// A number of bytes with an optional K, M, G or T (powers of 1000).
fn parse_size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.trim_end_matches(['B', 'b']).to_ascii_uppercase() {
        text if text.ends_with(['K', 'M', 'G', 'T']) => {
            let (digits, unit) = text.split_at(text.len() - 1);
            (digits.to_owned(), 1000_u64.pow("KMGT".find(unit).map_or(0, |place| place as u32 + 1)))
        }
        text => (text, 1),
    };
    let size = digits.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    size.ok_or_else(|| format!("`{text}` is not a size; write a number of bytes such as 500M or 20G"))
}

/// `sop runtime`.
#[derive(Debug, clap::Args)]
pub struct RuntimeArgs {
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
}
