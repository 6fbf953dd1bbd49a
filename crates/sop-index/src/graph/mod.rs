//! Approximate search along a graph.
//!
//! 1. `codes`, `dot`: rows as one byte a component, each in cache lines of its own, and integer products of one vector with some rows.
//! 2. `flat`: the graph, a record of fixed size a row. `walk`, `pool`: beam search along it; `walk_among` keeps some rows only.
//! 3. `space`, `prune`, `insert`, `lists`, `entries`, `shuffle`: how a graph is built and extended; `build` is the way in.
//! 4. `reach`: proof that every row can be found, and repair. `bytes`: the graph as a file.
//! 5. `cells`, `centres`, `cell_rows`: rows parted by where they lie. `sketch`, `bits`: rows as one bit a component, for a first look.
//! 6. `index`, `search`, `settle`: from queries to neighbours, whose similarities are those of exact search.
//! 7. `among`, `cell_scan`, `ranked`, `tail`: the same among some rows only: along the graph, or cell after cell.

mod among;
mod bits;
mod build;
mod bytes;
mod cell_rows;
mod cell_scan;
mod cells;
mod centres;
mod codes;
mod dot;
mod entries;
mod error;
mod flat;
mod hnsw;
mod index;
mod insert;
mod lists;
mod params;
mod pool;
mod prefetch;
mod prune;
mod ranked;
mod reach;
mod search;
mod settle;
mod shuffle;
mod sketch;
mod space;
mod tail;
mod walk;
mod walk_among;

pub use error::GraphError;
pub use flat::Graph;
pub use index::GraphIndex;
pub use params::{GraphBuilder, GraphParams};
