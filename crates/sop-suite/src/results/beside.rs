//! Files that lie beside the rows of a run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::runs::StoredRun;

/// The folders of runs, each listed once however many runs it holds.
#[derive(Default)]
pub(super) struct Beside {
    /// The names in each folder, in order; those that are no text are left out, as no run has such a name.
    folders: BTreeMap<PathBuf, Vec<String>>,
}

impl Beside {
    /// The files whose names begin with the run's and a dot, with what the names say behind it; none of a folder that cannot be listed.
    pub fn of(&mut self, run: &StoredRun) -> Vec<(String, PathBuf)> {
        let folder = run.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let names = self.folders.entry(folder.to_owned()).or_insert_with(|| names_in(folder));
        let prefix = format!("{}.", run.head.run_id);
        let first = names.partition_point(|name| *name < prefix);
        let own = names.iter().skip(first).map_while(|name| Some((name, name.strip_prefix(&prefix)?)));
        own.map(|(name, rest)| (rest.to_owned(), folder.join(name))).collect()
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}
