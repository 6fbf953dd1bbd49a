//! Decoding by windows and planes against the C library decoding the whole file, byte for byte; and a transform of a file against decoding, then transforming.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

mod libjpeg;

use std::path::Path;

use libjpeg::Encoding;
use mozjpeg_sys::J_COLOR_SPACE::{JCS_CMYK, JCS_GRAYSCALE, JCS_RGB, JCS_YCCK};
use proptest::prelude::*;
use sop_core::shared_folder::shared_folder;
use sop_datasets::dataset::{OnMissing, open};
use sop_image::transform::{Transform, normalize};
use sop_image::{DecodeLimits, decode};

const LIMITS: DecodeLimits = DecodeLimits { max_pixels: 1 << 22 };

/// Slow and fast changes, hard edges and noise: coefficients of all frequencies and chroma that differs from row to row.
fn pattern(width: usize, height: usize, channels: usize, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut samples = Vec::with_capacity(width * height * channels);
    for y in 0..height {
        for x in 0..width {
            for c in 0..channels {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let wave = (x * (3 + c) + y * (5 + 2 * c) + ((x * y) >> (7 - c.min(7)))) & 511;
                let wave = if wave > 255 { 511 - wave } else { wave };
                let value = match (x / 16 + y / 16) % 4 {
                    0 => wave,
                    1 => (state >> 24) as usize,
                    2 => 255 * ((x / 3 + y / (2 + c)) % 2),
                    _ => 40 * (c + 1),
                };
                samples.push(value as u8);
            }
        }
    }
    samples
}

fn channels(encoding: &Encoding) -> usize {
    match encoding.space {
        JCS_GRAYSCALE => 1,
        JCS_CMYK | JCS_YCCK => 4,
        _ => 3,
    }
}

/// Decoding gives the library's bytes, or an error where the library gives one.
fn check_decoded(name: &str, file: &[u8]) -> bool {
    let reference = libjpeg::decode(file);
    match (decode(file, &LIMITS), &reference) {
        (Ok(image), Some((width, height, pixels))) => {
            assert_eq!((image.width(), image.height()), (*width, *height), "{name}");
            let differing = image.pixels().iter().zip(pixels).position(|(a, b)| a != b);
            assert_eq!(differing.map(|at| (at / 3 % width, at / 3 / width, at % 3)), None, "{name}: x, y, channel");
        }
        (Err(_), None) => {}
        (Ok(_), None) => panic!("{name}: decoded, but the library gives an error"),
        (Err(error), Some(_)) => panic!("{name}: {error}, but the library decodes it"),
    }
    reference.is_some()
}

/// A transform gives the same bits from the file, from the decoded image, and step by step.
fn check_transformed(name: &str, file: &[u8], transforms: &[&str]) {
    for text in transforms {
        let transform: Transform = text.parse().unwrap();
        let Ok(image) = decode(file, &LIMITS) else {
            assert!(transform.apply_to_file(file, &LIMITS).is_err(), "{name} {text}");
            continue;
        };
        let stepwise = transform.apply_to_image(&image).map(|image| normalize(&image, transform.normalization()));
        match (stepwise, transform.apply(&image), transform.apply_to_file(file, &LIMITS)) {
            (Ok(stepwise), Ok(at_once), Ok(from_file)) => {
                assert!(stepwise == at_once, "{name} {text}: at once");
                assert!(stepwise == from_file, "{name} {text}: from the file");
            }
            (Err(stepwise), Err(at_once), Err(from_file)) => {
                assert_eq!(stepwise, at_once, "{name} {text}");
                assert_eq!(stepwise.to_string(), from_file.to_string(), "{name} {text}");
            }
            _ => panic!("{name} {text}: an error in some of three ways"),
        }
    }
}

const TRANSFORMS: [&str; 8] = [
    "resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)",
    "resize_short(30,bicubic)|center_crop(17)|normalize(half)",
    "resize_short(9,lanczos)|center_crop(9)",
    "resize_exact(37,12,bilinear)",
    "resize_exact(5,64,box)|center_crop(40)",
    "resize_short(20,nearest)|center_crop(10)",
    "thumbnail(16,lanczos)|center_crop(12)",
    "center_crop(24)",
];

#[test]
fn every_sampling_and_size_decodes_as_in_the_library() {
    let (mut checked, mut largest) = (0, 0);
    for sampling in [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (1, 4), (4, 2), (3, 1)] {
        for (width, height) in [
            (1, 1),
            (1, 37),
            (37, 1),
            (2, 2),
            (3, 3),
            (4, 9),
            (5, 4),
            (6, 70),
            (8, 8),
            (15, 17),
            (16, 16),
            (17, 15),
            (33, 47),
            (100, 75),
        ] {
            for quality in [3, 50, 90, 100] {
                for (progressive, restart_interval) in [(false, 0), (true, 0), (false, 2)] {
                    let encoding = Encoding { sampling, quality, progressive, restart_interval, ..Encoding::YCBCR };
                    let samples = pattern(width, height, 3, quality as u32);
                    let file = libjpeg::encode(&samples, width, height, encoding);
                    assert!(check_decoded(&format!("{width}x{height} {encoding:?}"), &file));
                    checked += 1;
                    largest = largest.max(file.len());
                }
            }
        }
    }
    assert!(checked == 8 * 14 * 4 * 3 && largest > 1000);
}

