//! Where tokens come from, in place of Microsoft Entra and of the endpoint of managed identities: it looks at the proof
//! that it is given and hands out tokens that Azurite takes. The tokens have no signature, which Azurite does not check.

use crate::pki::Authority;
use azure_core::base64::encode_url_safe;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// The tenant that tokens are for.
pub const TENANT: &str = "00000000-0000-4000-8000-00000000000a";
/// The application that tokens are for.
pub const CLIENT: &str = "00000000-0000-4000-8000-00000000000b";
/// The application's secret.
pub const SECRET: &str = "the-secret-of-the-application";

/// A server that hands out tokens, until the test process ends.
pub struct Entra {
    /// `https://127.0.0.1:PORT`
    pub endpoint: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Entra {
    /// Start one whose certificate is of the `authority`.
    pub fn start(authority: &Authority) -> Entra {
        crate::tls::install();
        let identity = authority.server("entra", &[]);
        let certificate =
            CertificateDer::from_pem_slice(identity.certificate.as_bytes()).expect("a certificate");
        let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).expect("a key");
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a server");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("https://{}", listener.local_addr().expect("a port"));
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let (config, seen) = (Arc::new(config), Arc::clone(&requests));
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (config, seen) = (Arc::clone(&config), Arc::clone(&seen));
                thread::spawn(move || serve(connection, config, &seen));
            }
        });
        Entra { endpoint, requests }
    }

    /// The environment of an application that proves itself with its secret.
    pub fn variables(&self) -> Vec<(String, String)> {
        [
            ("AZURE_AUTHORITY_HOST", self.endpoint.as_str()),
            ("AZURE_TENANT_ID", TENANT),
            ("AZURE_CLIENT_ID", CLIENT),
            ("AZURE_CLIENT_SECRET", SECRET),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// The head and the body of every request that there was.
    pub fn requests(&self) -> Vec<String> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A token that Azurite takes for the next hour.
pub fn token() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock")
        .as_secs();
    let claims = json!({
        "aud": "https://storage.azure.com",
        "iss": format!("https://sts.windows.net/{TENANT}/"),
        "nbf": now - 60,
        "iat": now - 60,
        "exp": now + 3600,
        "appid": CLIENT,
        "oid": "00000000-0000-4000-8000-00000000000c",
        "tid": TENANT,
    });
    let header = json!({"alg": "RS256", "typ": "JWT"});
    let part = |json: serde_json::Value| encode_url_safe(json.to_string());
    format!(
        "{}.{}.{}",
        part(header),
        part(claims),
        encode_url_safe("no signature")
    )
}

/// Answer the requests of a connection.
fn serve(connection: TcpStream, config: Arc<ServerConfig>, seen: &Mutex<Vec<String>>) {
    let session = ServerConnection::new(config).expect("a session");
    let mut stream = BufReader::new(StreamOwned::new(session, connection));
    while let Some(request) = read(&mut stream) {
        let (status, body) = answer(&request);
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let stream = stream.get_mut();
        if stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()))
            .is_err()
        {
            return;
        }
    }
}

/// The head and the body of a request; none where the connection ends.
fn read(stream: &mut impl BufRead) -> Option<String> {
    let mut request = String::new();
    let mut length = 0;
    while !request.ends_with("\r\n\r\n") {
        let from = request.len();
        if stream.read_line(&mut request).ok()? == 0 {
            return None;
        }
        if let Some(value) = request[from..]
            .to_ascii_lowercase()
            .strip_prefix("content-length:")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    request.push_str(&String::from_utf8_lossy(&body));
    Some(request)
}

/// A token for whoever brings a proof: the secret, a signed assertion, or the header of the platform.
fn answer(request: &str) -> (&'static str, String) {
    let proven = [
        &format!("client_secret={SECRET}"),
        "client_assertion=ey",
        "x-identity-header: platform",
    ];
    if proven.iter().any(|proof| request.contains(*proof)) {
        let token = json!({"token_type": "Bearer", "expires_in": 3600, "expires_on": "4102444800", "resource": "https://storage.azure.com", "access_token": token()});
        return ("200 OK", token.to_string());
    }
    let refusal = json!({"error_codes": [7000215], "error_description": "AADSTS7000215: Invalid client secret provided."});
    ("401 Unauthorized", refusal.to_string())
}
