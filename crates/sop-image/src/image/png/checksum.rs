//! The checksum of PNG chunks: CRC-32 as in ISO 3309, annex D of the PNG specification.

const POLYNOMIAL: u32 = 0xEDB8_8320;

/// What a byte becomes after eight steps.
const AFTER_BYTE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut value = byte as u32;
        let mut step = 0;
        while step < 8 {
            value = (value >> 1) ^ if value & 1 == 1 { POLYNOMIAL } else { 0 };
            step += 1;
        }
        table[byte] = value;
        byte += 1;
    }
    table
};

/// The checksum over parts that follow each other.
pub(super) fn crc32(parts: &[&[u8]]) -> u32 {
    let add = |sum: u32, &byte: &u8| (sum >> 8) ^ AFTER_BYTE[usize::from(sum as u8 ^ byte)];
    !parts.iter().copied().flatten().fold(u32::MAX, add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // The check value of the algorithm, and the end chunk of every PNG file.
        assert_eq!(crc32(&[b"1234", b"56789"]), 0xCBF4_3926);
        assert_eq!(crc32(&[b"IEND"]), 0xAE42_6082);
        assert_eq!(crc32(&[]), 0);
    }
}
