//! Difference and speed of three JPEG decoders against stored reference pixels (see `../write_reference.py`).

use std::error::Error;
use std::hint::black_box;

use sop_datasets::image::{DecodeLimits, decode};

type Decode = fn(&[u8]) -> Result<Vec<u8>, Box<dyn Error>>;

fn zune_jpeg(file: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    Ok(zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(file), options).decode()?)
}

fn jpeg_decoder(file: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut decoder = jpeg_decoder::Decoder::new(file);
    let pixels = decoder.decode()?;
    Ok(match decoder.info().map(|info| info.pixel_format) {
        Some(jpeg_decoder::PixelFormat::L8) => pixels.iter().flat_map(|&v| [v, v, v]).collect(),
        _ => pixels,
    })
}

fn mozjpeg(file: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok(decode(file, &DecodeLimits::default())?.into_pixels())
}

/// Processor time of this thread: other load on the machine does not count.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split(' ').next().unwrap_or("0").parse::<f64>()? / 1e9)
}

fn main() -> Result<(), Box<dyn Error>> {
    let candidates: [(&str, Decode); 3] = [("zune-jpeg", zune_jpeg), ("jpeg-decoder", jpeg_decoder), ("mozjpeg-sys", mozjpeg)];
    for path in std::env::args().skip(1) {
        let data = std::fs::read(&path)?;
        let mut images = Vec::new();
        let mut rest = data.as_slice();
        while let Some((head, tail)) = rest.split_at_checked(12) {
            let word = |i: usize| u32::from_le_bytes(head.as_chunks::<4>().0[i]) as usize;
            let (file, tail) = tail.split_at(word(0));
            let (pixels, tail) = tail.split_at(word(1) * word(2) * 3);
            images.push((file, pixels));
            rest = tail;
        }
        let megabytes = images.iter().map(|(file, _)| file.len()).sum::<usize>() as f64 / 1e6;
        for (name, decode) in candidates {
            let (mut identical, mut different, mut total, mut largest, mut sum) = (0, 0_u64, 0_u64, 0, 0_u64);
            for (file, reference) in &images {
                let found = decode(file)?;
                assert_eq!(found.len(), reference.len());
                identical += usize::from(found == *reference);
                for (a, b) in found.iter().zip(*reference) {
                    let difference = a.abs_diff(*b);
                    different += u64::from(difference > 0);
                    largest = largest.max(difference);
                    sum += u64::from(difference);
                }
                total += found.len() as u64;
            }
            let mut seconds = f64::INFINITY;
            for _ in 0..5 {
                let start = cpu_seconds()?;
                for (file, _) in &images {
                    black_box(decode(file)?);
                }
                seconds = seconds.min(cpu_seconds()? - start);
            }
            println!(
                "{path} {name}: {identical}/{} identical, {:.2} % of bytes differ, largest {largest}, mean {:.4}, {:.0} images/s, {:.1} MB/s",
                images.len(),
                100.0 * different as f64 / total as f64,
                sum as f64 / total as f64,
                images.len() as f64 / seconds,
                megabytes / seconds,
            );
        }
    }
    Ok(())
}
