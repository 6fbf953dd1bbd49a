//! Finding runs: in files and folders, or by the beginning of their names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sop_core::{ResultRecord, read_results, result_files};

use crate::error::{Result, refuse};

/// One run of a result file.
#[derive(Clone, Debug)]
pub struct StoredRun {
    /// The file.
    pub file: PathBuf,
    /// The first row, for what all rows share.
    pub head: ResultRecord,
    /// Its rows; there is at least one.
    pub records: Vec<ResultRecord>,
}

impl StoredRun {
    /// The file of the outcomes that belong to it, where there is one.
    pub fn outcomes_file(&self) -> Option<PathBuf> {
        let name = format!("{}.outcomes.parquet", self.head.run_id);
        // A file may say anything: a name must not lead out of the folder.
        let stays = Path::new(&name).file_name().is_some_and(|file| file == name.as_str());
        let path = self.file.with_file_name(name);
        (stays && path.is_file()).then_some(path)
    }
}

/// The runs of a result file, or of all result files of a folder.
///
/// # Errors
/// When a file cannot be read, or there is no row.
pub fn read_runs(location: &Path) -> Result<Vec<StoredRun>> {
    let mut runs: Vec<StoredRun> = Vec::new();
    for file in result_files(location)? {
        let first = runs.len();
        for record in read_results(&file)? {
            let of_file = runs.get_mut(first..).unwrap_or_default();
            match of_file.iter_mut().find(|run| run.head.run_id == record.run_id) {
                Some(run) => run.records.push(record),
                None => runs.push(StoredRun { file: file.clone(), head: record.clone(), records: vec![record] }),
            }
        }
    }
    if runs.is_empty() {
        refuse!("no result rows in {}; give a results .parquet file or a folder that holds some", location.display());
    }
    Ok(runs)
}

/// The runs that a text names: those of a file or folder, or the one in `folder` whose `run_id` begins with it.
///
/// # Errors
/// When nothing or several things go by the name, or a file cannot be read.
pub fn named(text: &str, folder: Option<&Path>) -> Result<Vec<StoredRun>> {
    let path = Path::new(text);
    if path.exists() {
        let begins = |run: &StoredRun| run.head.run_id.starts_with(text);
        if let Some(folder) = folder
            && let Some(run) = read_runs(folder)?.iter().find(|run| begins(run))
        {
            refuse!(
                "{text} is a path, and the run {} in {} begins with it, too; write ./{text} or more of the run_id",
                run.head.run_id,
                folder.display()
            );
        }
        return read_runs(path);
    }
    let Some(folder) = folder else {
        refuse!("no result file or folder at {text}; give a path, or the beginning of a run_id with --in FOLDER");
    };
    let mut runs = read_runs(folder)?;
    runs.retain(|run| run.head.run_id.starts_with(text));
    let ids: BTreeSet<&str> = runs.iter().map(|run| run.head.run_id.as_str()).collect();
    if let [first, second, ..] = runs.as_slice()
        && first.head.run_id == second.head.run_id
        && ids.len() == 1
    {
        refuse!(
            "the run {} is in {} and in {}; name one of the files",
            first.head.run_id,
            first.file.display(),
            second.file.display()
        );
    }
    match ids.len() {
        0 => refuse!(
            "no run_id in {} begins with `{text}`; `sop results ls {}` lists them",
            folder.display(),
            folder.display()
        ),
        1 => Ok(runs),
        _ if ids.contains(text) => {
            runs.retain(|run| run.head.run_id == text);
            Ok(runs)
        }
        count => refuse!("{count} runs in {} begin with `{text}`: {}; give more of it", folder.display(), listed(ids)),
    }
}

/// Names separated by commas, the first few of many.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 5;
    let names: Vec<&str> = names.into_iter().collect();
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{shown}, …") } else { shown }
}