#[test]
fn grey_and_rgb_files_decode_as_in_the_library() {
    for space in [JCS_GRAYSCALE, JCS_RGB] {
        for (width, height) in [(1, 1), (7, 9), (16, 8), (61, 45)] {
            for quality in [5, 95] {
                for progressive in [false, true] {
                    let encoding = Encoding { space, quality, progressive, ..Encoding::YCBCR };
                    let samples = pattern(width, height, channels(&encoding), 7);
                    let file = libjpeg::encode(&samples, width, height, encoding);
                    assert!(check_decoded(&format!("{width}x{height} {encoding:?}"), &file));
                }
            }
        }
    }
}

#[test]
fn windows_hold_the_pixels_of_the_whole() {
    let spaces = [Encoding::YCBCR.space, JCS_GRAYSCALE, JCS_CMYK, JCS_YCCK];
    for (width, height) in [(1, 1), (3, 50), (64, 20), (90, 90), (131, 57), (57, 131), (20, 400)] {
        for space in spaces {
            for sampling in [(1, 1), (2, 1), (1, 2), (2, 2)] {
                let encoding = Encoding { space, sampling, ..Encoding::YCBCR };
                let file = libjpeg::encode(&pattern(width, height, channels(&encoding), 3), width, height, encoding);
                check_transformed(&format!("{width}x{height} {encoding:?}"), &file, &TRANSFORMS);
            }
        }
    }
}

#[test]
fn a_progressive_file_that_lacks_scans_decodes_as_in_the_library() {
    let encoding = Encoding { progressive: true, sampling: (2, 2), ..Encoding::YCBCR };
    let file = libjpeg::encode(&pattern(83, 61, 3, 1), 83, 61, encoding);
    let scans: Vec<usize> = (0..file.len() - 1).filter(|&at| file[at..at + 2] == [0xff, 0xda]).collect();
    assert!(scans.len() > 5);
    for &end in &scans[1..] {
        // Tables before the next scan are left in; the file ends properly.
        let cut = [&file[..end], &[0xff, 0xd9]].concat();
        assert!(check_decoded("cut before a scan", &cut));
        check_transformed("cut before a scan", &cut, &TRANSFORMS[..1]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Damaged files: the same bytes as the library's, however wild the coefficients, or an error in both.
    #[test]
    fn damage_has_the_same_effect(
        (width, height) in (1_usize..60, 1_usize..60),
        sampling in prop::sample::select(vec![(1, 1), (2, 1), (1, 2), (2, 2)]),
        (quality, progressive, restart_interval) in (1..=100, any::<bool>(), 0_u32..4),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..5),
        tables in any::<bool>(),
    ) {
        let encoding = Encoding { sampling, quality, progressive, restart_interval, ..Encoding::YCBCR };
        let mut file = libjpeg::encode(&pattern(width, height, 3, 5), width, height, encoding);
        let length = file.len();
        for (position, value) in changes {
            // The quantisation tables come first in the file (about 160 bytes), most others land in the Huffman codes; the first bytes tell the format.
            let at = if tables { 20 + position.index(140) } else { 4 + position.index(length - 4) };
            file[at] = value;
        }
        // Sizes beyond the limits are another test's business.
        let reasonable = |file: &[u8]| {
            let frame = file.windows(2).position(|pair| pair[0] == 0xff && (0xc0..=0xc2).contains(&pair[1]));
            frame.and_then(|at| file.get(at + 5..at + 9)).is_some_and(|size| size[0] == 0 && size[2] == 0)
        };
        let scans = file.windows(2).filter(|pair| *pair == [0xff, 0xda]).count();
        if reasonable(&file) && scans < 64 && !unusual(&file) {
            check_decoded("damaged", &file);
            check_transformed("damaged", &file, &TRANSFORMS[..2]);
        }
    }
}

/// Whether the damage changed the number of components, which decides over the conversion to RGB.
fn unusual(file: &[u8]) -> bool {
    let frame = file.windows(2).position(|pair| pair[0] == 0xff && (0xc0..=0xc2).contains(&pair[1]));
    frame.and_then(|at| file.get(at + 9)) != Some(&3)
}

fn jpeg_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(jpeg_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "JPEG" || extension == "jpg") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn photographs_decode_as_in_the_library() {
    for pack in ["data/imagenet-samples", "data/davis"] {
        let Some(folder) = shared_folder(pack) else { continue };
        let files = jpeg_files(&folder);
        assert!(files.len() >= 150);
        for path in files {
            let file = std::fs::read(&path).unwrap();
            let name = path.display().to_string();
            assert!(check_decoded(&name, &file));
            check_transformed(&name, &file, &TRANSFORMS[..2]);
        }
    }
}

#[test]
fn small_photographs_decode_as_in_the_library() {
    let Some(folder) = shared_folder("data/cifar10") else { return };
    let images = open(&format!("hf:{}/test-*.parquet", folder.display()), OnMissing::Error).unwrap();
    assert_eq!(images.len(), 10_000);
    for index in 0..images.len() {
        let sample = images.sample(index).unwrap();
        assert!(check_decoded(&sample.id, &sample.bytes));
    }
}
