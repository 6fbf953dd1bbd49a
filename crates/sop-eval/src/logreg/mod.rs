//! Multinomial logistic regression with an L2 penalty on frozen features, solved to convergence for each penalty.
//!
//! Minimises `mean cross-entropy + penalty / 2 · sum of squared weights`, the intercept unpenalised, by L-BFGS.
//! SOP standardises the features and takes 1e-5 (`evaluation/eval_logistic_regression.py` of sthalles/sop); iBOT scales them to unit
//! length, has no intercept, and takes 0.01, 0.1 and 1.
//! scikit-learn's `C` is `1 / (penalty · images)`.
//! Two classes have a weight vector each, as any number has: scikit-learn's single vector is another problem at the same penalty.

mod evaluate;
mod info;
mod lbfgs;
mod objective;
mod params;
mod precondition;
mod scaling;
mod solve;

pub use evaluate::evaluate;
pub use info::LOGREG;
pub use params::{LogregParams, Scaling};
pub use scaling::Scaler;
pub use solve::{Classifier, Solution, solve};
