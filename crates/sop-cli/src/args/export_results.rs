//! Flags of `sop results export`.

use std::path::PathBuf;

use sop_suite::results::ExportForm;

use super::choice::choice;

/// `sop results export`.
#[derive(Debug, clap::Args)]
pub struct ExportResultsArgs {
    /// Result files, or folders that hold some.
    #[arg(required = true)]
    pub results: Vec<PathBuf>,
    /// The form.
    #[arg(long, value_parser = choice(&ExportForm::CHOICES))]
    pub to: ExportForm,
    /// The folder that is written; it must not be there.
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// For `hub`: which data set of the Hub and which of its tasks values are of, such as `cifar10=uoft-cs/cifar10:knn`; with
    /// `knn:cifar10=…` those of one protocol. May be given several times; values of other data sets are left out.
    #[arg(long, value_name = "NAME=ID:TASK")]
    pub hub_dataset: Vec<String>,
    /// For `hub`: where readers find how the values came about.
    #[arg(long, value_name = "URL")]
    pub source_url: Option<String>,
}
