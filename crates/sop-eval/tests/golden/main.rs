//! The protocols against values computed with the reference implementations (`golden/` of the shared folder).

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod davis;
mod descriptors;
mod features;
mod files;
mod imagenet9;
mod knn;
mod linear;
mod logreg;
mod revisited;
mod tsne;
