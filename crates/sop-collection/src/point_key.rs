//! What makes two ids the same.

use std::sync::Arc;

use crate::point::PointId;

/// An id without the form in which it was given: what makes two ids the same, and the order in which points are listed.
///
/// Numbers come before texts. A text that is the decimal form of a number is that number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum PointKey {
    Number(u64),
    Text(Arc<str>),
}

impl PointKey {
    pub fn of(id: &PointId) -> Self {
        match id {
            PointId::Number(number) => Self::Number(*number),
            PointId::Text(text) => Self::of_text(text),
        }
    }

    pub fn of_text(text: &str) -> Self {
        // `parse` takes "+7" and "007", too, which are other texts than "7".
        let is_canonical = text == "0"
            || (text.len() <= 20
                && text.bytes().all(|byte| byte.is_ascii_digit())
                && text.bytes().next().is_some_and(|first| first != b'0'));
        match text.parse() {
            Ok(number) if is_canonical => Self::Number(number),
            _ => Self::Text(text.into()),
        }
    }

    /// The id, given as a number or as a text.
    pub fn to_id(&self, is_number: bool) -> PointId {
        match self {
            Self::Number(number) if is_number => PointId::Number(*number),
            Self::Number(number) => PointId::Text(number.to_string()),
            Self::Text(text) => PointId::Text(text.as_ref().to_owned()),
        }
    }

    /// The text of the id.
    pub fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.as_ref().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_same_when_their_texts_are() {
        assert_eq!(PointKey::of(&7.into()), PointKey::of(&"7".into()));
        assert_eq!(PointKey::of_text("18446744073709551615"), PointKey::Number(u64::MAX));
        for text in ["007", "+7", "-7", "7.0", " 7", "", "00", "18446744073709551616"] {
            assert_eq!(PointKey::of_text(text), PointKey::Text(text.into()));
        }
        assert_eq!(PointKey::of_text("0"), PointKey::Number(0));
    }
}
