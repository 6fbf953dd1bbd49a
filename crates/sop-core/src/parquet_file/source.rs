//! A Parquet file as the library reads it, with everything checked that the library takes for granted.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::FOOTER_SIZE;
use parquet::file::metadata::{ColumnChunkMetaData, FooterTail, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};

use super::thrift_walk::{check_structure, read_page_header};

/// A file may decode to this many times its size: float vectors hardly compress, a hostile file repeats one entry.
const MAX_EXPANSION: u64 = 64;

/// And to this many bytes beside, for small files of much repetition.
const FREE_BYTES: u64 = 256 << 20;

/// Bytes that one value of a page may take beside the page itself: the value decoded, and its levels.
const BYTES_OF_VALUE: u64 = 8;

/// Bytes that a file of `length` bytes may decode to.
pub(crate) fn decoded_limit(length: u64) -> u64 {
    length.saturating_mul(MAX_EXPANSION).saturating_add(FREE_BYTES)
}

/// A file opened for one reader of the Parquet library.
///
/// Each page header is checked before the library parses it, and the pages together may decode to no more than 64 times the
/// file and 256 MiB: a thousand bytes can claim pages of gigabytes.
#[derive(Debug)]
pub struct ParquetSource {
    file: File,
    length: u64,
    /// Bytes that the pages still to come may decode to.
    budget: Arc<AtomicU64>,
}

impl ParquetSource {
    /// Takes over an open file.
    ///
    /// # Errors
    /// The operating system's, where the file's length is unknown.
    pub fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { file, length, budget: Arc::new(AtomicU64::new(decoded_limit(length))) })
    }

    /// Reads the footer; columns lie within the file.
    ///
    /// Types are those of Parquet itself: what Arrow's own schema adds in the key-values (large strings, dictionaries)
    /// describes memory, and large strings would take the limit of 2 GiB from the columns of a batch.
    ///
    /// # Errors
    /// Where the file is not Parquet, or damaged; [`ParquetError::NYI`] where it is Parquet of a kind that is not read.
    pub fn read_metadata(&self) -> Result<ArrowReaderMetadata, ParquetError> {
        let outside = || ParquetError::EOF("the file is shorter than its footer".to_owned());
        let tail_start = self.length.checked_sub(FOOTER_SIZE as u64).ok_or_else(outside)?;
        let tail = self.get_bytes(tail_start, FOOTER_SIZE)?;
        let tail = FooterTail::try_from(tail.as_ref())?;
        if tail.is_encrypted_footer() {
            return Err(ParquetError::NYI("the file is encrypted".to_owned()));
        }
        let start = tail_start.checked_sub(tail.metadata_length() as u64).ok_or_else(outside)?;
        let footer = self.get_bytes(start, tail.metadata_length())?;
        check_structure(footer.as_ref())?;
        let metadata = ParquetMetaDataReader::decode_metadata(&footer)?;
        if !columns_lie_within(&metadata, self.length) {
            return Err(ParquetError::General("a column lies outside of the file".to_owned()));
        }
        if let Some((column, codec)) = unread_codec(&metadata) {
            return Err(ParquetError::NYI(format!(
                "its column {column} is compressed with {codec}, which this program does not read; write the file again with \
                 compression=\"zstd\""
            )));
        }
        ArrowReaderMetadata::try_new(Arc::new(metadata), ArrowReaderOptions::new().with_skip_arrow_metadata(true))
    }
}

/// The first column in a compression that the library was built without.
fn unread_codec(metadata: &ParquetMetaData) -> Option<(String, &'static str)> {
    let unread = |chunk: &ColumnChunkMetaData| match chunk.compression() {
        Compression::BROTLI(_) => Some((chunk.column_path().string(), "Brotli")),
        Compression::LZO => Some((chunk.column_path().string(), "LZO")),
        _ => None,
    };
    metadata.row_groups().iter().flat_map(|group| group.columns()).find_map(unread)
}

/// Whether every column chunk lies within a file of `length` bytes: the library allocates what these numbers say.
fn columns_lie_within(metadata: &ParquetMetaData, length: u64) -> bool {
    let is_inside = |chunk: &ColumnChunkMetaData| {
        let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
        let end = start.checked_add(chunk.compressed_size()).and_then(|end| u64::try_from(end).ok());
        start >= 0 && chunk.compressed_size() >= 0 && end.is_some_and(|end| end <= length)
    };
    metadata.row_groups().iter().flat_map(|group| group.columns()).all(is_inside)
}

impl Length for ParquetSource {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for ParquetSource {
    type T = PageHeaderReader;

    /// The library reads nothing but page headers in this way.
    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let input = self.file.get_read(start)?;
        Ok(PageHeaderReader { input, budget: Arc::clone(&self.budget), is_checked: false })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.file.get_bytes(start, length)
    }
}

/// Reads one page header, which it checks when the first byte is wanted.
#[derive(Debug)]
pub struct PageHeaderReader {
    input: BufReader<File>,
    budget: Arc<AtomicU64>,
    is_checked: bool,
}

impl Read for PageHeaderReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.is_checked {
            let (page, length) = read_page_header(&mut self.input)?;
            self.input.seek_relative(-i64::try_from(length).map_err(io::Error::other)?)?;
            let cost = page.bytes.saturating_add(page.values.saturating_mul(BYTES_OF_VALUE));
            self.budget.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(cost)).map_err(
                |_| io::Error::new(io::ErrorKind::InvalidData, "the pages decode to far more than the file"),
            )?;
            self.is_checked = true;
        }
        self.input.read(buffer)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write;

    use super::*;

    /// A page header that claims so many bytes and values.
    fn header(bytes: u32, values: u32) -> Vec<u8> {
        let zigzag = |value: u32| {
            let mut rest = u64::from(value) << 1;
            let mut encoded = Vec::new();
            while rest >= 0x80 {
                encoded.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            encoded.push(rest as u8);
            encoded
        };
        let fields = [&[0x15, 0, 0x15][..], &zigzag(bytes), &[0x15, 40, 0x2c, 0x15], &zigzag(values), &[0x15, 0, 0, 0]];
        fields.concat()
    }

    fn source(bytes: &[u8]) -> ParquetSource {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        ParquetSource::new(file).unwrap()
    }

    #[test]
    fn headers_are_read_as_they_are() {
        let bytes = [&[9, 9][..], &header(100, 7), &[1, 2, 3]].concat();
        let mut read = Vec::new();
        source(&bytes).get_read(2).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes[2..]);
    }

    #[test]
    fn pages_together_stay_below_the_limit() {
        let bytes = header(100 << 20, 1000);
        let source = source(&bytes);
        let read_first = || source.get_read(0).unwrap().read(&mut [0]);
        assert_eq!((read_first().unwrap(), read_first().unwrap()), (1, 1));
        assert!(read_first().unwrap_err().to_string().contains("far more"));
    }

    #[test]
    fn values_count_as_bytes() {
        let bytes = header(10, i32::MAX as u32);
        assert!(source(&bytes).get_read(0).unwrap().read(&mut [0]).is_err());
    }
}
