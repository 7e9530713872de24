//! `lazarette enable`

use super::examples::examples;
use super::failure::Ended;
use super::output::Format;
use super::session::Session;
use super::values::one_of;
use crate::object::yaml;
use crate::report::{Code, Outcome, Problem};
use crate::resources::{
    BackupInstance, BackupInstanceSpec, BackupPolicy, ProtectionSpec, Selection, Strategy,
};
use clap::Args;
use serde_json::{Value, json};

/// Print a BackupInstance and a BackupPolicy that protect a namespace
///
/// Backups are made every day at midnight UTC, and kept for a week or for 30 days. They hold what the service account may
/// read in the namespace. The controller (`lazarette install`) makes them.
#[derive(Args, Debug)]
#[command(after_help = examples(&[(
    "Protect a namespace",
    "lazarette enable shop --strategy week --location store --service-account backup | kubectl apply -f -",
)]))]
pub(super) struct Enable {
    /// The namespace
    #[arg(value_name = "NAMESPACE")]
    namespace: String,

    /// How long backups are kept
    #[arg(long, value_name = "STRATEGY", value_parser = one_of::<Strategy>(["week", "month"]))]
    strategy: Strategy,

    /// Name of the BackupLocation into which they are made
    #[arg(long, value_name = "NAME")]
    location: String,

    /// The service account of the namespace with whose rights objects are read
    #[arg(long, value_name = "NAME")]
    service_account: String,

    /// Name of the instance, and of the policy; default: that of the namespace
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

impl Enable {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        let resources = self.resources()?;
        match session.output.format {
            Format::Json => {
                let list = json!({"apiVersion": "v1", "kind": "List", "items": resources});
                session.output.show(&list, |_, _| String::new())?;
            }
            Format::Table | Format::Yaml => {
                let documents: Vec<String> = resources.iter().map(yaml::write).collect();
                session.output.write(&documents.join("---\n"))?;
            }
        }
        Ok(Outcome::Completed)
    }

    fn resources(self) -> Result<[Value; 2], Problem> {
        let no_json = |error: serde_json::Error| {
            Problem::new(Code::Internal, format!("a resource has no JSON: {error}"))
        };
        let name = self.name.unwrap_or_else(|| self.namespace.clone());
        let policy = BackupPolicy::new(&name, self.strategy.policy());
        let spec = BackupInstanceSpec {
            policy: name.clone(),
            location: self.location,
            vault_location: None,
            service_account_name: self.service_account,
            selection: Selection {
                included_namespaces: vec![self.namespace.clone()],
                ..Selection::default()
            },
            hooks: Vec::new(),
            suspend: false,
            protection: ProtectionSpec::Active,
        };
        let mut instance = BackupInstance::new(&name, spec);
        instance.metadata.namespace = Some(self.namespace);
        Ok([
            serde_json::to_value(policy).map_err(no_json)?,
            serde_json::to_value(instance).map_err(no_json)?,
        ])
    }
}
