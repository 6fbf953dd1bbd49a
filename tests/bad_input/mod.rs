//! Broken, hostile and mistaken input: every case ends with an error that names the file and the remedy, and leaves
//! nothing behind.

mod ambiguous_names;
mod cache;
mod checkpoints;
mod class_names;
mod comparisons;
mod configs;
mod data_sets;
mod descriptions;
mod embeddings;
mod encoders;
mod images;
mod left_out;
mod other_settings;
mod output;
mod pretraining;
mod protocols;
