//! The linear probe: softmax classifiers on frozen features, one for each learning rate, trained side by side.
//!
//! Stochastic gradient descent with momentum on the raw features, a cosine schedule per epoch, base learning rates times batch / 256:
//! `eval_linear.py` of facebookresearch/dino, `eval_linear_multi.py` of bytedance/ibot and of SOP, whose 13 learning rates are the
//! default here.
//! Those programs pick the best learning rate and epoch on the images they report; here a second bank of heads is trained without a
//! held-out part of the train set, the setting is chosen there, and both numbers are reported under their names.
//!
//! [`Probe`] takes batches of features from anywhere (cached ones, or those of images that are cropped anew in every epoch);
//! [`evaluate`](fn@evaluate) runs the whole protocol on cached ones.

mod bank;
mod evaluate;
mod head;
mod info;
mod measure;
mod params;
mod probe;
mod schedule;
mod start;

pub use crate::class_rank::Ranked;
pub use bank::{HeadBank, StepLosses};
pub use evaluate::{FeatureSets, TrainFeatures, evaluate, evaluate_from, evaluate_with};
pub use head::{HeadFileError, LinearHead};
pub use info::LINEAR;
pub use measure::{LinearOutcome, SELECTIONS};
pub use params::LinearParams;
pub use probe::{EpochCurve, Probe};
pub use schedule::learning_rates_of_epoch;
pub use start::LinearStart;
