//! Writes small files as `torch.save` does, for tests: a pickle writer, the zip and the legacy containers.

use std::io::{Cursor, Write};

use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, ZipArchive};

use super::{Checkpoint, CheckpointError};

/// A Python value.
#[derive(Clone, Debug)]
pub(crate) enum Py {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'static str),
    Tuple(Vec<Py>),
    List(Vec<Py>),
    Dict(Vec<(&'static str, Py)>),
    Namespace(Vec<(&'static str, Py)>),
    Tensor(View),
    /// Instructions that leave one value on the stack.
    Raw(Vec<u8>),
}

/// A tensor: index of its storage, first element, shape and strides.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) storage: usize,
    pub(crate) offset: usize,
    pub(crate) shape: Vec<usize>,
    pub(crate) stride: Vec<usize>,
}

/// The storages of a file under construction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fixture {
    /// (PyTorch's class, bytes of an element, bytes).
    storages: Vec<(&'static str, usize, Vec<u8>)>,
}

impl Fixture {
    /// Adds a storage of a class such as `FloatStorage`; its index.
    pub(crate) fn storage(&mut self, class: &'static str, element: usize, bytes: Vec<u8>) -> usize {
        self.storages.push((class, element, bytes));
        self.storages.len() - 1
    }

    /// A row-major `float32` tensor with its own storage.
    pub(crate) fn float32(&mut self, shape: &[usize], values: &[f32]) -> Py {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor("FloatStorage", 4, bytes, shape)
    }

    /// A row-major tensor of any class with its own storage.
    pub(crate) fn tensor(&mut self, class: &'static str, element: usize, bytes: Vec<u8>, shape: &[usize]) -> Py {
        let storage = self.storage(class, element, bytes);
        let mut stride = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            stride[axis - 1] = stride[axis] * shape[axis];
        }
        Py::Tensor(View { storage, offset: 0, shape: shape.to_vec(), stride })
    }

    /// The pickle of a value, protocol 2.
    pub(crate) fn pickle(&self, root: &Py, legacy: bool) -> Vec<u8> {
        let mut bytes = vec![0x80, 2];
        self.write(root, legacy, &mut bytes);
        bytes.push(b'.');
        bytes
    }

    /// The instructions that leave a value on the stack.
    pub(crate) fn write(&self, value: &Py, legacy: bool, out: &mut Vec<u8>) {
        match value {
            Py::None => out.push(b'N'),
            Py::Bool(value) => out.push(if *value { 0x88 } else { 0x89 }),
            Py::Int(value) => {
                out.extend([0x8a, 8]);
                out.extend(value.to_le_bytes());
            }
            Py::Float(value) => {
                out.push(b'G');
                out.extend(value.to_be_bytes());
            }
            Py::Text(value) => text(value, out),
            Py::Tuple(items) => {
                out.push(b'(');
                items.iter().for_each(|item| self.write(item, legacy, out));
                out.push(b't');
            }
            Py::List(items) => {
                out.extend(b"](");
                items.iter().for_each(|item| self.write(item, legacy, out));
                out.push(b'e');
            }
            Py::Dict(entries) => {
                out.extend(b"}(");
                for (key, value) in entries {
                    text(key, out);
                    self.write(value, legacy, out);
                }
                out.push(b'u');
            }
            Py::Namespace(entries) => {
                out.extend(b"cargparse\nNamespace\n)\x81");
                self.write(&Py::Dict(entries.clone()), legacy, out);
                out.push(b'b');
            }
            Py::Tensor(view) => self.write_tensor(view, legacy, out),
            Py::Raw(instructions) => out.extend(instructions),
        }
    }

    fn write_tensor(&self, view: &View, legacy: bool, out: &mut Vec<u8>) {
        let (class, element, bytes) = &self.storages[view.storage];
        let size = |&size: &usize| Py::Int(i64::try_from(size).unwrap());
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text("storage", out);
        out.extend(format!("ctorch\n{class}\n").bytes());
        text(&view.storage.to_string(), out);
        text("cpu", out);
        self.write(&size(&(bytes.len() / element)), legacy, out);
        if legacy {
            out.push(b'N');
        }
        out.extend(b"tQ");
        self.write(&size(&view.offset), legacy, out);
        self.write(&Py::Tuple(view.shape.iter().map(size).collect()), legacy, out);
        self.write(&Py::Tuple(view.stride.iter().map(size).collect()), legacy, out);
        out.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    }

    /// A zip file as `torch.save` writes it, or with compressed entries.
    pub(crate) fn zip(&self, root: &Py, compressed: bool) -> Vec<u8> {
        let mut entries = vec![
            ("model/data.pkl".to_owned(), self.pickle(root, false)),
            ("model/byteorder".to_owned(), b"little".to_vec()),
            ("model/version".to_owned(), b"3\n".to_vec()),
        ];
        for (key, (_, _, bytes)) in self.storages.iter().enumerate() {
            entries.push((format!("model/data/{key}"), bytes.clone()));
        }
        zip_of(&entries, compressed)
    }

    /// A file of the old stream format.
    pub(crate) fn legacy(&self, root: &Py) -> Vec<u8> {
        let mut out = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.".to_vec();
        out.extend(self.pickle(&Py::Dict(vec![("little_endian", Py::Bool(true))]), true));
        out.extend(self.pickle(root, true));
        let mut keys = b"\x80\x02](".to_vec();
        (0..self.storages.len()).for_each(|key| text(&key.to_string(), &mut keys));
        out.extend(keys);
        out.extend(b"e.");
        for (_, element, bytes) in &self.storages {
            out.extend((bytes.len() as u64 / *element as u64).to_le_bytes());
            out.extend(bytes);
        }
        out
    }
}

fn text(text: &str, out: &mut Vec<u8>) {
    out.push(b'X');
    out.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
    out.extend(text.bytes());
}

/// A zip archive of named entries.
pub(crate) fn zip_of(entries: &[(String, Vec<u8>)], compressed: bool) -> Vec<u8> {
    let method = if compressed { CompressionMethod::Deflated } else { CompressionMethod::Stored };
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(name.as_str(), SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    assert_eq!(ZipArchive::new(Cursor::new(&bytes)).unwrap().len(), entries.len());
    bytes
}

/// A checkpoint in a folder of its own, which goes with it.
#[derive(Debug)]
pub(crate) struct OpenedFile {
    checkpoint: Checkpoint,
    _folder: tempfile::TempDir,
}

impl std::ops::Deref for OpenedFile {
    type Target = Checkpoint;

    fn deref(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

/// Opens bytes as a file.
pub(crate) fn open(bytes: &[u8]) -> Result<OpenedFile, CheckpointError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.pth");
    std::fs::write(&path, bytes).unwrap();
    Ok(OpenedFile { checkpoint: Checkpoint::open(&path)?, _folder: folder })
}
