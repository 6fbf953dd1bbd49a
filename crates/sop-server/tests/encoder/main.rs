//! Images through served encoders, called directly and over HTTP.

#![allow(clippy::unwrap_used, reason = "tests may unwrap")]

mod client;
mod double;
mod failures;
mod image_routes;
mod image_show;
mod images;
mod numbers;
mod openai;
mod openai_client;
mod queue;
mod recipes;
