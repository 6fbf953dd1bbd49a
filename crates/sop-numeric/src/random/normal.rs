//! Normal values.

use std::f64::consts::TAU;

use super::Stream;

impl Stream {
    /// A value of mean 0 and variance 1, by the method of Box and Muller from two numbers with 53 bits.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        // In (0, 1]: its logarithm is finite.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (TAU * self.unit()).cos()
    }

    /// A value of mean 0 and this standard deviation, by the method of Box and Muller from two numbers with 32 bits.
    ///
    /// Stays beside [`Self::normal`]: the first weights of linear probes are fixed by it, to the order of its products.
    #[inline]
    pub fn normal_by_32_bits(&mut self, deviation: f64) -> f64 {
        // In (0, 1]: its logarithm is finite.
        let mut unit = || (f64::from(self.bits_32()) + 1.0) / (f64::from(u32::MAX) + 1.0);
        let radius = (-2.0 * unit().ln()).sqrt();
        deviation * radius * (TAU * unit()).cos()
    }

    /// Bell-shaped noise of mean 0 and variance 1 (to 1 in 2^31): the sum of four uniform 16-bit numbers.
    #[inline]
    pub fn bell(&mut self) -> f64 {
        let bits = self.bits();
        let sum = (bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48);
        // Four uniforms on 0..=65535: mean 4 * 32767.5, variance 4 * (2^32 - 1) / 12.
        (sum as f64 - 131_070.0) / (65_536.0 * 0.577_350_269_189_625_8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_the_same_in_every_version() {
        // As f32: logarithm and cosine may differ in their last digits between platforms.
        let mut stream = Stream::from_seed(3, 0);
        let scaled = [(); 4].map(|()| (1e-4 * stream.normal()) as f32);
        assert_eq!(scaled, [0.00012184174, 7.63808e-5, 4.9330858e-5, 1.3083048e-5]);
        let mut stream = Stream::from_seed(3, (1 << 40) + 1);
        let scaled = [(); 3].map(|()| stream.normal_by_32_bits(0.01) as f32);
        assert_eq!(scaled, [0.0056725177, 0.0051754704, 0.010555578]);
    }

    #[test]
    fn values_have_mean_0_and_variance_1() {
        let mut stream = Stream::from_seed(0, 0);
        let draws: [fn(&mut Stream) -> f64; 3] = [Stream::normal, |stream| stream.normal_by_32_bits(1.0), Stream::bell];
        for draw in draws {
            let values: Vec<f64> = (0..40_000).map(|_| draw(&mut stream)).collect();
            let mean = values.iter().sum::<f64>() / 4e4;
            let variance = values.iter().map(|value| value * value).sum::<f64>() / 4e4;
            assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
        }
    }
}
