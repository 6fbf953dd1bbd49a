//! A checkpoint file: opening it, listing what it holds, reading one backbone.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use sop_pickle::{Arena, Id, Node, TensorView, Vocabulary, run};

use super::format::{self, HEAD_BYTES};
use super::groups::{self, Groups};
use super::state_dict::Unreadable;
use super::torch_legacy::Places;
use super::torch_zip::TorchZip;
use super::{
    ArgValue, CheckpointError, CheckpointFormat, IgnoredTensor, StateDict, StateDictSummary, Tensor, args, budget,
    choice, names, safetensors, said, torch_legacy,
};

/// An opened checkpoint. Its tensors stay in the file until they are asked for.
#[derive(Debug)]
pub struct Checkpoint {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of the whole file, lower-case hexadecimal.
    pub sha256: String,
    /// Format, told from the first bytes.
    pub format: CheckpointFormat,
    /// Bytes of the file.
    file_bytes: u64,
    groups: Groups,
    args: BTreeMap<String, ArgValue>,
    /// Everything that the file says besides its tensors, by place: `arch`, `args.patch_size`, `config.model.num_heads`.
    settings: BTreeMap<String, ArgValue>,
    epoch: Option<i64>,
    metadata: BTreeMap<String, String>,
    /// Whether the zip archive was written without checksums.
    without_checksums: bool,
    /// Where raw storages lie; empty for zip files, whose entries are found by name.
    places: Places,
}

