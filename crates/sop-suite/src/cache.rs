//! Where the cache of embeddings is.

use std::path::PathBuf;

use sop_embed::EmbeddingCache;

/// Where embeddings are kept between evaluations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CacheChoice {
    /// `sop` in the user's cache folder; nowhere where there is no such folder.
    #[default]
    UserFolder,
    /// This folder.
    Folder(PathBuf),
    /// Nowhere.
    Off,
}

impl CacheChoice {
    /// The cache that is meant; `None` where there is to be none, or no folder is known.
    #[must_use]
    pub fn open(&self) -> Option<EmbeddingCache> {
        let root = match self {
            Self::Off => None,
            Self::Folder(folder) => Some(folder.clone()),
            Self::UserFolder => user_cache_folder().map(|folder| folder.join("sop")),
        };
        root.map(EmbeddingCache::at)
    }
}

/// The XDG base directory for caches, `~/.cache` by default.
fn user_cache_folder() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))
}
