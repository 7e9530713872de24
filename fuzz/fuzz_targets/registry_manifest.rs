//! A registry that answers with anything: what is pulled from it is refused, or it is what it says.

#![no_main]

use arbitrary::Arbitrary;
use lazarette::plugin::Address;
use libfuzzer_sys::fuzz_target;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex, PoisonError};
use tokio::runtime::{Builder, Runtime};

/// What the registry answers.
#[derive(Arbitrary, Clone, Debug, Default)]
struct Answers {
    manifest: Manifest,
    blob: Vec<u8>,
}

#[derive(Arbitrary, Clone, Debug)]
enum Manifest {
    Any(Vec<u8>),
    /// One that is well-formed: these texts are where texts are expected.
    Formed { media_type: String, digest: String, size: i64, signature: String, layers: u8 },
}

impl Default for Manifest {
    fn default() -> Self {
        Manifest::Any(Vec::new())
    }
}

static ANSWERS: Mutex<Option<Answers>> = Mutex::new(None);
static ADDRESS: LazyLock<SocketAddr> = LazyLock::new(serve);
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_all().build().expect("a runtime"));

fuzz_target!(|answers: Answers| {
    let blob = answers.blob.clone();
    *ANSWERS.lock().unwrap_or_else(PoisonError::into_inner) = Some(answers);
    let address = format!("oci://{}/plugins/mine:1.0", *ADDRESS);
    let address = Address::parse(&address).expect("an address");
    if let Ok(signed) = RUNTIME.block_on(address.pull()) {
        assert_eq!(signed.component, blob);
    }
});

impl Manifest {
    fn bytes(self) -> Vec<u8> {
        let Manifest::Formed { media_type, digest, size, signature, layers } = self else {
            let Manifest::Any(bytes) = self else { return Vec::new() };
            return bytes;
        };
        let layer = serde_json::json!({"mediaType": "application/wasm", "digest": digest, "size": size});
        serde_json::json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": media_type, "digest": digest, "size": size},
            "layers": vec![layer; usize::from(layers)],
            "annotations": {"io.lazarette.signature.ed25519": signature},
        })
        .to_string()
        .into_bytes()
    }
}

/// A registry on loopback that gives what is in `ANSWERS`.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            drop(answer(stream));
        }
    });
    address
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? > 0 {
        request.extend(byte);
    }
    let answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default();
    let is = |part: &[u8]| request.windows(part.len()).any(|window| window == part);
    let body = match () {
        () if is(b"/manifests/") => answers.manifest.bytes(),
        () if is(b"/blobs/") => answers.blob,
        () => b"{}".to_vec(),
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}
