//! `lazarette key generate`

use crate::archive::{self, SigningKey};
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::{Code, Outcome, Problem, ResultOf};
use clap::{Args, ValueHint};
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Make a private key, and show the public one
///
/// The private key goes into a new file that only its owner can read. Keep it where the backups are not.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("To encrypt: backups are made for the public key that is shown", "lazarette key generate identity.txt"),
    ("To sign: the public key goes into signing.pem.pub", "lazarette key generate --signing signing.pem"),
]))]
pub(super) struct Generate {
    /// The new file
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,

    /// A key that signs, rather than one that decrypts
    #[arg(long)]
    signing: bool,
}

/// What was made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    file: String,
    /// What `--encrypt-to` takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<String>,
    /// What `--trusted-key` takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key_file: Option<String>,
}

impl Generate {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        let file = self.file.display().to_string();
        let made = match self.signing {
            true => {
                let (key, public) = (SigningKey::generate()?, PathBuf::from(format!("{file}.pub")));
                write_new(&self.file, &key.to_pem()?, 0o600)?;
                write_new(&public, &key.public().to_pem()?, 0o644)?;
                Made {
                    file,
                    recipient: None,
                    public_key_file: Some(public.display().to_string()),
                }
            }
            false => {
                let (text, recipient) = archive::generate_identity();
                write_new(&self.file, &text, 0o600)?;
                Made {
                    file,
                    recipient: Some(recipient.to_string()),
                    public_key_file: None,
                }
            }
        };
        session.output.show(&made, |made, _| {
            let public = made.recipient.iter().chain(&made.public_key_file);
            public.map(|public| format!("{public}\n")).collect()
        })?;
        Ok(Outcome::Completed)
    }
}

/// Write a file that is not there yet.
fn write_new(file: &Path, text: &str, mode: u32) -> ResultOf<()> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(file)
        .and_then(|mut open| {
            open.write_all(text.as_bytes())?;
            open.sync_all()
        });
    written.map_err(|error| {
        let code = match error.kind() {
            std::io::ErrorKind::AlreadyExists => Code::AlreadyExists,
            _ => Code::FileAccess,
        };
        Problem::new(code, format!("the key cannot be written: {error}")).about(file.display())
    })
}
