//! `lazarette plugin pull`

use crate::authoring::AuthoringError;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::plugin::{Address, signature_file};
use crate::report::{Outcome, ResultOf};
use clap::{Args, ValueHint};
use std::path::{Path, PathBuf};

/// Get a plugin from an OCI registry, to look at it or to keep it
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("Pull", "lazarette plugin pull oci://registry.example.com/plugins/label:1.0 --to label.wasm"),
]))]
pub(super) struct Pull {
    /// Where it is: oci://HOST/REPOSITORY:TAG, with @DIGEST to be sure
    #[arg(value_name = "ADDRESS")]
    address: String,

    /// File for the component; its signature goes beside it as FILE.sig
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    to: PathBuf,
}

impl Pull {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let signed = Address::parse(&self.address)?.pull().await?;
        let inspection = super::inspect::look_at(&self.address, &signed.component)?;
        write(&self.to, &signed.component)?;
        if let Some(signature) = &signed.signature {
            write(&signature_file(&self.to), signature)?;
        }
        session.output.show(&inspection, |inspection, _| {
            let signed = if signed.signature.is_some() {
                ", signed"
            } else {
                ""
            };
            format!(
                "{}: {}, sha256:{}{signed}\n",
                self.to.display(),
                inspection.world.name(),
                inspection.digest
            )
        })?;
        Ok(Outcome::Completed)
    }
}

fn write(file: &Path, bytes: &[u8]) -> ResultOf<()> {
    std::fs::write(file, bytes).map_err(|cause| AuthoringError::File {
        file: file.display().to_string(),
        cause,
    })?;
    Ok(())
}
