//! Text in YAML.

use std::fmt::Write as _;

/// A text in double quotes, whatever it holds: readers of YAML 1.1 and 1.2 give it back unchanged.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // Readers refuse unprintable characters, and take some for ends of lines or marks of the byte order.
            '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{a0}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            _ if u32::from(character) & 0xfffe == 0xfffe => {
                let _ = write!(quoted, "\\U{:08x}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_ends_a_quoted_text_is_escaped() {
        assert_eq!(quoted("a \"b\" \\ c\nd: #e"), "\"a \\\"b\\\" \\\\ c\\nd: #e\"");
        assert_eq!(quoted("naïve 猫 \u{7f}\u{0}\u{2028}"), "\"naïve 猫 \\u007f\\u0000\\u2028\"");
        assert_eq!(quoted(""), "\"\"");
    }
}
