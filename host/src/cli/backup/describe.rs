//! `lazarette backup describe`

use super::hooks::Shown;
use super::name::{Name, explain};
use super::velero;
use crate::archive::{self, ArchiveError, FileRecord, LeftOut, Manifest};
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::hooks::attempted;
use crate::cli::session::Session;
use crate::hooks::HookRecord;
use crate::object::{ClusterScope, FilterSpec};
use crate::report::{Description, Outcome, units};
use clap::Args;
use std::collections::BTreeMap;

/// Show what a backup holds
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("What is in it", "lazarette backup describe nightly --store file:./backups"),
    ("For scripts", "lazarette backup describe nightly -o yaml"),
]))]
pub(super) struct Describe {
    #[command(flatten)]
    name: Name,
}

impl Describe {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let store = session.store()?;
        let manifest = match archive::read_manifest(store.as_ref(), &self.name.backup).await {
            Ok(manifest) => manifest,
            Err(ArchiveError::OfVelero { name }) => return velero::describe(session, store, &name).await,
            Err(error) => return Err(explain(error, store.as_ref()).await.into()),
        };
        let record = HookRecord::read(store.as_ref(), &manifest).await?;
        let shown = Shown::new(&manifest, &record);
        session.output.show(&shown, |shown, _| {
            format!("{}{}", text(shown.manifest), attempted(shown.hooks))
        })?;
        Ok(Outcome::Completed)
    }
}

/// A backup as text for people.
fn text(manifest: &Manifest) -> String {
    let mut text = Description::default();
    text.field("Name", &manifest.name)
        .field("Cluster", &manifest.source.cluster)
        .field("Labels", labels(&manifest.labels))
        .field("Begun", units::moment(manifest.created_at))
        .field("Completed", units::moment(manifest.completed_at))
        .field(
            "Expires",
            manifest
                .expires_at
                .map_or_else(|| "never".to_owned(), units::moment),
        )
        .field("Encrypted", if is_encrypted(manifest) { "yes" } else { "no" })
        .field(
            "Signed with",
            manifest
                .signed_by
                .map_or_else(|| "no key".to_owned(), |key| key.to_string()),
        )
        .field("Written by", format!("lazarette {}", manifest.program_version));
    filters(text.section("Filters"), &manifest.source.filter);
    text.section("Contents")
        .field("Objects", manifest.contents.objects)
        .field("Size of objects", units::size(manifest.contents.bytes))
        .field(
            "Size in the store",
            units::size(manifest.files.iter().map(FileRecord::stored_size).sum()),
        )
        .field(
            "Left out, being deleted",
            nonzero(manifest.contents.being_deleted),
        )
        .field("Left out by label", nonzero(manifest.contents.excluded_by_label))
        .field("Left out by the filter", secrets(&manifest.source.filter))
        .field("Warnings", nonzero(manifest.warnings))
        .field("Could not be read", nonzero(manifest.errors));
    left_out(text.section("Left out by default"), &manifest.contents.left_out);
    text.section("Objects by type");
    for of in &manifest.contents.types {
        text.field(&of.resource.to_string(), of.objects);
    }
    text.render()
}

fn left_out(text: &mut Description, left_out: &LeftOut) {
    let types: Vec<String> = left_out.types.iter().map(ToString::to_string).collect();
    text.field("Namespaces", left_out.namespaces.join(", "))
        .field("Types", types.join("\n"))
        .field("Objects that were seen", nonzero(left_out.objects));
}

/// What everybody has to know who relies on a backup.
pub(super) fn secrets(filter: &FilterSpec) -> &'static str {
    match filter.leaves_out_secrets() {
        true => "all Secrets",
        false => "",
    }
}

fn is_encrypted(manifest: &Manifest) -> bool {
    manifest.files.iter().any(|file| file.stored.is_some())
}

pub(super) fn filters(text: &mut Description, filter: &FilterSpec) {
    text.field("Included namespaces", filter.include_namespaces.join(", "))
        .field("Excluded namespaces", filter.exclude_namespaces.join(", "))
        .field("Included resources", filter.include_resources.join(", "))
        .field("Excluded resources", filter.exclude_resources.join(", "))
        .field("Selector", filter.selectors.join(" or "))
        .field(
            "Cluster resources",
            match filter.include_cluster_resources {
                ClusterScope::Auto => "",
                ClusterScope::Always => "all",
                ClusterScope::Never => "none",
            },
        );
}

pub(super) fn labels(labels: &BTreeMap<String, String>) -> String {
    labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A count, or nothing where there is nothing to tell.
pub(super) fn nonzero(count: u64) -> String {
    if count == 0 {
        String::new()
    } else {
        count.to_string()
    }
}
