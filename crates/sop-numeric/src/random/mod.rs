//! Random draws that follow from a key or a seed, on every machine and with every version of `rand`.
//!
//! All draws are methods of [`Stream`], numbers of ChaCha with 8 rounds. Published results, drawn images and runs of pre-training
//! are fixed by them: a draw may be added here, and none may change. So some draws exist more than once.
//!
//! | purpose | draw | who is fixed by it |
//! |---|---|---|
//! | whole numbers | [`Stream::below`] | drawn images, views, pre-training |
//! | | [`Stream::below_by_64_bits`] | parts of train sets, the order of linear probes |
//! | | [`Stream::below_by_32_bits`] | the bootstrap, where half the bits are half the time |
//! | orders | [`Stream::shuffle_front`], [`Stream::distinct`] | views, pre-training |
//! | | [`Stream::shuffle_front_by_64_bits`] | parts of train sets |
//! | | [`Stream::shuffle_back_by_64_bits`] | the order of linear probes |
//! | normal values | [`Stream::normal`] | first weights, memories, t-SNE |
//! | | [`Stream::normal_by_32_bits`] | first weights of linear probes |
//! | | [`Stream::bell`] | drawn images: without a logarithm, whose last digits differ between platforms |

mod below;
mod normal;
mod plane;
mod shuffle;
mod stream;

pub use stream::Stream;
