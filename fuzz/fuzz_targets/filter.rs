//! Any texts as the entries of a filter: it is read or refused, what excludes wins, and nothing passes whose type does
//! not.

#![no_main]

use lazarette::object::{Filter, FilterSpec, ObjectId, ResourceType, built_in_types};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|spec: Entries| {
    let types: Vec<ResourceType> = built_in_types().iter().map(|built_in| built_in.of.clone()).collect();
    let Ok(filter) = Filter::new(&spec.into(), &types) else {
        return;
    };
    drop(filter.unmatched_namespaces(&["shop", "kube-system"]));
    for of in &types {
        let id = ObjectId {
            resource: of.resource.clone(),
            namespace: of.namespaced.then(|| "shop".to_owned()),
            name: "web".into(),
        };
        assert!(!filter.may_admit(&id) || filter.admits_type(of), "{id}");
        assert!(!filter.admits(&id, [("app", "web")]) || filter.may_admit(&id), "{id}");
    }
});

#[derive(Debug, arbitrary::Arbitrary)]
struct Entries {
    include_namespaces: Vec<String>,
    exclude_namespaces: Vec<String>,
    include_resources: Vec<String>,
    exclude_resources: Vec<String>,
    selectors: Vec<String>,
    exclude_secrets: bool,
}

impl From<Entries> for FilterSpec {
    fn from(entries: Entries) -> Self {
        FilterSpec {
            include_namespaces: entries.include_namespaces,
            exclude_namespaces: entries.exclude_namespaces,
            include_resources: entries.include_resources,
            exclude_resources: entries.exclude_resources,
            selectors: entries.selectors,
            exclude_secrets: entries.exclude_secrets,
            ..FilterSpec::default()
        }
    }
}
