//! An index folder with its collections.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::aliases::{self, AliasChange};
use crate::collection::Collection;
use crate::config::CollectionConfig;
use crate::error::StoreError;
use crate::files::{Disk, Files};
use crate::limits::{LimitExceeded, Limits};
use crate::lock::FolderLock;
use crate::name::Name;

/// How an index folder is opened.
#[derive(Clone)]
pub struct StoreOptions {
    /// Whether the folder is made where it is missing.
    pub create: bool,
    /// Whether nothing is changed: the folder is not locked, and may be in use.
    pub read_only: bool,
    /// What requests may ask for at most.
    pub limits: Limits,
    /// What is written to.
    pub files: Arc<dyn Files>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { create: false, read_only: false, limits: Limits::default(), files: Arc::new(Disk) }
    }
}

/// An index folder with its collections. One process at a time writes to it; others may read.
pub struct Store {
    root: PathBuf,
    options: StoreOptions,
    collections: RwLock<BTreeMap<Name, Arc<Collection>>>,
    aliases: RwLock<BTreeMap<Name, Name>>,
    /// Who makes or removes collections, aliases or snapshots holds this.
    changing: Mutex<()>,
    /// None where the store is read only.
    _lock: Option<FolderLock>,
}

/// The folder of the collections.
const COLLECTIONS: &str = "collections";
/// What the names of folders begin with that are on their way in or out.
const HIDDEN: &str = ".";

impl Store {
    /// Opens an index folder with all its collections.
    ///
    /// # Errors
    /// When there is none, another process writes to it, or a file is damaged in a way that loses points of a checkpoint. What is lost of a
    /// log is no error: [`Collection::open_report`] says it.
    pub fn open(root: &Path, options: StoreOptions) -> Result<Self, StoreError> {
        let folder = root.join(COLLECTIONS);
        if !folder.is_dir() {
            if !options.create || options.read_only {
                return Err(StoreError::NoIndex { path: root.to_owned() });
            }
            std::fs::create_dir_all(&folder).map_err(StoreError::io("make", &folder))?;
            options.files.sync_folder(root).map_err(StoreError::io("sync", root))?;
        }
        let lock = if options.read_only { None } else { Some(FolderLock::take(root)?) };
        let mut collections = BTreeMap::new();
        for entry in std::fs::read_dir(&folder).map_err(StoreError::io("read", &folder))? {
            let entry = entry.map_err(StoreError::io("read", &folder))?;
            let text = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            if text.starts_with(HIDDEN) {
                if !options.read_only {
                    // A collection that was being made or removed; what stays takes room and nothing else.
                    let _ = std::fs::remove_dir_all(&path);
                }
                continue;
            }
            let name = Name::new(&text).map_err(|error| StoreError::damaged(&path, error.to_string()))?;
            let (limits, files) = (&options.limits, &options.files);
            let collection = Collection::open(name.clone(), &path, limits, files, options.read_only)?;
            collections.insert(name, Arc::new(collection));
        }
        let aliases = aliases::read(root)?;
        Ok(Self {
            root: root.to_owned(),
            options,
            collections: RwLock::new(collections),
            aliases: RwLock::new(aliases),
            changing: Mutex::new(()),
            _lock: lock,
        })
    }

