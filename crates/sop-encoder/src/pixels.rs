//! The baseline that every encoder must beat: the image itself, made small, as a vector.

use ndarray::ArrayView4;
use serde_json::Map;
use sop_core::{EncodeError, Encoder, EncoderOutput, EncoderSpec, OutputKind, OutputKinds, sha256_hex};

use crate::OpenError;

/// `pixels:SIDE`: the image resized to `SIDE` × `SIDE`, normalised, flattened channel by channel; `3 * SIDE * SIDE`
/// components.
#[derive(Debug)]
pub struct PixelsEncoder {
    spec: EncoderSpec,
    side: usize,
}

impl PixelsEncoder {
    /// The baseline whose name is `pixels:` and `side`.
    ///
    /// # Errors
    /// When `side` is not a number between 1 and 256.
    pub fn from_name(side: &str) -> Result<Self, OpenError> {
        let wrong = || OpenError::Pixels { side: side.to_owned() };
        let side: usize = side.parse().map_err(|_| wrong())?;
        if !(1..=256).contains(&side) {
            return Err(wrong());
        }
        let name = format!("pixels:{side}");
        let mut meta = Map::new();
        meta.insert("architecture".to_owned(), "pixels".into());
        meta.insert("method".to_owned(), "pixels".into());
        let spec = EncoderSpec {
            sha256: sha256_hex(name.as_bytes()),
            name,
            meta,
            outputs: [OutputKind::Cls].into(),
            transform: Some(format!("resize_exact({side},{side},bicubic)|normalize(imagenet)")),
            runtime: "built-in".to_owned(),
        };
        Ok(Self { spec, side })
    }
}

impl Encoder for PixelsEncoder {
    fn spec(&self) -> &EncoderSpec {
        &self.spec
    }

    fn encode(&self, images: ArrayView4<'_, f32>, wanted: &OutputKinds) -> Result<EncoderOutput, EncodeError> {
        self.spec.check_outputs(wanted)?;
        let encoder = self.spec.name.clone();
        let (batch, channels, height, width) = images.dim();
        if (channels, height, width) != (3, self.side, self.side) {
            let reason = format!("this baseline takes images of {0}x{0} pixels", self.side);
            return Err(EncodeError::InputShape { encoder, found: images.shape().to_vec(), reason });
        }
        let flat = images.as_standard_layout().into_owned().into_shape_with_order((batch, channels * height * width));
        let cls = flat.map_err(|error| EncodeError::Engine { encoder, source: error.into() })?;
        let mut output = EncoderOutput::new(&self.spec.name, None, [height, width]);
        output.insert(OutputKind::Cls, cls)?;
        Ok(output)
    }

    fn input_size(&self) -> [Option<usize>; 2] {
        [Some(self.side); 2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array4;

    #[test]
    fn the_vector_is_the_image_channel_by_channel() {
        let encoder = PixelsEncoder::from_name("2").unwrap();
        let image = Array4::from_shape_fn((1, 3, 2, 2), |(_, c, y, x)| (100 * c + 10 * y + x) as f32);
        let output = encoder.encode(image.view(), &encoder.spec().outputs).unwrap();
        let expected = [0.0, 1.0, 10.0, 11.0, 100.0, 101.0, 110.0, 111.0, 200.0, 201.0, 210.0, 211.0];
        assert_eq!(output.cls().unwrap().iter().copied().collect::<Vec<f32>>(), expected);
    }

    #[test]
    fn other_sides_and_outputs_are_refused() {
        for side in ["0", "257", "x", "", "-1"] {
            assert!(PixelsEncoder::from_name(side).is_err(), "{side}");
        }
        let encoder = PixelsEncoder::from_name("2").unwrap();
        let image = Array4::zeros((1, 3, 2, 2));
        let patches = &[OutputKind::Patches].into();
        assert!(matches!(encoder.encode(image.view(), patches), Err(EncodeError::MissingOutput { .. })));
    }
}
