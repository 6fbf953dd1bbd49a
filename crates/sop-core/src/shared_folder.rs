//! Where tests find golden values and real data, which are not part of the project.

use std::path::PathBuf;

/// The folder of a golden case: in `SOP_GOLDEN`, else in `golden` of the [shared folder](shared_folder).
///
/// `None` after saying on stderr that the test is skipped.
#[must_use]
pub fn golden_case(name: &str) -> Option<PathBuf> {
    match std::env::var_os("SOP_GOLDEN") {
        Some(root) => existing(PathBuf::from(root).join(name)),
        None => shared_folder(&format!("golden/{name}")),
    }
}

/// A folder below `SOP_SHARED`, by default `shared` beside the checkout.
///
/// `None` after saying on stderr that the test is skipped.
#[must_use]
pub fn shared_folder(below: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let root = std::env::var_os("SOP_SHARED").map_or_else(|| PathBuf::from(default), PathBuf::from);
    existing(root.join(below))
}

#[expect(clippy::print_stderr, reason = "a test that is skipped must say so")]
fn existing(folder: PathBuf) -> Option<PathBuf> {
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no folder {}", folder.display());
    None
}