    /// Makes a collection without points.
    ///
    /// # Errors
    /// When a collection or alias is called so already, or the configuration is none.
    pub fn create(&self, name: &Name, config: CollectionConfig) -> Result<Arc<Collection>, StoreError> {
        let _guard = self.changing()?;
        if config.dim == 0 {
            return Err(StoreError::NoComponents);
        }
        LimitExceeded::check("components of a vector", config.dim, self.options.limits.dim)?;
        self.check_free(name)?;
        let parent = self.root.join(COLLECTIONS);
        let hidden = parent.join(format!("{HIDDEN}{name}.new"));
        let folder = parent.join(name.as_str());
        let files = &self.options.files;
        let made = self
            .make_folder(&hidden)
            .and_then(|()| Collection::create(name.clone(), &hidden, config, &self.options.limits, files));
        let made = made.and_then(|made| {
            drop(made);
            files.rename(&hidden, &folder).map_err(StoreError::io("rename", &hidden))?;
            files.sync_folder(&parent).map_err(StoreError::io("sync", &parent))?;
            Collection::open(name.clone(), &folder, &self.options.limits, files, false)
        });
        let collection = Arc::new(made.inspect_err(|_| {
            let _ = std::fs::remove_dir_all(&hidden);
        })?);
        self.collections.write().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), Arc::clone(&collection));
        Ok(collection)
    }

    fn make_folder(&self, path: &Path) -> Result<(), StoreError> {
        if path.exists() {
            std::fs::remove_dir_all(path).map_err(StoreError::io("remove", path))?;
        }
        std::fs::create_dir(path).map_err(StoreError::io("make", path))
    }

    /// The collection of a name or an alias.
    ///
    /// # Errors
    /// When there is none.
    pub fn collection(&self, name: &str) -> Result<Arc<Collection>, StoreError> {
        let aliases = self.aliases.read().unwrap_or_else(PoisonError::into_inner);
        let name = aliases.get(name).map_or(name, Name::as_str);
        let collections = self.collections.read().unwrap_or_else(PoisonError::into_inner);
        let found = collections.get(name).map(Arc::clone);
        found.ok_or_else(|| StoreError::Missing { what: "collection", name: name.chars().take(200).collect() })
    }

    /// The names of all collections, in order.
    #[must_use]
    pub fn names(&self) -> Vec<Name> {
        self.collections.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Removes a collection with its aliases; its snapshots stay. `false` where there was none. An alias is no collection.
    ///
    /// # Errors
    /// When the folder cannot be removed.
    pub fn delete(&self, name: &str) -> Result<bool, StoreError> {
        let _guard = self.changing()?;
        let found = self.collections.read().unwrap_or_else(PoisonError::into_inner).get(name).map(Arc::clone);
        let Some(collection) = found else { return Ok(false) };
        let mut aliases = self.aliases();
        let before = aliases.len();
        aliases.retain(|_, target| target.as_str() != name);
        if aliases.len() < before {
            self.set_aliases(aliases)?;
        }
        collection.remove(&self.root.join(COLLECTIONS))?;
        self.collections.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(true)
    }

    /// Other names with the collections that they lead to.
    #[must_use]
    pub fn aliases(&self) -> BTreeMap<Name, Name> {
        self.aliases.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes changes of aliases in their order: all of them at one moment, or none.
    ///
    /// # Errors
    /// When an alias is called like a collection, or what is named is not there.
    pub fn change_aliases(&self, changes: &[AliasChange]) -> Result<(), StoreError> {
        let _guard = self.changing()?;
        let collections = self.names();
        self.set_aliases(aliases::changed(&self.aliases(), changes, |name| collections.contains(name))?)
    }

    fn set_aliases(&self, aliases: BTreeMap<Name, Name>) -> Result<(), StoreError> {
        aliases::write(&self.root, &aliases, self.options.files.as_ref())?;
        *self.aliases.write().unwrap_or_else(PoisonError::into_inner) = aliases;
        Ok(())
    }

    /// The index folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What requests may ask for at most.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Whether nothing can be changed.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.options.read_only
    }

    fn check_free(&self, name: &Name) -> Result<(), StoreError> {
        let taken = |what| Err(StoreError::Exists { what, name: name.to_string() });
        if self.collections.read().unwrap_or_else(PoisonError::into_inner).contains_key(name) {
            return taken("collection");
        }
        if self.aliases.read().unwrap_or_else(PoisonError::into_inner).contains_key(name) {
            return taken("alias");
        }
        Ok(())
    }

    fn changing(&self) -> Result<MutexGuard<'_, ()>, StoreError> {
        if self.options.read_only {
            return Err(StoreError::ReadOnly);
        }
        Ok(self.changing.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
