//! One pass over the `.tar.gz` of a backup that Velero wrote.
//!
//! Since layout 1.1.0 each object is there twice, at `resources/pods/namespaces/shop/web.json` and then, with the same
//! bytes, at `resources/pods/v1-preferredversion/namespaces/shop/web.json`. With a feature of Velero that few use, its
//! other versions follow in folders such as `resources/deployments.apps/v1beta1`; these are passed over.

use super::findings::Findings;
use super::tar_entries::{invalid, read_bounded, visit_files};
use crate::archive::block::Block;
use crate::archive::{Digest, entry};
use crate::object::{GroupResource, ObjectId, ResourceType};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Read};

/// How large a member of the spool becomes.
const MEMBER_SIZE: usize = 1024 * 1024;
/// How much is held of all types together.
const MOST_HELD: usize = 64 * 1024 * 1024;
/// Forty times what an API server takes by default.
const LARGEST_OBJECT: u64 = 64 * 1024 * 1024;
/// Four times as many as fit into etcd at its largest, when they are as small as objects can be. For each, some sixty
/// bytes are held.
const MOST_OBJECTS: u64 = 16 * 1024 * 1024;
/// Where all objects lie.
const RESOURCES: &str = "resources/";

/// What a pass does with the copies of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copies {
    /// Pass over the second one.
    Skip,
    /// Read both, and compare them.
    Compare,
}

/// A pass over an archive.
pub(super) struct Scan<'a> {
    /// Key of the archive.
    file: &'a str,
    copies: Copies,
    /// Takes blocks as they are full; an error ends the pass.
    sink: &'a mut dyn FnMut(Block) -> io::Result<()>,
    held: BTreeMap<GroupResource, Held>,
    held_bytes: usize,
    seen: HashMap<Identity, Seen>,
    result: Scanned,
}

/// Objects of a type that are not yet in a block.
#[derive(Default)]
struct Held {
    objects: Vec<(ObjectId, ResourceType, String)>,
    bytes: usize,
}

/// What was found in a pass.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    /// How many objects were handed to the sink.
    pub(super) appended: u64,
    /// The numbers of those that were found a second time, and are to be taken from there.
    pub(super) dropped: HashSet<u64>,
    /// How many objects there are of each kind, named as Velero names it: `apps/v1/Deployment`.
    pub(super) kinds: BTreeMap<String, u64>,
    /// What is wrong.
    pub(super) findings: Findings,
}

/// The first half of the digest of a path: enough to tell objects apart, and small.
type Identity = [u8; 16];

/// An object that was seen.
struct Seen {
    /// Its number among those handed to the sink; none while it is held.
    position: Option<u64>,
    /// Whether that was the second copy, without a first one.
    is_copy: bool,
    digest: Digest,
}

/// What must be known of an object.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    api_version: String,
    kind: String,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    namespace: Option<String>,
}

/// What a path in the archive stands for.
enum Path {
    /// An object.
    Object(ObjectId),
    /// Its second copy.
    Copy(ObjectId),
    /// An object in a version that is not the preferred one.
    OtherVersion,
    /// Nothing that we know.
    Unknown,
}

/// Read the whole decompressed `tar` of the file `file`, and hand its objects to `sink` in blocks.
pub(super) fn scan(
    tar: impl Read,
    file: &str,
    copies: Copies,
    sink: &mut dyn FnMut(Block) -> io::Result<()>,
) -> Scanned {
    let mut scan = Scan {
        file,
        copies,
        sink,
        held: BTreeMap::new(),
        held_bytes: 0,
        seen: HashMap::new(),
        result: Scanned::default(),
    };
    let read = visit_files(tar, &mut |path, size, data| scan.file(path, size, data));
    if let Err(error) = read.and(scan.cut_all()) {
        let message = format!("the archive cannot be read to its end: {error}");
        scan.result.findings.add(file, None, message);
    }
    scan.result
}

