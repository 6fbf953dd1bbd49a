//! Small text files beside images: lists of classes and of labels.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::DatasetError;

/// Largest text file: the names of fifty million images.
const MAX_BYTES: u64 = 4 << 30;

/// Reads a text file of bounded size.
///
/// # Errors
/// [`DatasetError::Io`], [`DatasetError::TextFile`] where it is too large or no UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<String, DatasetError> {
    let failed = |source| DatasetError::Io { path: path.to_owned(), source };
    let bad = |reason: &str| DatasetError::TextFile { path: path.to_owned(), reason: reason.to_owned() };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.len() > MAX_BYTES {
        return Err(bad("it is too large for a list"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|_| bad("it is no text in UTF-8"))?;
    // Windows programs begin texts with a byte-order mark, which would become part of the first name.
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}
