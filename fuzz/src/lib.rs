//! What the fuzz targets share: readers take paths, the fuzzer gives bytes.

pub mod collections;
pub mod encoder;
pub mod json;

use std::path::{Path, PathBuf};

/// A file of this process in the memory file system where there is one.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new("/dev/shm");
    let folder = if folder.is_dir() { folder.to_owned() } else { std::env::temp_dir() };
    folder.join(format!("sop-fuzz-{}-{name}", std::process::id()))
}

/// Calls `read` with the path of a file that holds `bytes` and is called something like `name`.
pub fn with_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    let path = scratch(name);
    std::fs::write(&path, bytes).expect("the scratch file cannot be written");
    read(&path);
}

/// Calls `read` with a folder in which the file `name` holds `bytes`.
pub fn with_folder(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    let folder = scratch("folder");
    std::fs::create_dir_all(&folder).expect("the scratch folder cannot be made");
    std::fs::write(folder.join(name), bytes).expect("the scratch file cannot be written");
    read(&folder);
}

/// Opens the data set that `spec` names and reads its images.
pub fn read_all(spec: &str) {
    if let Ok(dataset) = sop_datasets::dataset::open(spec, sop_datasets::dataset::OnMissing::Skip) {
        for index in 0..dataset.len().min(64) {
            let _ = dataset.sample(index);
        }
    }
}
