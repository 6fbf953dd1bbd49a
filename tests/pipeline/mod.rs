//! The ways through the house, from end to end.

mod data;
mod demo;
mod embed;
mod golden_knn;
mod interrupted;
mod knn;
mod report;
mod sources;
mod results;
mod streams;
mod verify;
