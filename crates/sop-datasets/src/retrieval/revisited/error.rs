//! What can be wrong with a ground truth.

use std::path::PathBuf;

use sop_pickle::PickleError;

/// Why a ground truth could not be read, or does not fit its images.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GroundTruthError {
    /// What is wrong with a file.
    #[error("cannot use the ground truth {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Box<GroundTruthError>,
    },
    /// The file system failed.
    #[error("reading or writing failed")]
    Io(#[from] std::io::Error),
    /// More bytes than any ground truth has.
    #[error(
        "it is or describes more than {limit} bytes, which no ground truth of retrieval needs; is it another file?"
    )]
    TooLarge {
        /// Bytes allowed.
        limit: usize,
    },
    /// The pickle is refused or damaged; a refused call is [`PickleError::Forbidden`].
    #[error("its pickle cannot be read")]
    Pickle(#[from] PickleError),
    /// The JSON is damaged or of another form.
    #[error("its JSON is not `imlist`, `qimlist` and `gnd` with `easy`, `hard`, `junk` and `bbx` for each query")]
    Json(#[from] serde_json::Error),
    /// A value that is missing or of another kind.
    #[error("{place} {what}; give gnd_roxford5k.pkl or gnd_rparis6k.pkl, or the same as JSON")]
    Form {
        /// Where, e.g. `gnd[3].easy`.
        place: String,
        /// What is wrong there.
        what: &'static str,
    },
    /// Names and entries of the queries do not match.
    #[error("`qimlist` names {names} queries, but `gnd` has {entries} entries; they must be as many")]
    Counts {
        /// Names of queries.
        names: usize,
        /// Entries.
        entries: usize,
    },
    /// The same name twice.
    #[error("`{list}` names `{name}` more than once; every image must have a name of its own")]
    DuplicateName {
        /// `imlist` or `qimlist`.
        list: &'static str,
        /// The name.
        name: String,
    },
    /// A name that is no file name.
    #[error("`{list}` holds the name `{name}`, which is not the name of a file in a folder")]
    BadName {
        /// `imlist` or `qimlist`.
        list: &'static str,
        /// The name, escaped.
        name: String,
    },
    /// An index beyond the images.
    #[error(
        "`{list}` of query `{query}` holds image {index}, but `imlist` has {images}: indices are 0 to {images} - 1"
    )]
    IndexBeyond {
        /// The query.
        query: String,
        /// `easy`, `hard` or `junk`.
        list: &'static str,
        /// The index.
        index: u32,
        /// Number of images.
        images: usize,
    },
    /// An image twice in the lists of a query, e.g. positive and junk.
    #[error(
        "image {index} (`{image}`) is in `{first}` and in `{second}` of query `{query}`; an image has one role for a query"
    )]
    TwoRoles {
        /// The query.
        query: String,
        /// The index of the image.
        index: u32,
        /// Its name.
        image: String,
        /// One list.
        first: &'static str,
        /// The other list, which may be the same.
        second: &'static str,
    },
    /// A query without the box that its crop needs.
    #[error("query `{query}` has no box `bbx`; give a ground truth with boxes, or take queries without cropping them")]
    NoBox {
        /// The query.
        query: String,
    },
    /// A box that is none.
    #[error("the box {bbox:?} of query `{query}` is not [x1, y1, x2, y2] with x1 < x2 and y1 < y2 in pixels")]
    BadBox {
        /// The query.
        query: String,
        /// The numbers.
        bbox: [f64; 4],
    },
    /// A box of which no pixel is on the image.
    #[error(
        "the box {bbox:?} covers no pixel of an image of {width} x {height}; do image and ground truth belong together?"
    )]
    BoxOutside {
        /// The numbers.
        bbox: [f64; 4],
        /// Columns of the image.
        width: usize,
        /// Rows of the image.
        height: usize,
    },
    /// A name that could mean two images.
    #[error(
        "the name `{name}` may mean `{first}` or `{second}`; leave one of them out, or give them names of their own"
    )]
    Ambiguous {
        /// The name in the ground truth.
        name: String,
        /// One file or id.
        first: String,
        /// Another.
        second: String,
    },
    /// Two names that mean one image.
    #[error("the names `{first}` and `{second}` both mean `{image}`; every image must have a name of its own")]
    SameImage {
        /// One name in the ground truth.
        first: String,
        /// The other.
        second: String,
        /// The file or id.
        image: String,
    },
    /// A folder that cannot be listed.
    #[error("cannot list the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// Images that the folder does not have.
    #[error(
        "{count} images of the ground truth are not in {} as NAME.jpg or NAME.png, among them {names}; is the download complete?",
        folder.display()
    )]
    MissingImages {
        /// The folder.
        folder: PathBuf,
        /// How many.
        count: usize,
        /// The first names.
        names: String,
    },
}
