//! An index folder with its collections.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::aliases::{self, AliasChange};
use crate::background;
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
    /// Whether a thread does what is due ([`Collection::maintain`]) once a second.
    pub background: bool,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { create: false, read_only: false, limits: Limits::default(), files: Arc::new(Disk), background: false }
    }
}

/// An index folder with its collections. One process at a time writes to it; others may read.
pub struct Store {
    root: PathBuf,
    options: StoreOptions,
    collections: Collections,
    aliases: RwLock<BTreeMap<Name, Name>>,
    /// Who makes or removes collections, aliases or snapshots holds this.
    changing: Mutex<()>,
    /// None where the store is read only. Every collection holds it, too: it is free when nobody can write any more.
    lock: Option<Arc<FolderLock>>,
    /// Ends the thread when it is dropped.
    _background: Option<Sender<()>>,
}

/// The collections by their names.
type Collections = Arc<RwLock<BTreeMap<Name, Arc<Collection>>>>;

/// The folder of the collections.
const COLLECTIONS: &str = "collections";
/// What the names of folders begin with that are on their way in or out.
const HIDDEN: &str = ".";
/// What the name of a folder ends with that is complete, but not in its place yet.
const READY: &str = ".ready";

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
        let lock = if options.read_only { None } else { Some(Arc::new(FolderLock::take(root)?)) };
        if lock.is_some() {
            tidy(&folder, options.files.as_ref())?;
        }
        let mut aliases = aliases::read(root)?;
        let mut collections = BTreeMap::new();
        for entry in std::fs::read_dir(&folder).map_err(StoreError::io("read", &folder))? {
            let path = entry.map_err(StoreError::io("read", &folder))?.path();
            let text = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if text.starts_with(HIDDEN) {
                continue;
            }
            let name = Name::new(&text).map_err(|error| StoreError::damaged(&path, error.to_string()))?;
            let (limits, files) = (&options.limits, &options.files);
            let collection = Collection::open(name.clone(), &path, limits, files, lock.as_ref())?;
            collections.insert(name, Arc::new(collection));
        }
        let before = aliases.len();
        // Those of a collection that was just being removed.
        aliases.retain(|_, collection| collections.contains_key(collection));
        if aliases.len() < before && lock.is_some() {
            aliases::write(root, &aliases, options.files.as_ref())?;
        }
        let collections = Arc::new(RwLock::new(collections));
        let background = (options.background && lock.is_some()).then(|| background::start(Arc::clone(&collections)));
        Ok(Self {
            root: root.to_owned(),
            options,
            collections,
            aliases: RwLock::new(aliases),
            changing: Mutex::new(()),
            lock,
            _background: background,
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
        let hidden = self.new_folder(name)?;
        let made = Collection::create(&hidden, config, &self.options.files);
        made.and_then(|()| self.put_in_place(name, &hidden)).inspect_err(|_| {
            // What stays is removed when the folder is opened.
            let _ = std::fs::remove_dir_all(&hidden);
        })
    }

    /// A folder in which a collection is made, out of sight.
    pub(crate) fn new_folder(&self, name: &Name) -> Result<PathBuf, StoreError> {
        let path = self.folder().join(format!("{HIDDEN}{name}.new"));
        if path.exists() {
            std::fs::remove_dir_all(&path).map_err(StoreError::io("remove", &path))?;
        }
        std::fs::create_dir(&path).map_err(StoreError::io("make", &path))?;
        Ok(path)
    }

    /// Puts a folder with a complete collection in the place of its name; a collection that is there is removed.
    pub(crate) fn put_in_place(&self, name: &Name, made: &Path) -> Result<Arc<Collection>, StoreError> {
        let (parent, files) = (self.folder(), &self.options.files);
        let folder = parent.join(name.as_str());
        let rename = |from: &Path, to: &Path| {
            files.rename(from, to).map_err(StoreError::io("rename", from))?;
            files.sync_folder(&parent).map_err(StoreError::io("sync", &parent))
        };
        let old = self.collections.read().unwrap_or_else(PoisonError::into_inner).get(name).map(Arc::clone);
        match old {
            None => rename(made, &folder)?,
            Some(old) => {
                // From here on it is complete: where the process ends between the next two steps, it is put in place at the next start.
                let ready = parent.join(format!("{HIDDEN}{name}{READY}"));
                if ready.exists() {
                    std::fs::remove_dir_all(&ready).map_err(StoreError::io("remove", &ready))?;
                }
                rename(made, &ready)?;
                old.remove(&parent)?;
                self.collections.write().unwrap_or_else(PoisonError::into_inner).remove(name);
                rename(&ready, &folder)?;
            }
        }
        let opened = Collection::open(name.clone(), &folder, &self.options.limits, files, self.lock.as_ref())?;
        let collection = Arc::new(opened);
        self.collections.write().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), Arc::clone(&collection));
        Ok(collection)
    }

    fn folder(&self) -> PathBuf {
        self.root.join(COLLECTIONS)
    }

    pub(crate) fn files(&self) -> &Arc<dyn Files> {
        &self.options.files
    }

    pub(crate) fn lock(&self) -> Option<&Arc<FolderLock>> {
        self.lock.as_ref()
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
        let ready = self.folder().join(format!("{HIDDEN}{name}{READY}"));
        if ready.exists() {
            // What a failed restoring left must not take the place at the next start.
            std::fs::remove_dir_all(&ready).map_err(StoreError::io("remove", &ready))?;
        }
        collection.remove(&self.folder())?;
        self.collections.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        // Aliases without a collection go away when the folder is opened, too.
        let mut aliases = self.aliases();
        let before = aliases.len();
        aliases.retain(|_, target| target.as_str() != name);
        if aliases.len() < before {
            self.set_aliases(aliases)?;
        }
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

    pub(crate) fn changing(&self) -> Result<MutexGuard<'_, ()>, StoreError> {
        if self.options.read_only {
            return Err(StoreError::ReadOnly);
        }
        Ok(self.changing.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Finishes what a process was at when it ended: what is ready takes its place, other hidden folders go away.
fn tidy(folder: &Path, files: &dyn Files) -> Result<(), StoreError> {
    for entry in std::fs::read_dir(folder).map_err(StoreError::io("read", folder))? {
        let path = entry.map_err(StoreError::io("read", folder))?.path();
        let text = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(hidden) = text.strip_prefix(HIDDEN) else { continue };
        let place = hidden.strip_suffix(READY).and_then(|name| Name::new(name).ok());
        match place.map(|name| folder.join(name.as_str())).filter(|place| !place.exists()) {
            Some(place) => {
                files.rename(&path, &place).map_err(StoreError::io("rename", &path))?;
                files.sync_folder(folder).map_err(StoreError::io("sync", folder))?;
            }
            // It takes room and nothing else.
            None => drop(std::fs::remove_dir_all(&path)),
        }
    }
    Ok(())
}
