//! `lazarette plugin push`

use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::plugin::{Address, read_signed};
use crate::report::{Code, Outcome, Problem};
use crate::signing::SigningKey;
use clap::{Args, ValueHint};
use serde_json::json;
use std::path::PathBuf;

/// Put a plugin into an OCI registry
///
/// As the Wasm artifact that `wkg` makes. Credentials come from the Docker configuration (`docker login`). It prints the
/// address with its digest: what a configuration should name.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("Push", "lazarette plugin push plugin.wasm oci://registry.example.com/plugins/label:1.0"),
    ("Signed", "lazarette plugin push plugin.wasm oci://registry.example.com/plugins/label:1.0 --sign key.pem"),
]))]
pub(super) struct Push {
    /// The component; a signature that lies beside it as FILE.sig goes along
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    component: PathBuf,

    /// Where it goes: oci://HOST/REPOSITORY:TAG
    #[arg(value_name = "ADDRESS")]
    address: String,

    /// Private key (PEM, Ed25519) to sign it with
    #[arg(long, value_name = "KEY", value_hint = ValueHint::FilePath)]
    sign: Option<PathBuf>,
}

impl Push {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let address = Address::parse(&self.address)?;
        if address.digest().is_some() {
            let message = "an address to push to has a tag and no digest, which follows from what is pushed";
            Err(Problem::new(Code::InvalidArgument, message).about(&self.address))?;
        }
        let mut signed = read_signed(&self.component)?;
        let inspection = super::inspect::look_at(&self.component.display().to_string(), &signed.component)?;
        if let Some(key) = &self.sign {
            signed.signature = Some(SigningKey::read(key)?.sign(&signed.component).to_vec());
        }
        let pushed = address.push(signed, &inspection).await?.to_string();
        let result = json!({"address": pushed, "digest": format!("sha256:{}", inspection.digest)});
        session.output.show(&result, |_, _| format!("{pushed}\n"))?;
        Ok(Outcome::Completed)
    }
}
