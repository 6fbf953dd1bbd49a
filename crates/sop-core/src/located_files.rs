//! The files that a place names: a file, a folder, or a pattern.

use std::path::{Path, PathBuf};

/// Why the files of a place cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    /// A pattern that cannot be understood.
    #[error("cannot read the file pattern {pattern}")]
    Pattern {
        /// The pattern as written.
        pattern: String,
        /// What is wrong with it.
        #[source]
        source: glob::PatternError,
    },
    /// A folder that cannot be listed.
    #[error("cannot read {}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
}

/// The files of a place in the order of their names: the file itself, the files right in a folder whose names end with `ending`
/// (such as `.parquet`), or those that match a glob; none where there is nothing.
///
/// A path that is there is never taken as a pattern, and neither is the folder in front of a pattern's last part where it is there:
/// names may hold `*`, `?` and `[`. Hidden files (a dot in front) count only where they are named themselves.
///
/// # Errors
/// [`LocationError`] for a pattern that cannot be understood and a folder that cannot be listed.
pub fn located_files(place: &str, ending: &str) -> Result<Vec<PathBuf>, LocationError> {
    let path = Path::new(place);
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let pattern = if path.is_dir() {
        Some(format!("{}/*{ending}", glob::Pattern::escape(place)))
    } else {
        in_literal_folder(path)
    };
    let pattern = pattern.unwrap_or_else(|| place.to_owned());
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let matches = glob::glob_with(&pattern, options)
        .map_err(|source| LocationError::Pattern { pattern: place.to_owned(), source })?;
    let mut files = matches
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| LocationError::Io { path: error.path().to_owned(), source: error.into() })?;
    files.retain(|file| !is_hidden(file) && !file.is_dir());
    for file in &files {
        // A link whose file is gone would be a part that is missing in silence.
        if let Err(source) = file.metadata() {
            return Err(LocationError::Io { path: file.clone(), source });
        }
    }
    files.sort();
    Ok(files)
}

/// The pattern with its folder escaped, where that folder is there.
fn in_literal_folder(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty() && folder.is_dir())?;
    Some(format!("{}/{}", glob::Pattern::escape(folder.to_str()?), path.file_name()?.to_str()?))
}

/// Whether a file or folder is hidden: its name begins with a dot.
#[must_use]
pub fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn odd_folders_are_taken_literally_and_hidden_files_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let odd = folder.path().join("a [1] & b*#c");
        std::fs::create_dir(&odd).unwrap();
        for name in ["y.parquet", "x.parquet", ".~lock.parquet", "notes.txt"] {
            std::fs::write(odd.join(name), "").unwrap();
        }
        let names = |place: &str| -> Vec<String> {
            let files = located_files(place, ".parquet").unwrap();
            files.iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        let odd = odd.to_str().unwrap();
        assert_eq!(names(odd), ["x.parquet", "y.parquet"]);
        assert_eq!(names(&format!("{odd}/*.parquet")), ["x.parquet", "y.parquet"]);
        assert_eq!(names(&format!("{odd}/[y]*")), ["y.parquet"]);
        assert_eq!(names(&format!("{odd}/.~lock.parquet")), [".~lock.parquet"]);
        assert!(names(&format!("{odd}/z*")).is_empty());
        assert!(matches!(located_files("nowhere/[", ".tar"), Err(LocationError::Pattern { .. })));
    }
}
