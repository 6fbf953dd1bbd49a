//! `sop results export`: values in the forms of other programs.

use anyhow::{Result, bail};
use sop_suite::results::{ExportForm, HubDataset, HubOptions, export_to_hub, export_to_mlflow, read_runs};

use crate::args::ExportResultsArgs;
use crate::output;

pub fn run(args: &ExportResultsArgs) -> Result<()> {
    let datasets = args.hub_dataset.iter().map(|text| HubDataset::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let is_for_hub = !datasets.is_empty() || args.source_url.is_some();
    if args.to == ExportForm::Mlflow && is_for_hub {
        bail!("--hub-dataset and --source-url are for --to hub");
    }
    let mut runs = Vec::new();
    for location in &args.results {
        runs.extend(read_runs(location)?);
    }
    let out = args.out.display();
    let (exported, next) = match args.to {
        ExportForm::Mlflow => (
            export_to_mlflow(&runs, &args.out)?,
            format!(
                "read it with MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri {out}, or take it into a database with \
                 mlflow migrate-filestore --source {out} --target sqlite:///mlflow.db"
            ),
        ),
        ExportForm::Hub => {
            let options = HubOptions { datasets, source_url: args.source_url.clone() };
            let next = format!("each folder in {out} belongs into the repository of its encoder");
            (export_to_hub(&runs, &options, &args.out)?, next)
        }
    };
    let lines: Vec<String> =
        [vec![format!("wrote {} to {out}", exported.written)], exported.notes, vec![next]].concat();
    output::print(&lines.join("\n"))?;
    Ok(())
}
