//! PNG files of every kind, converted as Pillow 13.0.0 converts them, and an error for every damaged file.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use png::{BitDepth, ColorType};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use sop_image::ImageError;
use sop_image::{DecodeLimits, RgbImage, decode, decode_label_png};

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
    for length in [8, 20, 33, 48, file.len() - 40] {
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

/// Places of the chunks of a file: name, begin of its head, begin of the next one's.
fn chunks(file: &[u8]) -> Vec<([u8; 4], usize, usize)> {
    let mut found = Vec::new();
    let mut place = 8;
    while place < file.len() {
        let length = u32::from_be_bytes(*file[place..].first_chunk().unwrap()) as usize;
        found.push((*file[place + 4..].first_chunk().unwrap(), place, place + length + 12));
        place += length + 12;
    }
    found
}

/// Where the chunk of this name begins and ends.
fn chunk(file: &[u8], name: &[u8; 4]) -> (usize, usize) {
    let (_, start, end) = chunks(file).into_iter().find(|(found, ..)| found == name).unwrap();
    (start, end)
}

/// A chunk with its checksum, bit by bit.
fn chunk_of(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let body = [name, content].concat();
    let mut sum = u32::MAX;
    for byte in &body {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ if sum & 1 == 1 { 0xEDB8_8320 } else { 0 };
        }
    }
    [&(content.len() as u32).to_be_bytes()[..], &body, &(!sum).to_be_bytes()].concat()
}

/// `file` with `inserted` at a place.
fn with(file: &[u8], place: usize, inserted: &[u8]) -> Vec<u8> {
    [&file[..place], inserted, &file[place..]].concat()
}

/// An image of 40 × 1 pixels, with its pixels.
fn whole() -> (Vec<u8>, Vec<u8>) {
    let pixels: Vec<u8> = (0..120).collect();
    (png_row(40, ColorType::Rgb, BitDepth::Eight, None, &pixels), pixels)
}

/// As Pillow 13.0.0 does: it stops reading where the pixels end, and their checksums it never reads.
#[test]
fn what_follows_the_pixels_is_not_needed() {
    let (file, pixels) = whole();
    let (data, end) = chunk(&file, b"IDAT");
    // The last of the compressed bytes, which says that there are no more, their checksum, that of the chunk, the end chunk.
    let needless = 1 + 4 + 4 + 12;
    assert_eq!(file.len() - end, 12);
    for length in 0..file.len() {
        match decode_default(&file[..length]) {
            Ok(image) => {
                assert_eq!(image.pixels(), pixels, "{length}");
                assert!(length + needless >= file.len(), "{length} of {}", file.len());
            }
            Err(error) => {
                assert!(length + needless < file.len(), "{length} of {}: {error}", file.len());
                let expected = matches!(error, ImageError::Truncated { .. } | ImageError::UnsupportedFormat { .. });
                assert!(expected || length == 0, "{length}: {error}");
            }
        }
    }
    let mut wrong = file.clone();
    wrong[end - 1] ^= 1;
    assert_eq!(decode_default(&wrong).unwrap().pixels(), pixels, "the checksum of the pixels' chunk");
    let mut wrong = file.clone();
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(decode_default(&wrong).unwrap().pixels(), pixels, "the checksum of the end");
    // The pixels in two chunks, both with a wrong checksum.
    let (length, split) = (end - data - 12, 6);
    let part = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], b"IDAT", bytes, &[0; 4]].concat();
    let content = &file[data + 8..data + 8 + length];
    let both = [&file[..data], &part(&content[..split]), &part(&[]), &part(&content[split..]), &file[end..]].concat();
    assert_eq!(decode_default(&both).unwrap().pixels(), pixels);
    for (place, inserted) in [
        (file.len(), &b"anything"[..]),
        (file.len(), &[0, 0, 1, 0, b't', b'E', b'X', b't']),
        // No name, so that nothing is looked at from here on.
        (end, &[0, 0, 1, 0, 0, 0, 0, 0]),
        (end, &[0, 0, 0, 1, b't', b'E', b'X', b't', 7, 0, 0, 0, 0]),
    ] {
        let changed = with(&file, place, inserted);
        assert_eq!(decode_default(&changed).unwrap().pixels(), pixels, "{inserted:?}");
    }
}

