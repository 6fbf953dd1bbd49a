//! The state of a data set's files at one moment, told without reading them.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sop_core::{Sha256Hasher, sha256_hex};
use sop_datasets::dataset::ImageDataset;

use crate::ExtractError;

/// A file that changed so recently may change again without its time showing it.
const TIME_RESOLUTION: Duration = Duration::from_millis(20);
/// The same on file systems that keep whole seconds.
const COARSE_TIME_RESOLUTION: Duration = Duration::from_secs(2);

/// What a data set looks like from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Number of images.
    pub images: usize,
    /// SHA-256 over the ids and labels, in order.
    pub listing_sha256: String,
    /// SHA-256 over size, times and number of every file, in order, and over what else the images depend on. A change of content changes a file's times, of which
    /// the change time (of the file's node) cannot be set back by a program.
    pub files_sha256: String,
}

impl Snapshot {
    /// Takes the snapshot; no file is read.
    ///
    /// Waits until the newest file is old enough that a further change is bound to show, for at most two seconds.
    ///
    /// # Errors
    /// When a file is gone or cannot be asked.
    pub fn take(dataset: &dyn ImageDataset) -> Result<Self, ExtractError> {
        let paths = dataset.backing_files();
        let mut files = Files::look(&paths)?;
        if files.wait_until_settled() {
            // What changed while we waited may carry the time that was seen.
            files = Files::look(&paths)?;
        }
        let listing_sha256 = Self::listing_sha256(dataset);
        let files_sha256 = match dataset.made_with() {
            None => files.sha256,
            Some(with) => sha256_hex(format!("{}\n{with}", files.sha256).as_bytes()),
        };
        Ok(Self { images: dataset.len(), listing_sha256, files_sha256 })
    }

    /// SHA-256 over the ids and labels, in order.
    #[must_use]
    pub fn listing_sha256(dataset: &dyn ImageDataset) -> String {
        let mut listing = Sha256Hasher::default();
        for index in 0..dataset.len() {
            listing.update_field(dataset.id(index).as_bytes());
            listing.update(&dataset.label(index).map_or([0xff; 5], |label| {
                let [a, b, c, d] = label.to_le_bytes();
                [0, a, b, c, d]
            }));
        }
        for sample in dataset.left_out() {
            listing.update_field(sample.id.as_bytes());
        }
        listing.finish()
    }

    /// When the newest file of the data set last changed.
    pub(super) fn newest_change(dataset: &dyn ImageDataset) -> Result<SystemTime, ExtractError> {
        Ok(Files::look(&dataset.backing_files())?.newest)
    }
}

/// The files of a data set together.
struct Files {
    /// SHA-256 over what is known of each.
    sha256: String,
    /// When the newest one changed.
    newest: SystemTime,
    /// Whether no time has a fraction of a second.
    whole_seconds: bool,
}

impl Files {
    fn look(paths: &[PathBuf]) -> Result<Self, ExtractError> {
        let mut hasher = Sha256Hasher::default();
        let (mut newest, mut whole_seconds) = (SystemTime::UNIX_EPOCH, true);
        for path in paths {
            let state = FileState::of(path).map_err(|source| ExtractError::DataFile { path: path.clone(), source })?;
            hasher.update_field(&state.signature);
            newest = newest.max(state.changed);
            whole_seconds &= state.whole_second;
        }
        Ok(Self { sha256: hasher.finish(), newest, whole_seconds })
    }

    /// Sleeps until a further change of the newest file would show in its time; returns whether it slept. A time in the
    /// future (another machine's clock) costs one resolution.
    fn wait_until_settled(&self) -> bool {
        let resolution = if self.whole_seconds { COARSE_TIME_RESOLUTION } else { TIME_RESOLUTION };
        let age = SystemTime::now().duration_since(self.newest).unwrap_or(Duration::ZERO);
        let rest = resolution.saturating_sub(age);
        std::thread::sleep(rest);
        !rest.is_zero()
    }
}

/// What is known of a file without reading it.
struct FileState {
    /// Size, times and number of the file.
    signature: Vec<u8>,
    /// When it last changed.
    changed: SystemTime,
    /// Whether that time has no fraction of a second.
    whole_second: bool,
}

impl FileState {
    #[cfg(unix)]
    fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        let metadata = std::fs::metadata(path)?;
        let times = [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()];
        let mut signature = [metadata.size(), metadata.ino()].map(u64::to_le_bytes).concat();
        signature.extend(times.map(i64::to_le_bytes).concat());
        let since_epoch = Duration::new(
            u64::try_from(metadata.ctime()).unwrap_or(0),
            u32::try_from(metadata.ctime_nsec()).unwrap_or(0),
        );
        let changed = SystemTime::UNIX_EPOCH.checked_add(since_epoch).unwrap_or(SystemTime::UNIX_EPOCH);
        Ok(Self { signature, changed, whole_second: metadata.ctime_nsec() == 0 })
    }

    #[cfg(not(unix))]
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        let changed = metadata.modified()?;
        let nanoseconds =
            |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let mut signature = metadata.len().to_le_bytes().to_vec();
        signature.extend(
            [changed, metadata.created().unwrap_or(changed)].map(|time| nanoseconds(time).to_le_bytes()).concat(),
        );
        Ok(Self { signature, changed, whole_second: false })
    }
}
