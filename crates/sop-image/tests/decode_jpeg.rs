//! JPEG files: pixels as Pillow 13.0.0 computes them, and an error for every damaged file.
//!
//! The files at the end were written by Pillow (9 x 7 pixels of a drawn pattern, quality 30); the hashes are SHA-256 of Pillow's
//! `Image.open(file).convert("RGB").tobytes()`.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use sop_image::ImageError;
use sop_image::{DecodeLimits, decode};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    digits
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn decode_default(bytes: &[u8]) -> Result<sop_image::RgbImage, ImageError> {
    decode(bytes, &DecodeLimits::default())
}

#[test]
fn pixels_are_those_of_pillow() {
    for (name, hex, sha) in [
        ("grey", GREY, "1b172c5ca82547c22e491a9d4ff22fcd2cdd043f208b3195702243b8315eb2fb"),
        ("4:2:0", SUBSAMPLED, "60287cde2b7a63dc9aba03e998bc1ab3277ef4bb1786612275e20e1e9e463476"),
        ("progressive", PROGRESSIVE, "60287cde2b7a63dc9aba03e998bc1ab3277ef4bb1786612275e20e1e9e463476"),
        ("cmyk", CMYK, "44566059686a1bf32570c022b0e226b5cdb5ed9a5a0e8a3baaec37988d82b218"),
    ] {
        let image = decode_default(&bytes(hex)).unwrap();
        assert_eq!((image.width(), image.height()), (9, 7), "{name}");
        let found: String = Sha256::digest(image.pixels()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, sha, "{name}");
    }
}

#[test]
fn a_file_cut_anywhere_is_truncated() {
    for hex in [GREY, SUBSAMPLED, PROGRESSIVE, CMYK] {
        let whole = bytes(hex);
        for length in 3..whole.len() {
            let error = decode_default(&whole[..length]).unwrap_err();
            assert!(
                matches!(error, ImageError::Truncated { format: "JPEG" }),
                "{length} of {} bytes: {error}",
                whole.len()
            );
        }
    }
}

#[test]
fn bytes_after_the_image_are_ignored_as_in_pillow() {
    let whole = bytes(SUBSAMPLED);
    let longer = [whole.as_slice(), b"trailing"].concat();
    assert_eq!(decode_default(&longer).unwrap(), decode_default(&whole).unwrap());
}

#[test]
fn the_library_error_is_passed_on() {
    let mut file = bytes(GREY);
    // The frame header says 12 bits a sample.
    let frame = file.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    file[frame + 4] = 12;
    let error = decode_default(&file).unwrap_err();
    assert!(
        matches!(&error, ImageError::Corrupt { format: "JPEG", message } if message.contains("precision")),
        "{error}"
    );
}

#[test]
fn two_components_are_unsupported() {
    let mut file = bytes(SUBSAMPLED);
    let frame = file.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    // Two components instead of three in the frame header (three bytes each) and in the scan header (two bytes each).
    file[frame + 3] -= 3;
    file[frame + 9] = 2;
    file.drain(frame + 16..frame + 19);
    let scan = file.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    file[scan + 3] -= 2;
    file[scan + 4] = 2;
    file.drain(scan + 9..scan + 11);
    let error = decode_default(&file).unwrap_err();
    assert_eq!(error.to_string(), "unsupported JPEG image: 2 components");
}

