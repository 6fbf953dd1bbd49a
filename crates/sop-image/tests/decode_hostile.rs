//! Damaged and lying files of every format: an image or an error, never a crash, and no memory for pixels that are not there.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use std::path::Path;

use sop_image::ImageError;
use sop_image::{DecodeLimits, decode};

const LIMITS: DecodeLimits = DecodeLimits { max_pixels: 1 << 16 };

/// The fixtures with their names.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/images");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    assert!(files.len() > 50);
    files
}

fn survives(file: &[u8]) -> bool {
    match decode(file, &LIMITS) {
        Ok(image) => {
            assert_eq!(image.pixels().len(), image.width() * image.height() * 3);
            assert!(image.width() * image.height() <= 1 << 16);
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

#[test]
fn files_cut_anywhere_are_survived_and_lose_their_image() {
    for (name, file) in fixtures() {
        let decoded: Vec<usize> = (0..file.len()).filter(|&length| survives(&file[..length])).collect();
        // What follows the pixels (padding, end codes, checksums, the second frame) is not needed.
        let needless = match name.as_str() {
            "webp_animated.webp" => 0,
            name if name.starts_with("bmp") => 12,
            name if name.starts_with("png") => 16 + 12,
            name if name.starts_with("gif") => 8,
            _ => 2,
        };
        let first = decoded.first().copied().unwrap_or(file.len());
        assert!(first + needless >= file.len(), "{name}: {} bytes, an image from {first}", file.len());
    }
}

#[test]
fn single_wrong_bytes_are_survived() {
    for (_, file) in fixtures() {
        let mut damaged = file.clone();
        // Headers in full, and a part of the rest.
        let places = (0..file.len()).filter(|&place| place < 64 || place % 7 == 0);
        for place in places {
            for value in [0, 1, 0x7f, 0xff, file[place] ^ 0x10] {
                damaged[place] = value;
                survives(&damaged);
            }
            damaged[place] = file[place];
        }
    }
}

#[test]
fn sizes_beyond_the_limit_are_refused_from_the_header() {
    for (name, place, bytes) in [
        ("bmp_32.bmp", 18, &[0, 0, 1, 0][..]),
        ("bmp_rle8.bmp", 18, &[0, 0, 1, 0]),
        ("gif_global.gif", 6, &[0xff, 0xff, 0xff, 0xff]),
        ("webp_lossless.webp", 21, &[0xff, 0xff, 0xff]),
        ("webp_lossy_60.webp", 26, &[0xff, 0x3f, 0xff, 0x3f]),
        ("webp_animated.webp", 24, &[0xff, 0xff, 0xff]),
        ("ppm_255.ppm", 3, b"9 9999999\n"),
    ] {
        let (_, mut file) = fixtures().into_iter().find(|(other, _)| other == name).unwrap();
        file[place..place + bytes.len()].copy_from_slice(bytes);
        let error = decode(&file, &LIMITS).unwrap_err();
        assert!(matches!(error, ImageError::TooManyPixels { .. }), "{name}: {error}");
    }
}

#[test]
fn stated_pixels_that_are_not_there_are_missed() {
    for file in [
        &b"P5 10000 10000 255\nabc"[..],
        b"P2 10000 10000 255\n1 2 3",
        b"P1 10000 10000\n1 0 1",
        b"P4 10000 10000\nabc",
        b"GIF87a\x01\0\x01\0\0\0\0,\0\0\0\0\x10\x27\x10\x27\0\x08\x02\0\x01",
        b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x10\x27\0\0\x10\x27\0\0\x01\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0abc",
        b"RIFF\xff\xff\xff\x7fWEBPVP8 \x10\0\0\0\x30\x01\0\x9d\x01\x2a\x10\x27\x10\x27",
    ] {
        let error = decode(file, &DecodeLimits::default()).unwrap_err();
        assert!(matches!(error, ImageError::Truncated { .. }), "{:?}: {error}", &file[..6]);
    }
}

#[test]
fn a_webp_frame_must_fit_its_canvas() {
    let (_, file) = fixtures().into_iter().find(|(name, _)| name == "webp_small_frame.webp").unwrap();
    let frame = file.windows(4).position(|name| name == b"ANMF").unwrap() + 8;
    for (place, message) in [(0, "reaches beyond the canvas"), (6, "sizes of the first frame")] {
        let mut changed = file.clone();
        changed[frame + place] += 10;
        let error = decode(&changed, &LIMITS).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
}
