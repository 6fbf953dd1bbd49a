//! The benchmarks of retrieval: their ground truth and their images.

#![allow(clippy::unwrap_used, reason = "tests, and the functions they share")]

mod copydays;
mod ground_truth;
mod hostile_pickle;
mod query_images;

/// An error with its causes as one text.
fn in_words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
