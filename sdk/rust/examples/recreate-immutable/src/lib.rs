//! Deletes and creates anew what cannot be updated because a field that is immutable differs; all else is replaced.
//!
//! There is nothing to configure. Objects that hold data (claims, volumes, namespaces, definitions) are never re-created.

use lazarette_sdk::{Decision, Error, Object, Resolver};
use serde::Deserialize;

struct RecreateImmutable;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {}

/// Fields that the API server does not let change, by resource type.
const IMMUTABLE: &[(&str, &[&str])] = &[
    ("deployments", &["/spec/selector"]),
    (
        "jobs",
        &["/spec/selector", "/spec/template", "/spec/completionMode"],
    ),
    ("services", &["/spec/clusterIP"]),
    (
        "statefulsets",
        &[
            "/spec/selector",
            "/spec/serviceName",
            "/spec/volumeClaimTemplates",
            "/spec/podManagementPolicy",
        ],
    ),
];

impl Resolver for RecreateImmutable {
    type Config = Config;

    fn configure(_: Config) -> Result<Self, Error> {
        Ok(RecreateImmutable)
    }

    fn resolve(&mut self, wanted: &Object, live: &Object, decision: &Decision) -> Result<(), Error> {
        let resource = wanted.identity().resource;
        let fields = IMMUTABLE
            .iter()
            .find(|(of, _)| *of == resource)
            .map_or(&[][..], |(_, fields)| fields);
        // A field that the backup leaves to the server cannot differ.
        let differs = |field: &&&str| {
            wanted
                .get(field)
                .is_some_and(|value| live.get(field) != Some(value))
        };
        let is_frozen = resource == "configmaps" && live.get("/immutable") == Some(true.into());
        match fields.iter().find(differs) {
            Some(field) => {
                decision.note("recreated", "an immutable field differs", Some(field));
                decision.recreate();
            }
            None if is_frozen => decision.recreate(),
            None => decision.replace(),
        }
        Ok(())
    }
}

lazarette_sdk::export_resolver!(RecreateImmutable, manifest: "../manifest.json");
