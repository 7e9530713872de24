//! What an API server serves.
//!
//! Servers from Kubernetes 1.26 on answer for all groups at once (`apidiscovery.k8s.io`); older ones are asked group by
//! group. Either way, an aggregated API that does not answer costs its group only.

use super::connection::{Answer, Connection, JSON, Request};
use super::failure::Call;
use crate::cluster::{ClusterError, Discovery};
use crate::object::{GroupResource, ResourceType};
use futures::stream::{self, StreamExt};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Both forms of an answer, the one for all groups first.
const ALL_AT_ONCE: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// How many versions of groups an older server is asked for at a time.
const CONCURRENT: usize = 8;

/// Longer answers are not read: a server with 5,000 custom types sends a tenth of this.
const LONGEST: usize = 128 << 20;

/// A version of a group, and what it serves, before it is known which version is preferred.
struct Version {
    group: String,
    version: String,
    resources: Result<Vec<Resource>, String>,
}

/// A resource type as a server describes it, in either form.
struct Resource {
    name: String,
    kind: String,
    namespaced: bool,
    verbs: Vec<String>,
}

/// Ask what the server serves.
pub(super) async fn discover(connection: &Connection) -> Result<Discovery, ClusterError> {
    let mut versions = Vec::new();
    for root in ["/api", "/apis"] {
        let answer = get(connection, root, ALL_AT_ONCE).await?;
        if answer.content_type.contains("g=apidiscovery.k8s.io") {
            versions.extend(all_at_once(read(connection, root, &answer)?));
        } else {
            versions.extend(one_by_one(connection, root, &answer).await?);
        }
    }
    Ok(assemble(versions))
}

async fn get(connection: &Connection, path: &str, accept: &'static str) -> Result<Answer, ClusterError> {
    // An error names the path where it names a type otherwise: that is what roles have as `nonResourceURLs`.
    let of = ResourceType {
        resource: GroupResource::new("", path),
        version: String::new(),
        kind: String::new(),
        namespaced: false,
    };
    let call = Call {
        verb: "get",
        of: &of,
        namespace: None,
        name: None,
    };
    let request = Request {
        accept,
        ..Request::get(path.to_owned())
    };
    connection.read(call, &request, LONGEST, |_| false).await
}

fn read<T: DeserializeOwned>(
    connection: &Connection,
    path: &str,
    answer: &Answer,
) -> Result<T, ClusterError> {
    serde_json::from_slice(&answer.body).map_err(|error| ClusterError::Answer {
        cluster: connection.server.clone(),
        message: format!("{path}: {error}"),
    })
}

/// Put the types together. The versions of a group come in the order in which the server prefers them; a type that the
/// first one does not serve is taken from the next.
fn assemble(versions: Vec<Version>) -> Discovery {
    let mut discovery = Discovery::default();
    let mut types: BTreeMap<GroupResource, ResourceType> = BTreeMap::new();
    for Version {
        group,
        version,
        resources,
    } in versions
    {
        let resources = match resources {
            Ok(resources) => resources,
            Err(message) => {
                let of = GroupResource::new(group.as_str(), "").api_version(&version);
                discovery.warnings.push(format!(
                    "the API {of} does not answer, and none of its objects are there: {message}"
                ));
                continue;
            }
        };
        for resource in resources.into_iter().filter(is_backed_up) {
            let of = GroupResource::new(group.as_str(), resource.name);
            discovery
                .versions
                .entry(of.clone())
                .or_default()
                .push(version.clone());
            types.entry(of.clone()).or_insert_with(|| ResourceType {
                resource: of,
                version: version.clone(),
                kind: resource.kind,
                namespaced: resource.namespaced,
            });
        }
    }
    discovery.types = types.into_values().collect();
    discovery
}

/// Whether objects of the type can be listed and created. Others are no objects, or none that could be restored.
fn is_backed_up(resource: &Resource) -> bool {
    let can = |wanted: &str| resource.verbs.iter().any(|verb| verb == wanted);
    !resource.name.contains('/') && can("list") && can("create")
}

