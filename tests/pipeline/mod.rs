//! The ways through the house, from end to end.

mod data;
mod demo;
mod embed;
mod export_results;
mod foreign_encoders;
mod golden_knn;
mod golden_protocols;
mod index;
mod index_retrieval;
mod inspect;
mod interrupted;
mod knn;
mod laid_out;
mod logits;
mod odd_paths;
mod origins;
mod pretrain;
mod protocols;
mod report;
mod results;
mod serve;
mod sources;
mod streams;
mod verify;
