//! `lazarette import policy`

use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::files;
use crate::cli::output::Format;
use crate::cli::session::Session;
use crate::object::yaml;
use crate::report::{Code, Outcome, Problem};
use crate::resources::{self, BackupPolicy};
use clap::Args;
use std::path::PathBuf;

/// Turn a policy of AKS Backup into a BackupPolicy
///
/// FILE is what `az dataprotection backup-policy show` or `get-default-policy-template` prints. What a BackupPolicy cannot
/// say is refused with the field that asks for it; nothing is left out silently. Time zones of Windows get their IANA
/// names.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("Look at it", "lazarette import policy policy.json"),
    ("Use it", "lazarette import policy policy.json --name nightly | kubectl apply -f -"),
]))]
pub(super) struct ImportPolicy {
    /// The policy in JSON
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Name of the BackupPolicy; that of the policy in small letters where it is not given
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

impl ImportPolicy {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        let text = files::read(&self.file)?;
        let (name, spec) = resources::import_aks_policy(&text).map_err(|error| {
            Problem::new(Code::InvalidDocument, error.to_string()).about(self.file.display())
        })?;
        let name = self
            .name
            .or_else(|| name.map(|name| name.to_lowercase().trim_matches('-').to_owned()));
        let name = name.ok_or_else(|| {
            Problem::new(
                Code::InvalidArgument,
                "the policy has no name: give one with --name",
            )
            .about(self.file.display())
        })?;
        let policy = serde_json::to_value(BackupPolicy::new(&name, spec))
            .map_err(|error| Problem::new(Code::Internal, format!("a policy has no JSON: {error}")))?;
        match session.output.format {
            Format::Json => session.output.show(&policy, |_, _| String::new())?,
            Format::Table | Format::Yaml => session.output.write(&yaml::write(&policy))?,
        }
        Ok(Outcome::Completed)
    }
}
