//! Names for files and metrics.

use sop_core::sha256_hex;

/// Characters of a hash that tell names apart.
const HASH: usize = 8;

/// A text as part of a name: letters and digits of ASCII, `_`, `-` and `.` stay, all else becomes `_`. It is never empty, does not begin
/// with a dot, and one of more than `longest` characters ends in the beginning of its hash instead.
pub(super) fn safe(text: &str, longest: usize) -> String {
    let mut name: String = text.chars().map(|character| if is_kept(character) { character } else { '_' }).collect();
    if name.is_empty() || name.starts_with('.') {
        name.insert(0, '_');
    }
    if name.len() > longest {
        name.truncate(longest.saturating_sub(HASH + 1));
        name = with_hash(&name, text);
    }
    name
}

/// Whether a text stays as it is within a name.
pub(super) fn is_safe(text: &str) -> bool {
    text.chars().all(is_kept)
}

fn is_kept(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_-.".contains(character)
}

/// A name made different from others by the hash of what it stands for.
pub(super) fn with_hash(name: &str, of: &str) -> String {
    format!("{name}-{}", sha256_hex(of.as_bytes()).chars().take(HASH).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_within_their_folder() {
        assert_eq!(safe("top1.k20", 20), "top1.k20");
        assert_eq!(safe("../a b\n\"ü", 20), "_.._a_b___");
        assert_eq!(safe("", 20), "_");
        let (one, other) = (safe(&"x".repeat(500), 20), safe(&"x".repeat(501), 20));
        assert!(one != other && one.len() == 20 && other.len() == 20, "{one}");
    }
}
