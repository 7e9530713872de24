//! The beginning of a restore: everything that can be wrong with a request, a backup or a plugin is found here, before
//! anything is changed.

use super::agreed::Agreed;
use super::data::Data;
use super::ground::{Ground, namespace_id};
use super::hooks::RestoreHooks;
use super::marks::Marks;
use super::namespaces::{self, Namespaces};
use super::pipeline::Pipeline;
use super::place::Mapping;
use super::policy::ConflictPolicies;
use super::prepare::Context;
use super::report::RestoreReport;
use super::request::RestoreRequest;
use super::requests::Requests;
use super::resolvers::Resolvers;
use super::run::Run;
use super::select::{Selection, known_types};
use super::types::Types;
use super::{Environment, RestoreError};
use crate::cluster::{Cluster, ClusterError, ListOptions};
use crate::object::{GroupResource, ResourceType, Schemas};
use crate::plugin::Operation;
use crate::report::{Cancellation, Problem};
use futures::StreamExt;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// Plan or do a restore.
pub(super) async fn run(
    request: RestoreRequest,
    with: &Environment<'_>,
    planned: bool,
) -> Result<RestoreReport, RestoreError> {
    check_mappings(&request.namespace_mappings)?;
    let discovery = with.cluster.resource_types().await?;
    let mut warnings = discovery.warnings.clone();
    warnings.extend_from_slice(with.backup.notes());
    if with.backup.manifest().source.filter.leaves_out_secrets() {
        warnings.push("the backup holds no Secrets: they were left out of it".to_owned());
    }
    let types = Types::new(discovery);
    let (data, no_data) = Data::read(&request, with, &types).await?;
    warnings.extend(no_data);
    let known = known_types(with.backup.manifest(), &types);
    warnings.extend(unused_policies(&request.conflict_policies, &known));
    let mut selection = Selection::read(&request, with.backup, &types, with.progress).await?;
    let (name, volume_timeout) = (request.name.clone(), request.volume_timeout);
    if let (Some(key), Some(_)) = (&request.plan_key, &request.agreed) {
        with.look_ups.agree(key.secret(), &request.agreed_look_ups);
    }
    warnings.append(&mut selection.warnings);
    warnings.extend(unused_mappings(&request.namespace_mappings, &selection));
    let schemas = std::mem::take(&mut selection.schemas);
    let schemas = with_definitions(schemas, with.cluster, &types, &mut warnings).await;
    let operation = Arc::new(operation(&request, with, schemas)?);
    let hooks = RestoreHooks::prepare(&request, with, &operation, planned).await?;
    let pipeline = pipeline(request, with, (selection, data), operation, planned)?;
    let requests = Requests::new(with.cluster);
    let mut ground = Ground {
        types,
        ..Ground::default()
    };
    let found = namespaces::find(with.cluster, &pipeline.target_namespaces()).await?;
    let problems = wait_for_namespaces(&requests, &mut ground, found, planned, with.cancellation).await?;
    let mut run = Run::new(
        with,
        requests,
        pipeline,
        ground,
        hooks,
        (name, volume_timeout, warnings),
    );
    run.note(problems);
    run.all_levels().await;
    Ok(run.finish())
}

/// Namespaces that are being deleted are made anew once they are gone. In a plan they count as gone.
async fn wait_for_namespaces(
    requests: &Requests<'_>,
    ground: &mut Ground,
    found: Namespaces,
    planned: bool,
    cancellation: &Cancellation,
) -> Result<Vec<Problem>, RestoreError> {
    let Namespaces {
        existing,
        terminating,
    } = found;
    ground.existing = existing;
    if planned {
        return Ok(Vec::new());
    }
    let left = namespaces::wait_until_gone(requests, terminating, cancellation).await?;
    let problems = left.iter().map(|name| {
        let error = ClusterError::NamespaceTerminating(name.clone());
        Problem::from(error).about(namespace_id(name))
    });
    let problems = problems.collect();
    ground.failed_namespaces = left;
    Ok(problems)
}

/// Make the plugins ready, which refuses what is wrong with their configuration.
fn pipeline(
    request: RestoreRequest,
    with: &Environment<'_>,
    (mut selection, data): (Selection, Data),
    operation: Arc<Operation>,
    planned: bool,
) -> Result<Pipeline, RestoreError> {
    let RestoreRequest {
        modifiers,
        plugins,
        conflict_policies,
        ..
    } = request;
    let rules = modifiers
        .map(|rules| rules.compile(with.plugins, &operation, &plugins))
        .transpose()?;
    let resolvers = Resolvers::new(conflict_policies, with.plugins, &operation, &plugins)?;
    let provisioned_anew = std::mem::take(&mut selection.provisioned_anew);
    let is_live = with.cluster.is_live();
    Ok(Pipeline {
        operation,
        selection,
        context: Context {
            preserve_node_ports: request.preserve_node_ports,
            provisioned_anew,
            data,
            marked: is_live,
        },
        rules,
        on_modifier_error: request.on_modifier_error,
        mapping: Mapping(request.namespace_mappings),
        resolvers,
        planned,
        server_dry_run: planned && request.server_dry_run,
        marks: is_live.then(|| Marks::new(&with.backup.manifest().name.to_string(), &request.name)),
        plan_key: request.plan_key,
        agreed: request.agreed.map(|planned| Agreed::new(&planned)),
        aborted: AtomicBool::new(false),
        owned: Mutex::default(),
        not_served: Mutex::default(),
    })
}

