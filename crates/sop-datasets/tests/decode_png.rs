//! PNG files of every kind, converted as Pillow 13.0.0 converts them, and an error for every damaged file.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use png::{BitDepth, ColorType};
use proptest::prelude::*;
use sop_datasets::ImageError;
use sop_datasets::image::{DecodeLimits, RgbImage, decode};

/// Writes one row of raw samples as a PNG file.
fn png_row(width: u32, color: ColorType, depth: BitDepth, palette: Option<&[u8]>, raw: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, 1);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if let Some(palette) = palette {
        encoder.set_palette(palette.to_vec());
    }
    encoder.write_header().unwrap().write_image_data(raw).unwrap();
    file
}

fn decode_default(bytes: &[u8]) -> Result<RgbImage, ImageError> {
    decode(bytes, &DecodeLimits::default())
}

fn grey(values: &[u8]) -> Vec<u8> {
    values.iter().flat_map(|&v| [v, v, v]).collect()
}

#[test]
fn low_depths_of_grey_are_scaled() {
    for (width, depth, raw, values) in [
        (4, BitDepth::One, vec![0xa0], vec![255, 0, 255, 0]),
        (4, BitDepth::Two, vec![0x1b], vec![0, 85, 170, 255]),
        (4, BitDepth::Four, vec![0x01, 0xef], vec![0, 17, 238, 255]),
        (4, BitDepth::Eight, vec![0, 1, 2, 3], vec![0, 1, 2, 3]),
    ] {
        let file = png_row(width, ColorType::Grayscale, depth, None, &raw);
        assert_eq!(decode_default(&file).unwrap().pixels(), grey(&values), "{depth:?}");
    }
}

#[test]
fn sixteen_bits_clip_in_grey_and_lose_the_low_byte_in_colour() {
    let file = png_row(4, ColorType::Grayscale, BitDepth::Sixteen, None, &[0, 1, 0, 254, 1, 0, 255, 255]);
    assert_eq!(decode_default(&file).unwrap().pixels(), grey(&[1, 254, 255, 255]));
    let file = png_row(1, ColorType::Rgb, BitDepth::Sixteen, None, &[0x12, 0xff, 0x34, 0x80, 0x56, 0]);
    assert_eq!(decode_default(&file).unwrap().pixels(), [0x12, 0x34, 0x56]);
    let file = png_row(1, ColorType::GrayscaleAlpha, BitDepth::Sixteen, None, &[0x12, 0xff, 0x34, 0x80]);
    assert_eq!(decode_default(&file).unwrap().pixels(), [0x12; 3]);
    let file = png_row(1, ColorType::Rgba, BitDepth::Sixteen, None, &[0x12, 0xff, 0x34, 0x80, 0x56, 0, 0, 0]);
    assert_eq!(decode_default(&file).unwrap().pixels(), [0x12, 0x34, 0x56]);
}

#[test]
fn alpha_is_dropped() {
    let file = png_row(2, ColorType::Rgba, BitDepth::Eight, None, &[1, 2, 3, 0, 4, 5, 6, 128]);
    assert_eq!(decode_default(&file).unwrap().pixels(), [1, 2, 3, 4, 5, 6]);
    let file = png_row(2, ColorType::GrayscaleAlpha, BitDepth::Eight, None, &[7, 0, 9, 255]);
    assert_eq!(decode_default(&file).unwrap().pixels(), grey(&[7, 9]));
}

#[test]
fn palette_indices_beyond_the_palette_are_black() {
    let palette = [10, 20, 30, 40, 50, 60];
    let file = png_row(4, ColorType::Indexed, BitDepth::Eight, Some(&palette), &[0, 1, 2, 255]);
    assert_eq!(decode_default(&file).unwrap().pixels(), [10, 20, 30, 40, 50, 60, 0, 0, 0, 0, 0, 0]);
    let file = png_row(3, ColorType::Indexed, BitDepth::Four, Some(&palette), &[0x10, 0x10]);
    assert_eq!(decode_default(&file).unwrap().pixels(), [40, 50, 60, 10, 20, 30, 40, 50, 60]);
}

#[test]
fn a_file_cut_before_its_last_row_is_truncated() {
    let file = png_row(40, ColorType::Rgb, BitDepth::Eight, None, &(0..120).collect::<Vec<u8>>());
    for length in [8, 20, 33, 60, file.len() - 40] {
        let error = decode_default(&file[..length]).unwrap_err();
        assert!(matches!(error, ImageError::Truncated { format: "PNG" }), "{length}: {error}");
    }
}

#[test]
fn corrupt_data_is_named() {
    let mut file = png_row(40, ColorType::Rgb, BitDepth::Eight, None, &[7; 120]);
    let data = file.windows(4).position(|name| name == b"IDAT").unwrap();
    file[data + 8] ^= 0xff;
    let error = decode_default(&file).unwrap_err();
    assert!(matches!(error, ImageError::Corrupt { format: "PNG", .. }), "{error}");
}

#[test]
fn the_pixel_limit_is_checked_from_the_header() {
    let file = png_row(40, ColorType::Rgb, BitDepth::Eight, None, &[7; 120]);
    let error = decode(&file, &DecodeLimits { max_pixels: 39 }).unwrap_err();
    assert!(matches!(error, ImageError::TooManyPixels { width: 40, height: 1, limit: 39 }), "{error}");
    assert!(decode(&file, &DecodeLimits { max_pixels: 40 }).is_ok());
}

#[test]
fn other_formats_are_named() {
    for (start, name) in [
        (&b"\0\0\0\x1cftypavif"[..], "AVIF"),
        (b"Pf 1 1 -1.0 ", "PFM"),
        (b"P6#comment", "first bytes 50 36 23"),
        (b"II*\0....", "TIFF"),
        (b"<!DOCTYPE html>", "HTML"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (b"hello world", "first bytes 68 65 6c 6c 6f 20 77 6f"),
        (b"\xff\xd8", "first bytes ff d8"),
    ] {
        let error = decode_default(start).unwrap_err();
        assert!(matches!(error, ImageError::UnsupportedFormat { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains(name) && message.contains("supported: JPEG, PNG, GIF, BMP, PPM, WebP"), "{message}");
    }
    assert!(matches!(decode_default(b""), Err(ImageError::NoData)));
}

#[test]
fn an_image_must_fit_its_pixels() {
    assert!(matches!(RgbImage::new(2, 2, vec![0; 11]), Err(ImageError::PixelCount { width: 2, height: 2, found: 11 })));
    assert!(matches!(RgbImage::new(0, 2, Vec::new()), Err(ImageError::Empty)));
    assert!(RgbImage::new(usize::MAX, usize::MAX, Vec::new()).is_err());
}

proptest! {
    /// Damaged files give an image or an error, never a crash.
    #[test]
    fn damage_is_survived(changes in prop::collection::vec((8_usize..200, any::<u8>()), 1..8)) {
        let mut file = png_row(20, ColorType::Indexed, BitDepth::Eight, Some(&[1; 30]), &(0..20).collect::<Vec<u8>>());
        for (position, value) in changes {
            let position = position % file.len();
            file[position] = value;
        }
        if let Ok(image) = decode(&file, &DecodeLimits { max_pixels: 1 << 20 }) {
            prop_assert_eq!(image.pixels().len(), image.width() * image.height() * 3);
        }
    }
}
