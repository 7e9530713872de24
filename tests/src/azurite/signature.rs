//! Shared access signatures of Azurite's account.

use super::ACCOUNT;
use azure_core::base64;
use ring::hmac;

/// The key of the account, which Azurite documents and everybody knows.
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
/// The version of the service whose form of a signature this is.
const VERSION: &str = "2022-11-02";

/// What a signature allows.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// Letters of permissions: `rwdlac…`.
    pub permissions: &'a str,
    /// From when on; empty: always.
    pub start: &'a str,
    /// Until when.
    pub end: &'a str,
}

/// Everything, for longer than the tests will be run.
impl Default for Access<'_> {
    fn default() -> Self {
        Access {
            permissions: "rwdylacupi",
            start: "",
            end: "2999-01-01T00:00:00Z",
        }
    }
}

/// The query of an account signature on all containers and blobs, as the service documents it.
pub fn signature(access: &Access<'_>) -> String {
    let Access {
        permissions,
        start,
        end,
    } = access;
    let text = format!("{ACCOUNT}\n{permissions}\nb\nco\n{start}\n{end}\n\n\n{VERSION}\n\n");
    let key = base64::decode(KEY).expect("a key");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), text.as_bytes());
    let sig = base64::encode(tag.as_ref())
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let start = if start.is_empty() {
        String::new()
    } else {
        format!("&st={start}")
    };
    format!("sv={VERSION}&ss=b&srt=co&sp={permissions}{start}&se={end}&sig={sig}")
}
