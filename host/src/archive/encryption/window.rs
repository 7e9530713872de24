//! A file of which only some parts are at hand, for a reader that will ask for no others.

use bytes::Bytes;
use std::io::{self, Read, Seek, SeekFrom};

/// A file of which only some parts are at hand. Asked for another one, it fails.
#[derive(Clone, Debug)]
pub(super) struct Window {
    /// Where each part begins, and what it is.
    parts: Vec<(u64, Bytes)>,
    /// Of the whole file, in bytes.
    size: u64,
    position: u64,
}

impl Window {
    /// A file of `size` bytes with these `parts`.
    pub(super) fn new(size: u64, parts: Vec<(u64, Bytes)>) -> Window {
        Window {
            parts,
            size,
            position: 0,
        }
    }

    /// What is at hand from the position on.
    fn at_hand(&self) -> Option<&[u8]> {
        self.parts.iter().find_map(|(start, part)| {
            let from = usize::try_from(self.position.checked_sub(*start)?).ok()?;
            part.get(from..).filter(|rest| !rest.is_empty())
        })
    }
}

impl Read for Window {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.size || to.is_empty() {
            return Ok(0);
        }
        let Some(rest) = self.at_hand() else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let length = rest.len().min(to.len());
        if let (Some(to), Some(from)) = (to.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        self.position = self
            .position
            .saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        Ok(length)
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_where_they_lie_and_nothing_else_is() {
        let parts = vec![(0, Bytes::from_static(b"01")), (5, Bytes::from_static(b"567"))];
        let mut window = Window::new(10, parts);
        let mut two = [0; 2];
        window.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"01");
        assert!(window.read_exact(&mut two).is_err());
        window.seek(SeekFrom::Start(6)).unwrap();
        window.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"67");
        assert_eq!(window.seek(SeekFrom::End(0)).unwrap(), 10);
        assert_eq!(window.read(&mut two).unwrap(), 0);
    }
}
