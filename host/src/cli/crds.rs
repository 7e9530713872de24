//! `lazarette crds`

use super::examples::examples;
use super::failure::Ended;
use super::output::Format;
use super::session::Session;
use crate::hooks;
use crate::object::yaml;
use crate::report::{Code, Outcome, Problem};
use crate::resources;
use clap::Args;

/// Print the definitions of the custom resources
///
/// Those of lazarette.dev, and BackupHook and RestoreHook: these are of AKS Backup, with a plugin in the place of commands
/// where one is wanted. A cluster with the backup extension of AKS has them: there, leave them out.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("Define them in the cluster", "lazarette crds | kubectl apply --server-side -f -"),
    ("Beside the backup extension of AKS", "lazarette crds --without-hooks | kubectl apply --server-side -f -"),
]))]
pub(super) struct Crds {
    /// Leave out BackupHook and RestoreHook
    #[arg(long)]
    without_hooks: bool,
}

impl Crds {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        let mut definitions = resources::definitions()
            .map_err(|error| Problem::new(Code::Internal, format!("a definition has no JSON: {error}")))?;
        if !self.without_hooks {
            definitions.extend(hooks::crds());
        }
        match session.output.format {
            Format::Json => {
                let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": definitions});
                session.output.show(&list, |_, _| String::new())?;
            }
            Format::Table | Format::Yaml => {
                let documents: Vec<String> = definitions.iter().map(yaml::write).collect();
                session.output.write(&documents.join("---\n"))?;
            }
        }
        Ok(Outcome::Completed)
    }
}
