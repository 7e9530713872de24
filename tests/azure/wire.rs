//! What is said on the wire where Azurite cannot be asked: it has no immutability and no soft delete.

use crate::store::{Credential, Store, StoreError, StoreOptions, open, quick};
use lazarette_tests::azurite::{Access, signature};
use rstest::rstest;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A server that answers as it is told to.
struct Service {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
    _folder: tempfile::TempDir,
    store: Arc<dyn Store>,
}

/// Start one whose answer to a request, whose first line it is given, is `answer`: a status, headers and a body.
fn service(
    change: impl FnOnce(&mut StoreOptions),
    answer: impl Fn(&str) -> (u16, &'static str, &'static str) + Send + Sync + 'static,
) -> Service {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("azblob+http://{}/account/backups", listener.local_addr().unwrap());
    let requests: Arc<Mutex<Vec<String>>> = Arc::default();
    let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
            thread::spawn(move || serve(stream, &seen, answer.as_ref()));
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let sas = folder.path().join("sas");
    std::fs::write(&sas, signature(&Access::default())).unwrap();
    let mut options = StoreOptions {
        credential: Credential::SasFile(sas),
        patience: quick(),
        ..StoreOptions::default()
    };
    change(&mut options);
    Service {
        store: open(&address, &options).unwrap(),
        address,
        requests,
        _folder: folder,
    }
}

fn serve(
    stream: TcpStream,
    seen: &Mutex<Vec<String>>,
    answer: &dyn Fn(&str) -> (u16, &'static str, &'static str),
) {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") {
            let from = head.len();
            if stream.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = head[from..].to_lowercase().strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        let line = head.lines().next().unwrap().to_owned();
        seen.lock().unwrap().push(head + &String::from_utf8_lossy(&body));
        let (status, headers, body) = answer(&line);
        let length = if line.starts_with("HEAD") { 7 } else { body.len() };
        let said = format!("HTTP/1.1 {status} Said\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
        if stream.get_mut().write_all(said.as_bytes()).is_err() {
            return;
        }
    }
}

