//! The stream format of `torch.save` before PyTorch 1.6.
//!
//! Five pickles (magic number, protocol version, system information, the object, the keys of its storages), then for
//! each key the number of elements as a 64-bit integer and the elements.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use sop_pickle::{Arena, Id, Node, PickleError, Unpickled, Vocabulary, run};

use super::CheckpointError;
use super::torch_zip::MAX_PICKLE;

/// The first pickle of every such file.
const MAGIC: i128 = 0x1950_a86a_20f9_469c_fc6c;
/// The second pickle.
const VERSION: i128 = 1001;

/// Places of raw storages in a file: (first byte, bytes) by key.
pub(super) type Places = BTreeMap<String, (u64, u64)>;

/// Reads the pickles and finds the storages.
pub(super) fn read(path: &Path, file: &mut File, file_bytes: u64) -> Result<(Arena, Id, Places), CheckpointError> {
    let mut head = Vec::new();
    file.seek(SeekFrom::Start(0)).map_err(CheckpointError::io(path))?;
    file.take(MAX_PICKLE).read_to_end(&mut head).map_err(CheckpointError::io(path))?;
    let pickle = |start: usize| {
        let read = run(&head, start, Vocabulary::Checkpoint).map(|Unpickled { arena, root, end }| (arena, root, end));
        read.map_err(|source| match source {
            PickleError::Truncated { .. } if (head.len() as u64) < file_bytes => {
                CheckpointError::too_large(path, format!("its pickles have more than {MAX_PICKLE} bytes"))
            }
            PickleError::Truncated { at } => {
                CheckpointError::truncated(path, format!("the pickle ends in the instruction at byte {at}"))
            }
            source => CheckpointError::Pickle { path: path.to_path_buf(), source },
        })
    };
    let (arena, magic, end) = pickle(0)?;
    if !matches!(arena.get(magic), Node::Int(MAGIC)) {
        let found = "a pickle that torch.save did not write".to_owned();
        return Err(CheckpointError::NotACheckpoint { path: path.to_path_buf(), found });
    }
    let (arena, version, end) = pickle(end)?;
    if !matches!(arena.get(version), Node::Int(VERSION)) {
        return Err(CheckpointError::damaged(path, "its protocol version is not 1001"));
    }
    let (arena, system, end) = pickle(end)?;
    let entries = arena.entries(system).unwrap_or_default();
    let order = entries.iter().find(|(key, _)| arena.text(*key) == Some("little_endian"));
    if let Some((_, little)) = order
        && matches!(arena.get(*little), Node::Bool(false))
    {
        return Err(CheckpointError::BigEndian { path: path.to_path_buf() });
    }
    let (arena, root, end) = pickle(end)?;
    let (keys_arena, keys, end) = pickle(end)?;
    let keys =
        keys_arena.sequence(keys).ok_or_else(|| CheckpointError::damaged(path, "its storage keys are no list"))?;
    let declared = declared_sizes(&arena, path)?;
    let mut places = Places::new();
    let mut at = end as u64;
    for &key in keys {
        let key = match keys_arena.get(key) {
            Node::Text(key) => key.to_string(),
            Node::Int(key) => key.to_string(),
            _ => return Err(CheckpointError::damaged(path, "a storage key is no text")),
        };
        let Some(&(count, bytes)) = declared.get(key.as_str()) else {
            return Err(CheckpointError::damaged(path, "a storage key is not in the pickle"));
        };
        let written = length_at(path, file, at)?;
        let start = at.saturating_add(8);
        if written != count {
            let what = format!("the storage `{key}` has {written} elements and declares {count}");
            return Err(CheckpointError::damaged(path, what));
        }
        if bytes > file_bytes.saturating_sub(start) {
            let there = file_bytes.saturating_sub(start);
            let what = format!("the storage `{key}` has {there} of {bytes} bytes");
            return Err(CheckpointError::truncated(path, what));
        }
        if places.insert(key, (start, bytes)).is_some() {
            return Err(CheckpointError::damaged(path, "a storage key occurs twice"));
        }
        at = start.saturating_add(bytes);
    }
    Ok((arena, root, places))
}

/// Elements and bytes of every storage that the pickle names.
fn declared_sizes<'a>(arena: &'a Arena, path: &Path) -> Result<BTreeMap<&'a str, (u64, u64)>, CheckpointError> {
    let mut declared = BTreeMap::new();
    for storage in arena.storages() {
        let (Some(bytes), Some(size)) = (storage.bytes, storage.dtype.size()) else { continue };
        let size = ((bytes / size) as u64, bytes as u64);
        if declared.insert(storage.key.as_str(), size).is_some_and(|other| other != size) {
            let what = format!("the storage `{}` is declared with two sizes", storage.key);
            return Err(CheckpointError::damaged(path, what));
        }
    }
    Ok(declared)
}

/// The 64-bit number of elements at byte `at`.
fn length_at(path: &Path, file: &mut File, at: u64) -> Result<u64, CheckpointError> {
    let mut length = [0; 8];
    file.seek(SeekFrom::Start(at)).map_err(CheckpointError::io(path))?;
    file.read_exact(&mut length).map_err(|source| match source.kind() {
        std::io::ErrorKind::UnexpectedEof => CheckpointError::truncated(path, "it ends before the last storage"),
        _ => CheckpointError::Io { path: path.to_path_buf(), source },
    })?;
    Ok(u64::from_le_bytes(length))
}
