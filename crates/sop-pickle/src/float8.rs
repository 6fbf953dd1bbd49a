//! Floats of eight bits, every one of which is a single as well.
//!
//! Micikevicius et al., *FP8 Formats for Deep Learning* (e4m3, e5m2); Noune et al., *8-bit Numerical Formats for Deep
//! Neural Networks* (the `fnuz` forms: no infinities, one zero, and the bits of -0 for what is no number).

/// Exponent of four bits; no infinities, all ones are no number.
pub(super) fn e4m3(byte: u8) -> f32 {
    if byte & 0x7f == 0x7f { f32::NAN } else { number(byte, 3, 7) }
}

/// Exponent of five bits, like the upper half of a half.
pub(super) fn e5m2(byte: u8) -> f32 {
    half::f16::from_bits(u16::from(byte) << 8).to_f32()
}

/// [`e4m3`] without -0.
pub(super) fn e4m3_fnuz(byte: u8) -> f32 {
    if byte == 0x80 { f32::NAN } else { number(byte, 3, 8) }
}

/// [`e5m2`] without -0 and infinities.
pub(super) fn e5m2_fnuz(byte: u8) -> f32 {
    if byte == 0x80 { f32::NAN } else { number(byte, 2, 16) }
}

/// A sign, an exponent above `bias`, and `digits` binary digits behind the point.
fn number(byte: u8, digits: u8, bias: i32) -> f32 {
    let sign = if byte & 0x80 == 0 { 1.0 } else { -1.0 };
    let magnitude = byte & 0x7f;
    let exponent = magnitude >> digits;
    let fraction = magnitude & ((1 << digits) - 1);
    // The smallest exponent stands for numbers without the leading one.
    let (whole, exponent) = if exponent == 0 { (fraction, 1) } else { (fraction | (1 << digits), exponent) };
    sign * f32::from(whole) * 2_f32.powi(i32::from(exponent) - bias - i32::from(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_formats() {
        // Smallest, one, -1.75, largest.
        for (byte, expected) in [(0x01, 0.001_953_125), (0x38, 1.0), (0xbe, -1.75), (0x7e, 448.0), (0x00, 0.0)] {
            assert_eq!(e4m3(byte), expected, "{byte:#x}");
        }
        for (byte, expected) in [(0x01, 0.000_015_258_789), (0x3c, 1.0), (0xbf, -1.75), (0x7b, 57_344.0)] {
            assert_eq!(e5m2(byte), expected, "{byte:#x}");
        }
        for (byte, expected) in [(0x01, 0.000_976_562_5), (0x40, 1.0), (0xc6, -1.75), (0x7f, 240.0)] {
            assert_eq!(e4m3_fnuz(byte), expected, "{byte:#x}");
        }
        for (byte, expected) in [(0x01, 0.000_007_629_394_5), (0x40, 1.0), (0xc3, -1.75), (0x7f, 57_344.0)] {
            assert_eq!(e5m2_fnuz(byte), expected, "{byte:#x}");
        }
        assert!(e4m3(0x7f).is_nan() && e4m3(0xff).is_nan() && e4m3_fnuz(0x80).is_nan() && e5m2_fnuz(0x80).is_nan());
        assert_eq!(e5m2(0xfc), f32::NEG_INFINITY);
        assert!(e4m3(0x80).is_sign_negative() && e4m3(0x80) == 0.0);
    }

    /// The paper's definition of e5m2 in two ways.
    #[test]
    fn e5m2_is_the_general_form_too() {
        for byte in (0..=0x7b_u8).chain(0x80..=0xfb) {
            assert_eq!(e5m2(byte), number(byte, 2, 15), "{byte:#x}");
        }
    }
}
