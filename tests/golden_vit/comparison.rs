//! Counts comparisons and keeps the largest difference.

use ndarray::{ArrayBase, ArrayD, Axis, Data, Dimension, concatenate, s};
use sop_core::EncoderOutput;

/// How far an engine's output may be from the reference's.
const TOLERANCE: f64 = 1e-4;

/// The comparisons of one encoder.
pub struct Comparison {
    encoder: String,
    count: usize,
    largest: (f64, String),
}

impl Comparison {
    pub fn new(encoder: &str) -> Self {
        Self { encoder: encoder.to_owned(), count: 0, largest: (0.0, String::new()) }
    }

    /// Holds `found` against `expected`, element by element.
    pub fn close<S: Data<Elem = f32>, D: Dimension>(
        &mut self,
        what: &str,
        found: &ArrayBase<S, D>,
        expected: &ArrayD<f64>,
    ) {
        assert_eq!(found.shape(), expected.shape(), "{}: shape of {what}", self.encoder);
        for (&found, &expected) in found.iter().zip(expected) {
            let difference = (f64::from(found) - expected).abs();
            // Written so that NaN fails.
            assert!(difference <= TOLERANCE, "{}: {what} is {found} instead of {expected}", self.encoder);
            if difference > self.largest.0 {
                self.largest = (difference, what.to_owned());
            }
            self.count += 1;
        }
    }

    /// Within a share of each value, holds sum, mean, mean of the absolute values, L2 norm, smallest and largest value of `found` against `expected`.
    pub fn checksum(&mut self, what: &str, found: &ArrayD<f32>, expected: &ArrayD<f64>, tolerance: f64) {
        let values: Vec<f64> = found.iter().map(|&value| f64::from(value)).collect();
        let (sum, count) = (values.iter().sum::<f64>(), values.len() as f64);
        let found = [
            sum,
            sum / count,
            values.iter().map(|value| value.abs()).sum::<f64>() / count,
            values.iter().map(|value| value * value).sum::<f64>().sqrt(),
            values.iter().copied().fold(f64::INFINITY, f64::min),
            values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ];
        assert_eq!(expected.len(), found.len(), "{}: {what}", self.encoder);
        for (entry, (found, &expected)) in found.into_iter().zip(expected).enumerate() {
            let close = (found - expected).abs() <= tolerance * expected.abs();
            assert!(close, "{}: entry {entry} of {what} is {found} instead of {expected}", self.encoder);
            self.count += 1;
        }
    }

    /// Holds all tokens of the last block, CLS first, against what the case has of them under `key`: `tokens`, or
    /// first and last tokens with a checksum.
    pub fn tokens(&mut self, case: &super::case::Case, key: &str, tokens: &ArrayD<f32>) {
        let before = self.count;
        if let Some(expected) = case.find(&format!("{key}.tokens")) {
            self.close(&format!("{key}.tokens"), tokens, &expected);
        }
        if let Some(expected) = case.find(&format!("{key}.first9_tokens")) {
            let kept = expected.shape()[1];
            self.close(&format!("{key}.first9_tokens"), &tokens.slice(s![.., ..kept, ..]), &expected);
        }
        if let Some(expected) = case.find(&format!("{key}.last4_tokens")) {
            let first = tokens.shape()[1] - expected.shape()[1];
            self.close(&format!("{key}.last4_tokens"), &tokens.slice(s![.., first.., ..]), &expected);
        }
        if let Some(expected) = case.find(&format!("{key}.checksum_f64")) {
            self.checksum(&format!("{key}.checksum_f64"), tokens, &expected, case.checksum_tolerance());
        }
        assert!(self.count > before, "{}: the case has no tokens under {key}", self.encoder);
    }

    /// Says how many values were compared, and that it were some.
    pub fn finish(self) {
        let (largest, what) = self.largest;
        assert!(self.count > 0, "{}: nothing was compared", self.encoder);
        eprintln!("{}: {} values compared, largest difference {largest:.1e} in {what}", self.encoder, self.count);
    }
}

/// CLS and patches of an output as the references' tokens, CLS first.
pub fn all_tokens(output: &EncoderOutput) -> ArrayD<f32> {
    let cls = output.cls().unwrap().insert_axis(Axis(1));
    concatenate(Axis(1), &[cls, output.patches().unwrap().values]).unwrap().into_dyn()
}
