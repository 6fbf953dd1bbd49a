//! Where the cache of embeddings is.

use std::path::PathBuf;

use sop_embed::EmbeddingCache;

use crate::args::Global;

/// The value of `--cache` that turns the cache off.
const OFF: &str = "off";

/// The cache asked for, or the one in the user's cache folder; `None` where it is turned off, or there is no such folder.
pub fn open(global: &Global) -> Option<EmbeddingCache> {
    let root = match &global.cache {
        Some(folder) if folder.as_os_str() == OFF => None,
        Some(folder) => Some(folder.clone()),
        None => user_cache_folder().map(|folder| folder.join("sop")),
    };
    root.map(EmbeddingCache::at)
}

/// The XDG base directory for caches, `~/.cache` by default.
fn user_cache_folder() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))
}
