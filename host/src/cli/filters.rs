//! Options that choose objects, of a backup and of a restore.

use super::values::one_of;
use crate::object::{ClusterScope, FilterSpec};
use clap::Args;

/// Options that choose objects. Without any, all are taken; what is excluded wins over what is included.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Filters")]
pub(super) struct Filters {
    /// Only objects of these namespaces; patterns such as `team-*` are taken
    #[arg(long, value_delimiter = ',', value_name = "NAMESPACES")]
    include_namespaces: Vec<String>,

    /// No objects of these namespaces
    #[arg(long, value_delimiter = ',', value_name = "NAMESPACES")]
    exclude_namespaces: Vec<String>,

    /// Only these resource types: `pods`, `deployments.apps`, `apps/Deployment`, `v1/Secret`, `*.example.com`
    #[arg(long, value_delimiter = ',', value_name = "TYPES")]
    include_resources: Vec<String>,

    /// None of these resource types
    #[arg(long, value_delimiter = ',', value_name = "TYPES")]
    exclude_resources: Vec<String>,

    /// No Secrets; whatever shows this backup or restore says so
    #[arg(long)]
    exclude_secrets: bool,

    /// Only objects with these labels, as for `kubectl -l`; when given several times, one of them must fit
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    selector: Vec<String>,

    /// Objects of the cluster as a whole: all, none, or (auto) all when no namespace is chosen, else what the chosen
    /// objects need
    #[arg(
        long,
        value_name = "WHICH",
        value_parser = one_of::<ClusterScope>(["auto", "true", "false"]),
        default_value = "auto"
    )]
    include_cluster_resources: ClusterScope,
}

impl From<Filters> for FilterSpec {
    fn from(filters: Filters) -> Self {
        FilterSpec {
            include_namespaces: filters.include_namespaces,
            exclude_namespaces: filters.exclude_namespaces,
            include_resources: filters.include_resources,
            exclude_resources: filters.exclude_resources,
            exclude_secrets: filters.exclude_secrets,
            selectors: filters.selector,
            include_cluster_resources: filters.include_cluster_resources,
        }
    }
}
