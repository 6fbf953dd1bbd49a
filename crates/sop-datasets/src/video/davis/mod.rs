//! The DAVIS tree: videos as folders of frames, annotations as palette PNGs.
//!
//! ```text
//! JPEGImages/480p/<sequence>/00000.jpg     frames
//! Annotations/480p/<sequence>/00000.png    the palette index of a pixel is its object's id, 0 the background
//! ImageSets/2017/val.txt                   sequences of a split, one a line
//! ```
//!
//! Frames are prepared as `eval_video_segmentation.py` of facebookresearch/dino does, by OpenCV's bilinear filter.

mod error;
mod frames;
mod labels;
mod tree;

pub use error::DavisError;
pub use frames::Frames;
pub use labels::{encode_labels, read_labels, resize_labels, write_labels};
pub use tree::{DavisTree, Sequence, label_files};
