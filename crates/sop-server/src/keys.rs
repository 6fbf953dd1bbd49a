//! Keys that requests carry, and what they allow.

use std::fmt;
use std::path::{Path, PathBuf};

use subtle::ConstantTimeEq;

/// The longest key that is accepted, in bytes.
const LONGEST: usize = 1_024;

/// What a request may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Nothing but asking whether the server lives.
    None,
    /// Searching and reading.
    Read,
    /// Changing collections too.
    Write,
}

/// The keys of a server. Without any, every request may read and write.
#[derive(Clone, Default)]
pub struct Keys {
    write: Option<String>,
    read: Option<String>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The keys themselves must not reach a log.
        let [write, read] = [&self.write, &self.read].map(|key| if key.is_some() { "set" } else { "not set" });
        formatter.debug_struct("Keys").field("write", &write).field("read", &read).finish()
    }
}

impl Keys {
    /// Keys from their texts: with a read-only key alone, nobody may write.
    ///
    /// # Errors
    /// Where a key is empty, too long, or not of visible ASCII characters, and where both are the same.
    pub fn new(write: Option<String>, read: Option<String>) -> Result<Self, KeyError> {
        for key in [&write, &read].into_iter().flatten() {
            if key.is_empty() || key.len() > LONGEST || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(KeyError::Form);
            }
        }
        if write.is_some() && write == read {
            return Err(KeyError::Same);
        }
        Ok(Self { write, read })
    }

    /// Keys from files of one line each.
    ///
    /// # Errors
    /// Where a file cannot be read, and as for [`Keys::new`].
    pub fn from_files(write: Option<&Path>, read: Option<&Path>) -> Result<Self, KeyError> {
        let text = |path: Option<&Path>| path.map(read_key).transpose();
        Self::new(text(write)?, text(read)?)
    }

    /// Whether a key is needed to change anything.
    #[must_use]
    pub fn guard_writes(&self) -> bool {
        self.write.is_some() || self.read.is_some()
    }

    /// What a request with this key may do.
    ///
    /// The time it takes does not depend on how many characters of the key are right.
    #[must_use]
    pub fn access(&self, given: Option<&[u8]>) -> Access {
        if !self.guard_writes() {
            return Access::Write;
        }
        let Some(given) = given else { return Access::None };
        let same = |key: &Option<String>| key.as_ref().is_some_and(|key| key.as_bytes().ct_eq(given).into());
        // Both are compared, whatever the first comparison gives.
        match (same(&self.write), same(&self.read)) {
            (true, _) => Access::Write,
            (false, true) => Access::Read,
            (false, false) => Access::None,
        }
    }
}

fn read_key(path: &Path) -> Result<String, KeyError> {
    let text = std::fs::read_to_string(path).map_err(|source| KeyError::Read { path: path.to_owned(), source })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Why keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A file of a key cannot be read.
    #[error("key file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A key that no header could carry.
    #[error("a key is one line of 1 to {LONGEST} visible ASCII characters without spaces")]
    Form,
    /// The read-only key would allow writing.
    #[error("the read-only key is the same as the key: give different ones")]
    Same,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_allow_what_they_are_for() {
        let keys = Keys::new(Some("w1".into()), Some("r1".into())).unwrap();
        assert_eq!(keys.access(Some(b"w1")), Access::Write);
        assert_eq!(keys.access(Some(b"r1")), Access::Read);
        for wrong in [&b""[..], b"w", b"w11", b"W1"] {
            assert_eq!(keys.access(Some(wrong)), Access::None);
        }
        assert_eq!(keys.access(None), Access::None);
        assert_eq!(Keys::default().access(None), Access::Write);
        let reading = Keys::new(None, Some("r1".into())).unwrap();
        assert_eq!((reading.access(Some(b"r1")), reading.access(None)), (Access::Read, Access::None));
    }

    #[test]
    fn keys_stay_out_of_logs() {
        let keys = Keys::new(Some("secret-text".into()), None).unwrap();
        assert_eq!(format!("{keys:?}"), r#"Keys { write: "set", read: "not set" }"#);
    }

    #[test]
    fn unusable_keys_are_refused() {
        for wrong in ["", "two words", "line\nline", "ümlaut", &"x".repeat(LONGEST + 1)] {
            assert!(matches!(Keys::new(Some(wrong.into()), None), Err(KeyError::Form)), "{wrong:?}");
        }
        assert!(matches!(Keys::new(Some("a".into()), Some("a".into())), Err(KeyError::Same)));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "abc\r\n").unwrap();
        assert_eq!(Keys::from_files(Some(&file), None).unwrap().access(Some(b"abc")), Access::Write);
        assert!(matches!(Keys::from_files(None, Some(&folder.path().join("none"))), Err(KeyError::Read { .. })));
    }
}
