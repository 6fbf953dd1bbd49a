//! A disk that keeps what was synced, and nothing else.

#![allow(dead_code, reason = "every test file uses some of it")]

use std::collections::{BTreeMap, HashMap};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use sop_collection::{Disk, Files, LogFile};

/// Writes to the real disk, remembers what of it would survive a crash, and fails when it is told to.
#[derive(Clone, Default)]
pub struct Forgetful(Arc<Mutex<Inner>>);

#[derive(Default)]
pub struct Inner {
    /// Calls that work before the machine is off; none where it stays on.
    pub calls_left: Option<usize>,
    /// Calls so far.
    pub calls: usize,
    /// Bytes that still fit; none where all do.
    pub room: Option<usize>,
    pub fails_to_sync: bool,
    pub fails_to_cut: bool,
    /// Names and numbers of files and folders in a folder, by the folder's number.
    folders: HashMap<u64, BTreeMap<String, u64>>,
    /// What survives of a file, by its number. Files that are not here survive as they are.
    logs: HashMap<u64, Vec<u8>>,
    others: HashMap<u64, Vec<u8>>,
    /// Every file and folder that was seen, held open so that no other one gets its number.
    held: HashMap<u64, std::fs::File>,
}

/// What a crash leaves of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Neither names nor bytes.
    Nothing,
    /// Names.
    Names,
    /// Names, and half of the bytes.
    HalfOfTheBytes,
    /// Names, and bytes that are zero.
    Zeros,
}

impl Left {
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Names, Self::HalfOfTheBytes, Self::Zeros];
}

fn number(path: &Path) -> io::Result<u64> {
    Ok(std::fs::metadata(path)?.ino())
}

fn is_unfinished(name: &str) -> bool {
    name.ends_with(".sop-partial")
}

impl Forgetful {
    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// A machine that goes off before the call of that number, from 0.
    pub fn off_before(call: usize) -> Self {
        let files = Self::default();
        files.inner().calls_left = Some(call);
        files
    }

    /// The number of a file or folder, which no other one gets.
    fn hold(&self, path: &Path) -> io::Result<u64> {
        let number = number(path)?;
        self.inner().held.insert(number, std::fs::File::open(path)?);
        Ok(number)
    }

    /// Counts a call; says whether the machine is off.
    fn call(&self) -> io::Result<()> {
        let mut inner = self.inner();
        inner.calls += 1;
        match &mut inner.calls_left {
            None => Ok(()),
            Some(0) => Err(io::Error::other("the machine is off")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    /// Writes to `into` what a crash leaves of `root`.
    pub fn crash(&self, root: &Path, into: &Path, left: Left) {
        std::fs::create_dir_all(into).unwrap();
        let inner = self.inner();
        let of_folder = number(root).unwrap();
        match left {
            Left::Nothing => inner.survivors(of_folder, &numbers(root), into),
            _ => inner.copy(root, into, left),
        }
    }
}

/// Paths by number of all files below a folder.
fn numbers(folder: &Path) -> HashMap<u64, std::path::PathBuf> {
    let mut found = HashMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(numbers(&path));
        }
        found.insert(number(&path).unwrap(), path);
    }
    found
}

impl Inner {
    /// Writes down what was synced of a folder.
    fn survivors(&self, folder: u64, paths: &HashMap<u64, std::path::PathBuf>, into: &Path) {
        for (name, number) in self.folders.get(&folder).into_iter().flatten() {
            let path = into.join(name);
            if self.folders.contains_key(number) || paths.get(number).is_some_and(|path| path.is_dir()) {
                std::fs::create_dir(&path).unwrap();
                self.survivors(*number, paths, &path);
            } else {
                let bytes = self.logs.get(number).or_else(|| self.others.get(number));
                std::fs::write(path, bytes.map_or(&[][..], Vec::as_slice)).unwrap();
            }
        }
    }

    /// Copies a folder with all names; of logs only what was synced, or some more.
    fn copy(&self, from: &Path, into: &Path, left: Left) {
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let to = into.join(path.file_name().unwrap());
            if path.is_dir() {
                std::fs::create_dir(&to).unwrap();
                self.copy(&path, &to, left);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let bytes = match self.logs.get(&number(&path).unwrap()) {
                None => bytes,
                Some(synced) => {
                    let more = bytes.len().saturating_sub(synced.len());
                    let mut survives = synced.clone();
                    match left {
                        Left::HalfOfTheBytes => survives.extend_from_slice(&bytes[synced.len()..][..more / 2]),
                        Left::Zeros => survives.extend(std::iter::repeat_n(0, more)),
                        Left::Nothing | Left::Names => {}
                    }
                    survives
                }
            };
            std::fs::write(to, bytes).unwrap();
        }
    }
}

impl Files for Forgetful {
    fn open_log(&self, path: &Path, length: u64) -> io::Result<Box<dyn LogFile>> {
        self.call()?;
        let is_new = !path.exists();
        let log = Disk.open_log(path, length)?;
        let number = self.hold(path)?;
        if is_new {
            self.inner().logs.insert(number, Vec::new());
        } else {
            let bytes = std::fs::read(path)?;
            self.inner().logs.entry(number).or_insert(bytes);
        }
        Ok(Box::new(ForgetfulLog { files: self.clone(), log, number }))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.call()?;
        let mut names = BTreeMap::new();
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let number = self.hold(&entry.path())?;
            let is_log = self.inner().logs.contains_key(&number);
            if entry.path().is_file() && !is_log && !is_unfinished(&name) {
                // It was synced before it got its name.
                self.inner().others.insert(number, std::fs::read(entry.path())?);
            }
            names.insert(name, number);
        }
        self.inner().folders.insert(number(path)?, names);
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call()?;
        Disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call()?;
        Disk.remove(path)
    }
}

struct ForgetfulLog {
    files: Forgetful,
    log: Box<dyn LogFile>,
    number: u64,
}

impl LogFile for ForgetfulLog {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Err(off) = self.files.call() {
            // The last thing it did was half of this.
            self.log.append(&bytes[..bytes.len() / 2])?;
            return Err(off);
        }
        let room = self.files.inner().room;
        match room {
            Some(room) if room < bytes.len() => {
                self.files.inner().room = Some(0);
                self.log.append(&bytes[..room])?;
                Err(ErrorKind::StorageFull.into())
            }
            Some(room) => {
                self.files.inner().room = Some(room - bytes.len());
                self.log.append(bytes)
            }
            None => self.log.append(bytes),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.files.call()?;
        if self.files.inner().fails_to_sync {
            return Err(io::Error::other("the disk is broken"));
        }
        // Its folder may be called otherwise by now; the file is the one that is held open.
        let mut inner = self.files.inner();
        let held = &inner.held[&self.number];
        let mut bytes = vec![0; usize::try_from(held.metadata()?.len()).unwrap()];
        held.read_exact_at(&mut bytes, 0)?;
        inner.logs.insert(self.number, bytes);
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.files.call()?;
        if self.files.inner().fails_to_cut {
            return Err(io::Error::other("the disk is broken"));
        }
        self.log.cut(length)
    }
}
