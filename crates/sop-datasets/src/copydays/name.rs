//! What the name of an image tells.

/// The block of an image: its number without the last two digits, which count the copies of one original.
///
/// DINO's script compares the first four of six digits, which is the same. `None` for other names.
pub(super) fn block_of(file_name: &str) -> Option<u64> {
    let (stem, _) = file_name.rsplit_once('.')?;
    let digits = !stem.is_empty() && stem.bytes().all(|letter| letter.is_ascii_digit());
    stem.parse::<u64>().ok().filter(|_| digits).map(|number| number / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_digits_count_copies() {
        assert_eq!(block_of("200000.jpg"), Some(2000));
        assert_eq!(block_of("200099.jpg"), Some(2000));
        assert_eq!(block_of("215601.jpg"), Some(2156));
        for name in ["200000", "+20.jpg", "a.jpg", ".jpg", "99999999999999999999999.jpg"] {
            assert_eq!(block_of(name), None, "{name}");
        }
    }
}
