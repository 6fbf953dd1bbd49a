//! JPEG decoding through mozjpeg, a C library of the libjpeg-turbo family.
//!
//! Its default decoder (accurate integer inverse DCT, triangular chroma upsampling) computes the same bytes as the libjpeg-turbo inside Pillow;
//! the figures are in `reports/2026-11-23-jpeg-decoders`.
//! This is the only file of the crate with `unsafe` code, and its only public function is safe.
//!
//! How errors travel: libjpeg reports a fatal error by calling `error_exit`, which must not return.
//! Ours unwinds with a private payload through the C frames (the "C-unwind" ABI, C compiled with unwind tables) to [`catch_unwind`] below,
//! and `Decompressor::drop` frees the library's memory on the way.
#![allow(unsafe_code)]

use std::mem::{self, MaybeUninit};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use mozjpeg_sys as c;

use super::{DecodeLimits, RgbImage};
use crate::error::ImageError;

/// Most scans that a progressive file may have, however small its picture (real files have about ten).
const MAX_SCANS: u64 = 500;
/// Scans that every progressive file may have, however large its picture.
const MIN_SCANS: u64 = 64;
/// Bound on scans times pixels between the two, as a multiple of the pixel limit: what a file may cost in time.
const SCAN_WORK: u64 = 20;
/// Longest message that libjpeg formats, with its final zero (`JMSG_LENGTH_MAX`).
const MESSAGE_LENGTH: usize = 200;

/// What the callbacks unwind with.
enum Failure {
    /// The data ended before the end-of-image marker.
    Truncated,
    /// The file has more scans than allowed.
    TooManyScans(u64),
    /// A fatal error of the library, in its words.
    Library(String),
}

impl From<Failure> for ImageError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Truncated => ImageError::Truncated { format: "JPEG" },
            Failure::TooManyScans(limit) => ImageError::TooManyScans { limit },
            Failure::Library(message) => ImageError::Corrupt { format: "JPEG", message },
        }
    }
}

/// Decodes a JPEG file to RGB as Pillow does: grey is replicated, four-component files are inverted CMYK (Adobe's convention), EXIF is ignored.
///
/// Damage that libjpeg can step over (a bad Huffman code, stray bytes between markers) is accepted as in Pillow;
/// a file that ends before its end-of-image marker is [`ImageError::Truncated`].
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<RgbImage, ImageError> {
    match catch_unwind(AssertUnwindSafe(|| decode_or_unwind(bytes, limits))) {
        Ok(result) => result,
        Err(payload) => match payload.downcast::<Failure>() {
            Ok(failure) => Err((*failure).into()),
            // A panic of Rust code: not ours to swallow.
            Err(other) => resume_unwind(other),
        },
    }
}

fn decode_or_unwind(bytes: &[u8], limits: &DecodeLimits) -> Result<RgbImage, ImageError> {
    let mut decompressor = Decompressor::new(bytes);
    let (width, height, components) = decompressor.read_header();
    limits.check(width, height)?;
    decompressor.limit_scans(scan_limit(u64::from(width) * u64::from(height), limits));
    let (width, height) = (width as usize, height as usize);
    let pixels = match components {
        1 => replicate_grey(&decompressor.decode(c::J_COLOR_SPACE::JCS_GRAYSCALE, 1)),
        3 => decompressor.decode(c::J_COLOR_SPACE::JCS_RGB, 3),
        4 => inverted_cmyk_to_rgb(&decompressor.decode(c::J_COLOR_SPACE::JCS_CMYK, 4)),
        _ => {
            return Err(ImageError::UnsupportedLayout { format: "JPEG", layout: format!("{components} components") });
        }
    };
    RgbImage::new(width, height, pixels)
}

/// The number of scans allowed for a picture of so many pixels.
fn scan_limit(pixels: u64, limits: &DecodeLimits) -> u64 {
    (SCAN_WORK * limits.max_pixels / pixels.max(1)).clamp(MIN_SCANS, MAX_SCANS)
}

fn replicate_grey(grey: &[u8]) -> Vec<u8> {
    grey.iter().flat_map(|&v| [v, v, v]).collect()
}

/// Pillow's CMYK to RGB conversion (`Convert.c`, `cmyk2rgb`) of samples stored inverted, as Adobe writes them.
fn inverted_cmyk_to_rgb(samples: &[u8]) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(samples.len() / 4 * 3);
    for pixel in samples.as_chunks::<4>().0 {
        let white = i32::from(pixel[3]);
        rgb.extend(pixel[..3].iter().map(|&stored| {
            let product = (255 - i32::from(stored)) * white + 128;
            (white - (((product >> 8) + product) >> 8)).clamp(0, 255) as u8
        }));
    }
    rgb
}

/// One libjpeg decompression object, destroyed on drop, and what its pointers point to.
///
/// The parts are boxed because the library keeps their addresses; `bytes` outlives the object by its lifetime.
struct Decompressor<'a> {
    info: Box<c::jpeg_decompress_struct>,
    error: Box<c::jpeg_error_mgr>,
    progress: Box<ScanCounter>,
    _bytes: std::marker::PhantomData<&'a [u8]>,
}

/// libjpeg's progress callback with our limit behind it: the callback casts its pointer back to this type.
#[repr(C)]
struct ScanCounter {
    manager: c::jpeg_progress_mgr,
    max_scans: u64,
}

