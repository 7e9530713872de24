//! Azurite, Microsoft's emulator of Azure Storage, from npm in the version that `tests/azurite/package-lock.json` pins.
//!
//! It has no immutability, no soft delete and no firewall, and knows one account.

mod entra;
mod install;
mod signature;

pub use entra::{CLIENT, Entra, SECRET, TENANT, token};
pub use signature::{Access, signature};

use crate::pki::Authority;
use crate::processes::{Server, Workshop};
use crate::{tls, wait};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

/// The account that every Azurite has.
pub const ACCOUNT: &str = "devstoreaccount1";

/// What it prints when it is ready.
const READY: &str = "successfully listens on ";

/// A running Azurite, which is gone when this is dropped or the test process ends.
pub struct Azurite {
    workshop: Arc<Workshop>,
    server: Server,
    /// `http://127.0.0.1:PORT`
    pub endpoint: String,
    containers: AtomicU32,
}

impl Azurite {
    /// One over http for all tests of this process, which use containers of their own.
    pub fn shared() -> &'static Azurite {
        static SHARED: LazyLock<Azurite> =
            LazyLock::new(|| Azurite::start(Arc::default(), &["--inMemoryPersistence"]));
        &SHARED
    }

    /// One over https that takes tokens of the `authority`'s world: it looks at their issuer, audience and time.
    pub fn with_tokens(authority: &Authority) -> Azurite {
        let workshop: Arc<Workshop> = Arc::default();
        workshop.write("authority.pem", &authority.certificate());
        let identity = authority.server("azurite", &[]);
        let certificate = workshop.write("azurite.pem", &identity.certificate);
        let key = workshop.write("azurite.key", &identity.key);
        let (certificate, key) = (certificate.display().to_string(), key.display().to_string());
        Azurite::start(
            workshop,
            &[
                "--inMemoryPersistence",
                "--oauth",
                "basic",
                "--cert",
                &certificate,
                "--key",
                &key,
            ],
        )
    }

    fn start(workshop: Arc<Workshop>, options: &[&str]) -> Azurite {
        let mut arguments = vec![OsString::from(install::program())];
        let common = [
            "--blobPort",
            "0",
            "--skipApiVersionCheck",
            "--disableTelemetry",
            "--silent",
        ];
        arguments.extend(common.iter().chain(options).map(OsString::from));
        let server = Server::new(&workshop, "azurite", PathBuf::from("node"), arguments);
        server.start();
        let endpoint = wait::until("Azurite listens", || {
            let log = server.log();
            assert!(server.is_running(), "Azurite ended:\n{log}");
            log.lines()
                .find_map(|line| Some(line.split_once(READY)?.1.trim().to_owned()))
        });
        Azurite {
            workshop,
            server,
            endpoint,
            containers: AtomicU32::new(0),
        }
    }

    /// A new, empty container.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn container(&self) -> Container<'_> {
        let name = format!("backups-{}", self.containers.fetch_add(1, Ordering::Relaxed));
        let container = Container { azurite: self, name };
        let url = format!(
            "{}/{ACCOUNT}/{}?restype=container&{}",
            self.endpoint,
            container.name,
            signature(&Access::default())
        );
        let made = self.client().put(url).header("content-length", 0).send().await;
        let made = made.expect("Azurite answers");
        assert!(made.status().is_success(), "no container: {}", made.status());
        container
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        let (_, address) = self.endpoint.split_once("://").expect("a URL");
        address.parse().expect("an address")
    }

    /// The process, to kill, freeze and start again.
    pub fn server(&self) -> &Server {
        &self.server
    }

    fn client(&self) -> reqwest::Client {
        tls::install();
        let mut builder = reqwest::Client::builder().no_proxy();
        if let Some(file) = self.authorities() {
            let pem = std::fs::read(file).expect("an authority");
            builder =
                builder.add_root_certificate(reqwest::Certificate::from_pem(&pem).expect("an authority"));
        }
        builder.build().expect("a client")
    }

    fn authorities(&self) -> Option<PathBuf> {
        Some(self.workshop.path("authority.pem")).filter(|path| path.is_file())
    }
}

/// A container of an Azurite.
pub struct Container<'a> {
    azurite: &'a Azurite,
    name: String,
}

impl Container<'_> {
    /// Its address as a store.
    pub fn address(&self) -> String {
        self.address_at(&self.azurite.endpoint)
    }

    /// Its address as a store when it is reached through `endpoint`, such as a proxy.
    pub fn address_at(&self, endpoint: &str) -> String {
        format!("azblob+{endpoint}/{ACCOUNT}/{}", self.name)
    }

    /// Its URL, without a signature.
    pub fn url(&self, azurite: &Azurite) -> String {
        format!("{}/{ACCOUNT}/{}", azurite.endpoint, self.name)
    }

    /// A file with a signature that gives `access`.
    pub fn signature_file(&self, access: &Access<'_>) -> PathBuf {
        let file = format!("{}-{}.sas", self.name, access.permissions);
        self.azurite.workshop.write(&file, &signature(access))
    }

    /// A file with the authority of the server's certificate, where it speaks https.
    pub fn authorities(&self) -> Option<PathBuf> {
        self.azurite.authorities()
    }
}
