//! What a stored class number means, in every reader.

/// A class number beyond 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("label {0} does not fit into a signed 32-bit number")]
pub struct LabelRangeError(pub i64);

/// The label that a stored number stands for.
///
/// Classes are numbered from 0. A negative number stands for "no label": Hugging Face's `datasets` and many scripts write -1
/// where a label is hidden or unknown.
///
/// # Errors
/// For numbers beyond 32 bits.
pub fn label_of_number(number: i64) -> Result<Option<i32>, LabelRangeError> {
    if number < 0 { Ok(None) } else { i32::try_from(number).map(Some).map_err(|_| LabelRangeError(number)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_numbers_are_no_label_and_large_ones_are_refused() {
        assert_eq!([-1, i64::MIN, 0, 7].map(label_of_number), [Ok(None), Ok(None), Ok(Some(0)), Ok(Some(7))]);
        assert_eq!(label_of_number(1 << 31), Err(LabelRangeError(1 << 31)));
    }
}
