//! Pods that share a volume.

use super::find::FoundPod;
use crate::object::Needs;
use std::collections::HashMap;

/// Put pods that share a volume together, directly or through others, in the order in which they were found.
pub(super) fn group(found: Vec<FoundPod>) -> Vec<Vec<FoundPod>> {
    let mut groups: Vec<Vec<FoundPod>> = Vec::new();
    // The group of each claim.
    let mut of_claim: HashMap<(Option<String>, String), usize> = HashMap::new();
    for pod in found {
        let namespace = &pod.pod.id.namespace;
        let claims: Vec<_> = Needs::claims_of_pod(&pod.pod.id.name, &pod.raw.json)
            .into_iter()
            .map(|claim| (namespace.clone(), claim))
            .collect();
        let mut shared: Vec<usize> = claims
            .iter()
            .filter_map(|claim| of_claim.get(claim).copied())
            .collect();
        shared.sort_unstable();
        shared.dedup();
        let mut members = vec![pod];
        for index in shared.iter().rev() {
            let mut others = groups.get_mut(*index).map(std::mem::take).unwrap_or_default();
            others.append(&mut members);
            members = others;
        }
        let index = match shared.first() {
            Some(index) => *index,
            None => {
                groups.push(Vec::new());
                groups.len() - 1
            }
        };
        if shared.len() > 1 {
            let merged = of_claim.values_mut().filter(|group| shared.contains(group));
            merged.for_each(|group| *group = index);
        }
        of_claim.extend(claims.into_iter().map(|claim| (claim, index)));
        if let Some(group) = groups.get_mut(index) {
            *group = members;
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}
