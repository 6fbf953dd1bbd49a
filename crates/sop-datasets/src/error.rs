//! What can go wrong with a data set on disk.

use std::path::PathBuf;

use sop_core::{LocationError, NumberedFilesError};
use thiserror::Error;

/// Why a data set could not be opened or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// The text names no layout.
    #[error("cannot tell the data set `{spec}` (write one of: {valid})")]
    UnknownSpec {
        /// The text as written.
        spec: String,
        /// All layouts.
        valid: String,
    },
    /// An option that the layout cannot do without.
    #[error("the data set `{spec}` lacks the option `{option}`")]
    MissingOption {
        /// The text as written, without the layout.
        spec: String,
        /// The option and its values.
        option: &'static str,
    },
    /// What the layout of a benchmark with a ground truth of its own says.
    #[error(transparent)]
    Benchmark(Box<dyn std::error::Error + Send + Sync>),
    /// An option behind the place that the layout does not have.
    #[error("cannot use the option `{option}` of the data set `{spec}` (valid: {valid})")]
    UnknownOption {
        /// The option as written.
        option: String,
        /// The text as written, without the layout.
        spec: String,
        /// The options that the layout has.
        valid: String,
    },
    /// A file that the layout needs is not there.
    #[error("no {}, which is part of {of} (is the download complete?)", path.display())]
    MissingFile {
        /// The file.
        path: PathBuf,
        /// What it belongs to.
        of: String,
    },
    /// A folder with several splits, or with none.
    #[error("name a split of {}: #split=train or #split=test (there: {})", path.display(), if splits.is_empty() { "none" } else { splits.as_str() })]
    NoSplit {
        /// The folder.
        path: PathBuf,
        /// The splits that are there.
        splits: String,
    },
    /// A file whose content cannot be what its layout says.
    #[error("{} is damaged or of another kind: {reason} (is the download complete?)", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A text file that is not understood.
    #[error("cannot use {}: {reason}", path.display())]
    TextFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A class that a list of classes does not name.
    #[error("the class {class} is not in {list} (give the right list with #classes=, or none)")]
    ClassNotListed {
        /// The class, or its folder.
        class: String,
        /// The list.
        list: String,
    },
    /// The layout `list` without a list.
    #[error("which images of {folder}? write list:{folder}#list=FILE with a line `name label` for each", folder = path.display())]
    NoList {
        /// The folder.
        path: PathBuf,
    },
    /// No shard where some are expected.
    #[error(
        "no tar files at {place} (give a file, a folder of .tar files, a glob in quotes, or a range such as data-{{000..012}}.tar)"
    )]
    NoShards {
        /// The place as written.
        place: String,
    },
    /// Shards without an image.
    #[error("no images in {} or in shards beside it{keys}", path.display())]
    NoImagesInShards {
        /// The first shard.
        path: PathBuf,
        /// The first key without an image, and why it has none; empty where there is no key.
        keys: String,
    },
    /// A shard that cannot be read to its end.
    #[error("cannot read the shard {} behind byte {offset}: {reason} (write or download it again)", path.display())]
    Shard {
        /// The shard.
        path: PathBuf,
        /// Where the last good member ends.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
    /// A member of a shard that cannot be used.
    #[error("cannot use {member} in the shard {}: {reason}", path.display())]
    Member {
        /// The shard.
        path: PathBuf,
        /// Name of the member or key of the sample.
        member: String,
        /// What is wrong.
        reason: String,
    },
    /// There is nothing at this path.
    #[error("no data set at {}: no such file or folder (write one of: {valid})", path.display())]
    NotFound {
        /// The path as written.
        path: PathBuf,
        /// All layouts.
        valid: String,
    },
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// An image folder without folders for its classes.
    #[error(
        "no class folders in {folder}: images are expected in {folder}/<class>/ (point to the folder above the classes)",
        folder = path.display()
    )]
    NoClassFolders {
        /// The folder.
        path: PathBuf,
    },
    /// The folders are splits, not classes.
    #[error("{folder} holds splits, not classes ({splits}): name one, such as folder:{folder}/train", folder = path.display())]
    SplitFolders {
        /// The folder.
        path: PathBuf,
        /// Names of the splits.
        splits: String,
    },
    /// Class folders, but no image in them.
    #[error("no images in the class folders of {} (file names end with one of: {extensions})", path.display())]
    NoImages {
        /// The folder.
        path: PathBuf,
        /// All accepted endings.
        extensions: String,
    },
    /// A name that is not valid UTF-8 cannot become an id.
    #[error("file name {} is not valid UTF-8 (rename it)", path.display())]
    FileName {
        /// The file.
        path: PathBuf,
    },
    /// Folders are nested too deeply, or a link leads in a circle.
    #[error("folders nested more than {limit} deep at {} (does a link lead in a circle?)", path.display())]
    TooDeep {
        /// The folder.
        path: PathBuf,
        /// Largest allowed depth.
        limit: usize,
    },
    /// No Parquet file where some are expected.
    #[error("no Parquet files match {place} (give a file, a folder of .parquet files, or a glob in quotes)")]
    NoParquetFiles {
        /// The place as written.
        place: String,
    },
    /// A folder with the Parquet files of several splits.
    #[error("{} holds several splits ({splits}): name one, such as 'hf:{example}'", path.display())]
    SeveralSplits {
        /// The folder.
        path: PathBuf,
        /// Names of the splits.
        splits: String,
        /// A pattern that matches the files of one.
        example: String,
    },
    /// A folder whose Parquet files are in folders below it.
    #[error("no Parquet files right in {}; there are some in {below}: name one of these folders", path.display())]
    ParquetFilesBelow {
        /// The folder.
        path: PathBuf,
        /// The folders below.
        below: String,
    },
    /// Samples that cannot be used, where none may be left out.
    #[error(
        "{count} samples of {spec} cannot be used: {first}; mend the data, or pass --on-missing skip to leave such samples \
         out{hint}"
    )]
    LeftOut {
        /// The data set as written.
        spec: String,
        /// How many.
        count: usize,
        /// The first ones, with the reasons.
        first: String,
        /// Another way out, with a separator in front; empty where there is none.
        hint: &'static str,
    },
    /// Numbered files of two sets in one place.
    #[error(transparent)]
    NumberedFiles(#[from] NumberedFilesError),
    /// A pattern or folder that cannot be read.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// A Parquet file of a kind that is not read.
    #[error("cannot use {}: {reason}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it is, and the remedy.
        reason: String,
    },
    /// A Parquet file that cannot be read.
    #[error("not a readable Parquet file: {} (is the download complete?)", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// The decoder's error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No struct column of image bytes, or several and none is called `image`.
    #[error(
        "no image column in {}: expected one struct column of `bytes` (binary) and `path` (columns: {columns})",
        path.display()
    )]
    NoImageColumn {
        /// The file.
        path: PathBuf,
        /// All columns.
        columns: String,
    },
    /// The label column is not there or holds no integers.
    #[error(
        "no integer column `{column}` in {}: name the label with #label=COLUMN or #label=none (integer columns: \
         {integer_columns}); a label of text or fractions becomes one of integers in Python with \
         `dataset.class_encode_column(\"{column}\")`",
        path.display()
    )]
    NoLabelColumn {
        /// The file.
        path: PathBuf,
        /// The wanted column.
        column: String,
        /// The columns that could be labels.
        integer_columns: String,
    },
    /// A label that does not fit 32 bits.
    #[error("label {label} in row {row} of {} does not fit 32 bits", path.display())]
    LabelRange {
        /// The file.
        path: PathBuf,
        /// Row in the file, from 0.
        row: usize,
        /// The label.
        label: i64,
    },
    /// A label beyond the named classes.
    #[error("label {label} in row {row} of {} has no name: the file names {classes} classes", path.display())]
    LabelWithoutName {
        /// The file.
        path: PathBuf,
        /// Row in the file, from 0.
        row: usize,
        /// The label.
        label: i32,
        /// Number of class names.
        classes: usize,
    },
    /// Files of one set that name their classes differently.
    #[error("{} and {} have different class names: they are not parts of one data set", first.display(), second.display())]
    ClassNamesDiffer {
        /// A file.
        first: PathBuf,
        /// A file with other names.
        second: PathBuf,
    },
    /// Ids cannot be made of file names that are equal.
    #[error("{} and {} have the same name and images without unique paths: ids would repeat (rename one)", first.display(), second.display())]
    SameFileName {
        /// A file.
        first: PathBuf,
        /// A file of the same name.
        second: PathBuf,
    },
    /// Parquet files without rows.
    #[error("no rows in {}", path.display())]
    NoRows {
        /// The first file.
        path: PathBuf,
    },
    /// A row without image bytes.
    #[error("no image bytes in row {row} of {} (sets that store only paths are not supported)", path.display())]
    NullImage {
        /// The file.
        path: PathBuf,
        /// Row in the file, from 0.
        row: usize,
    },
    /// An index beyond the data set.
    #[error("image {index} of a data set of {len} images")]
    Index {
        /// The index.
        index: usize,
        /// Number of images.
        len: usize,
    },
    /// A data set without a manifest.
    #[error("unknown data set `{name}` (known: {known})")]
    UnknownDataset {
        /// The name as written.
        name: String,
        /// All known names.
        known: String,
    },
    /// A manifest that does not parse.
    #[error("manifest of data set `{name}` cannot be read")]
    Manifest {
        /// Name of the data set.
        name: String,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
