//! YCbCr to RGB with the bits of libjpeg.
//!
//! `ycc_rgb_convert` (`jdcolext.c`) looks the products up in tables (`build_ycc_rgb_table` in `jdcolor.c`); they are computed here, in the same fixed point:
//! 16 fraction bits, halves rounded up, the two parts of green added before rounding.

use sop_numeric::kernel;

const FRACTION_BITS: u32 = 16;
const HALF: i32 = 1 << (FRACTION_BITS - 1);

const fn fixed(factor: f64) -> i32 {
    (factor * (1 << FRACTION_BITS) as f64 + 0.5) as i32
}

const RED_OF_CR: i32 = fixed(1.402);
const GREEN_OF_CR: i32 = fixed(0.71414);
const GREEN_OF_CB: i32 = fixed(0.34414);
const BLUE_OF_CB: i32 = fixed(1.772);

kernel! {
    /// Converts a row; all slices have the same length.
    pub(super) fn to_rgb(luma: &[u8], cb: &[u8], cr: &[u8], red: &mut [u8], green: &mut [u8], blue: &mut [u8]) {
        let chroma = cb.iter().zip(cr);
        let targets = red.iter_mut().zip(green).zip(blue);
        for ((&luma, (&cb, &cr)), ((red, green), blue)) in luma.iter().zip(chroma).zip(targets) {
            let (luma, cb, cr) = (i32::from(luma), i32::from(cb) - 128, i32::from(cr) - 128);
            *red = to_sample(luma + ((RED_OF_CR * cr + HALF) >> FRACTION_BITS));
            *green = to_sample(luma + ((HALF - GREEN_OF_CB * cb - GREEN_OF_CR * cr) >> FRACTION_BITS));
            *blue = to_sample(luma + ((BLUE_OF_CB * cb + HALF) >> FRACTION_BITS));
        }
    }
}

#[inline(always)]
fn to_sample(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}
