//! The ground truth as JSON, with the names of the pickle.

use serde::{Deserialize, Serialize};

use super::{GroundTruth, GroundTruthError, QueryTruth};

#[derive(Deserialize, Serialize)]
struct Stored {
    imlist: Vec<String>,
    qimlist: Vec<String>,
    gnd: Vec<StoredQuery>,
}

#[derive(Deserialize, Serialize)]
struct StoredQuery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bbx: Option<[f64; 4]>,
    easy: Vec<u32>,
    hard: Vec<u32>,
    junk: Vec<u32>,
}

impl GroundTruth {
    /// Reads `{"imlist": [name], "qimlist": [name], "gnd": [{"bbx": [x1, y1, x2, y2], "easy": [index], "hard": …,
    /// "junk": …}]}`.
    ///
    /// # Errors
    /// When it is no such JSON, or as [`GroundTruth::new`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, GroundTruthError> {
        let Stored { imlist, qimlist, gnd } = serde_json::from_slice(bytes)?;
        if qimlist.len() != gnd.len() {
            return Err(GroundTruthError::Counts { names: qimlist.len(), entries: gnd.len() });
        }
        let with_name = |(name, StoredQuery { bbx, easy, hard, junk }): (String, StoredQuery)| QueryTruth {
            name,
            bbox: bbx,
            easy,
            hard,
            junk,
        };
        Self::new(imlist, qimlist.into_iter().zip(gnd).map(with_name).collect())
    }

    /// The JSON that [`GroundTruth::from_json`] reads.
    ///
    /// # Errors
    /// When serialising fails, which no ground truth that was read makes it do.
    pub fn to_json(&self) -> Result<Vec<u8>, GroundTruthError> {
        let stored = Stored {
            imlist: self.images().to_vec(),
            qimlist: self.queries().iter().map(|query| query.name.clone()).collect(),
            gnd: self.queries().iter().map(stored_query).collect(),
        };
        Ok(serde_json::to_vec(&stored)?)
    }
}

fn stored_query(query: &QueryTruth) -> StoredQuery {
    let QueryTruth { bbox, easy, hard, junk, .. } = query.clone();
    StoredQuery { bbx: bbox, easy, hard, junk }
}
