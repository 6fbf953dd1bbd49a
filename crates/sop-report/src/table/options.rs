//! What the reader of a summary may choose.

/// Choices of a summary table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableOptions {
    /// The caption; by default it names the protocols.
    pub title: Option<String>,
    /// Digits behind the point of a percentage (default 1); other values get two more.
    pub decimals: usize,
    /// Whether fractions are shown in per cent (default) or as they are.
    pub percent: bool,
    /// Whether `± half-width of the 95 % interval` is shown (default).
    pub intervals: bool,
    /// Whether the values of single classes get columns (default: not).
    pub per_class: bool,
    /// Whether [`page_tables`](super::page_tables) show every value of a sweep, rows besides the headlines' and every column
    /// (default: not). Other tables show all of it anyway.
    pub sweep: bool,
}

impl Default for TableOptions {
    fn default() -> Self {
        Self { title: None, decimals: 1, percent: true, intervals: true, per_class: false, sweep: false }
    }
}
