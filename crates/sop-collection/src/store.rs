//! An index folder with its collections.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use sop_index::{Covariance, Whitening};

use crate::aliases::{self, AliasChange};
use crate::background;
use crate::collection::{self, Collection};
use crate::config::{CollectionConfig, WhiteningConfig};
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
    /// Collections whose files cannot be read, with what is wrong with them.
    unreadable: RwLock<BTreeMap<Name, String>>,
    aliases: RwLock<BTreeMap<Name, Name>>,
    /// Who makes or removes collections, aliases or snapshots holds this. Points of a snapshot are read before it is taken.
    changing: Mutex<()>,
    /// Who makes a collection of a snapshot holds this.
    pub(crate) restoring: Mutex<()>,
    /// None where the store is read only. Every collection holds it, too: it is free when nobody can write any more.
    lock: Option<Arc<FolderLock>>,
    /// Ends the thread when it is dropped.
    _background: Option<Sender<()>>,
}

/// The collections by their names.
type Collections = Arc<RwLock<BTreeMap<Name, Arc<Collection>>>>;

/// What is put in the place of a collection's name.
pub(crate) struct Made {
    /// The collection, opened in a folder out of sight.
    pub collection: Collection,
    /// That folder.
    pub folder: PathBuf,
}

/// The folder of the collections.
const COLLECTIONS: &str = "collections";
/// What the names of folders begin with that are on their way in or out.
const HIDDEN: &str = ".";
/// What the name of a folder ends with that is complete, but not in its place yet.
const READY: &str = ".ready";