/// What plugins may know. Everything that could make them answer otherwise is in the seed.
fn operation(
    request: &RestoreRequest,
    with: &Environment<'_>,
    schemas: Schemas,
) -> Result<Operation, RestoreError> {
    let manifest = with.backup.manifest();
    let mut seed = Sha256::new();
    let parts = serde_json::to_vec(&(manifest, &request.filter, &request.namespace_mappings));
    seed.update(parts.map_err(|error| RestoreError::Internal(error.to_string()))?);
    seed.update(request.conflict_policies.to_string());
    seed.update(format!("{:?}", request.modifiers));
    seed.update(format!("{:?}", request.hooks));
    for (name, plugin) in &request.plugins {
        seed.update(format!("{name}: {:?}", plugin.settings));
    }
    seed.update([request.preserve_node_ports, request.hook_annotations].map(u8::from));
    Ok(Operation {
        kind: "restore".to_owned(),
        now: request.time,
        backup: manifest.name.to_string(),
        namespace_mappings: request.namespace_mappings.clone(),
        seed: seed.finalize().into(),
        schemas: Arc::new(schemas),
        look_ups: Arc::clone(&with.look_ups),
    })
}

/// The same with what definitions in the cluster say; those of the backup come first. Without them, lists of custom
/// resources are replaced where the backup does not define them either.
async fn with_definitions(
    mut schemas: Schemas,
    cluster: &dyn Cluster,
    types: &Types,
    warnings: &mut Vec<String>,
) -> Schemas {
    let definitions = types.iter().find(|of| {
        of.resource
            .is("apiextensions.k8s.io", "customresourcedefinitions")
    });
    let Some(definitions) = definitions else {
        return schemas;
    };
    let mut pages = cluster.list(definitions, &ListOptions::default());
    while let Some(page) = pages.next().await {
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                warnings.push(format!(
                    "how lists of custom resources are merged is not known where the backup does not say it: {error}"
                ));
                break;
            }
        };
        for definition in page.items {
            if let Ok(definition) = serde_json::from_str(&definition.json) {
                schemas = schemas.with_crd(&definition);
            }
        }
    }
    schemas
}

/// Refuse names that no namespace can have.
fn check_mappings(mappings: &BTreeMap<String, String>) -> Result<(), RestoreError> {
    match mappings
        .iter()
        .find(|(old, new)| !is_label(old) || !is_label(new))
    {
        Some((old, new)) => Err(RestoreError::Mapping {
            old: old.clone(),
            new: new.clone(),
        }),
        None => Ok(()),
    }
}

/// Whether `text` is a label of DNS (RFC 1123), as names of namespaces are.
fn is_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Mappings that no object falls under are likely misspelt.
fn unused_mappings(mappings: &BTreeMap<String, String>, selection: &Selection) -> Vec<String> {
    let unused = mappings.keys().filter(|old| !selection.has_namespace(old));
    unused
        .map(|old| format!("the namespace mapping of '{old}' has no effect: nothing is restored from it"))
        .collect()
}

/// Policies for types that are none of `known` are likely misspelt.
fn unused_policies(policies: &ConflictPolicies, known: &[ResourceType]) -> Vec<String> {
    let is_known = |named: &GroupResource| {
        let in_any_group =
            |of: &ResourceType| named.group.is_empty() && of.resource.resource == named.resource;
        known.iter().any(|of| of.resource == *named || in_any_group(of))
    };
    let unused = policies.by_type.iter().filter(|(named, _)| !is_known(named));
    unused
        .map(|(named, _)| {
            format!(
                "the conflict policy of '{named}' has no effect: neither the backup nor the cluster has such a type; \
                 expected a form such as 'secrets' or 'deployments.apps'"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a", true)]
    #[case("shop-2", true)]
    #[case("", false)]
    #[case("-a", false)]
    #[case("a-", false)]
    #[case("Shop", false)]
    #[case("a.b", false)]
    #[case("../a", false)]
    fn names_of_namespaces(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(is_label(text), expected);
    }
}
