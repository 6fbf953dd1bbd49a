//! Other names of collections: how one is put in another's place without anybody noticing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::StoreError;
use crate::files::Files;
use crate::name::Name;

/// A change of aliases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AliasChange {
    /// `alias` leads to `collection` from now on, whatever it led to.
    Create {
        /// The other name.
        alias: Name,
        /// The collection.
        collection: Name,
    },
    /// `alias` leads nowhere.
    Delete {
        /// The other name.
        alias: Name,
    },
    /// `from` is called `to`.
    Rename {
        /// The old other name.
        from: Name,
        /// The new one.
        to: Name,
    },
}

fn path(root: &Path) -> PathBuf {
    root.join("aliases.json")
}

/// Reads the aliases of an index folder.
pub(crate) fn read(root: &Path) -> Result<BTreeMap<Name, Name>, StoreError> {
    let path = path(root);
    match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| StoreError::damaged(&path, error.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(StoreError::io("read", &path)(error)),
    }
}

/// Writes the aliases; they are durable when the function returns.
pub(crate) fn write(root: &Path, aliases: &BTreeMap<Name, Name>, files: &dyn Files) -> Result<(), StoreError> {
    let path = path(root);
    let text = serde_json::to_string_pretty(aliases).map_err(|error| StoreError::damaged(&path, error.to_string()))?;
    sop_core::atomic_file::write(&path, text.as_bytes()).map_err(StoreError::io("write", &path))?;
    files.sync_folder(root).map_err(StoreError::io("sync", root))
}

/// The aliases after some changes, which happen in order.
pub(crate) fn changed(
    aliases: &BTreeMap<Name, Name>,
    changes: &[AliasChange],
    is_collection: impl Fn(&Name) -> bool,
) -> Result<BTreeMap<Name, Name>, StoreError> {
    let mut aliases = aliases.clone();
    let missing = |what, name: &Name| StoreError::Missing { what, name: name.to_string() };
    let check_free = |name: &Name| {
        if is_collection(name) {
            return Err(StoreError::Exists { what: "collection", name: name.to_string() });
        }
        Ok(())
    };
    for change in changes {
        match change {
            AliasChange::Create { alias, collection } => {
                check_free(alias)?;
                if !is_collection(collection) {
                    return Err(missing("collection", collection));
                }
                aliases.insert(alias.clone(), collection.clone());
            }
            AliasChange::Delete { alias } => {
                aliases.remove(alias).ok_or_else(|| missing("alias", alias))?;
            }
            AliasChange::Rename { from, to } => {
                check_free(to)?;
                let collection = aliases.remove(from).ok_or_else(|| missing("alias", from))?;
                aliases.insert(to.clone(), collection);
            }
        }
    }
    Ok(aliases)
}
