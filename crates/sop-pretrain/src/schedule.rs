//! Values that change over the training steps.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// A cosine from a base to a final value, after a linear warm-up (`cosine_scheduler` of iBOT's `utils.py`).
///
/// The last step of the warm-up has the base value, and so has the first one of the cosine; the final value is approached and
/// not reached.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CosineSchedule {
    /// Value after the warm-up.
    pub base: f64,
    /// Value that the cosine goes to.
    pub last: f64,
    /// Value of the first step of a warm-up.
    pub warmup_start: f64,
    /// Steps of the warm-up.
    pub warmup_steps: u64,
    /// All steps, those of the warm-up included.
    pub steps: u64,
}

impl CosineSchedule {
    /// A schedule without warm-up.
    #[must_use]
    pub fn new(base: f64, last: f64, steps: u64) -> Self {
        Self { base, last, warmup_start: 0.0, warmup_steps: 0, steps }
    }

    /// The same after a linear warm-up from `start`.
    #[must_use]
    pub fn with_warmup(self, start: f64, steps: u64) -> Self {
        Self { warmup_start: start, warmup_steps: steps, ..self }
    }

    /// The value at a step, counted from 0; beyond the last step it is the final value.
    #[must_use]
    pub fn value(&self, step: u64) -> f64 {
        if step < self.warmup_steps {
            let last = self.warmup_steps - 1;
            if step == last && last > 0 {
                return self.base;
            }
            let increment = (self.base - self.warmup_start) / last.max(1) as f64;
            return self.warmup_start + step as f64 * increment;
        }
        let (place, length) = (step - self.warmup_steps, self.steps.saturating_sub(self.warmup_steps));
        if place >= length {
            return self.last;
        }
        self.last + 0.5 * (self.base - self.last) * (1.0 + (PI * place as f64 / length as f64).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warmup_of_one_step_is_its_start() {
        let schedule = CosineSchedule::new(1.0, 0.0, 4).with_warmup(0.25, 1);
        assert_eq!(schedule.value(0), 0.25);
        assert_eq!(schedule.value(1), 1.0);
        assert_eq!(schedule.value(4), 0.0);
    }
}
