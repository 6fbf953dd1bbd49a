//! What the images of a database are to a query, and which of them count.

use super::RetrievalError;

/// The answers to one query, as indices of database images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relevance {
    /// Images that show the object clearly.
    pub easy: Vec<u32>,
    /// Images that show it in difficult conditions.
    pub hard: Vec<u32>,
    /// Images that are neither right nor wrong.
    pub junk: Vec<u32>,
}

/// A setting of the revisited benchmarks: which images are right, and which are as if they were not in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difficulty {
    /// Easy images are right; hard ones and junk do not count.
    Easy,
    /// Easy and hard images are right; junk does not count.
    Medium,
    /// Hard images are right; easy ones and junk do not count.
    Hard,
}

impl Difficulty {
    /// All of them, in the order of the benchmark.
    pub const ALL: [Self; 3] = [Self::Easy, Self::Medium, Self::Hard];

    /// Its value of the parameter `difficulty`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Easy => "easy",
            Self::Medium => "medium",
            Self::Hard => "hard",
        }
    }

    /// What an image counts as.
    pub(super) fn answer(self, role: Role) -> Answer {
        match (self, role) {
            (_, Role::Wrong) => Answer::Wrong,
            (Self::Easy | Self::Medium, Role::Easy) | (Self::Medium | Self::Hard, Role::Hard) => Answer::Right,
            _ => Answer::Ignored,
        }
    }
}

/// What an image is to a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Wrong,
    Easy,
    Hard,
    Junk,
}

/// What an image counts as in a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Right,
    Wrong,
    Ignored,
}

impl Relevance {
    /// The role of every image of a database of `images`.
    pub(super) fn roles(&self, query: &str, images: usize) -> Result<Vec<Role>, RetrievalError> {
        let mut roles = vec![Role::Wrong; images];
        for (role, indices) in [(Role::Easy, &self.easy), (Role::Hard, &self.hard), (Role::Junk, &self.junk)] {
            for &index in indices {
                match roles.get_mut(index as usize) {
                    None => return Err(RetrievalError::AnswerBeyond { query: query.to_owned(), index, images }),
                    Some(slot @ Role::Wrong) => *slot = role,
                    Some(_) => return Err(RetrievalError::TwoRoles { query: query.to_owned(), index }),
                }
            }
        }
        Ok(roles)
    }
}