impl Scan<'_> {
    fn file(&mut self, path: &str, size: u64, data: &mut dyn Read) -> io::Result<()> {
        match classify(path) {
            Path::Object(id) => self.object(id, false, size, data),
            Path::Copy(id) => self.object(id, true, size, data),
            Path::OtherVersion => Ok(()),
            Path::Unknown if path.starts_with(RESOURCES) => {
                let path: String = path.chars().take(300).collect();
                let message = format!("{path:?} is no path of an object");
                self.result.findings.add(self.file, None, message);
                Ok(())
            }
            Path::Unknown => Ok(()),
        }
    }

    fn object(&mut self, id: ObjectId, is_copy: bool, size: u64, data: &mut dyn Read) -> io::Result<()> {
        let identity = identity(&id);
        let first = self.seen.get(&identity);
        if self.copies == Copies::Skip && is_copy && first.is_some() {
            return Ok(());
        }
        if size > LARGEST_OBJECT {
            let message = format!("it has {size} bytes, which no object has");
            self.result.findings.add(self.file, Some(id), message);
            return Ok(());
        }
        let json = read_bounded(data, LARGEST_OBJECT)?;
        if u64::try_from(json.len()).ok() != Some(size) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let digest = Digest::of(&json);
        match first {
            Some(first) if is_copy => {
                if first.digest != digest {
                    self.result
                        .findings
                        .add(self.file, Some(id), "its two copies differ");
                }
                return Ok(());
            }
            Some(first) if !first.is_copy => {
                let message = "it is there twice";
                self.result.findings.add(self.file, Some(id.clone()), message);
            }
            _ => {}
        }
        self.append(id, is_copy, digest, json)
    }

    fn append(&mut self, id: ObjectId, is_copy: bool, digest: Digest, json: Vec<u8>) -> io::Result<()> {
        let (of, json) = match check(&id, json) {
            Ok(checked) => checked,
            Err(message) => {
                self.result.findings.add(self.file, Some(id), message);
                return Ok(());
            }
        };
        if u64::try_from(self.seen.len()).is_ok_and(|seen| seen >= MOST_OBJECTS) {
            return Err(invalid(format!("it holds more than {MOST_OBJECTS} objects")));
        }
        let seen = Seen {
            position: None,
            is_copy,
            digest,
        };
        match self.seen.insert(identity(&id), seen) {
            None => {
                let kind = format!("{}/{}", of.resource.api_version(&of.version), of.kind);
                *self.result.kinds.entry(kind).or_default() += 1;
            }
            // As an unpacked archive would have it: the later one stays.
            Some(earlier) => self.drop_earlier(&id, earlier.position),
        }
        self.hold(id, of, json)
    }

    fn drop_earlier(&mut self, id: &ObjectId, position: Option<u64>) {
        match (position, self.held.get_mut(&id.resource)) {
            (Some(position), _) => _ = self.result.dropped.insert(position),
            (None, Some(held)) => held.objects.retain(|(other, ..)| other != id),
            (None, None) => {}
        }
    }

    fn hold(&mut self, id: ObjectId, of: ResourceType, json: String) -> io::Result<()> {
        let held = self.held.entry(id.resource.clone()).or_default();
        held.bytes += json.len();
        self.held_bytes += json.len();
        let (is_full, resource) = (held.bytes >= MEMBER_SIZE, id.resource.clone());
        held.objects.push((id, of, json));
        if is_full {
            self.cut(&resource)?;
        }
        match self.held_bytes > MOST_HELD {
            true => self.cut_all(),
            false => Ok(()),
        }
    }

    fn cut_all(&mut self) -> io::Result<()> {
        let types: Vec<GroupResource> = self.held.keys().cloned().collect();
        types.iter().try_for_each(|of| self.cut(of))
    }

    /// Hand what is held of a type to the sink.
    fn cut(&mut self, resource: &GroupResource) -> io::Result<()> {
        let Some(mut held) = self.held.remove(resource) else {
            return Ok(());
        };
        self.held_bytes = self.held_bytes.saturating_sub(held.bytes);
        held.objects.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        let mut block = Block::default();
        for (id, of, json) in held.objects {
            block.append(&of, &id, &json).map_err(io::Error::other)?;
            if let Some(seen) = self.seen.get_mut(&identity(&id)) {
                seen.position = Some(self.result.appended);
            }
            self.result.appended += 1;
        }
        match block.is_empty() {
            true => Ok(()),
            false => (self.sink)(block),
        }
    }
}