#[test]
fn the_pixel_limit_is_checked_from_the_header() {
    let mut file = bytes(GREY);
    let frame = file.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    // 65,500 x 65,500 pixels, the most that the library takes, in a file of 165 bytes.
    file[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    let error = decode_default(&file).unwrap_err();
    assert!(
        matches!(error, ImageError::TooManyPixels { width: 65_500, height: 65_500, limit: 178_956_970 }),
        "{error}"
    );
    let error = decode(&bytes(GREY), &DecodeLimits { max_pixels: 62 }).unwrap_err();
    assert!(matches!(error, ImageError::TooManyPixels { width: 9, height: 7, limit: 62 }), "{error}");
    assert!(decode(&bytes(GREY), &DecodeLimits { max_pixels: 63 }).is_ok());
}

#[test]
fn endless_scans_are_refused() {
    let file = bytes(PROGRESSIVE);
    // The last scan (a refinement that needs no new table), again and again.
    let scan = file.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
    let end = file.len() - 2;
    let repeated = [&file[..end], &file[scan..end].repeat(600), &file[end..]].concat();
    let error = decode_default(&repeated).unwrap_err();
    assert!(matches!(error, ImageError::TooManyScans { limit: 500 }), "{error}");
}

proptest! {
    /// Damaged files give an image or an error, never a crash.
    #[test]
    fn damage_is_survived(which in 0_usize..4, changes in prop::collection::vec((2_usize..600, any::<u8>()), 1..8)) {
        let mut file = bytes([GREY, SUBSAMPLED, PROGRESSIVE, CMYK][which]);
        for (position, value) in changes {
            let position = position % file.len();
            file[position] = value;
        }
        if let Ok(image) = decode(&file, &DecodeLimits { max_pixels: 1 << 20 }) {
            prop_assert_eq!(image.pixels().len(), image.width() * image.height() * 3);
        }
    }
}

const GREY: &str = "\
    ffd8ffe000104a46494600010100000100010000ffdb0043001b12141714111b1716171e1c1b2028422b28252528513a3d3042605565645f555d5b6a\
    7899816a7190735b5d85b586909ea3abadab6780bcc9baa6c799a8aba4ffc0000b080007000901011100ffc400150001010000000000000000000000\
    0000000305ffc400161001010100000000000000000000000000000313ffda0008010100003f0089389717ffd9\
    ";

const SUBSAMPLED: &str = "\
    ffd8ffe000104a46494600010100000100010000ffdb0043001b12141714111b1716171e1c1b2028422b28252528513a3d3042605565645f555d5b6a\
    7899816a7190735b5d85b586909ea3abadab6780bcc9baa6c799a8aba4ffdb0043011c1e1e2823284e2b2b4ea46e5d6ea4a4a4a4a4a4a4a4a4a4a4a4\
    a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4ffc00011080007000903012200021101031101ffc400\
    160001010100000000000000000000000000000305ffc400161001010100000000000000000000000000000313ffc400140101000000000000000000\
    00000000000002ffc400161101010100000000000000000000000000000111ffda000c03010002110311003f00c49c55c40e40d7ffd9\
    ";

const PROGRESSIVE: &str = "\
    ffd8ffe000104a46494600010100000100010000ffdb0043001b12141714111b1716171e1c1b2028422b28252528513a3d3042605565645f555d5b6a\
    7899816a7190735b5d85b586909ea3abadab6780bcc9baa6c799a8aba4ffdb0043011c1e1e2823284e2b2b4ea46e5d6ea4a4a4a4a4a4a4a4a4a4a4a4\
    a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4ffc20011080007000903012200021101031101ffc400\
    160001010100000000000000000000000000000204ffc4001501010100000000000000000000000000000102ffda000c03010002100310000001c363\
    3fffc400161001010100000000000000000000000000000111ffda0008010100010502918fffc40014110100000000000000000000000000000000ff\
    da0008010301013f017fffc40014110100000000000000000000000000000000ffda0008010201013f017fffc4001410010000000000000000000000\
    0000000010ffda0008010100063f023fffc40014100100000000000000000000000000000010ffda0008010100013f211fffda000c03010002000300\
    0000108fffc4001511010100000000000000000000000000000011ffda0008010301013f10afffc40015110101000000000000000000000000000001\
    00ffda0008010201013f100bffc40014100100000000000000000000000000000010ffda0008010100013f1007ffd9\
    ";

const CMYK: &str = "\
    ffd8ffee000e41646f626500640000000000ffdb0043001b12141714111b1716171e1c1b2028422b28252528513a3d3042605565645f555d5b6a7899\
    816a7190735b5d85b586909ea3abadab6780bcc9baa6c799a8aba4ffc000140800070009044311004d11005911004b1100ffc4001700000301000000\
    0000000000000000000000030506ffc4001a100101000203000000000000000000000000030113020414ffda000e0443004d0059004b00003f0083c2\
    68938a3cbaed319aced27f9f01ffd9\
    ";
