//! Metrics as TensorBoard reads them.
//!
//! An event file is a row of records: the length (u64), its checksum, a protocol-buffer message `Event`, its checksum; numbers are
//! little-endian (tensorflow `core/lib/io/record_writer.cc`, `core/util/event.proto`).

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::metrics::StepMetrics;

/// Writes metrics of one part of a run, from its start or from where it is resumed.
#[derive(Debug)]
pub(crate) struct EventFile {
    file: File,
}

impl EventFile {
    /// Starts a file for the steps from `step` on; what earlier files hold of these steps is void.
    pub fn create(folder: &Path, step: u64) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("events.out.tfevents.{step:010}.sop"));
        let mut events = Self { file: File::create(path)? };
        events.write(step, &field_bytes(3, b"brain.Event:2"))?;
        // SessionLog with the status START (1): later steps of older files are forgotten.
        events.write(step, &field_bytes(7, &field_varint(1, 1)))?;
        Ok(events)
    }

    /// Adds the measures of a step.
    pub fn push(&mut self, metrics: &StepMetrics) -> std::io::Result<()> {
        let mut summary = Vec::new();
        for (name, value) in metrics.values() {
            let Some(value) = value else { continue };
            let mut entry = field_bytes(1, name.as_bytes());
            entry.push(2 << 3 | FIXED_32);
            entry.extend((value as f32).to_le_bytes());
            summary.extend(field_bytes(1, &entry));
        }
        self.write(metrics.step, &field_bytes(5, &summary))
    }

    fn write(&mut self, step: u64, content: &[u8]) -> std::io::Result<()> {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64());
        let mut event = vec![1 << 3 | FIXED_64];
        event.extend(seconds.to_le_bytes());
        event.extend(field_varint(2, step));
        event.extend(content);
        self.file.write_all(&record(&event))
    }
}

/// Wire types of protocol buffers.
const FIXED_64: u8 = 1;
const BYTES: u8 = 2;
const FIXED_32: u8 = 5;

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn field_varint(number: u8, value: u64) -> Vec<u8> {
    [vec![number << 3], varint(value)].concat()
}

fn field_bytes(number: u8, bytes: &[u8]) -> Vec<u8> {
    [vec![number << 3 | BYTES], varint(bytes.len() as u64), bytes.to_vec()].concat()
}

fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    [length.as_slice(), &masked_checksum(&length).to_le_bytes(), data, &masked_checksum(data).to_le_bytes()].concat()
}

/// CRC-32C, rotated and shifted so that a checksum of data with checksums in it stays a good one.
fn masked_checksum(bytes: &[u8]) -> u32 {
    checksum(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli) bit by bit: a few hundred bytes a step.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { sum >> 1 ^ 0x82f6_3b78 } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_crc_32c() {
        // The check value of the algorithm's catalogue entry.
        assert_eq!(checksum(b"123456789"), 0xe306_9283);
        assert_eq!(checksum(b""), 0);
    }

    #[test]
    fn numbers_take_seven_bits_a_byte() {
        assert_eq!(varint(0), [0]);
        assert_eq!(varint(300), [0xac, 0x02]);
        assert_eq!(field_bytes(3, b"ab"), [0x1a, 2, b'a', b'b']);
    }
}