/// Also as Pillow does, which opens no such file, or fails at its pixels.
#[test]
fn damage_elsewhere_is_refused() {
    let (file, _) = whole();
    let (data, end) = chunk(&file, b"IDAT");
    let refused = |file: &[u8], part: &str| {
        let error = decode_default(file).unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
        assert!(decode_label_png(file, &DecodeLimits::default()).is_err(), "{part}");
    };
    let mut wrong = file.clone();
    wrong[chunk(&file, b"IHDR").1 - 1] ^= 1;
    refused(&wrong, "checksum of its chunk IHDR");
    // A chunk that nobody needs, in front of the pixels: its checksum counts, its content does not.
    let mut extra = chunk_of(b"teSt", b"content");
    assert!(decode_default(&with(&file, data, &extra)).is_ok());
    *extra.last_mut().unwrap() ^= 1;
    refused(&with(&file, data, &extra), "checksum of its chunk teSt");
    refused(&with(&file, data, &chunk_of(b"te-t", b"")), "without a name");
    refused(&with(&file, data, &[0, 1, 0, 0, b't', b'e', b'S', b't']), "truncated");
    refused(&with(&file, data, &chunk_of(b"IEND", b"")), "no pixels");
    // A chunk that begins behind the pixels and is not there as a whole.
    refused(&with(&file[..end], end, &[0, 0, 0, 9, b't', b'E', b'X', b't', 0, 0]), "truncated");
    // Other pixels than were compressed: only the checksum of the compressed bytes tells.
    let mut wrong = file.clone();
    wrong[end - 5] ^= 1;
    refused(&wrong, "PNG");
    let indexed = png_row(2, ColorType::Indexed, BitDepth::Eight, Some(&[1, 2, 3]), &[0, 0]);
    let mut wrong = indexed.clone();
    wrong[chunk(&indexed, b"PLTE").1 - 1] ^= 1;
    refused(&wrong, "checksum of its chunk PLTE");
    let (start, palette_end) = chunk(&indexed, b"PLTE");
    let large = [&indexed[..start], &chunk_of(b"PLTE", &[0; 771]), &indexed[palette_end..]].concat();
    refused(&large, "more than 256 colours");
}

#[test]
fn labels_are_read_where_pixels_are() {
    let labels = [0, 1, 2, 1];
    let file = png_row(4, ColorType::Indexed, BitDepth::Eight, Some(&[9; 9]), &labels);
    let read =
        |file: &[u8]| decode_label_png(file, &DecodeLimits::default()).unwrap().unwrap().into_raw_vec_and_offset().0;
    let (_, end) = chunk(&file, b"IDAT");
    assert_eq!(read(&file[..end]), labels);
    let mut wrong = file.clone();
    wrong[end - 1] ^= 1;
    assert_eq!(read(&wrong), labels);
    // Without a palette every colour is black, and the indices are what they are.
    let (start, palette_end) = chunk(&file, b"PLTE");
    let without = [&file[..start], &file[palette_end..]].concat();
    assert_eq!(read(&without), labels);
    assert_eq!(decode_default(&without).unwrap().pixels(), [0; 12]);
}

const PILLOW_READS: &str = "d14c5d11c43bbc19e0ab41cb876ec39748861571c21785e877df77a1f4f19d39";

/// Two files of one picture with the damage that Pillow does not look at, and the bytes that it reads.
#[test]
fn files_that_pillow_reads_are_read() {
    let Some(folder) = sop_core::shared_folder::shared_folder("faults/png") else { return };
    for name in ["no_end.png", "wrong_crc_of_pixels.png"] {
        let image = decode_default(&std::fs::read(folder.join(name)).unwrap()).unwrap();
        let sha256: String = Sha256::digest(image.pixels()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(sha256, PILLOW_READS, "{name}");
    }
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
