//! What the name of an image tells.

/// The number of an image; `None` for other names.
pub(super) fn number_of(file_name: &str) -> Option<u64> {
    let (stem, _) = file_name.rsplit_once('.')?;
    let digits = !stem.is_empty() && stem.bytes().all(|letter| letter.is_ascii_digit());
    stem.parse::<u64>().ok().filter(|_| digits)
}

/// The block of an image: its number without the last two digits, which count the copies of one original.
///
/// DINO's script compares the first four of six digits, which is the same.
pub(super) fn block_of(number: u64) -> u64 {
    number / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_digits_count_copies() {
        let block = |name: &str| number_of(name).map(block_of);
        assert_eq!(block("200000.jpg"), Some(2000));
        assert_eq!(block("200099.jpg"), Some(2000));
        assert_eq!(block("215601.jpg"), Some(2156));
        for name in ["200000", "+20.jpg", "a.jpg", ".jpg", "99999999999999999999999.jpg"] {
            assert_eq!(block(name), None, "{name}");
        }
    }
}
