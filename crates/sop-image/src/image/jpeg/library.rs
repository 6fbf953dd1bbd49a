//! libjpeg's decompression object behind safe functions.
//!
//! How errors travel: libjpeg reports a fatal error by calling `error_exit`, which must not return.
//! Ours unwinds with a [`Failure`] through the C frames (the "C-unwind" ABI, C compiled with unwind tables) to whoever catches it,
//! and `Decompressor::drop` frees the library's memory on the way.
#![allow(unsafe_code)]

use std::mem::{self, MaybeUninit};
use std::panic::resume_unwind;
use std::ptr;

use mozjpeg_sys as c;

use super::frame::{Colour, Component, Frame};

/// Scans that a file may have unless [`Decompressor::limit_scans`] says less.
pub(super) const MAX_SCANS: u64 = 500;
/// Longest message that libjpeg formats, with its final zero (`JMSG_LENGTH_MAX`).
const MESSAGE_LENGTH: usize = 200;
/// Coefficients of a component whose precision libjpeg's smoothing of unfinished progressive files looks at (`SAVED_COEFS` in `jdcoefct.c`).
const SMOOTHED: usize = 10;

/// What the callbacks unwind with.
pub(super) enum Failure {
    /// The data ended before the end-of-image marker.
    Truncated,
    /// The file has more scans than allowed.
    TooManyScans(u64),
    /// A fatal error of the library, in its words.
    Library(String),
}

/// The quantised coefficients of a block in natural order: row by row, the lowest frequencies first.
pub(super) type Block = c::JBLOCK;

/// One libjpeg decompression object, destroyed on drop, and what its pointers point to.
///
/// The parts are boxed because the library keeps their addresses; `bytes` outlives the object by its lifetime.
pub(super) struct Decompressor<'a> {
    info: Box<c::jpeg_decompress_struct>,
    error: Box<c::jpeg_error_mgr>,
    progress: Box<ScanCounter>,
    /// The coefficients of every component, null before [`Decompressor::read_coefficients`].
    coefficients: *mut *mut c::jvirt_barray_control,
    _bytes: std::marker::PhantomData<&'a [u8]>,
}

/// libjpeg's progress callback with our limit behind it: the callback casts its pointer back to this type.
#[repr(C)]
struct ScanCounter {
    manager: c::jpeg_progress_mgr,
    max_scans: u64,
}

impl<'a> Decompressor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
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
            coefficients: ptr::null_mut(),
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
    pub(super) fn read_header(&mut self) -> (u32, u32, i32) {
        // SAFETY: the object was created by `new` and nothing was read yet.
        unsafe { c::jpeg_read_header(&mut self.info, 1) };
        (self.info.image_width, self.info.image_height, self.info.num_components)
    }

    pub(super) fn limit_scans(&mut self, max_scans: u64) {
        self.progress.max_scans = max_scans;
    }

    /// Decodes all rows to interleaved samples of the given colour space, which has `channels` samples a pixel.
    pub(super) fn decode(&mut self, space: c::J_COLOR_SPACE, channels: usize) -> Vec<u8> {
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

    /// The layout of the image where [`super::window`] can decode it, `None` for all unusual ones. The header must have been read.
    pub(super) fn frame(&self) -> Option<Frame> {
        let colour = match (self.info.jpeg_color_space, self.info.num_components) {
            (c::J_COLOR_SPACE::JCS_GRAYSCALE, 1) => Colour::Grey,
            (c::J_COLOR_SPACE::JCS_YCbCr, 3) => Colour::YCbCr,
            _ => return None,
        };
        let size = (self.info.image_width as usize, self.info.image_height as usize);
        let largest = (self.info.max_h_samp_factor, self.info.max_v_samp_factor);
        let components = self.components().iter().map(|component| {
            let blocks = (component.width_in_blocks as usize, component.height_in_blocks as usize);
            Component::new(size, largest, (component.h_samp_factor, component.v_samp_factor), blocks)
        });
        Some(Frame { colour, components: components.collect::<Option<_>>()? })
    }

    fn components(&self) -> &[c::jpeg_component_info] {
        if self.info.comp_info.is_null() {
            return &[];
        }
        // SAFETY: the library allocates `num_components` entries when it reads the frame header, and frees them with the object.
        unsafe {
            std::slice::from_raw_parts(self.info.comp_info, usize::try_from(self.info.num_components).unwrap_or(0))
        }
    }

    /// Decodes the Huffman codes of the whole file, to its end-of-image marker; false where the pixels need more than the coefficients.
    ///
    /// That is a progressive file that lacks scans: libjpeg smooths its blocks.
    pub(super) fn read_coefficients(&mut self) -> bool {
        // SAFETY: the header was read, and nothing after it.
        self.coefficients = unsafe { c::jpeg_read_coefficients(&mut self.info) };
        if self.info.coef_bits.is_null() {
            return true;
        }
        // SAFETY: for a progressive file this points to 64 integers a component (and as many for the scan before).
        let precisions = unsafe {
            std::slice::from_raw_parts(self.info.coef_bits.cast::<[c::c_int; 64]>(), self.components().len())
        };
        precisions.iter().all(|precision| precision[..SMOOTHED].iter().all(|&missing_bits| missing_bits == 0))
    }

    /// The quantisation steps of a component in natural order, `None` when no scan has brought them.
    pub(super) fn quantisation(&self, component: usize) -> Option<[u16; 64]> {
        let table = self.components().get(component)?.quant_table;
        // SAFETY: null, or a table that the library keeps as long as the object.
        unsafe { table.as_ref() }.map(|table| table.quantval)
    }

    /// One row of blocks of a component; empty before [`Decompressor::read_coefficients`] and beyond the component.
    pub(super) fn block_row(&mut self, component: usize, row: usize) -> &[Block] {
        let Some((width, height)) = self
            .components()
            .get(component)
            .map(|component| (component.width_in_blocks as usize, component.height_in_blocks as usize))
        else {
            return &[];
        };
        if self.coefficients.is_null() || row >= height {
            return &[];
        }
        // SAFETY: `coefficients` has one array a component, of at least `height` rows of at least `width` blocks;
        // the rows stay where they are until the next call of the library, which needs `&mut self`.
        unsafe {
            let common = &mut self.info.common;
            let Some(access) = (*common.mem).access_virt_barray else { return &[] };
            let rows = access(common, *self.coefficients.add(component), row as c::JDIMENSION, 1, 0);
            std::slice::from_raw_parts(*rows, width)
        }
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
