//! The protocols against values computed with the reference implementations (`golden/` of the shared folder).

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod features;
mod files;
mod knn;
mod tsne;