impl Checkpoint {
    /// Opens a file and reads all but the tensors' elements.
    ///
    /// The pickle is interpreted without running anything; a name outside the closed list is an error.
    ///
    /// # Errors
    /// When the file cannot be read, is no checkpoint, is truncated or damaged, or its pickle is refused.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        let mut file = File::open(path).map_err(CheckpointError::io(path))?;
        let (sha256, head, file_bytes) = scan(&mut file).map_err(CheckpointError::io(path))?;
        let format = format::recognise(&head)
            .map_err(|found| CheckpointError::NotACheckpoint { path: path.to_path_buf(), found: found.to_owned() })?;
        let mut checkpoint = Self {
            path: path.to_path_buf(),
            sha256,
            format,
            file_bytes,
            groups: Groups::default(),
            args: BTreeMap::new(),
            settings: BTreeMap::new(),
            epoch: None,
            metadata: BTreeMap::new(),
            without_checksums: false,
            places: Places::new(),
        };
        match format {
            CheckpointFormat::TorchZip => {
                let mut zip = TorchZip::open(path, file)?;
                checkpoint.without_checksums = zip.is_without_checksums();
                let pickle = zip.pickle()?;
                let pickle = run(&pickle, 0, Vocabulary::Checkpoint).map_err(CheckpointError::pickle(path))?;
                checkpoint.fill(&pickle.arena, pickle.root)?;
            }
            CheckpointFormat::TorchLegacy => {
                let (arena, root, places) = torch_legacy::read(path, &mut file, file_bytes)?;
                checkpoint.places = places;
                checkpoint.fill(&arena, root)?;
            }
            CheckpointFormat::Safetensors => {
                let header = safetensors::read(path, &mut file, file_bytes)?;
                checkpoint.groups = groups::flat(header.tensors);
                checkpoint.settings = args::of_texts(&header.metadata);
                checkpoint.places = header.places;
                checkpoint.epoch = header.metadata.get("epoch").and_then(|epoch| epoch.parse().ok());
                checkpoint.metadata = header.metadata;
            }
        }
        Ok(checkpoint)
    }

    /// Takes what is needed out of the pickle's values.
    fn fill(&mut self, arena: &Arena, root: Id) -> Result<(), CheckpointError> {
        self.groups = groups::find(arena, root, &self.path)?;
        self.settings = args::settings(arena, root);
        for &(key, value) in arena.entries(root).unwrap_or_default() {
            match (arena.text(key), arena.get(value)) {
                (Some("args"), Node::Dict(_) | Node::Namespace(_)) => self.args = args::flatten(arena, value),
                (Some("epoch"), Node::Int(epoch)) => self.epoch = i64::try_from(*epoch).ok(),
                _ => {}
            }
        }
        self.epoch = self.epoch.or_else(|| self.nested_epoch());
        Ok(())
    }

    /// The number under `epoch` in an inner dict (`meta.epoch`), if all of that name agree. Among the training arguments
    /// it would be how many were planned.
    fn nested_epoch(&self) -> Option<i64> {
        let mut epochs = self.settings.iter().filter_map(|(name, value)| match value {
            ArgValue::Int(epoch) if name.ends_with(".epoch") && !name.split('.').any(groups::is_arguments) => {
                Some(*epoch)
            }
            _ => None,
        });
        let first = epochs.next()?;
        epochs.all(|epoch| epoch == first).then_some(first)
    }

    /// The sets of weights in the file, by key.
    #[must_use]
    pub fn groups(&self) -> Vec<StateDictSummary> {
        self.groups.summaries()
    }

    /// Whether the file is a zip archive whose writer left the checksums out, so that damage in it cannot be noticed
    /// (`torch.serialization.set_crc32_options(False)`). Other formats have none either.
    #[must_use]
    pub fn is_without_checksums(&self) -> bool {
        self.without_checksums
    }

    /// The training arguments under `args`; those of dicts within them as `outer.inner`. Empty where there are none.
    #[must_use]
    pub fn args(&self) -> &BTreeMap<String, ArgValue> {
        &self.args
    }

    /// The number under `epoch` at the top, else in an inner dict, as written: the references write the number of epochs that are through.
    #[must_use]
    pub fn epoch(&self) -> Option<i64> {
        self.epoch
    }

    /// The texts under `__metadata__` of a `.safetensors` file.
    #[must_use]
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// Reads the backbone of the set of weights `key`, e.g. `teacher` or `ema.module`; with `None` of the only one, or of
    /// the teacher where there are just it and its student.
    ///
    /// Prefixes of wrappers are removed (`module.`, `_orig_mod.`, `backbone.`, `encoder.`); heads, memory banks, what is
    /// outside `backbone.` and whole numbers are listed as ignored. A tensor of another kind is not read either, and an
    /// error where the model needs it or knows nothing of it.
    ///
    /// # Errors
    /// When there is no such set of weights or no obvious one, names collide, a storage is truncated or damaged, or a
    /// weight is not finite.
    pub fn backbone(&self, key: Option<&str>) -> Result<StateDict, CheckpointError> {
        let (key, group) = choice::choose(&self.groups, key, &self.path)?;
        let sorted = names::sort(group.keys().map(String::as_str)).map_err(|same| CheckpointError::DuplicateName {
            path: self.path.clone(),
            name: same.name,
            first: same.first,
            second: same.second,
        })?;
        let mut ignored = Vec::new();
        let mut ignore = |name: &str, reason: String| {
            let shape = group.get(name).map(|view| view.shape.clone()).unwrap_or_default();
            ignored.push(IgnoredTensor { name: name.to_owned(), shape, reason });
        };
        for (name, reason) in &sorted.ignored {
            ignore(name, (*reason).to_owned());
        }
        let mut wanted: Vec<(String, &TensorView)> = Vec::new();
        let mut unreadable = BTreeMap::new();
        for (name, original) in sorted.backbone {
            let Some(view) = group.get(original) else { continue };
            match view.why_unreadable() {
                None => wanted.push((name, view)),
                Some(reason) => {
                    if view.dtype.is_integer() {
                        ignore(original, format!("not floating point but {}", view.dtype));
                    }
                    unreadable.insert(name, Unreadable { reason, is_integer: view.dtype.is_integer() });
                }
            }
        }
        ignored.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        let said = said::said(&self.settings, key, group.keys().map(String::as_str));
        let tensors = self.read(wanted)?;
        let weights = StateDict::new(key.to_owned(), self.path.clone(), tensors, ignored);
        Ok(weights.with_surroundings(unreadable, self.groups.not_read(key), said))
    }

    /// Reads tensors, each storage once.
    fn read(&self, mut wanted: Vec<(String, &TensorView)>) -> Result<BTreeMap<String, Tensor>, CheckpointError> {
        budget::check(wanted.iter().map(|(_, view)| *view), self.file_bytes, &self.path)?;
        // By what is read, so that names of one storage, however typed, cost one reading.
        let place = |view: &TensorView| (view.storage.key.clone(), view.storage.bytes);
        wanted.sort_by_cached_key(|(_, view)| place(view));
        let mut file = File::open(&self.path).map_err(CheckpointError::io(&self.path))?;
        let mut zip = match self.format {
            CheckpointFormat::TorchZip => {
                let file = file.try_clone().map_err(CheckpointError::io(&self.path))?;
                Some(TorchZip::open(&self.path, file)?)
            }
            _ => None,
        };
        let mut tensors = BTreeMap::new();
        let mut storage = None;
        let mut bytes = Vec::new();
        for (name, view) in wanted {
            if view.count > 0 && storage.as_ref() != Some(&place(view)) {
                bytes = match &mut zip {
                    Some(zip) => zip.storage(&view.storage)?,
                    None => self.raw_storage(&mut file, view)?,
                };
                storage = Some(place(view));
            }
            let values = view.values(&bytes).ok_or_else(|| {
                CheckpointError::damaged(&self.path, format!("tensor `{name}` reaches beyond its storage"))
            })?;
            if let Some((element, &value)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
                return Err(CheckpointError::NonFinite { path: self.path.clone(), name, element, value });
            }
            tensors.insert(name, Tensor { shape: view.shape.clone(), values, source_dtype: view.dtype });
        }
        Ok(tensors)
    }

    /// A storage that lies in the file as it is.
    fn raw_storage(&self, file: &mut File, view: &TensorView) -> Result<Vec<u8>, CheckpointError> {
        let key = &view.storage.key;
        let missing = || CheckpointError::truncated(&self.path, format!("the storage `{key}` is missing"));
        let &(start, length) = self.places.get(key).ok_or_else(missing)?;
        file.seek(SeekFrom::Start(start)).map_err(CheckpointError::io(&self.path))?;
        let mut bytes = Vec::new();
        file.take(length).read_to_end(&mut bytes).map_err(CheckpointError::io(&self.path))?;
        if bytes.len() as u64 != length {
            let what = format!("the storage `{key}` has {} of {length} bytes", bytes.len());
            return Err(CheckpointError::truncated(&self.path, what));
        }
        Ok(bytes)
    }
}

/// SHA-256, first bytes and length of a file.
fn scan(file: &mut File) -> std::io::Result<(String, Vec<u8>, u64)> {
    let mut hash = Sha256::new();
    let mut head = Vec::new();
    let mut length = 0;
    let mut block = vec![0; 1 << 20];
    loop {
        let count = match file.read(&mut block) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let read = block.get(..count).unwrap_or_default();
        hash.update(read);
        let room = HEAD_BYTES.saturating_sub(head.len());
        head.extend_from_slice(read.get(..room.min(count)).unwrap_or_default());
        length += count as u64;
    }
    let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    file.seek(SeekFrom::Start(0))?;
    Ok((digest, head, length))
}