impl Store {
    /// Opens an index folder with all its collections. One whose files cannot be read keeps no other from being opened:
    /// [`Self::unreadable`] names it. What is lost of a log is no error: [`Collection::open_report`] says it.
    ///
    /// # Errors
    /// When there is no such folder, another process writes to it, or something else than collections lies in it.
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
        let (mut collections, mut unreadable) = (BTreeMap::new(), BTreeMap::new());
        for entry in std::fs::read_dir(&folder).map_err(StoreError::io("read", &folder))? {
            let path = entry.map_err(StoreError::io("read", &folder))?.path();
            let text = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if text.starts_with(HIDDEN) {
                continue;
            }
            let name = Name::new(&text).map_err(|error| StoreError::damaged(&path, error.to_string()))?;
            let (limits, files) = (&options.limits, &options.files);
            match Collection::open(name.clone(), &path, limits, files, lock.as_ref()) {
                Ok(collection) => drop(collections.insert(name, Arc::new(collection))),
                // Who writes has removed it meanwhile.
                Err(_) if !path.exists() => {}
                Err(error) => drop(unreadable.insert(name, with_causes(&error))),
            }
        }
        let before = aliases.len();
        // Those of a collection that was just being removed.
        aliases.retain(|_, collection| collections.contains_key(collection) || unreadable.contains_key(collection));
        if aliases.len() < before && lock.is_some() {
            aliases::write(root, &aliases, options.files.as_ref())?;
        }
        let collections = Arc::new(RwLock::new(collections));
        let background = (options.background && lock.is_some()).then(|| background::start(Arc::clone(&collections)));
        Ok(Self {
            root: root.to_owned(),
            options,
            collections,
            unreadable: RwLock::new(unreadable),
            aliases: RwLock::new(aliases),
            changing: Mutex::new(()),
            restoring: Mutex::new(()),
            lock,
            _background: background,
        })
    }

    /// Makes a collection without points.
    ///
    /// # Errors
    /// When a collection or alias is called so already, or the configuration is none.
    pub fn create(&self, name: &Name, config: CollectionConfig) -> Result<Arc<Collection>, StoreError> {
        if config.whitening.is_some() {
            return Err(StoreError::NoWhitening);
        }
        self.create_with(name, config, None)
    }

    /// Makes a collection without points that whitens embeddings: what has as many components as the whitening takes is whitened before it
    /// is stored or searched for. `config.dim` are the components that are kept; its whitening is set to what `whitening`, fitted on
    /// `fitted_on` embeddings by `covariance`, is.
    ///
    /// # Errors
    /// As [`Self::create`], and when the whitening keeps all components.
    pub fn create_whitened(
        &self,
        name: &Name,
        config: CollectionConfig,
        whitening: &Whitening,
        covariance: Covariance,
        fitted_on: usize,
    ) -> Result<Arc<Collection>, StoreError> {
        let facts = WhiteningConfig::of(whitening, covariance, fitted_on);
        let (dim, embedding_dim) = (whitening.projection().nrows(), facts.embedding_dim);
        LimitExceeded::check("components of an embedding", embedding_dim, self.options.limits.dim)?;
        if !facts.fits(dim) {
            return Err(StoreError::WhiteningKeepsAll { embedding_dim, dim });
        }
        self.create_with(name, CollectionConfig { dim, whitening: Some(facts), ..config }, Some(whitening))
    }

    fn create_with(
        &self,
        name: &Name,
        config: CollectionConfig,
        whitening: Option<&Whitening>,
    ) -> Result<Arc<Collection>, StoreError> {
        let _guard = self.changing()?;
        if config.dim == 0 {
            return Err(StoreError::NoComponents);
        }
        LimitExceeded::check("components of a vector", config.dim, self.options.limits.dim)?;
        self.check_free(name)?;
        self.make(name, "new", |folder| Collection::create(folder, config, whitening, &self.options.files))
            .and_then(|made| self.put_in_place(name, made))
    }

    /// Makes a collection out of sight, in a folder of its name and purpose, which `write` fills.
    pub(crate) fn make(
        &self,
        name: &Name,
        purpose: &str,
        write: impl FnOnce(&Path) -> Result<(), StoreError>,
    ) -> Result<Made, StoreError> {
        let folder = self.new_folder(name, purpose)?;
        let made = write(&folder).and_then(|()| {
            let Self { options: StoreOptions { limits, files, .. }, lock, .. } = self;
            Collection::open(name.clone(), &folder, limits, files, lock.as_ref())
        });
        match made {
            Ok(collection) => Ok(Made { collection, folder }),
            Err(error) => {
                // What stays is removed when the folder is opened.
                let _ = std::fs::remove_dir_all(&folder);
                Err(error)
            }
        }
    }

    fn new_folder(&self, name: &Name, purpose: &str) -> Result<PathBuf, StoreError> {
        let path = self.folder().join(format!("{HIDDEN}{name}.{purpose}"));
        if path.exists() {
            std::fs::remove_dir_all(&path).map_err(StoreError::io("remove", &path))?;
        }
        std::fs::create_dir(&path).map_err(StoreError::io("make", &path))?;
        Ok(path)
    }

    /// Puts a complete collection in the place of its name; one that is there is removed. Whoever asks for the name meanwhile gets the old
    /// one, then the new one.
    pub(crate) fn put_in_place(&self, name: &Name, made: Made) -> Result<Arc<Collection>, StoreError> {
        let Made { mut collection, folder: from } = made;
        let (parent, files) = (self.folder(), &self.options.files);
        let folder = parent.join(name.as_str());
        let rename = |from: &Path, to: &Path| {
            files.rename(from, to).map_err(StoreError::io("rename", from))?;
            files.sync_folder(&parent).map_err(StoreError::io("sync", &parent))
        };
        let old = self.collections.read().unwrap_or_else(PoisonError::into_inner).get(name).map(Arc::clone);
        let is_unreadable = self.unreadable.read().unwrap_or_else(PoisonError::into_inner).contains_key(name);
        let moved = if old.is_none() && !is_unreadable {
            rename(&from, &folder)
        } else {
            // From here on it is complete: where the process ends between the next two steps, it is put in place at the next start.
            let ready = parent.join(format!("{HIDDEN}{name}{READY}"));
            let set_aside = || {
                if ready.exists() {
                    std::fs::remove_dir_all(&ready).map_err(StoreError::io("remove", &ready))?;
                }
                rename(&from, &ready)?;
                match &old {
                    Some(old) => old.remove(&parent),
                    None => collection::take_away(&folder, &parent, name, files.as_ref()),
                }
            };
            set_aside().and_then(|()| {
                rename(&ready, &folder).inspect_err(|_| {
                    // The old one is gone, and the new one comes with the next start.
                    self.collections.write().unwrap_or_else(PoisonError::into_inner).remove(name);
                })
            })
        };
        if let Err(error) = moved {
            // What stays is removed when the folder is opened.
            let _ = std::fs::remove_dir_all(&from);
            return Err(error);
        }
        collection.moved_to(&folder);
        let collection = Arc::new(collection);
        self.collections.write().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), Arc::clone(&collection));
        self.unreadable.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(collection)
    }

    fn folder(&self) -> PathBuf {
        self.root.join(COLLECTIONS)
    }

    pub(crate) fn files(&self) -> &Arc<dyn Files> {
        &self.options.files
    }

    /// The collection of a name or an alias.
    ///
    /// # Errors
    /// When there is none, or its files cannot be read.
    pub fn collection(&self, name: &str) -> Result<Arc<Collection>, StoreError> {
        let aliases = self.aliases.read().unwrap_or_else(PoisonError::into_inner);
        let name = aliases.get(name).map_or(name, Name::as_str);
        let collections = self.collections.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = collections.get(name) {
            return Ok(Arc::clone(found));
        }
        let unreadable = self.unreadable.read().unwrap_or_else(PoisonError::into_inner);
        Err(match unreadable.get_key_value(name) {
            Some((name, reason)) => StoreError::Unreadable { name: name.clone(), reason: reason.clone() },
            None => StoreError::Missing { what: "collection", name: name.chars().take(200).collect() },
        })
    }

    /// The collections whose files cannot be read, in order, with what is wrong. They can be removed, and restored from snapshots.
    #[must_use]
    pub fn unreadable(&self) -> BTreeMap<Name, String> {
        self.unreadable.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The names of all collections that can be read, in order.
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
        let unreadable = self.unreadable().into_keys().find(|unreadable| unreadable.as_str() == name);
        if found.is_none() && unreadable.is_none() {
            return Ok(false);
        }
        let ready = self.folder().join(format!("{HIDDEN}{name}{READY}"));
        if ready.exists() {
            // What a failed restoring left must not take the place at the next start.
            std::fs::remove_dir_all(&ready).map_err(StoreError::io("remove", &ready))?;
        }
        if let Some(collection) = found {
            collection.remove(&self.folder())?;
            self.collections.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        }
        if let Some(name) = unreadable {
            let parent = self.folder();
            collection::take_away(&parent.join(name.as_str()), &parent, &name, self.options.files.as_ref())?;
            self.unreadable.write().unwrap_or_else(PoisonError::into_inner).remove(&name);
        }
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
        let (collections, unreadable) = (self.names(), self.unreadable());
        let is_collection = |name: &Name| collections.contains(name) || unreadable.contains_key(name);
        self.set_aliases(aliases::changed(&self.aliases(), changes, is_collection)?)
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
        let is_readable = self.collections.read().unwrap_or_else(PoisonError::into_inner).contains_key(name);
        if is_readable || self.unreadable.read().unwrap_or_else(PoisonError::into_inner).contains_key(name) {
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

/// An error and what caused it, on one line.
fn with_causes(error: &StoreError) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{source}")
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
