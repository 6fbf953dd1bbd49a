//! All protocols.

use sop_core::ProtocolInfo;

use crate::attention::ATTENTION;
use crate::davis::DAVIS;
use crate::imagenet9::IMAGENET9;
use crate::knn::KNN;
use crate::linear::LINEAR;
use crate::logreg::LOGREG;
use crate::retrieval::{COPYDAYS, RETRIEVAL};
use crate::tsne::TSNE;

/// The descriptions of all protocols, in the order in which users see them.
pub static PROTOCOLS: [&ProtocolInfo; 9] =
    [&KNN, &LINEAR, &LOGREG, &RETRIEVAL, &COPYDAYS, &DAVIS, &IMAGENET9, &TSNE, &ATTENTION];