/// `APIGroupDiscoveryList`, as far as it is read.
#[derive(Deserialize)]
struct GroupList {
    #[serde(default)]
    items: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: GroupName,
    #[serde(default)]
    versions: Vec<GroupVersion>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct GroupName {
    name: String,
}

#[derive(Deserialize)]
struct GroupVersion {
    version: String,
    #[serde(default)]
    resources: Vec<GroupVersionResource>,
    #[serde(default)]
    freshness: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupVersionResource {
    resource: String,
    #[serde(default)]
    response_kind: Kind,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Kind {
    kind: String,
}

fn all_at_once(list: GroupList) -> Vec<Version> {
    let resource = |of: GroupVersionResource| Resource {
        name: of.resource,
        kind: of.response_kind.kind,
        namespaced: of.scope == "Namespaced",
        verbs: of.verbs,
    };
    let version = |group: String, of: GroupVersion| Version {
        group,
        version: of.version,
        // What the server knew the last time says nothing about whether the API answers now.
        resources: match of.freshness.as_str() {
            "Stale" => Err(
                "the API server has no fresh description of it; `kubectl get apiservices` says why"
                    .to_owned(),
            ),
            _ => Ok(of.resources.into_iter().map(resource).collect()),
        },
    };
    let groups = list.items.into_iter();
    groups
        .flat_map(|group| {
            group
                .versions
                .into_iter()
                .map(move |of| version(group.metadata.name.clone(), of))
        })
        .collect()
}

/// `APIVersions` or `APIGroupList`, as far as they are read.
#[derive(Deserialize)]
struct Root {
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    groups: Vec<RootGroup>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RootGroup {
    name: String,
    #[serde(default)]
    versions: Vec<RootVersion>,
    preferred_version: Option<RootVersion>,
}

#[derive(Deserialize)]
struct RootVersion {
    version: String,
}

/// `APIResourceList`, as far as it is read.
#[derive(Deserialize)]
struct ResourceList {
    #[serde(default)]
    resources: Vec<ListedResource>,
}

#[derive(Deserialize)]
struct ListedResource {
    name: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    namespaced: bool,
    #[serde(default)]
    verbs: Vec<String>,
}

async fn one_by_one(
    connection: &Connection,
    root: &str,
    answer: &Answer,
) -> Result<Vec<Version>, ClusterError> {
    let versions = read::<Root>(connection, root, answer)?.versions();
    let asked = stream::iter(versions).map(|(group, version)| ask_version(connection, root, group, version));
    asked
        .buffered(CONCURRENT)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .collect()
}

impl Root {
    /// Groups with their versions, the preferred one first.
    fn versions(self) -> Vec<(String, String)> {
        let core = self.versions.into_iter().map(|version| (String::new(), version));
        let named = self.groups.into_iter().flat_map(|group| {
            let preferred = group.preferred_version.map(|of| of.version);
            let mut versions: Vec<String> = group.versions.into_iter().map(|of| of.version).collect();
            versions.sort_by_key(|version| Some(version) != preferred.as_ref());
            versions
                .into_iter()
                .map(move |version| (group.name.clone(), version))
        });
        core.chain(named).collect()
    }
}

async fn ask_version(
    connection: &Connection,
    root: &str,
    group: String,
    version: String,
) -> Result<Version, ClusterError> {
    let of = GroupResource::new(group.as_str(), "").api_version(&version);
    let path = format!("{root}/{of}");
    let resources = match get(connection, &path, JSON).await {
        Ok(answer) => read::<ResourceList>(connection, &path, &answer).map_err(|error| error.to_string()),
        Err(error @ (ClusterError::Unreachable { .. } | ClusterError::Unauthorized { .. })) => {
            return Err(error);
        }
        Err(error) => Err(error.to_string()),
    };
    let resource = |of: ListedResource| Resource {
        name: of.name,
        kind: of.kind,
        namespaced: of.namespaced,
        verbs: of.verbs,
    };
    let resources = resources.map(|list| list.resources.into_iter().map(resource).collect());
    Ok(Version {
        group,
        version,
        resources,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(discovery: &Discovery) -> Vec<String> {
        let name = |of: &ResourceType| format!("{} {} {}", of.resource, of.version, of.kind);
        discovery.types.iter().map(name).collect()
    }

    const ALL: [&str; 2] = ["list", "create"];

    #[test]
    fn all_groups_are_read_at_once() {
        let resource = |name: &str, kind: &str, verbs: &[&str]| json!({"resource": name, "responseKind": {"kind": kind}, "scope": "Namespaced", "verbs": verbs});
        let list = json!({"items": [
            {"metadata": {"name": "example.com"}, "versions": [
                {"version": "v1", "freshness": "Current", "resources": [
                    resource("widgets", "Widget", &ALL), resource("reviews", "Review", &["create"])
                ]},
                {"version": "v1beta1", "freshness": "Current", "resources": [
                    resource("widgets", "Widget", &ALL), resource("gadgets", "Gadget", &ALL)
                ]},
            ]},
            {"metadata": {"name": "dead.io"}, "versions": [
                {"version": "v1", "freshness": "Stale", "resources": [resource("ghosts", "Ghost", &ALL)]}
            ]},
        ]});
        let discovery = assemble(all_at_once(serde_json::from_value(list).unwrap()));
        assert_eq!(
            names(&discovery),
            [
                "gadgets.example.com v1beta1 Gadget",
                "widgets.example.com v1 Widget"
            ]
        );
        assert_eq!(
            discovery.versions[&"widgets.example.com".parse().unwrap()],
            ["v1", "v1beta1"]
        );
        assert_eq!(discovery.warnings.len(), 1);
        assert!(
            discovery.warnings[0].starts_with("the API dead.io/v1 does not answer"),
            "{:?}",
            discovery.warnings
        );
    }

    #[test]
    fn the_preferred_version_of_an_older_server_comes_first() {
        let root = json!({"groups": [{
            "name": "autoscaling", "preferredVersion": {"version": "v1"}, "versions": [{"version": "v2"}, {"version": "v1"}]
        }]});
        let root: Root = serde_json::from_value(root).unwrap();
        let expected = ["v1", "v2"].map(|version| ("autoscaling".to_owned(), version.to_owned()));
        assert_eq!(root.versions(), expected);
    }

    #[test]
    fn subresources_are_no_types() {
        let resource = |name: &str| Resource {
            name: name.to_owned(),
            kind: "Pod".to_owned(),
            namespaced: true,
            verbs: ALL.map(str::to_owned).to_vec(),
        };
        let resources = Ok(vec![resource("pods"), resource("pods/eviction")]);
        let version = Version {
            group: String::new(),
            version: "v1".to_owned(),
            resources,
        };
        assert_eq!(names(&assemble(vec![version])), ["pods v1 Pod"]);
    }
}
