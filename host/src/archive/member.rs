//! Members of a `.gz`: each is compressed on its own, and a reader of the whole sees one stream.

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};
use std::io::{self, Read, Write};

/// Of the objects of a cluster, gzip's own default (6) makes a fifth less and takes four times as long: then a backup
/// takes as long as compressing it.
pub(super) const LEVEL: Compression = Compression::new(2);
/// What gzip calls an unknown operating system, so that the bytes are the same on each.
const ANY_SYSTEM: u8 = 255;

/// No member that we write holds more, so that what claims to is damaged, and is not read into memory.
pub(super) const LARGEST: u64 = 512 * 1024 * 1024;

/// An encoder whose output depends on its input alone.
pub(super) fn encoder<W: Write>(to: W) -> flate2::write::GzEncoder<W> {
    encoder_of(LEVEL, to)
}

fn encoder_of<W: Write>(level: Compression, to: W) -> flate2::write::GzEncoder<W> {
    GzBuilder::new()
        .mtime(0)
        .operating_system(ANY_SYSTEM)
        .write(to, level)
}

/// Compress `bytes` as one member.
pub(super) fn compress(bytes: &[u8], level: Compression) -> io::Result<Vec<u8>> {
    let mut encoder = encoder_of(level, Vec::with_capacity(bytes.len() / 4));
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// What can be decompressed of the member `bytes`, which should hold `size` bytes, and what is wrong if not all.
///
/// Memory grows with what is there, not with what `size` claims, and no further than [`LARGEST`].
pub(super) fn decompress(bytes: &[u8], size: u64) -> (Vec<u8>, io::Result<()>) {
    let mut content = Vec::new();
    let mut decoder = GzDecoder::new(bytes);
    let result = (&mut decoder)
        .take(size.saturating_add(1))
        .read_to_end(&mut content);
    let whole = match result {
        Err(error) => Err(error),
        Ok(read) if u64::try_from(read).ok() != Some(size) => Err(io::Error::other("it has another size")),
        Ok(_) if !decoder.into_inner().is_empty() => Err(io::Error::other("something follows it")),
        Ok(_) => Ok(()),
    };
    (content, whole)
}

/// What the first member in `bytes` holds, and how long it is. None when it is damaged, or not all there.
pub(super) fn decompress_first(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut content = Vec::new();
    let mut decoder = GzDecoder::new(bytes);
    (&mut decoder).take(LARGEST).read_to_end(&mut content).ok()?;
    Some((content, bytes.len() - decoder.into_inner().len())).filter(|(_, used)| *used > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_is_what_is_decompressed() {
        let (content, whole) = decompress(&compress(b"content", LEVEL).unwrap(), 7);
        assert_eq!(content, b"content");
        assert!(whole.is_ok());
    }

    #[test]
    fn another_size_another_end_and_damage_are_found() {
        let bytes = compress(&b"content".repeat(100), LEVEL).unwrap();
        assert!(decompress(&bytes, 699).1.is_err());
        assert!(decompress(&bytes, 701).1.is_err());
        assert!(decompress(&bytes[..bytes.len() - 1], 700).1.is_err());
        assert!(decompress(&[&bytes[..], b"x"].concat(), 700).1.is_err());
        let mut damaged = bytes.clone();
        damaged[bytes.len() / 2] ^= 1;
        assert!(decompress(&damaged, 700).1.is_err());
    }

    #[test]
    fn members_are_found_one_after_the_other() {
        let (one, other) = (
            compress(b"one", LEVEL).unwrap(),
            compress(b"other", LEVEL).unwrap(),
        );
        let both = [&one[..], &other[..]].concat();
        assert_eq!(decompress_first(&both), Some((b"one".to_vec(), one.len())));
        assert_eq!(
            decompress_first(&both[one.len()..]),
            Some((b"other".to_vec(), other.len()))
        );
        assert_eq!(decompress_first(&one[..one.len() - 1]), None);
        assert_eq!(decompress_first(b""), None);
    }

    #[test]
    fn a_claimed_size_allocates_nothing() {
        assert!(
            decompress(&compress(b"content", LEVEL).unwrap(), u64::MAX)
                .1
                .is_err()
        );
    }
}
