//! Why a job was not done.

/// Why a job was not done.
///
/// The text of an error is its own and that of its [`source`](std::error::Error::source)s, from the outermost to the cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SuiteError {
    /// What was asked for contradicts itself, lacks something, or does not fit what it is asked of; the text says what to change.
    #[error("{0}")]
    Request(String),
    /// Everything was as it should be, but no value came out, or one that is no number.
    #[error("{0}")]
    NotMeasured(String),
    /// An exported file did not prove itself: an engine does not give what the network gives.
    #[error("{0}")]
    NotVerified(String),
    /// Where, or in doing what, the cause came up.
    #[error("{doing}")]
    While {
        /// In words, e.g. `cannot embed folder:val`.
        doing: String,
        /// The cause.
        #[source]
        source: Box<SuiteError>,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A config is no TOML, or has unknown or missing keys.
    #[error(transparent)]
    Config(Box<toml::de::Error>),
    /// Something is no JSON of the kind that is expected.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// An array file cannot be read.
    #[error(transparent)]
    ArrayRead(#[from] ndarray_npy::ViewNpyError),
    /// An array file cannot be written.
    #[error(transparent)]
    ArrayWrite(#[from] ndarray_npy::WriteNpyError),
    /// A text file that is no UTF-8.
    #[error(transparent)]
    Text(#[from] std::str::Utf8Error),
    /// Arrays that do not fit together.
    #[error(transparent)]
    Shape(#[from] ndarray::ShapeError),
    /// A data set cannot be used.
    #[error(transparent)]
    Dataset(Box<sop_datasets::DatasetError>),
    /// The ground truth of a retrieval benchmark, or its images.
    #[error(transparent)]
    GroundTruth(Box<sop_datasets::retrieval::revisited::GroundTruthError>),
    /// The folders of Copydays.
    #[error(transparent)]
    Copydays(Box<sop_datasets::retrieval::copydays::CopydaysError>),
    /// Videos and their masks.
    #[error(transparent)]
    Davis(Box<sop_datasets::video::davis::DavisError>),
    /// The drawn benchmark cannot be written.
    #[error(transparent)]
    Generate(Box<sop_benchmark::GenerateError>),
    /// An image cannot be decoded.
    #[error(transparent)]
    Image(Box<sop_image::ImageError>),
    /// A transform cannot be read or applied.
    #[error(transparent)]
    Transform(#[from] sop_image::TransformError),
    /// An image cannot be decoded or transformed.
    #[error(transparent)]
    Prepare(Box<sop_image::PrepareError>),
    /// The settings of random crops or views.
    #[error(transparent)]
    Views(#[from] sop_image::views::ViewConfigError),
    /// No engine.
    #[error(transparent)]
    Runtime(#[from] sop_encoder::RuntimeError),
    /// An encoder cannot be opened.
    #[error(transparent)]
    Encoder(Box<sop_encoder::OpenError>),
    /// A batch cannot be encoded.
    #[error(transparent)]
    Encode(Box<sop_core::EncodeError>),
    /// An image cannot be loaded.
    #[error(transparent)]
    Load(Box<sop_embed::LoadError>),
    /// A transform does not give what an encoder takes.
    #[error(transparent)]
    InputSize(Box<sop_embed::InputSizeError>),
    /// A data set cannot be turned into embeddings.
    #[error(transparent)]
    Extract(Box<sop_embed::ExtractError>),
    /// The cache of embeddings cannot be used.
    #[error(transparent)]
    Cache(#[from] sop_embed::CacheError),
    /// Embeddings cannot be read or written.
    #[error(transparent)]
    Embedding(Box<sop_core::EmbeddingError>),
    /// A Parquet file cannot be read or written.
    #[error(transparent)]
    Parquet(Box<sop_core::ParquetFileError>),
    /// An index folder or a collection cannot be opened, made or written.
    #[error(transparent)]
    Store(Box<sop_collection::StoreError>),
    /// A collection takes no change.
    #[error(transparent)]
    Change(Box<sop_collection::ChangeError>),
    /// A collection cannot answer.
    #[error(transparent)]
    Query(Box<sop_collection::QueryError>),
    /// A whitening cannot be fitted.
    #[error(transparent)]
    Whitening(#[from] sop_collection::WhiteningError),
    /// A text that is no name of a collection.
    #[error(transparent)]
    Name(#[from] sop_collection::InvalidName),
    /// A server cannot be started, or not go on.
    #[error(transparent)]
    Server(#[from] sop_server::ServerError),
    /// The settings of a server contradict each other.
    #[error(transparent)]
    ServerConfig(#[from] sop_server::ConfigError),
    /// A file with a key cannot be used.
    #[error(transparent)]
    Key(#[from] sop_server::KeyError),
    /// An encoder cannot make such vectors.
    #[error(transparent)]
    Recipe(Box<sop_server::encoder::RecipeError>),
    /// An encoder does not start.
    #[error(transparent)]
    Start(Box<sop_server::encoder::StartError>),
    /// Two encoders that cannot be told apart.
    #[error(transparent)]
    EncoderSet(Box<sop_server::encoder::EncoderSetError>),
    /// Results cannot be read or written.
    #[error(transparent)]
    Results(Box<sop_core::ResultError>),
    /// A feature that does not exist.
    #[error(transparent)]
    Feature(#[from] sop_core::UnknownFeature),
    /// Patch tokens that lie on no grid.
    #[error(transparent)]
    PatchGrid(#[from] sop_core::NoPatchGrid),
    /// A classifier cannot be run.
    #[error(transparent)]
    Eval(Box<sop_eval::EvalError>),
    /// A retrieval benchmark cannot be run.
    #[error(transparent)]
    Retrieval(Box<sop_eval::retrieval::RetrievalError>),
    /// Embeddings cannot be mapped.
    #[error(transparent)]
    Tsne(#[from] sop_eval::tsne::TsneError),
    /// Masks cannot be scored or followed.
    #[error(transparent)]
    Score(#[from] sop_eval::davis::ScoreError),
    /// Two encoders cannot be compared.
    #[error(transparent)]
    Parity(#[from] sop_eval::parity::ParityError),
    /// Classes of a head that do not fit those of the images.
    #[error(transparent)]
    ClassMap(#[from] sop_eval::imagenet9::ClassMapError),
    /// A file that holds no head.
    #[error(transparent)]
    Head(#[from] sop_eval::linear::HeadFileError),
    /// A table, figure or picture cannot be made.
    #[error(transparent)]
    Report(#[from] sop_report::ReportError),
    /// A network cannot be made or exported.
    #[error(transparent)]
    Backbone(#[from] sop_backbone::BackboneError),
    /// Weights cannot be read.
    #[error(transparent)]
    Checkpoint(Box<sop_backbone::checkpoint::CheckpointError>),
    /// A checkpoint of a pre-training cannot be read.
    #[error(transparent)]
    PretrainCheckpoint(Box<sop_pretrain::checkpoint::CheckpointError>),
    /// A pre-training cannot go on.
    #[error(transparent)]
    Pretrain(Box<sop_pretrain::run::RunError>),
    /// The config of a pre-training.
    #[error(transparent)]
    PretrainConfig(Box<sop_pretrain::config::ConfigError>),
}

impl SuiteError {
    /// The whole text: the error and its causes, with colons between them.
    #[must_use]
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        text
    }

    /// What went wrong with an extraction, where that is the cause.
    #[must_use]
    pub fn extraction(&self) -> Option<&sop_embed::ExtractError> {
        match self {
            Self::While { source, .. } => source.extraction(),
            Self::Extract(error) => Some(error),
            _ => None,
        }
    }
}

/// A result whose error is a [`SuiteError`].
pub type Result<T, E = SuiteError> = std::result::Result<T, E>;

/// Large errors are boxed, so that results stay small.
macro_rules! boxed {
    ($($variant:ident: $error:ty),* $(,)?) => {
        $(impl From<$error> for SuiteError {
            fn from(error: $error) -> Self {
                Self::$variant(Box::new(error))
            }
        })*
    };
}

boxed! {
    Config: toml::de::Error,
    Dataset: sop_datasets::DatasetError,
    GroundTruth: sop_datasets::retrieval::revisited::GroundTruthError,
    Copydays: sop_datasets::retrieval::copydays::CopydaysError,
    Davis: sop_datasets::video::davis::DavisError,
    Generate: sop_benchmark::GenerateError,
    Image: sop_image::ImageError,
    Prepare: sop_image::PrepareError,
    Encoder: sop_encoder::OpenError,
    Encode: sop_core::EncodeError,
    Load: sop_embed::LoadError,
    InputSize: sop_embed::InputSizeError,
    Extract: sop_embed::ExtractError,
    Embedding: sop_core::EmbeddingError,
    Parquet: sop_core::ParquetFileError,
    Store: sop_collection::StoreError,
    Change: sop_collection::ChangeError,
    Query: sop_collection::QueryError,
    Recipe: sop_server::encoder::RecipeError,
    Start: sop_server::encoder::StartError,
    EncoderSet: sop_server::encoder::EncoderSetError,
    Results: sop_core::ResultError,
    Eval: sop_eval::EvalError,
    Retrieval: sop_eval::retrieval::RetrievalError,
    Checkpoint: sop_backbone::checkpoint::CheckpointError,
    PretrainCheckpoint: sop_pretrain::checkpoint::CheckpointError,
    Pretrain: sop_pretrain::run::RunError,
    PretrainConfig: sop_pretrain::config::ConfigError,
}

/// Says what was being done when something went wrong.
pub(crate) trait Context<T> {
    /// Puts a text before the error.
    fn context(self, doing: impl Into<String>) -> Result<T>;

    /// The same with a text that is made only where it is needed.
    fn with_context(self, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<SuiteError>> Context<T> for std::result::Result<T, E> {
    fn context(self, doing: impl Into<String>) -> Result<T> {
        self.with_context(|| doing.into())
    }

    fn with_context(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| SuiteError::While { doing: doing(), source: Box::new(error.into()) })
    }
}

/// What is not there is named by the text.
impl<T> Context<T> for Option<T> {
    fn context(self, doing: impl Into<String>) -> Result<T> {
        self.ok_or_else(|| SuiteError::Request(doing.into()))
    }

    fn with_context(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.ok_or_else(|| SuiteError::Request(doing()))
    }
}

/// Ends the function with a [`SuiteError::Request`].
macro_rules! refuse {
    ($($text:tt)*) => {
        return Err($crate::error::SuiteError::Request(format!($($text)*)))
    };
}
pub(crate) use refuse;
