//! Label maps as PNG.

use std::path::Path;

use ndarray::{Array2, ArrayView2};
use sop_core::atomic_file;
use sop_image::TransformError;
use sop_image::transform::{Filter, resize_exact};
use sop_image::{DecodeLimits, RgbImage, decode_label_png};

use super::DavisError;

/// Reads a mask: the palette index, or the grey value, of every pixel, `[height, width]`.
///
/// # Errors
/// [`DavisError`] where the file cannot be read, is no PNG, or has colours.
pub fn read_labels(path: &Path) -> Result<Array2<u8>, DavisError> {
    let bytes =
        std::fs::read(path).map_err(|source| DavisError::File { action: "read", path: path.to_owned(), source })?;
    let labels = decode_label_png(&bytes, &DecodeLimits::default());
    let labels = labels.map_err(|source| DavisError::Image { path: path.to_owned(), source })?;
    labels.ok_or_else(|| DavisError::NoLabels { path: path.to_owned() })
}

/// Writes a label map `[height, width]` as an 8-bit palette PNG with DAVIS's colours, which its evaluator reads.
///
/// # Errors
/// [`DavisError::File`] where it cannot be written.
pub fn write_labels(path: &Path, labels: ArrayView2<'_, u8>) -> Result<(), DavisError> {
    let failed = |source: std::io::Error| DavisError::File { action: "write", path: path.to_owned(), source };
    let (height, width) = labels.dim();
    let bytes = encode_labels(width, height, &labels.iter().copied().collect::<Vec<u8>>());
    atomic_file::write(path, &bytes.map_err(|error| failed(std::io::Error::other(error)))?).map_err(failed)
}

/// Labels by rows as the file that [`write_labels`] writes.
pub fn encode_labels(width: usize, height: usize, labels: &[u8]) -> Result<Vec<u8>, ::png::EncodingError> {
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, side(width), side(height));
    encoder.set_color(::png::ColorType::Indexed);
    encoder.set_depth(::png::BitDepth::Eight);
    encoder.set_palette((0..=255).flat_map(colour).collect::<Vec<u8>>());
    let mut writer = encoder.write_header()?;
    writer.write_image_data(labels)?;
    writer.finish()?;
    Ok(bytes)
}

/// The colour of a label in the map of PASCAL VOC: its bits, three at a time, are the highest bits of red, green and blue.
fn colour(label: u8) -> [u8; 3] {
    let mut colour = [0; 3];
    for bit in 0..8 {
        let channel = bit % 3;
        colour[channel] |= ((label >> bit) & 1) << (7 - bit / 3);
    }
    colour
}

/// Resizes a label map to `[height, width]`, as Pillow's `NEAREST`.
///
/// # Errors
/// [`TransformError::TooLarge`] for a side of zero or a result of more than 2^28 pixels.
pub fn resize_labels(labels: ArrayView2<'_, u8>, width: usize, height: usize) -> Result<Array2<u8>, TransformError> {
    let (rows, columns) = labels.dim();
    let pixels = labels.iter().flat_map(|&label| [label; 3]).collect();
    let Ok(image) = RgbImage::new(columns, rows, pixels) else {
        return Err(TransformError::TooLarge { width, height, source_height: rows, limit: 0 });
    };
    let resized = resize_exact(&image, width, height, Filter::Nearest)?;
    let labels = resized.pixels().as_chunks::<3>().0;
    Ok(Array2::from_shape_fn((height, width), |(row, column)| labels[row * width + column][0]))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn labels_survive_a_file_and_have_the_known_colours() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("00000.png");
        let labels = array![[0_u8, 1, 2], [3, 254, 255]];
        write_labels(&path, labels.view()).unwrap();
        assert_eq!(read_labels(&path).unwrap(), labels);
        assert_eq!(
            [1, 2, 3, 4, 255].map(colour),
            [[128, 0, 0], [0, 128, 0], [128, 128, 0], [0, 0, 128], [224, 224, 192]]
        );
    }

    #[test]
    fn colours_and_other_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mask.png");
        let mut bytes = Vec::new();
        let mut encoder = ::png::Encoder::new(&mut bytes, 1, 1);
        encoder.set_color(::png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&[1, 2, 3]).unwrap();
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(read_labels(&path), Err(DavisError::NoLabels { .. })));
        std::fs::write(&path, &bytes[..20]).unwrap();
        assert!(matches!(read_labels(&path), Err(DavisError::Image { .. })));
        std::fs::write(&path, b"no picture").unwrap();
        assert!(matches!(read_labels(&path), Err(DavisError::Image { .. })));
        assert!(matches!(read_labels(&folder.path().join("absent.png")), Err(DavisError::File { .. })));
    }
}
