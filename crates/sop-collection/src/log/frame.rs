//! Headers of logs and of their records.

/// What stands at the beginning of every log.
const MAGIC: [u8; 8] = *b"SOP-LOG\n";
/// Version of the form.
const VERSION: u32 = 1;
/// Bytes of a log's header.
pub(crate) const HEADER_BYTES: usize = 64;
/// Bytes of a record's header.
pub(super) const RECORD_HEADER_BYTES: usize = 20;
/// Bytes of the largest body of a record.
pub(super) const MAX_BODY_BYTES: u32 = 1 << 30;

/// What a log belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    /// The collection, whatever it is called.
    pub collection: [u8; 16],
    /// Number of the file of points that the log continues.
    pub generation: u64,
    /// Number of the last change before this log.
    pub before: u64,
    /// Components of a vector.
    pub dim: u32,
}

impl Binding {
    pub fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let mut place = 0;
        let fields: [&[u8]; 6] = [
            &MAGIC,
            &VERSION.to_le_bytes(),
            &self.dim.to_le_bytes(),
            &self.collection,
            &self.generation.to_le_bytes(),
            &self.before.to_le_bytes(),
        ];
        for field in fields {
            bytes[place..place + field.len()].copy_from_slice(field);
            place += field.len();
        }
        let checksum = crc32fast::hash(&bytes[..HEADER_BYTES - 4]);
        bytes[HEADER_BYTES - 4..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads a header.
    pub fn from_bytes(bytes: &[u8; HEADER_BYTES]) -> Result<Self, &'static str> {
        let number = |from: usize| u64::from_le_bytes(std::array::from_fn(|index| bytes[from + index]));
        let short = |from: usize| u32::from_le_bytes(std::array::from_fn(|index| bytes[from + index]));
        if bytes[..8] != MAGIC {
            return Err("it is no log of a collection");
        }
        if crc32fast::hash(&bytes[..HEADER_BYTES - 4]) != short(HEADER_BYTES - 4) {
            return Err("its header is damaged");
        }
        if short(8) != VERSION {
            return Err("it was written by another version of this program");
        }
        Ok(Self {
            dim: short(12),
            collection: std::array::from_fn(|index| bytes[16 + index]),
            generation: number(32),
            before: number(40),
        })
    }
}

/// Header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecordHeader {
    pub length: u32,
    pub checksum: u32,
    pub number: u64,
}

impl RecordHeader {
    pub fn to_bytes(self) -> [u8; RECORD_HEADER_BYTES] {
        let mut bytes = [0; RECORD_HEADER_BYTES];
        bytes[..4].copy_from_slice(&self.length.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.checksum.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.number.to_le_bytes());
        let checksum = crc32fast::hash(&bytes[..16]);
        bytes[16..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads a header; `None` where its checksum is wrong.
    pub fn from_bytes(bytes: &[u8; RECORD_HEADER_BYTES]) -> Option<Self> {
        let short = |from: usize| u32::from_le_bytes(std::array::from_fn(|index| bytes[from + index]));
        let number = u64::from_le_bytes(std::array::from_fn(|index| bytes[8 + index]));
        let is_intact = crc32fast::hash(&bytes[..16]) == short(16) && short(0) <= MAX_BODY_BYTES;
        is_intact.then(|| Self { length: short(0), checksum: short(4), number })
    }
}
