//! `lazarette crds`

use super::examples::examples;
use super::failure::Ended;
use super::output::Format;
use super::session::Session;
use crate::hooks;
use crate::object::yaml;
use crate::report::Outcome;
use clap::Args;

/// Print the definitions of BackupHook and RestoreHook
///
/// For a cluster that does not have them. They are those of AKS Backup, with a plugin in the place of commands where one
/// is wanted. A cluster with the backup extension of AKS has its own. Hooks in files need no definition.
#[derive(Args, Debug)]
#[command(after_help = examples(&[("Define them in the cluster", "lazarette crds | kubectl apply -f -")]))]
pub(super) struct Crds {}

impl Crds {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        let definitions = hooks::crds();
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
