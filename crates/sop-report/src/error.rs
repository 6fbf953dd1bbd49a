//! Why no table or figure could be made.

use std::path::PathBuf;

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// There is nothing to report.
    #[error("no results to report; give a results file or a folder that holds some")]
    NoRecords,
    /// A format that is not known.
    #[error("unknown table format `{found}`; valid are md (markdown), latex (tex), csv, html, json, text")]
    UnknownFormat {
        /// The name given.
        found: String,
    },
    /// A value that its metric cannot have.
    #[error(
        "`{metric}` is a share of one, and the run {run_id} has {value}; is it in per cent? write it as a fraction"
    )]
    BeyondRange {
        /// The metric.
        metric: String,
        /// The value.
        value: f64,
        /// The run that has it.
        run_id: String,
    },
    /// A table that is not known.
    #[error("unknown table `{found}`; there are {known}; a table of one's own is a file, FILE.toml")]
    UnknownTable {
        /// The name given.
        found: String,
        /// The names there are.
        known: String,
    },
    /// A file of a layout that is no TOML, or has unknown keys.
    #[error("{origin} is not a layout that can be read; reports/paper/README.md describes the form")]
    LayoutText {
        /// What was read.
        origin: String,
        /// What is wrong, and where.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A layout that contradicts itself, or does not fit what it is filled with.
    #[error("{origin}: {what}")]
    Layout {
        /// The table or the file.
        origin: String,
        /// What is wrong with it.
        what: String,
    },
    /// A fragment of a format that has none.
    #[error("only LaTeX and HTML have fragments; give --format latex or html")]
    NoFragment,
    /// A setting that is no `KEY=VALUE`.
    #[error("`{found}` is not a setting; write e.g. temperature=0.07, or knn:temperature=0.07 for the column knn")]
    SettingText {
        /// The text given.
        found: String,
    },
    /// Values of different settings that would share a cell or a column.
    #[error(
        "table {table}, column `{column}`: {what}; name the setting, e.g. --setting \"{example}\", or give results of one setting only \
         (a layout of your own names it by `where` or `setting`, and allows it by `varies`)"
    )]
    MixedSettings {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Which values, and in what they differ.
        what: String,
        /// A setting that would decide.
        example: String,
    },
    /// One run that was given twice and does not say the same twice.
    #[error("the run {run_id} is there twice with different values of `{metric}`; remove the file that was changed")]
    RunDiffers {
        /// The run.
        run_id: String,
        /// The metric.
        metric: String,
    },
    /// The metric was not measured.
    #[error("metric `{metric}` is not among the results; they hold {available}")]
    MetricAbsent {
        /// The metric asked for.
        metric: String,
        /// The metrics there are, in alphabetical order.
        available: String,
    },
    /// A parameter that the figure has on its horizontal axis is not recorded.
    #[error("a value of `{metric}` has no parameter `{parameter}`: it cannot be drawn over it (run {run_id})")]
    ParameterAbsent {
        /// The metric.
        metric: String,
        /// The parameter.
        parameter: String,
        /// The run that made the value.
        run_id: String,
    },
    /// A parameter that cannot stand on an axis.
    #[error("parameter `{parameter}` of `{metric}` is {found}, not a number (run {run_id})")]
    ParameterNotANumber {
        /// The metric.
        metric: String,
        /// The parameter.
        parameter: String,
        /// Its value, as JSON.
        found: String,
        /// The run that made the value.
        run_id: String,
    },
    /// No row has what a figure shows.
    #[error("there is nothing to draw for {kind}: it needs results {needs}; there are results of {found}")]
    NothingToDraw {
        /// What was to be drawn.
        kind: &'static str,
        /// What the rows of such a figure have.
        needs: String,
        /// The protocols that there are.
        found: String,
    },
    /// Rows of several protocols that could be drawn.
    #[error("results of several protocols can be drawn as {kind}: {found}; name one, --protocol NAME")]
    SeveralProtocols {
        /// What was to be drawn.
        kind: &'static str,
        /// The protocols.
        found: String,
    },
    /// Values of a sweep, of which nothing says which one counts.
    #[error(
        "there are values at {param} = {values}, and no `{chosen_by}` to choose by; name one, e.g. --setting {param}=VALUE"
    )]
    SweepNotChosen {
        /// The swept parameter.
        param: &'static str,
        /// The metric that chooses.
        chosen_by: &'static str,
        /// The values there are.
        values: String,
    },
    /// Values that share a figure only one at a time.
    #[error("there are values at {param} = {values}, which one figure cannot mix; name one, --setting {param}=VALUE")]
    SeveralValues {
        /// The parameter.
        param: String,
        /// Its values.
        values: String,
    },
    /// A key that no row has.
    #[error("no result has `{key}`, a parameter or `encoder.NAME`; there are {available}")]
    KeyAbsent {
        /// The key.
        key: String,
        /// The keys there are.
        available: String,
    },
    /// Values of different settings that would share a figure.
    #[error(
        "{what}; name the setting, e.g. --setting \"{example}\" (once for each value that may stand in the figure)"
    )]
    FigureSettings {
        /// Which values, and in what they differ.
        what: String,
        /// A setting that would decide.
        example: String,
    },
    /// More cells than a page has room for.
    #[error(
        "{columns} columns and {rows} rows are too many for one figure (at most {limit} each); name settings, --setting KEY=VALUE"
    )]
    TooManyCells {
        /// The columns.
        columns: usize,
        /// The rows.
        rows: usize,
        /// The most of either.
        limit: usize,
    },
    /// Several metrics of which nothing says which one is meant.
    #[error("several metrics could be drawn: {available}; name one, --metric NAME")]
    MetricNeeded {
        /// The metrics there are, in alphabetical order.
        available: String,
    },
    /// A setting for a column, where a figure has none.
    #[error(
        "the setting {setting} is about a column of a table, and a figure has none; leave the column out, KEY=VALUE"
    )]
    SettingOfColumn {
        /// The setting.
        setting: String,
    },
    /// A setting that no row has.
    #[error("no result row has the setting {setting}; `sop results show` lists what rows have")]
    SettingAbsent {
        /// The setting.
        setting: String,
    },
    /// Bytes that are not those of a picture.
    #[error("{bytes} bytes are no picture of {width} x {height} pixels, or it is too large")]
    PictureSize {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// The bytes there are.
        bytes: usize,
    },
    /// No value is defined, so that there is nothing to draw.
    #[error("no value of `{metric}` is defined")]
    NoDefinedValue {
        /// The metric.
        metric: String,
    },
    /// Values of different data or protocols, which one figure cannot compare.
    #[error("the results are not of one data set and protocol; select one of: {} (of several data sets in `sop report` by --setting dataset=NAME)", found.join("; "))]
    MixedData {
        /// What the results were measured on, a text each.
        found: Vec<String>,
    },
    /// More lines than colours and markers can tell apart.
    #[error("{found} lines are too many for one figure (at most {limit}); select fewer encoders")]
    TooManySeries {
        /// The number of lines.
        found: usize,
        /// The most that are drawn.
        limit: usize,
    },
    /// A width that no figure has.
    #[error(
        "`{found}` is no width of a figure; give column (8.5 cm), page (17.5 cm) or a length from 5 to 50 cm such as 8.25cm, 3.25in, 234pt"
    )]
    FigureWidth {
        /// The text given.
        found: String,
    },
    /// The embedded font cannot be used.
    #[error("the embedded font cannot be used")]
    Font,
    /// Drawing failed.
    #[error("the figure could not be drawn")]
    Draw {
        /// The error of the drawing library.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Encoding the picture failed.
    #[error("the figure could not be encoded as PNG")]
    Png(#[from] png::EncodingError),
    /// Writing the file failed.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
}
