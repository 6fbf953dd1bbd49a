//! Processor time from image file to encoder input, on one thread: `cargo bench --workspace --bench image_preparation -- FOLDER [REPETITIONS [STAGE]]`
//!
//! All JPEG files below FOLDER (or `$SOP_BENCH_IMAGES`) are read into memory first; per image the fastest of the repetitions counts, and the mean over the images is printed:
//! one line a stage, its name and milliseconds per image, then a hash of all tensors. With STAGE, that one alone is run, for a profiler.
//! `reports/2026-11-23-image-preparation/run.sh` compares with Pillow and torchvision.
#![allow(unsafe_code, reason = "the clock of the C library, and libjpeg")]

use std::error::Error;
use std::hint::black_box;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use mozjpeg_sys as c;
use sha2::{Digest, Sha256};
use sop_image::transform::Transform;
use sop_image::{DecodeLimits, decode};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let Some(folder) = arguments.next().or_else(|| std::env::var("SOP_BENCH_IMAGES").ok()) else {
        writeln!(stdout(), "no folder of images given: nothing measured")?;
        return Ok(());
    };
    let repetitions: usize = arguments.next().map_or(Ok(5), |count| count.parse())?;
    let mut paths = Vec::new();
    jpeg_files(Path::new(&folder), &mut paths)?;
    paths.sort();
    let files = paths.iter().map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let transform = Transform::eval_224();
    let limits = DecodeLimits::default();

    let wanted = arguments.next();
    let mut hash = Sha256::new();
    for file in &files {
        let tensor = transform.apply_to_file(file, &limits)?;
        hash.update(tensor.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>());
    }
    let images = files.iter().map(|file| decode(file, &limits)).collect::<Result<Vec<_>, _>>()?;
    let mut fastest = vec![[f64::INFINITY; STAGES.len()]; files.len()];
    for _ in 0..repetitions {
        for ((file, image), fastest) in files.iter().zip(&images).zip(&mut fastest) {
            let stages: [&dyn Fn() -> bool; STAGES.len()] = [
                &|| transform.apply_to_file(file, &limits).is_ok(),
                &|| decode(file, &limits).is_ok_and(|image| transform.apply(&image).is_ok()),
                &|| huffman(file),
                &|| decode(file, &limits).is_ok(),
                &|| transform.apply(image).is_ok(),
            ];
            for ((name, stage), fastest) in STAGES.iter().zip(stages).zip(fastest) {
                if wanted.as_ref().is_none_or(|wanted| wanted == name) {
                    *fastest = seconds(stage).min(*fastest);
                }
            }
        }
    }
    writeln!(stdout(), "# sop: {} files, {repetitions} repetitions", files.len())?;
    for (index, stage) in STAGES.iter().enumerate() {
        let sum: f64 = fastest.iter().map(|stages| stages[index]).sum();
        writeln!(stdout(), "{stage}\t{:.4}", sum / files.len() as f64 * 1e3)?;
    }
    let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    writeln!(stdout(), "sha256 of all tensors\t{hash}")?;
    Ok(())
}

/// What is measured, in the order of the table.
const STAGES: [&str; 5] = ["whole", "decode all, then transform", "huffman codes", "decode all", "transform of all"];

fn jpeg_files(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
        if path.is_dir() {
            jpeg_files(&path, paths)?;
        } else if extension.is_some_and(|extension| extension == "jpeg" || extension == "jpg") {
            paths.push(path);
        }
    }
    Ok(())
}

/// Processor time of the thread, so that other programs on the machine count little.
fn seconds(work: &dyn Fn() -> bool) -> f64 {
    let start = thread_seconds();
    assert!(black_box(work()), "an image could not be prepared");
    thread_seconds() - start
}

#[cfg(target_os = "linux")]
fn thread_seconds() -> f64 {
    #[repr(C)]
    struct TimeSpec {
        seconds: std::ffi::c_long,
        nanoseconds: std::ffi::c_long,
    }
    unsafe extern "C" {
        fn clock_gettime(clock: std::ffi::c_int, time: *mut TimeSpec) -> std::ffi::c_int;
    }
    const CLOCK_THREAD_CPUTIME_ID: std::ffi::c_int = 3;
    let mut time = TimeSpec { seconds: 0, nanoseconds: 0 };
    // SAFETY: the function of the C library that every Linux program has, with its own types.
    unsafe { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.seconds as f64 + time.nanoseconds as f64 * 1e-9
}

#[cfg(not(target_os = "linux"))]
fn thread_seconds() -> f64 {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed().as_secs_f64()
}

/// Decodes headers and Huffman codes only, as the first stage of decoding does. The files are sound: they were decoded before.
fn huffman(file: &[u8]) -> bool {
    // SAFETY: libjpeg's documented order of calls, on objects that outlive them; all-zero is a valid value of both structs.
    unsafe {
        let mut error: c::jpeg_error_mgr = std::mem::zeroed();
        let mut info: c::jpeg_decompress_struct = std::mem::zeroed();
        info.common.err = c::jpeg_std_error(&mut error);
        c::jpeg_create_decompress(&mut info);
        c::jpeg_mem_src(&mut info, file.as_ptr(), file.len() as c::c_ulong);
        c::jpeg_read_header(&mut info, 1);
        let coefficients = c::jpeg_read_coefficients(&mut info);
        c::jpeg_destroy_decompress(&mut info);
        !coefficients.is_null()
    }
}
