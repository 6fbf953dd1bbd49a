//! Four-component files.

/// Pillow's CMYK to RGB conversion (`Convert.c`, `cmyk2rgb`) of samples stored inverted, as Adobe writes them.
pub(super) fn inverted_cmyk_to_rgb(samples: &[u8]) -> Vec<u8> {
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
