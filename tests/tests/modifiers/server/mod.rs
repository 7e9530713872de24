//! Patches next to a real API server: what our plugins make of an object is what the server makes of it.
//!
//! For each kind random objects are created. Each random patch is sent to the server as a dry run; the same object is
//! patched by our plugin and put, as a dry run too, so that the server completes both in the same way. Where the server
//! refuses a patch, our plugin must, or the server must refuse what it made, for the same reason.

mod kinds;
mod lists;
mod random;

use super::{compile, host, object, operation};
use kinds::Kind;
use lazarette::modify::CompiledRules;
use lazarette::object::{Object, Schemas};
use lazarette::plugin::Operation;
use lazarette_tests::cluster::{Cluster, Options};
use lazarette_tests::counts::{self, Chance};
use random::Dialect;
use serde_json::{Value, json};
use std::sync::Arc;

/// Patches that are tried on each object.
const PATCHES: u32 = 10;

/// An answer of the server: the object, or why not.
type Answer = Result<Value, String>;

#[tokio::test]
async fn patches_do_what_an_api_server_does() {
    let bench = Bench::start().await;
    let mut chance = Chance::new(counts::seed());
    let objects = counts::count(1, 40);
    let mut differences = Vec::new();
    for kind in kinds::all() {
        let (mut accepted, mut refused) = (0, 0);
        for number in 0..objects {
            let base = bench.create(&kind, number, &mut chance).await;
            for attempt in 0..2 * PATCHES {
                let dialect = if attempt % 2 == 0 {
                    Dialect::Strategic
                } else {
                    Dialect::Merge
                };
                match bench.compare(&kind, &base, dialect, &mut chance).await {
                    Ok(true) => accepted += 1,
                    Ok(false) => refused += 1,
                    Err(difference) => differences.push(difference),
                }
            }
        }
        println!(
            "{}: {accepted} patches accepted, {refused} refused",
            kind.group_resource
        );
        // Patches that are always refused would show nothing.
        assert!(
            accepted > 0,
            "no patch for {} was ever accepted",
            kind.group_resource
        );
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

/// A server, and what our side needs.
struct Bench {
    _cluster: Cluster,
    client: kube::Client,
    operation: Arc<Operation>,
}

impl Bench {
    async fn start() -> Self {
        // Controllers would change what lies there.
        let cluster = Cluster::with(&Options {
            without_controllers: true,
            ..Options::default()
        });
        let bench = Bench {
            client: cluster.client().await,
            operation: operation(Schemas::default()),
            _cluster: cluster,
        };
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}});
        let accounts = "/api/v1/namespaces/default/serviceaccounts";
        bench
            .request("POST", accounts, "", &account)
            .await
            .expect("an account");
        bench
    }

    /// Create a random object of `kind`, and give it as the server has it.
    async fn create(&self, kind: &Kind, number: u32, chance: &mut Chance) -> Value {
        let mut object = (kind.object)(chance);
        object["metadata"]["name"] = json!(format!("{}-{number}", kind.name_prefix));
        random::metadata(&mut object["metadata"], chance);
        let created = self.request("POST", &kind.path, "", &object).await;
        created.unwrap_or_else(|refused| panic!("{}: {refused}\n{object:#}", kind.group_resource))
    }

    /// Compare what becomes of `base` by a random patch. Whether the server accepted it, or what is different.
    async fn compare(
        &self,
        kind: &Kind,
        base: &Value,
        dialect: Dialect,
        chance: &mut Chance,
    ) -> Result<bool, String> {
        let mut patch = (kind.patch)(dialect, chance);
        patch["metadata"] = random::metadata_patch(dialect, chance);
        let path = format!(
            "{}/{}?dryRun=All",
            kind.path,
            base["metadata"]["name"].as_str().expect("a name")
        );
        let servers = self.request("PATCH", &path, dialect.content_type(), &patch).await;
        let ours = match self.patched(kind, base, &patch, dialect) {
            Ok(patched) => self.request("PUT", &path, "", &patched).await,
            Err(refused) => Err(refused),
        };
        let difference = match (&servers, &ours) {
            (Ok(servers), Ok(ours)) => {
                let difference = json_patch::diff(&comparable(ours), &comparable(servers));
                (!difference.is_empty()).then(|| format!("what would make it the server's: {difference}"))
            }
            (Err(_), Err(_)) => None,
            (Ok(_), Err(ours)) => Some(format!("refused by us only: {ours}")),
            (Err(servers), Ok(_)) => Some(format!("refused by the server only: {servers}")),
        };
        match difference {
            None => Ok(servers.is_ok()),
            Some(difference) => Err(format!(
                "{}, {dialect:?}\npatch: {patch}\nobject: {}\n{difference}",
                kind.group_resource,
                comparable(base)
            )),
        }
    }

    /// What our plugin makes of `base`.
    fn patched(&self, kind: &Kind, base: &Value, patch: &Value, dialect: Dialect) -> Answer {
        let rules = self.rules(kind, patch, dialect);
        let mut object: Object = object(kind.group_resource, base.clone());
        let outcome = rules.apply(&mut host().batch(&self.operation), &mut object);
        match outcome.problems().next() {
            Some(problem) => Err(problem.to_string()),
            None => Ok(object.json),
        }
    }

    fn rules(&self, kind: &Kind, patch: &Value, dialect: Dialect) -> CompiledRules {
        let conditions = json!({"groupResource": kind.group_resource});
        let rule = json!({"conditions": conditions, dialect.field(): [{"patchData": patch}]});
        let document = json!({"version": "v1", "resourceModifierRules": [rule]}).to_string();
        compile(&document, &self.operation).unwrap_or_else(|refused| panic!("{refused:?}\n{patch:#}"))
    }

    async fn request(&self, method: &str, path: &str, content_type: &str, body: &Value) -> Answer {
        let content_type = if content_type.is_empty() {
            "application/json"
        } else {
            content_type
        };
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("Content-Type", content_type)
            .body(body.to_string().into_bytes());
        self.client
            .request(request.expect("a request"))
            .await
            .map_err(|error| error.to_string())
    }
}

/// An object without what a server changes by itself.
fn comparable(object: &Value) -> Value {
    let mut object = object.clone();
    for field in ["managedFields", "resourceVersion", "generation"] {
        object["metadata"]
            .as_object_mut()
            .expect("metadata")
            .shift_remove(field);
    }
    object
}
