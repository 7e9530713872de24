//! Entries of the tar: one object each, under the path that Velero gives it.

use super::ArchiveError;
use crate::object::ObjectId;
use tar::{EntryType, Header};

/// The unit of a tar. Headers have this size, and data is padded to it.
const BLOCK: usize = 512;
/// What an entry takes at least: a header, and its data.
pub(super) const SMALLEST: u64 = 1024;
/// What ends a tar.
pub(super) const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];
/// Under which path the version of the layout is found.
pub(super) const VERSION_PATH: &str = "metadata/version";
/// Velero's first layout, in which every object is there once. Velero looks for second copies from 1.1.0 on.
pub(super) const VERSION: &str = "1.0.0";
/// Longer paths do not fit into a header, and go before it as GNU tar does that.
const LONGEST_PATH: usize = 100;
/// The name under which GNU tar writes a longer path.
const LONG_PATH_NAME: &[u8] = b"././@LongLink";

/// The path of an object: `resources/deployments.apps/namespaces/shop/web.json`.
pub(super) fn path(id: &ObjectId) -> Result<String, ArchiveError> {
    let resource = id.resource.to_string();
    let segments = [
        Some(resource.as_str()),
        id.namespace.as_deref(),
        Some(id.name.as_str()),
    ];
    if let Some(illegal) = segments
        .into_iter()
        .flatten()
        .find(|segment| !is_segment(segment))
    {
        let message = format!("{illegal:?} cannot be the name of a file");
        return Err(ArchiveError::Unwritable {
            id: Box::new(id.clone()),
            message,
        });
    }
    Ok(match &id.namespace {
        Some(namespace) => format!("resources/{resource}/namespaces/{namespace}/{}.json", id.name),
        None => format!("resources/{resource}/cluster/{}.json", id.name),
    })
}

/// The object whose path this is; none where it is another entry's.
pub(super) fn parse_path(path: &str) -> Option<ObjectId> {
    let (resource, rest) = path.strip_prefix("resources/")?.split_once('/')?;
    let rest = rest.strip_suffix(".json")?;
    let (namespace, name) = match rest.strip_prefix("namespaces/") {
        Some(rest) => rest
            .split_once('/')
            .map(|(namespace, name)| (Some(namespace.to_owned()), name))?,
        None => (None, rest.strip_prefix("cluster/")?),
    };
    let id = ObjectId {
        resource: resource.parse().ok()?,
        namespace,
        name: name.to_owned(),
    };
    (self::path(&id).ok()? == path).then_some(id)
}

/// Whether `text` can stand between the slashes of a path.
fn is_segment(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && !text.contains(['/', '\0'])
}

/// Append an entry to `tar`, and say at which offset its data begins. Nothing in it depends on where and when it is
/// written.
pub(super) fn append(tar: &mut Vec<u8>, path: &str, data: &[u8]) -> usize {
    if path.len() > LONGEST_PATH {
        let long = [path.as_bytes(), b"\0"].concat();
        append_block(tar, EntryType::GNULongName, LONG_PATH_NAME, &long);
    }
    append_block(tar, EntryType::Regular, path.as_bytes(), data)
}

/// Append a header and its data.
fn append_block(tar: &mut Vec<u8>, of: EntryType, name: &[u8], data: &[u8]) -> usize {
    let mut header = Header::new_gnu();
    for (slot, byte) in header.as_old_mut().name.iter_mut().zip(name) {
        *slot = *byte;
    }
    header.set_entry_type(of);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(u64::try_from(data.len()).unwrap_or(u64::MAX));
    header.set_cksum();
    tar.extend_from_slice(header.as_bytes());
    let offset = tar.len();
    tar.extend_from_slice(data);
    tar.resize(tar.len().next_multiple_of(BLOCK), 0);
    offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::GroupResource;
    use rstest::rstest;
    use std::io::Read;

    fn id(namespace: Option<&str>, name: &str) -> ObjectId {
        ObjectId {
            resource: GroupResource::new("apps", "deployments"),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        }
    }

    #[rstest]
    #[case::namespaced(Some("shop"), "web", "resources/deployments.apps/namespaces/shop/web.json")]
    #[case::cluster(None, "web", "resources/deployments.apps/cluster/web.json")]
    #[case::colon(None, "system:node", "resources/deployments.apps/cluster/system:node.json")]
    fn paths(#[case] namespace: Option<&str>, #[case] name: &str, #[case] expected: &str) {
        assert_eq!(path(&id(namespace, name)).unwrap(), expected);
        assert_eq!(parse_path(expected), Some(id(namespace, name)));
    }

    #[rstest]
    #[case("metadata/version")]
    #[case("resources/pods/namespaces/shop/web")]
    #[case("resources/pods/namespaces/web.json")]
    #[case("resources/pods/v1-preferredversion/namespaces/shop/web.json")]
    #[case("resources/pods/cluster/a/b.json")]
    #[case("resources/pods/namespaces/../web.json")]
    fn what_is_no_object(#[case] path: &str) {
        assert_eq!(parse_path(path), None);
    }

    #[rstest]
    #[case::slash(Some("shop"), "a/b")]
    #[case::dot(Some("shop"), ".")]
    #[case::up(Some(".."), "web")]
    #[case::empty(Some(""), "web")]
    #[case::nul(None, "a\0b")]
    fn what_cannot_be_a_path_is_refused(#[case] namespace: Option<&str>, #[case] name: &str) {
        let id = id(namespace, name);
        assert!(matches!(path(&id), Err(ArchiveError::Unwritable { id: of, .. }) if *of == id));
    }

    #[rstest]
    #[case::short(1)]
    #[case::longest_in_a_header(100)]
    #[case::long(101)]
    #[case::longer_than_a_block(600)]
    fn an_entry_reads_back(#[case] length: usize) {
        let path = "p".repeat(length);
        let mut tar = Vec::new();
        let offset = append(&mut tar, &path, b"{}");
        assert_eq!(&tar[offset..offset + 2], b"{}");
        tar.extend(END);
        let mut archive = tar::Archive::new(tar.as_slice());
        let mut entries = archive.entries().unwrap();
        let mut entry = entries.next().unwrap().unwrap();
        assert_eq!(entry.path_bytes().as_ref(), path.as_bytes());
        let mut data = String::new();
        entry.read_to_string(&mut data).unwrap();
        assert_eq!(data, "{}");
        assert!(entries.next().is_none());
    }
}
