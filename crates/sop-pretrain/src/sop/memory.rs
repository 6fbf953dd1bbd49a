//! Embeddings of earlier steps: first in, first out.

use ndarray::{Array2, ArrayView2, s};

use crate::objective::ObjectiveError;
use crate::random::{Purpose, stream};

/// A ring of embeddings `[slots, dim]` on the processor, where the support embeddings are searched.
///
/// Any number of embeddings may be pushed at once; the released code needs a divisor of the number of slots.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    embeddings: Array2<f32>,
    next: usize,
}

impl Memory {
    /// A memory of random unit vectors that follow from `seed` and `part`.
    #[must_use]
    pub fn random(slots: usize, dim: usize, seed: u64, part: u64) -> Self {
        let mut stream = stream(Purpose::Memory, seed, 0, part);
        let mut embeddings = Array2::zeros((slots, dim));
        for mut row in embeddings.rows_mut() {
            let values: Vec<f64> = (0..dim).map(|_| stream.normal()).collect();
            let norm = values.iter().map(|value| value * value).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
            row.iter_mut().zip(values).for_each(|(out, value): (&mut f32, f64)| *out = (value / norm) as f32);
        }
        Self { embeddings, next: 0 }
    }

    /// A memory with this content, of which slot `next` is overwritten first.
    ///
    /// # Errors
    /// [`ObjectiveError::Slot`] where there is no such slot.
    pub fn from_parts(embeddings: Array2<f32>, next: usize) -> Result<Self, ObjectiveError> {
        let slots = embeddings.nrows();
        if next >= slots.max(1) {
            return Err(ObjectiveError::Slot { slot: next, slots });
        }
        Ok(Self { embeddings, next })
    }

    /// Replaces the oldest embeddings with `keys` `[count, dim]`, in their order.
    ///
    /// # Errors
    /// [`ObjectiveError::Dim`] for keys of another size.
    pub fn push(&mut self, keys: ArrayView2<'_, f32>) -> Result<(), ObjectiveError> {
        let (slots, dim) = self.embeddings.dim();
        if keys.ncols() != dim {
            return Err(ObjectiveError::Dim { expected: dim, found: keys.ncols() });
        }
        // Of more keys than slots only the last ones stay.
        let kept = keys.nrows().min(slots);
        self.next = (self.next + (keys.nrows() - kept)) % slots.max(1);
        let keys = keys.slice(s![keys.nrows() - kept.., ..]);
        let before_end = kept.min(slots - self.next);
        let (first, second) = keys.split_at(ndarray::Axis(0), before_end);
        self.embeddings.slice_mut(s![self.next..self.next + before_end, ..]).assign(&first);
        self.embeddings.slice_mut(s![..kept - before_end, ..]).assign(&second);
        self.next = (self.next + kept) % slots.max(1);
        Ok(())
    }

    /// All embeddings, `[slots, dim]`.
    #[must_use]
    pub fn embeddings(&self) -> ArrayView2<'_, f32> {
        self.embeddings.view()
    }

    /// The slot that is overwritten next.
    #[must_use]
    pub fn next_slot(&self) -> usize {
        self.next
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn keys_replace_the_oldest_and_wrap_around() {
        let mut memory = Memory::from_parts(array![[0.0], [0.0], [0.0]], 0).unwrap();
        memory.push(array![[1.0], [2.0]].view()).unwrap();
        memory.push(array![[3.0], [4.0]].view()).unwrap();
        assert_eq!((memory.embeddings(), memory.next_slot()), (array![[4.0], [2.0], [3.0]].view(), 1));
        // Five at once into three slots: as if they had come one by one.
        memory.push(array![[5.0], [6.0], [7.0], [8.0], [9.0]].view()).unwrap();
        assert_eq!((memory.embeddings(), memory.next_slot()), (array![[7.0], [8.0], [9.0]].view(), 0));
        assert!(memory.push(array![[1.0, 2.0]].view()).is_err());
    }

    #[test]
    fn the_first_content_has_unit_length_and_follows_from_the_seed() {
        let memory = Memory::random(50, 8, 3, 0);
        for row in memory.embeddings().rows() {
            assert!((row.dot(&row) - 1.0).abs() < 1e-5);
        }
        assert_eq!(memory, Memory::random(50, 8, 3, 0));
        assert_ne!(memory, Memory::random(50, 8, 3, 1));
    }
}
