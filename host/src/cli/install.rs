//! `lazarette install`

use super::examples::examples;
use super::failure::Ended;
use super::output::Format;
use super::session::Session;
use crate::controller::{self, Installation};
use crate::object::yaml;
use crate::report::{Code, Outcome, Problem};
use clap::Args;
use serde_json::json;

/// Print everything that a cluster needs for the controller
///
/// A namespace, the definitions of the resources, rights, a policy of admission by which only those have something run
/// with the rights of a service account who could act as it anyway, two replicas with restricted pods, a disruption budget
/// and a network policy. To take it away: `lazarette install … | kubectl delete -f -`; backups stay in their stores.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("Install it", "lazarette install --image registry.example.com/lazarette:1.0 | kubectl apply --server-side -f -"),
    ("Only for some namespaces", "lazarette install --image registry.example.com/lazarette:1.0 --namespaces shop,blog"),
]))]
pub(super) struct Install {
    /// Image of the program
    #[arg(long, value_name = "IMAGE")]
    image: String,

    /// Namespace of the controller
    #[arg(long, value_name = "NAMESPACE", default_value = "lazarette")]
    namespace: String,

    /// Replicas; one works at a time
    #[arg(long, value_name = "N", default_value_t = 2)]
    replicas: u16,

    /// The namespaces with whose service accounts runs may work; all where it is not given
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',')]
    namespaces: Vec<String>,
}

impl Install {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        let installation = Installation {
            namespace: self.namespace,
            image: self.image,
            replicas: self.replicas,
            namespaces: self.namespaces,
        };
        let manifests = controller::manifests(&installation)
            .map_err(|error| Problem::new(Code::Internal, format!("a manifest has no JSON: {error}")))?;
        match session.output.format {
            Format::Json => {
                let list = json!({"apiVersion": "v1", "kind": "List", "items": manifests});
                session.output.show(&list, |_, _| String::new())?;
            }
            Format::Table | Format::Yaml => {
                let documents: Vec<String> = manifests.iter().map(yaml::write).collect();
                session.output.write(&documents.join("---\n"))?;
            }
        }
        Ok(Outcome::Completed)
    }
}
