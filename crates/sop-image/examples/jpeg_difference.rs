//! Difference of the JPEG decoder to reference pixels: `cargo run --release -p sop-datasets --example jpeg_difference -- REFERENCE.bin...`
//!
//! Reference files are written by `reports/2026-11-23-jpeg-decoders/write_reference.py`: per image the length of the file, width and height
//! (u32, little endian), the JPEG file, the RGB bytes that Pillow computes.

use std::error::Error;
use std::io::{Write, stdout};

use sop_image::{DECODER, DecodeLimits, decode};

/// One image of a reference file: the JPEG file and its RGB bytes.
type Reference<'a> = (&'a [u8], &'a [u8]);

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1) {
        let data = std::fs::read(&path).map_err(|error| format!("cannot read {path}: {error}"))?;
        let (mut images, mut identical, mut largest) = (0, 0, 0);
        let mut rest = data.as_slice();
        while !rest.is_empty() {
            let ((file, reference), tail) =
                split_first(rest).ok_or_else(|| format!("{path} ends within image {images}"))?;
            let image = decode(file, &DecodeLimits::default())?;
            let difference = image.pixels().iter().zip(reference).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0);
            images += 1;
            identical += usize::from(image.pixels() == reference);
            largest = largest.max(difference);
            rest = tail;
        }
        writeln!(
            stdout(),
            "{path}: {DECODER}: {identical} of {images} images identical, largest difference {largest}"
        )?;
    }
    Ok(())
}

/// Splits the first image off, `None` when the data is too short.
fn split_first(data: &[u8]) -> Option<(Reference<'_>, &[u8])> {
    let (head, rest) = data.split_at_checked(12)?;
    let [length, width, height] = head.as_chunks::<4>().0 else { return None };
    let [length, width, height] = [length, width, height].map(|word| u32::from_le_bytes(*word) as usize);
    let (file, rest) = rest.split_at_checked(length)?;
    let (pixels, rest) = rest.split_at_checked(width.checked_mul(height)?.checked_mul(3)?)?;
    Some(((file, pixels), rest))
}
