//! The C library on its own, as encoder of test files and as reference decoder of everything from the headers to RGB.
#![allow(unsafe_code, reason = "a C library")]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use mozjpeg_sys as c;

/// How a test file is written.
#[derive(Debug, Clone, Copy)]
pub struct Encoding {
    pub space: c::J_COLOR_SPACE,
    /// Sampling factors of the first component; the others have 1 x 1.
    pub sampling: (i32, i32),
    pub quality: i32,
    pub progressive: bool,
    /// Blocks between restart markers, 0 for none.
    pub restart_interval: u32,
}

impl Encoding {
    pub const YCBCR: Self = Self {
        space: c::J_COLOR_SPACE::JCS_YCbCr,
        sampling: (1, 1),
        quality: 75,
        progressive: false,
        restart_interval: 0,
    };
}

/// Writes RGB (or CMYK, or grey) samples, `height` rows of `width` pixels, to a JPEG file.
pub fn encode(samples: &[u8], width: usize, height: usize, encoding: Encoding) -> Vec<u8> {
    let (input, channels) = match encoding.space {
        c::J_COLOR_SPACE::JCS_GRAYSCALE => (c::J_COLOR_SPACE::JCS_GRAYSCALE, 1),
        c::J_COLOR_SPACE::JCS_CMYK | c::J_COLOR_SPACE::JCS_YCCK => (c::J_COLOR_SPACE::JCS_CMYK, 4),
        _ => (c::J_COLOR_SPACE::JCS_RGB, 3),
    };
    assert_eq!(samples.len(), width * height * channels);
    // Large enough for any of them, so that the library does not allocate one itself.
    let mut file = vec![0_u8; samples.len() * 8 + (1 << 16)];
    // SAFETY: libjpeg's documented order of calls, on objects and buffers that outlive them; errors unwind.
    unsafe {
        let mut error: c::jpeg_error_mgr = std::mem::zeroed();
        let mut info: c::jpeg_compress_struct = std::mem::zeroed();
        info.common.err = c::jpeg_std_error(&mut error);
        (*info.common.err).error_exit = Some(unwind);
        c::jpeg_create_compress(&mut info);
        let (mut start, mut length) = (file.as_mut_ptr(), file.len() as c::c_ulong);
        c::jpeg_mem_dest(&mut info, &mut start, &mut length);
        info.image_width = width as u32;
        info.image_height = height as u32;
        info.input_components = channels as i32;
        info.in_color_space = input;
        c::jpeg_c_set_int_param(&mut info, c::JINT_COMPRESS_PROFILE, c::JCP_FASTEST as c::c_int);
        c::jpeg_set_defaults(&mut info);
        c::jpeg_set_colorspace(&mut info, encoding.space);
        c::jpeg_set_quality(&mut info, encoding.quality, 1);
        if encoding.progressive {
            c::jpeg_simple_progression(&mut info);
        }
        info.restart_interval = encoding.restart_interval;
        for (index, component) in std::slice::from_raw_parts_mut(info.comp_info, channels).iter_mut().enumerate() {
            (component.h_samp_factor, component.v_samp_factor) = if index == 0 { encoding.sampling } else { (1, 1) };
        }
        c::jpeg_start_compress(&mut info, 1);
        for row in samples.chunks_exact(width * channels) {
            let rows = [row.as_ptr()];
            c::jpeg_write_scanlines(&mut info, rows.as_ptr(), 1);
        }
        c::jpeg_finish_compress(&mut info);
        c::jpeg_destroy_compress(&mut info);
        file.truncate(length as usize);
    }
    file
}

/// Decodes a grey or three-component file to RGB with the library alone; `None` where it reports an error or the data ends early.
pub fn decode(file: &[u8]) -> Option<(usize, usize, Vec<u8>)> {
    // SAFETY: all-zero is a valid value of both structs.
    let (mut error, mut info): (c::jpeg_error_mgr, c::jpeg_decompress_struct) =
        unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
    let result = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: libjpeg's documented order of calls, on objects and buffers that outlive them; errors unwind.
        unsafe {
            info.common.err = c::jpeg_std_error(&mut error);
            (*info.common.err).error_exit = Some(unwind);
            (*info.common.err).emit_message = Some(ignore_message);
            c::jpeg_create_decompress(&mut info);
            c::jpeg_mem_src(&mut info, file.as_ptr(), file.len() as c::c_ulong);
            (*info.src).fill_input_buffer = Some(data_ended);
            c::jpeg_read_header(&mut info, 1);
            info.out_color_space = c::J_COLOR_SPACE::JCS_RGB;
            c::jpeg_start_decompress(&mut info);
            let (width, height) = (info.output_width as usize, info.output_height as usize);
            let mut pixels = vec![0_u8; width * height * 3];
            for row in pixels.chunks_exact_mut(width * 3) {
                let mut rows = [row.as_mut_ptr()];
                c::jpeg_read_scanlines(&mut info, rows.as_mut_ptr(), 1);
            }
            c::jpeg_finish_decompress(&mut info);
            (width, height, pixels)
        }
    }));
    // SAFETY: created above, destroyed once.
    unsafe { c::jpeg_destroy_decompress(&mut info) };
    result.ok()
}

unsafe extern "C-unwind" fn unwind(_: &mut c::jpeg_common_struct) {
    resume_unwind(Box::new("libjpeg error"));
}

unsafe extern "C-unwind" fn data_ended(_: &mut c::jpeg_decompress_struct) -> c::boolean {
    resume_unwind(Box::new("the data ended"));
}

unsafe extern "C-unwind" fn ignore_message(_: &mut c::jpeg_common_struct, _: c::c_int) {}