impl Service {
    /// Heads of the requests of a method.
    fn heads(&self, method: &str) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests
            .iter()
            .filter(|request| request.starts_with(method))
            .map(|request| request.to_lowercase())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_blob_is_written_with_the_policy_that_keeps_it() {
    let service = service(
        |options| options.immutable_until = Some("2027-01-31T12:00:00Z".parse().unwrap()),
        |_| (201, "", ""),
    );
    service.store.put_if_absent("small", "1".into()).await.unwrap();
    let mut upload = service.store.upload("large").await.unwrap();
    upload.write(vec![7; 9 * 1024 * 1024].into()).await.unwrap();
    upload.commit().await.unwrap();
    let heads = service.heads("PUT");
    let committing: Vec<_> = heads
        .iter()
        .filter(|head| !head.contains("comp=block&"))
        .collect();
    assert_eq!((heads.len(), committing.len()), (4, 2), "{heads:#?}");
    for head in committing {
        assert!(
            head.contains("x-ms-immutability-policy-until-date: sun, 31 jan 2027 12:00:00 gmt"),
            "{head}"
        );
        assert!(head.contains("x-ms-immutability-policy-mode: locked"), "{head}");
        assert!(head.contains("if-none-match: *"), "{head}");
        assert!(head.contains("x-ms-meta-lazaretteupload: "), "{head}");
    }
}

#[rstest]
#[case::policy(
    "x-ms-immutability-policy-until-date: Sun, 31 Jan 2999 12:00:00 GMT\r\n",
    "file cannot be changed or deleted before 2999-01-31T12:00:00Z"
)]
#[case::hold("x-ms-legal-hold: true\r\n", "file cannot be changed or deleted")]
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_deleted_says_until_when_and_nobody_tries(
    #[case] header: &'static str,
    #[case] message: &str,
) {
    let service = service(|_| {}, move |_| (200, header, ""));
    let error = service.store.delete("file").await.unwrap_err();
    assert!(matches!(&error, StoreError::Immutable { .. }), "{error:?}");
    assert_eq!(error.to_string(), message);
    assert!(service.store.address() == service.address);
    assert_eq!(service.heads("DELETE"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_policy_of_the_container_keeps_is_said_by_the_service() {
    let service = service(
        |_| {},
        |line| match line.starts_with("DELETE") {
            true => (
                409,
                "x-ms-error-code: BlobImmutableDueToPolicy\r\n",
                "<Error><Code>BlobImmutableDueToPolicy</Code></Error>",
            ),
            // A policy that is over.
            false => (
                200,
                "x-ms-immutability-policy-until-date: Sat, 01 Jan 2022 12:00:00 GMT\r\n",
                "",
            ),
        },
    );
    let error = service.store.delete("file").await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Immutable { until: None, .. }),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_tier_is_for_large_files() {
    let service = service(
        |options| options.access_tier = Some(crate::store::AccessTier::Cool),
        |_| (201, "", ""),
    );
    service.store.put_if_absent("small", "1".into()).await.unwrap();
    service
        .store
        .upload("large")
        .await
        .unwrap()
        .commit()
        .await
        .unwrap();
    let tiers: Vec<_> = service
        .heads("PUT")
        .iter()
        .map(|head| head.contains("x-ms-access-tier: cool"))
        .collect();
    assert_eq!(tiers, [false, true]);
}

/// The manifest of these tests, in whose place something else was written.
fn is_manifest(state: &[u8]) -> bool {
    state == b"manifest"
}

/// What the service answers to a read.
fn content(bytes: &'static str) -> (u16, &'static str, &'static str) {
    (200, "ETag: \"1\"\r\n", bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn with_soft_delete_what_was_deleted_comes_back_and_the_tombstone_does_not() {
    const DELETED: &str = "<EnumerationResults><Blobs>\
        <Blob><Name>f/a</Name><Deleted>true</Deleted><Properties><Content-Length>1</Content-Length></Properties></Blob>\
        <Blob><Name>f/m</Name><Deleted>true</Deleted><Properties><Content-Length>1</Content-Length></Properties></Blob>\
        </Blobs><NextMarker/></EnumerationResults>";
    const SNAPSHOTS: &str = "<EnumerationResults><Blobs>\
        <Blob><Name>f/m</Name><Snapshot>2026-01-01T00:00:00.0000000Z</Snapshot><Properties/></Blob>\
        <Blob><Name>f/m</Name><Snapshot>2026-02-01T00:00:00.0000000Z</Snapshot><Properties/></Blob>\
        <Blob><Name>f/m</Name><Properties/></Blob>\
        </Blobs><NextMarker/></EnumerationResults>";
    let service = service(
        |_| {},
        |line| match line {
            _ if line.contains("comp=list") && line.contains("include=deleted") => (200, "", DELETED),
            _ if line.contains("comp=list") => (200, "", SNAPSHOTS),
            _ if line.contains("comp=undelete") => (200, "", ""),
            _ if line.contains("snapshot=2026-01") => content("manifest"),
            _ if line.starts_with("GET") => content("tombstone"),
            _ if line.starts_with("DELETE") => (202, "", ""),
            _ => (201, "", ""),
        },
    );
    assert_eq!(service.store.undelete("f/", "f/m", is_manifest).await.unwrap(), 2);
    let undeleted = service
        .heads("PUT")
        .iter()
        .filter(|head| head.contains("comp=undelete"))
        .count();
    assert_eq!(undeleted, 2);
    let written = service
        .heads("PUT")
        .into_iter()
        .find(|head| !head.contains("comp="))
        .unwrap();
    assert!(written.ends_with("manifest"), "{written}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_versioning_the_newest_version_is_copied_to_where_nothing_is() {
    const NOTHING: &str = "<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>";
    const VERSIONS: &str = "<EnumerationResults><Blobs>\
        <Blob><Name>f/a</Name><VersionId>2026-02-01T00:00:00.0000000Z</VersionId><Properties/></Blob>\
        <Blob><Name>f/a</Name><VersionId>2026-01-01T00:00:00.0000000Z</VersionId><Properties/></Blob>\
        <Blob><Name>f/b</Name><VersionId>2026-01-01T00:00:00.0000000Z</VersionId>\
        <IsCurrentVersion>true</IsCurrentVersion><Properties/></Blob>\
        <Blob><Name>f/c</Name><Properties/></Blob>\
        <Blob><Name>f/m</Name><VersionId>2026-01-01T00:00:00.0000000Z</VersionId><Properties/></Blob>\
        <Blob><Name>f/m</Name><VersionId>2026-02-01T00:00:00.0000000Z</VersionId><Properties/></Blob>\
        <Blob><Name>f/m</Name><VersionId>2026-03-01T00:00:00.0000000Z</VersionId><Properties/></Blob>\
        </Blobs><NextMarker/></EnumerationResults>";
    let service = service(
        |_| {},
        |line| match line {
            _ if line.contains("comp=list") && line.contains("include=versions") => (200, "", VERSIONS),
            _ if line.contains("comp=list") => (200, "", NOTHING),
            _ if line.starts_with("GET") && line.contains("versionid=2026-03") => content("tombstone"),
            _ if line.starts_with("GET") => content("manifest"),
            _ if line.starts_with("HEAD") => (200, "x-ms-copy-status: success\r\n", ""),
            _ => (202, "x-ms-copy-status: pending\r\n", ""),
        },
    );
    assert_eq!(service.store.undelete("f/", "f/m", is_manifest).await.unwrap(), 2);
    let copies = service.heads("PUT");
    assert_eq!(copies.len(), 2, "{copies:#?}");
    for (copy, blob) in copies.iter().zip(["f/a", "f/m"]) {
        let source = copy
            .lines()
            .find_map(|line| line.strip_prefix("x-ms-copy-source: "))
            .unwrap()
            .replace("%2f", "/");
        assert!(
            source.contains(&format!("/backups/{blob}?")) && source.contains("versionid=2026-02-01"),
            "{source}"
        );
        assert!(
            source.contains("sig="),
            "the service reads with the signature: {source}"
        );
        assert!(copy.contains("if-none-match: *"), "{copy}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_the_service_does_not_copy_is_an_error() {
    const VERSIONS: &str = "<EnumerationResults><Blobs>\
        <Blob><Name>f/a</Name><VersionId>2026-02-01T00:00:00.0000000Z</VersionId><Properties/></Blob>\
        </Blobs><NextMarker/></EnumerationResults>";
    let service = service(
        |_| {},
        |line| match line {
            _ if line.contains("comp=list") => (200, "", VERSIONS),
            _ if line.starts_with("HEAD") => (200, "x-ms-copy-status: failed\r\n", ""),
            _ => (202, "x-ms-copy-status: pending\r\n", ""),
        },
    );
    let error = service
        .store
        .undelete("f/", "f/m", is_manifest)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("did not copy"), "{error}");
}
