//! Renames the hosts of Ingresses, in their rules and in their certificates, with the types of `k8s_openapi`.
//!
//! `{"domains": {"example.com": "staging.example.com"}}`: `shop.example.com` becomes `shop.staging.example.com`.

use k8s_openapi::api::networking::v1::Ingress;
use lazarette_sdk::{Decision, Error, Modifier, Object};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IngressHost {
    domains: BTreeMap<String, String>,
}

impl Modifier for IngressHost {
    type Config = Self;

    fn configure(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn modify(&mut self, object: &Object, decision: &Decision) -> Result<(), Error> {
        let before: Ingress = object.typed()?;
        let mut after = before.clone();
        let spec = after.spec.get_or_insert_default();
        let of_rules = spec
            .rules
            .iter_mut()
            .flatten()
            .filter_map(|rule| rule.host.as_mut());
        let of_certificates = spec
            .tls
            .iter_mut()
            .flatten()
            .flat_map(|tls| tls.hosts.iter_mut().flatten());
        for host in of_rules.chain(of_certificates) {
            if let Some(renamed) = self.renamed(host) {
                *host = renamed;
            }
        }
        // Fields that the type does not know survive: only what differs is changed.
        decision.change_typed(&before, &after)
    }
}

impl IngressHost {
    /// The host under its new domain; the longest domain that fits counts.
    fn renamed(&self, host: &str) -> Option<String> {
        let fits = |domain: &&String| host == domain.as_str() || host.ends_with(&format!(".{domain}"));
        let domain = self
            .domains
            .keys()
            .filter(fits)
            .max_by_key(|domain| domain.len())?;
        let new = &self.domains[domain];
        Some(format!("{}{new}", &host[..host.len() - domain.len()]))
    }
}

lazarette_sdk::export_modifier!(IngressHost, manifest: "../manifest.json");
