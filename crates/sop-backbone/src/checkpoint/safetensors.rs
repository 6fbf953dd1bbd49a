//! `.safetensors`: a JSON header, then the elements of every tensor without gaps.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use ::safetensors::Dtype;
use ::safetensors::tensor::Metadata;
use sop_pickle::{Storage, TensorView};

use super::format::MAX_SAFETENSORS_HEADER;
use super::groups::Tensors;
use super::torch_legacy::Places;
use super::{CheckpointError, DType};

/// What the header says.
pub(super) struct Header {
    pub(super) tensors: Tensors,
    /// Bytes of each tensor, by the key of its storage, which is its name.
    pub(super) places: Places,
    /// The free-form texts under `__metadata__`.
    pub(super) metadata: BTreeMap<String, String>,
}

/// Reads and checks the header; the crate checks that the tensors lie side by side and have the size of their shape.
pub(super) fn read(path: &Path, file: &mut File, file_bytes: u64) -> Result<Header, CheckpointError> {
    let mut length = [0; 8];
    file.seek(SeekFrom::Start(0)).map_err(CheckpointError::io(path))?;
    file.read_exact(&mut length).map_err(CheckpointError::io(path))?;
    let length = u64::from_le_bytes(length);
    if length > MAX_SAFETENSORS_HEADER {
        return Err(CheckpointError::too_large(path, format!("its header declares {length} bytes")));
    }
    let data_start = length.saturating_add(8);
    if data_start > file_bytes {
        return Err(CheckpointError::truncated(path, "the header is cut off"));
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header).map_err(CheckpointError::io(path))?;
    let header: Metadata = serde_json::from_slice(&header)
        .map_err(|source| CheckpointError::SafetensorsHeader { path: path.to_path_buf(), source })?;
    let data_bytes = file_bytes.saturating_sub(data_start);
    let declared = header.data_len() as u64;
    if declared > data_bytes {
        let what = format!("its tensors have {data_bytes} of {declared} bytes");
        return Err(CheckpointError::truncated(path, what));
    }
    if declared < data_bytes {
        return Err(CheckpointError::damaged(path, format!("{} bytes belong to no tensor", data_bytes - declared)));
    }
    let metadata = header.metadata().iter().flatten().map(|(key, text)| (key.clone(), text.clone())).collect();
    let mut tensors = Tensors::new();
    let mut places = Places::new();
    for name in header.offset_keys() {
        let Some(info) = header.info(&name) else { continue };
        let (start, end) = info.data_offsets;
        let dtype = element_type(info.dtype);
        let count = dtype.size().map_or(0, |size| end.saturating_sub(start) / size);
        let storage = Storage::new(name.clone(), dtype, count, None);
        let view = storage.and_then(|storage| {
            let stride = contiguous(&info.shape);
            TensorView::new(Arc::new(storage), dtype, 0, info.shape.clone(), stride)
        });
        let view = view.map_err(|what| CheckpointError::damaged(path, format!("tensor `{name}`: {what}")))?;
        places.insert(name.clone(), (data_start.saturating_add(start as u64), end.saturating_sub(start) as u64));
        tensors.insert(name, view);
    }
    Ok(Header { tensors, places, metadata })
}

/// The type of a header's elements.
fn element_type(dtype: Dtype) -> DType {
    match dtype {
        Dtype::F32 => DType::F32,
        Dtype::F64 => DType::F64,
        Dtype::F16 => DType::F16,
        Dtype::BF16 => DType::BF16,
        Dtype::I8 => DType::I8,
        Dtype::U8 => DType::U8,
        Dtype::I16 => DType::I16,
        Dtype::I32 => DType::I32,
        Dtype::I64 => DType::I64,
        Dtype::BOOL => DType::Bool,
        Dtype::U16 => DType::U16,
        Dtype::U32 => DType::U32,
        Dtype::U64 => DType::U64,
        Dtype::C64 => DType::C64,
        Dtype::F8_E4M3 => DType::F8E4M3,
        Dtype::F8_E5M2 => DType::F8E5M2,
        Dtype::F8_E4M3FNUZ => DType::F8E4M3Fnuz,
        Dtype::F8_E5M2FNUZ => DType::F8E5M2Fnuz,
        Dtype::F8_E8M0 => DType::F8E8M0,
        _ => DType::Other,
    }
}

/// Strides of a row-major tensor; where they overflow the tensor is refused for its size.
fn contiguous(shape: &[usize]) -> Vec<usize> {
    let mut next = 1_usize;
    let mut stride: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&size| {
            let stride = next;
            next = next.saturating_mul(size);
            stride
        })
        .collect();
    stride.reverse();
    stride
}
