//! Files of every format, with the bytes that Pillow 13.0.0 computes.
//!
//! `fixtures/make_images.py` drew the files and wrote the SHA-256 of `Image.open(file).convert("RGB").tobytes()` to `fixtures/images.tsv`.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use std::path::Path;

use sha2::{Digest, Sha256};
use sop_image::ImageError;
use sop_image::{DecodeLimits, RgbImage, SUPPORTED_FORMATS, decode};

fn decode_default(bytes: &[u8]) -> Result<RgbImage, ImageError> {
    decode(bytes, &DecodeLimits::default())
}

/// A BMP file with a header of 40 bytes.
fn bmp(width: i32, height: i32, bits: u16, compression: u32, rest: &[u8], data_offset: u32) -> Vec<u8> {
    let mut file = b"BM\0\0\0\0\0\0\0\0".to_vec();
    file.extend(data_offset.to_le_bytes());
    file.extend(40_u32.to_le_bytes());
    file.extend(width.to_le_bytes());
    file.extend(height.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(bits.to_le_bytes());
    file.extend(compression.to_le_bytes());
    file.extend([0; 20]);
    file.extend(rest);
    file
}

#[test]
fn pixels_are_those_of_pillow() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let table = std::fs::read_to_string(fixtures.join("images.tsv")).unwrap();
    for line in table.lines() {
        let [name, width, height, sha] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let file = std::fs::read(fixtures.join("images").join(name)).unwrap();
        let image = decode_default(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((image.width().to_string(), image.height().to_string()), (width.into(), height.into()), "{name}");
        let found: String = Sha256::digest(image.pixels()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, sha, "{name}");
    }
    for format in SUPPORTED_FORMATS {
        let prefix = format.to_lowercase();
        assert!(table.lines().any(|line| line.starts_with(&prefix)), "no fixture of {format}");
    }
}

#[test]
fn bmp_rows_start_at_the_bottom_and_channels_with_blue() {
    let rest = [1, 2, 3, 0, 4, 5, 6, 0];
    assert_eq!(decode_default(&bmp(1, 2, 24, 0, &rest, 54)).unwrap().pixels(), [6, 5, 4, 3, 2, 1]);
    assert_eq!(decode_default(&bmp(1, -2, 24, 0, &rest, 54)).unwrap().pixels(), [3, 2, 1, 6, 5, 4]);
}

#[test]
fn bmp_colours_of_16_bits_are_scaled_by_integer_division() {
    // 31, 16 and 1 of 31: 255, 131 and 8.
    let sample = (31_u16 << 10 | 16 << 5 | 1).to_le_bytes();
    let rest = [sample[0], sample[1], 0, 0];
    assert_eq!(decode_default(&bmp(1, 1, 16, 0, &rest, 54)).unwrap().pixels(), [255, 131, 8]);
}

#[test]
fn bmp_layouts_that_pillow_refuses_are_unsupported() {
    let rest = [0; 64];
    for (bits, compression) in [(2, 0), (24, 1), (8, 3), (24, 4), (32, 5), (64, 0)] {
        let error = decode_default(&bmp(1, 1, bits, compression, &rest, 54)).unwrap_err();
        assert!(matches!(error, ImageError::UnsupportedLayout { format: "BMP", .. }), "{bits} {compression}: {error}");
    }
    let masks: Vec<u8> = [0xf00_u32, 0xf0, 0xf].iter().flat_map(|mask| mask.to_le_bytes()).chain([0; 4]).collect();
    let error = decode_default(&bmp(1, 1, 16, 3, &masks, 66)).unwrap_err();
    assert!(error.to_string().contains("masks 0xf00, 0xf0, 0xf"), "{error}");
}

#[test]
fn netpbm_samples_are_scaled_and_rounded_half_to_even() {
    // Grey goes to 16 bits and is clipped: 1 of 510 is 128.5 of 65535. Colour goes to 8 bits: 1 and 3 of 510 are 0.5 and 1.5 of 255.
    assert_eq!(decode_default(b"P2 3 1 510 1 3 510").unwrap().pixels(), [128, 128, 128, 255, 255, 255, 255, 255, 255]);
    assert_eq!(decode_default(b"P3 1 1 510 1 3 510").unwrap().pixels(), [0, 2, 255]);
    assert_eq!(decode_default(b"P6 1 1 100\n\x00\x32\xc8").unwrap().pixels(), [0, 128, 255]);
    assert_eq!(decode_default(b"P4 2 1\n\x40").unwrap().pixels(), [255, 255, 255, 0, 0, 0]);
}

#[test]
fn netpbm_numbers_must_make_sense() {
    for (file, message) in [
        (&b"P5 1 1 0\n\0"[..], "the maximum is 0"),
        (b"P5 1 1 65536\n\0\0", "the maximum is 65536"),
        (b"P5 -1 1 255\n\0", "`-1`"),
        (b"P5 12345678901 1 255\n\0", "`12345678901`"),
        (b"P2 1 1 5 6", "above the stated maximum"),
        (b"P2 1 1 5 00000000001 ", "more than 10"),
        (b"P1 1 1 2", "0x32"),
    ] {
        let error = decode_default(file).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
    assert!(matches!(decode_default(b"P5 0 1 255\n"), Err(ImageError::Empty)));
}

#[test]
fn gif_without_an_image_is_corrupt() {
    let error = decode_default(b"GIF89a\x01\0\x01\0\0\0\0;").unwrap_err();
    assert!(error.to_string().contains("no image in the file"), "{error}");
}

#[test]
fn gif_codes_must_exist() {
    // One pixel, codes of 3 bits: clear (4), then 6, which stands for nothing yet; then clear and end (5).
    let start = b"GIF87a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x01";
    for (codes, message) in [(4 | 6 << 3, "stands for nothing"), (4 | 5 << 3, "ends early")] {
        let file = [&start[..], &[codes], b"\0;"].concat();
        let error = decode_default(&file).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
    // Clear, then 3: the fourth shade of grey, since there is no palette.
    let file = [&start[..], &[4 | 3 << 3], b"\0;"].concat();
    assert_eq!(decode_default(&file).unwrap().pixels(), [3, 3, 3]);
}
