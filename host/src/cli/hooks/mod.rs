//! Hooks that the user names.

mod text;

pub(super) use text::{attempted, planned};

use super::files;
use crate::cluster::Cluster;
use crate::doctor::HookNeeds;
use crate::hooks::{HookDocument, Side};
use crate::report::ResultOf;
use clap::{Args, ValueHint};
use std::path::Path;

/// Hooks that run in pods.
#[derive(Args, Debug)]
#[command(next_help_heading = "Hooks")]
pub(super) struct HookOptions {
    /// Run these hooks in pods: NAMESPACE/NAME of a BackupHook or RestoreHook in the cluster, or a file with some; may
    /// be given several times
    #[arg(long = "hooks", value_name = "NAMESPACE/NAME|FILE", value_hint = ValueHint::FilePath)]
    named: Vec<String>,

    /// Run the hooks in annotations of pods, as Velero has them (`pre.hook.backup.velero.io/command` and so on): whoever
    /// may write a pod may then have commands run in it
    #[arg(long)]
    pub hook_annotations: bool,
}

impl HookOptions {
    /// The documents that are named, each with a hook for `side`. Those of the cluster are read from `cluster`.
    pub async fn documents(&self, side: Side, cluster: &dyn Cluster) -> ResultOf<Vec<HookDocument>> {
        let mut documents = Vec::new();
        for named in &self.named {
            let document = match reference(named) {
                Some((namespace, name)) if !Path::new(named).exists() => {
                    HookDocument::fetch(cluster, side, namespace, name).await?
                }
                _ => HookDocument {
                    text: files::read(Path::new(named))?,
                    place: named.clone(),
                },
            };
            document.hooks(side)?;
            documents.push(document);
        }
        Ok(documents)
    }

    /// What the hooks need that are named.
    pub async fn needs(&self, side: Side, cluster: &dyn Cluster) -> ResultOf<HookNeeds> {
        let mut hooks = Vec::new();
        for document in self.documents(side, cluster).await? {
            hooks.extend(document.hooks(side)?);
        }
        Ok(HookNeeds {
            hooks,
            annotations: self.hook_annotations,
        })
    }
}

/// Namespace and name, where `text` may be those of a resource.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (namespace, name) = text.split_once('/')?;
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_namespace = !namespace.is_empty() && namespace.chars().all(is_part);
    let is_name = !name.is_empty() && name.chars().all(|c| is_part(c) || c == '.');
    (is_namespace && is_name).then_some((namespace, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::reference("default/databases", Some(("default", "databases")))]
    #[case::dots("default/data.bases", Some(("default", "data.bases")))]
    #[case::file("hooks.yaml", None)]
    #[case::here("./hooks", None)]
    #[case::path("/etc/hooks", None)]
    #[case::deep("a/b/c", None)]
    #[case::upper_case("default/Hooks", None)]
    #[case::nothing("default/", None)]
    fn what_looks_like_a_resource(#[case] text: &str, #[case] expected: Option<(&str, &str)>) {
        assert_eq!(reference(text), expected);
    }
}