/// The type of an object, and its JSON, if it is what its path says.
fn check(id: &ObjectId, json: Vec<u8>) -> Result<(ResourceType, String), String> {
    let json = String::from_utf8(json).map_err(|_| "it is not text".to_owned())?;
    let head: Head = serde_json::from_str(&json).map_err(|error| format!("it is no object: {error}"))?;
    let (group, version) = head
        .api_version
        .split_once('/')
        .unwrap_or(("", &head.api_version));
    let namespace = head.metadata.namespace.filter(|namespace| !namespace.is_empty());
    if group != id.resource.group || head.metadata.name != id.name || namespace != id.namespace {
        return Err(format!(
            "it says that it is the {} {} of {}",
            head.kind,
            namespace.map_or_else(
                || head.metadata.name.clone(),
                |space| format!("{space}/{}", head.metadata.name)
            ),
            head.api_version
        ));
    }
    let of = ResourceType {
        resource: id.resource.clone(),
        version: version.to_owned(),
        kind: head.kind,
        namespaced: id.namespace.is_some(),
    };
    Ok((of, json))
}

fn identity(id: &ObjectId) -> Identity {
    let text = format!(
        "{}\0{}\0{}",
        id.resource,
        id.namespace.as_deref().unwrap_or_default(),
        id.name
    );
    Digest::of(text.as_bytes()).first_half()
}

fn classify(path: &str) -> Path {
    if let Some(id) = entry::parse_path(path) {
        return Path::Object(id);
    }
    let versioned = path
        .strip_prefix(RESOURCES)
        .and_then(|rest| rest.split_once('/'))
        .and_then(|(resource, rest)| Some((resource, rest.split_once('/')?)));
    let Some((resource, (version, rest))) = versioned else {
        return Path::Unknown;
    };
    match entry::parse_path(&format!("{RESOURCES}{resource}/{rest}")) {
        Some(id) if version.ends_with("-preferredversion") => Path::Copy(id),
        Some(_) if resource.parse::<GroupResource>().is_ok() => Path::OtherVersion,
        _ => Path::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::object("resources/pods/namespaces/shop/web.json", "object pods shop/web")]
    #[case::cluster("resources/namespaces/cluster/shop.json", "object namespaces shop")]
    #[case::copy(
        "resources/pods/v1-preferredversion/namespaces/shop/web.json",
        "copy pods shop/web"
    )]
    #[case::copy_of_cluster("resources/nodes/v1-preferredversion/cluster/n.json", "copy nodes n")]
    #[case::other("resources/deployments.apps/v1beta1/namespaces/shop/web.json", "other")]
    #[case::up("resources/pods/namespaces/../../../etc/passwd.json", "unknown")]
    #[case::up_in_a_copy("resources/pods/v1-preferredversion/namespaces/../web.json", "unknown")]
    #[case::absolute("/resources/pods/namespaces/shop/web.json", "unknown")]
    #[case::no_json("resources/pods/namespaces/shop/web", "unknown")]
    #[case::metadata("metadata/version", "unknown")]
    fn paths(#[case] path: &str, #[case] expected: &str) {
        let found = match classify(path) {
            Path::Object(id) => format!("object {id}"),
            Path::Copy(id) => format!("copy {id}"),
            Path::OtherVersion => "other".to_owned(),
            Path::Unknown => "unknown".to_owned(),
        };
        assert_eq!(found, expected);
    }

    #[rstest]
    #[case::whole(
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"shop"}}"#,
        "Pod v1"
    )]
    #[case::no_json("{", "it is no object: EOF while parsing an object at line 1 column 1")]
    #[case::no_kind(
        r#"{"apiVersion":"v1","metadata":{"name":"web"}}"#,
        "it is no object: missing field `kind` at line 1 column 45"
    )]
    #[case::another(
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"bank"}}"#,
        "it says that it is the Pod bank/web of v1"
    )]
    #[case::of_another_group(
        r#"{"apiVersion":"apps/v1","kind":"Pod","metadata":{"name":"web","namespace":"shop"}}"#,
        "it says that it is the Pod shop/web of apps/v1"
    )]
    fn an_object_is_what_its_path_says(#[case] json: &str, #[case] expected: &str) {
        let Path::Object(id) = classify("resources/pods/namespaces/shop/web.json") else {
            panic!("no object")
        };
        let found = check(&id, json.as_bytes().to_vec());
        let text = found
            .map(|(of, _)| format!("{} {}", of.kind, of.version))
            .unwrap_or_else(|error| error);
        assert_eq!(text, expected);
    }
}
