//! What the fuzz targets share: readers take paths, the fuzzer gives bytes.

use std::path::{Path, PathBuf};

/// A file of this process in the memory file system where there is one.
fn scratch(name: &str) -> PathBuf {
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

/// Opens the data set that `spec` names (`{}` is the file's path) and reads its images.
pub fn read_data_set(spec: &str, name: &str, bytes: &[u8]) {
    with_file(name, bytes, |path| {
        let spec = spec.replace("{}", &path.display().to_string());
        if let Ok(dataset) = sop_datasets::dataset::open(&spec) {
            for index in 0..dataset.len().min(64) {
                let _ = dataset.sample(index);
            }
        }
    });
}
