//! The entries of a tar that somebody else wrote: nothing that it claims is believed before it is there.

use std::io::{self, Read};
use tar::{Archive, Entry, EntryType, PaxExtensions};

/// No path of an object is longer: resource and namespace have at most 253 bytes, a name as many.
const LONGEST_PATH: u64 = 4096;
/// Records of POSIX before an entry: its path, its times.
const LARGEST_RECORDS: u64 = 64 * 1024;

/// Hand every regular file of `tar` to `visit`, with its path and size. Whatever follows the end of the tar is read to
/// its end, so that damage in it is found.
pub(super) fn visit_files(
    tar: impl Read,
    visit: &mut dyn FnMut(&str, u64, &mut dyn Read) -> io::Result<()>,
) -> io::Result<()> {
    let mut archive = Archive::new(tar);
    let mut long = None;
    // Raw, because the crate would read a path of any length into memory.
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        match entry.header().entry_type() {
            EntryType::GNULongName => long = Some(long_name(&mut entry)?),
            EntryType::XHeader => long = path_record(&mut entry)?.or(long),
            EntryType::XGlobalHeader | EntryType::GNULongLink => {}
            of => {
                let path = match long.take() {
                    Some(path) => path,
                    None => text(&entry.path_bytes())?,
                };
                file(of, &path, &mut entry, visit)?;
            }
        }
    }
    io::copy(&mut archive.into_inner(), &mut io::sink()).map(drop)
}

fn file<R: Read>(
    of: EntryType,
    path: &str,
    entry: &mut Entry<'_, R>,
    visit: &mut dyn FnMut(&str, u64, &mut dyn Read) -> io::Result<()>,
) -> io::Result<()> {
    match of {
        EntryType::Regular | EntryType::Continuous => {
            let size = entry.size();
            visit(path.trim_start_matches("./"), size, entry)
        }
        EntryType::Directory => Ok(()),
        _ => Err(invalid(format!("{path} is neither a file nor a folder"))),
    }
}

/// The path that GNU tar writes before an entry.
fn long_name(entry: &mut dyn Read) -> io::Result<String> {
    let name = read_bounded(entry, LONGEST_PATH)?;
    text(name.strip_suffix(b"\0").unwrap_or(&name))
}

/// The path among the records that POSIX has before an entry.
fn path_record(entry: &mut dyn Read) -> io::Result<Option<String>> {
    let records = read_bounded(entry, LARGEST_RECORDS)?;
    let mut path = None;
    for record in PaxExtensions::new(&records) {
        let record = record?;
        match record.key_bytes() {
            b"path" => path = Some(text(record.value_bytes())?),
            b"size" => return Err(invalid("a file of more than 8 GiB".to_owned())),
            _ => {}
        }
    }
    Ok(path)
}

/// All of `from`, of which there may be at most `most` bytes.
pub(super) fn read_bounded(from: &mut dyn Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()).is_ok_and(|length| length <= most) {
        true => Ok(bytes),
        false => Err(invalid(format!("something of more than {most} bytes"))),
    }
}

fn text(bytes: &[u8]) -> io::Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| invalid("a path that is not text".to_owned()))
}

pub(super) fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use tar::Header;

    fn append(tar: &mut Vec<u8>, of: EntryType, path: &str, data: &[u8]) {
        let mut header = Header::new_ustar();
        header.set_path(path).unwrap();
        header.set_entry_type(of);
        header.set_size(data.len() as u64);
        header.set_cksum();
        tar.extend_from_slice(header.as_bytes());
        tar.extend_from_slice(data);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }

    /// Paths and contents, or the error.
    fn read(tar: &[u8]) -> Result<Vec<(String, String)>, String> {
        let mut files = Vec::new();
        let result = visit_files(tar, &mut |path, _, data| {
            let mut content = String::new();
            data.read_to_string(&mut content)?;
            files.push((path.to_owned(), content));
            Ok(())
        });
        result.map(|()| files).map_err(|error| error.to_string())
    }

    fn record(key: &str, value: &str) -> String {
        let rest = format!(" {key}={value}\n");
        let length = (rest.len() + 1..).find(|length| length.to_string().len() + rest.len() == *length);
        format!("{}{rest}", length.unwrap())
    }

    #[test]
    fn paths_of_every_dialect_are_read() {
        let long = format!("a/{}", "b".repeat(300));
        let mut tar = Vec::new();
        append(&mut tar, EntryType::Directory, "resources", b"");
        append(&mut tar, EntryType::Regular, "short", b"1");
        append(&mut tar, EntryType::Regular, "./dotted", b"2");
        append(
            &mut tar,
            EntryType::GNULongName,
            "././@LongLink",
            format!("{long}\0").as_bytes(),
        );
        append(&mut tar, EntryType::Regular, "cut", b"3");
        append(
            &mut tar,
            EntryType::XHeader,
            "pax",
            record("path", &long).as_bytes(),
        );
        append(&mut tar, EntryType::Regular, "cut", b"4");
        append(&mut tar, EntryType::Regular, "last", b"5");
        let of = |path: &str, content: &str| (path.to_owned(), content.to_owned());
        let expected = [
            of("short", "1"),
            of("dotted", "2"),
            of(&long, "3"),
            of(&long, "4"),
            of("last", "5"),
        ];
        assert_eq!(read(&tar), Ok(expected.to_vec()));
    }

    #[rstest]
    #[case::endless_path(EntryType::GNULongName, "p".repeat(5000), "something of more than 4096 bytes")]
    #[case::endless_records(EntryType::XHeader, "p".repeat(70_000), "something of more than 65536 bytes")]
    #[case::broken_records(EntryType::XHeader, "9 path".to_owned(), "malformed pax extension")]
    #[case::size_record(
        EntryType::XHeader,
        record("size", "99999999999"),
        "a file of more than 8 GiB"
    )]
    #[case::link(EntryType::Symlink, String::new(), "entry is neither a file nor a folder")]
    #[case::device(EntryType::Char, String::new(), "entry is neither a file nor a folder")]
    fn what_no_writer_of_backups_writes_is_refused(
        #[case] of: EntryType,
        #[case] data: String,
        #[case] expected: &str,
    ) {
        let mut tar = Vec::new();
        append(&mut tar, of, "entry", data.as_bytes());
        assert_eq!(read(&tar), Err(expected.to_owned()));
    }

    #[test]
    fn a_file_that_claims_more_than_there_is_is_an_error() {
        let mut tar = Vec::new();
        append(&mut tar, EntryType::Regular, "file", &[b'x'; 2000]);
        assert!(read(&tar[..1500]).is_err());
        assert!(read(&tar[..100]).is_err());
    }
}
