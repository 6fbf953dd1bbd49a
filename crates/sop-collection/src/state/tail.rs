//! Rows that were added since the base was made.

use std::sync::Arc;

use ndarray::ArrayView2;

/// Rows of a chunk: what a writer copies at most when a reader still looks at the last one.
const CHUNK_ROWS: usize = 1024;

/// Rows that were added since the base was made, in chunks that readers share.
#[derive(Clone)]
pub(crate) struct Tail {
    dim: usize,
    first: usize,
    rows: usize,
    chunks: Vec<Arc<Chunk>>,
}

/// Some neighbouring rows.
#[derive(Clone)]
pub(crate) struct Chunk {
    dim: usize,
    /// Its first row.
    pub first: usize,
    vectors: Vec<f32>,
}

impl Chunk {
    pub fn len(&self) -> usize {
        self.vectors.len() / self.dim
    }

    /// The vectors, `[rows, dim]`.
    pub fn view(&self) -> Option<ArrayView2<'_, f32>> {
        ArrayView2::from_shape((self.len(), self.dim), &self.vectors).ok()
    }
}

impl Tail {
    /// No rows; the next one has the number `first`.
    pub fn new(dim: usize, first: usize) -> Self {
        Self { dim, first, rows: 0, chunks: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.rows
    }

    pub fn chunks(&self) -> &[Arc<Chunk>] {
        &self.chunks
    }

    /// Adds a row.
    pub fn push(&mut self, vector: &[f32]) {
        if self.chunks.last().is_none_or(|chunk| chunk.len() >= CHUNK_ROWS) {
            let chunk = Chunk { dim: self.dim, first: self.first + self.rows, vectors: Vec::new() };
            self.chunks.push(Arc::new(chunk));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            Arc::make_mut(chunk).vectors.extend_from_slice(vector);
            self.rows += 1;
        }
    }

    /// The vector of a row, numbered over base and tail.
    pub fn vector(&self, row: usize) -> Option<&[f32]> {
        vector_in(&self.chunks, row)
    }

    /// Takes away the rows before `first`, which are those of whole chunks.
    pub fn starting_at(&self, first: usize) -> Self {
        let chunks: Vec<Arc<Chunk>> = self.chunks.iter().filter(|chunk| chunk.first >= first).cloned().collect();
        let rows = chunks.iter().map(|chunk| chunk.len()).sum();
        Self { dim: self.dim, first, rows, chunks }
    }

    /// Lets the next row begin a chunk, so that those there are stay as they are.
    pub fn seal(&mut self) {
        if self.chunks.last().is_some_and(|chunk| chunk.len() < CHUNK_ROWS) {
            // An empty chunk is where the next row goes.
            let chunk = Chunk { dim: self.dim, first: self.first + self.rows, vectors: Vec::new() };
            self.chunks.push(Arc::new(chunk));
        }
    }

    /// Bytes of memory, roughly.
    pub fn bytes(&self) -> usize {
        self.rows * self.dim * 4
    }
}

/// The vector of a row, numbered over base and tail, in the chunk that holds it.
pub(super) fn vector_in(chunks: &[Arc<Chunk>], row: usize) -> Option<&[f32]> {
    let place = chunks.partition_point(|chunk| chunk.first <= row).checked_sub(1)?;
    let chunk = chunks.get(place)?;
    let start = (row - chunk.first) * chunk.dim;
    chunk.vectors.get(start..start + chunk.dim)
}