impl<'a> Decompressor<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        // SAFETY: all-zero is a valid value of these C structs (integers, nullable pointers, `Option`s of function pointers, enums that have a 0).
        let (info, error, manager) = unsafe {
            (
                MaybeUninit::<c::jpeg_decompress_struct>::zeroed().assume_init(),
                MaybeUninit::<c::jpeg_error_mgr>::zeroed().assume_init(),
                MaybeUninit::<c::jpeg_progress_mgr>::zeroed().assume_init(),
            )
        };
        let progress = ScanCounter { manager, max_scans: MAX_SCANS };
        let mut this = Self {
            info: Box::new(info),
            error: Box::new(error),
            progress: Box::new(progress),
            _bytes: std::marker::PhantomData,
        };
        // SAFETY: the boxes do not move while the library knows their addresses (they live as long as `this`), the struct size is the type's own,
        // and `bytes` outlives `'a`. `jpeg_CreateDecompress` keeps `err` and clears the rest, hence the order.
        unsafe {
            c::jpeg_std_error(&mut this.error);
            this.error.error_exit = Some(error_exit);
            this.error.emit_message = Some(ignore_message);
            this.error.output_message = Some(ignore_output);
            this.info.common.err = &mut *this.error;
            let size = mem::size_of::<c::jpeg_decompress_struct>();
            c::jpeg_CreateDecompress(&mut *this.info, c::JPEG_LIB_VERSION, size);
            c::jpeg_mem_src(&mut this.info, bytes.as_ptr(), bytes.len() as c::c_ulong);
            if let Some(source) = this.info.src.as_mut() {
                source.fill_input_buffer = Some(data_ended);
            }
            this.progress.manager.progress_monitor = Some(count_scans);
            this.info.common.progress = (&raw mut *this.progress).cast();
        }
        this
    }

    /// Reads up to the first scan: width, height and the number of components.
    fn read_header(&mut self) -> (u32, u32, i32) {
        // SAFETY: the object was created by `new` and nothing was read yet.
        unsafe { c::jpeg_read_header(&mut self.info, 1) };
        (self.info.image_width, self.info.image_height, self.info.num_components)
    }

    fn limit_scans(&mut self, max_scans: u64) {
        self.progress.max_scans = max_scans;
    }

    /// Decodes all rows to interleaved samples of the given colour space, which has `channels` samples a pixel.
    fn decode(&mut self, space: c::J_COLOR_SPACE, channels: usize) -> Vec<u8> {
        self.info.out_color_space = space;
        // SAFETY: the header was read; the size of the output is known after the start.
        unsafe { c::jpeg_start_decompress(&mut self.info) };
        let (height, stride) = (self.info.output_height as usize, self.info.output_width as usize * channels);
        if self.info.output_components as usize != channels {
            resume_unwind(Box::new(Failure::Library("unexpected number of output components".to_owned())));
        }
        // Zeroed memory costs nothing until a row is written: a short file with a large header fails before that.
        let mut samples = vec![0_u8; height * stride];
        while (self.info.output_scanline as usize) < height {
            let start = self.info.output_scanline as usize * stride;
            let Some(row) = samples.get_mut(start..start + stride) else { break };
            let mut rows = [row.as_mut_ptr()];
            // SAFETY: one row pointer to `stride` writable bytes, which is what one output row of this colour space takes.
            unsafe { c::jpeg_read_scanlines(&mut self.info, rows.as_mut_ptr(), 1) };
        }
        // SAFETY: all rows were read. This reads on to the end-of-image marker, whose absence is a truncated file.
        unsafe { c::jpeg_finish_decompress(&mut self.info) };
        samples
    }
}

impl Drop for Decompressor<'_> {
    fn drop(&mut self) {
        // SAFETY: created by `new` (or still zeroed, which the library accepts) and destroyed once.
        unsafe { c::jpeg_destroy_decompress(&mut self.info) };
    }
}

/// Unwinds with the library's message; libjpeg requires that this does not return.
unsafe extern "C-unwind" fn error_exit(info: &mut c::jpeg_common_struct) {
    type Format = unsafe extern "C-unwind" fn(*mut c::jpeg_common_struct, *mut u8);
    let mut buffer = [0_u8; MESSAGE_LENGTH];
    // SAFETY: `err` points to the error manager of this object. The C prototype of `format_message` takes a buffer of `JMSG_LENGTH_MAX` characters;
    // the binding's type says 80 and shared, so it is called through the C one.
    unsafe {
        if let Some(format) = (*info.err).format_message {
            let format = mem::transmute::<*const (), Format>(format as *const ());
            format(info, buffer.as_mut_ptr());
        }
    }
    let text = buffer.split(|&byte| byte == 0).next().unwrap_or_default();
    let message = String::from_utf8_lossy(text).into_owned();
    resume_unwind(Box::new(Failure::Library(message)));
}

/// The source has no more bytes: Pillow calls this a truncated file, so no fake end-of-image marker is made up.
unsafe extern "C-unwind" fn data_ended(_: &mut c::jpeg_decompress_struct) -> c::boolean {
    resume_unwind(Box::new(Failure::Truncated));
}

/// Stops files with endless scans, each of which costs a pass over the coefficients.
unsafe extern "C-unwind" fn count_scans(info: &mut c::jpeg_common_struct) {
    let info: *mut c::jpeg_common_struct = info;
    // SAFETY: only decompression objects of this file carry this callback, and their `progress` points to a `ScanCounter`.
    let (scan, limit) = unsafe {
        (
            (*info.cast::<c::jpeg_decompress_struct>()).input_scan_number,
            (*(*info).progress.cast::<ScanCounter>()).max_scans,
        )
    };
    if u64::try_from(scan).unwrap_or(0) > limit {
        resume_unwind(Box::new(Failure::TooManyScans(limit)));
    }
}

unsafe extern "C-unwind" fn ignore_message(_: &mut c::jpeg_common_struct, _: c::c_int) {}

unsafe extern "C-unwind" fn ignore_output(_: &mut c::jpeg_common_struct) {}
