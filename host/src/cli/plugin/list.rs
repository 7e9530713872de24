//! `lazarette plugin list`

use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::plugin::{BUILT_INS, Inspection, built_in_component};
use crate::report::{Outcome, ResultOf, Table, units};
use clap::Args;
use serde::Serialize;

/// List the built-in plugins
#[derive(Args, Debug)]
#[command(
    visible_alias = "ls",
    after_help = examples(&[
        ("What there is", "lazarette plugin list"),
        ("For scripts", "lazarette plugin list -o json"),
    ])
)]
pub(super) struct List {}

/// A plugin that comes with the program.
#[derive(Serialize)]
struct Entry {
    name: &'static str,
    #[serde(flatten)]
    inspection: Inspection,
}

impl List {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        let built_in = BUILT_INS
            .iter()
            .filter_map(|name| Some((*name, built_in_component(name)?)));
        let plugins: Vec<Entry> = built_in
            .map(|(name, bytes)| entry(name, bytes))
            .collect::<ResultOf<_>>()?;
        session
            .output
            .show(&plugins, |plugins, width| table(plugins).render(width))?;
        Ok(Outcome::Completed)
    }
}

fn entry(name: &'static str, bytes: &[u8]) -> ResultOf<Entry> {
    Ok(Entry {
        name,
        inspection: super::inspect::look_at(name, bytes)?,
    })
}

fn table(plugins: &[Entry]) -> Table {
    let mut table = Table::new(["NAME", "VERSION", "WORLD", "SIZE", "DESCRIPTION"]);
    for Entry { name, inspection } in plugins {
        let manifest = inspection.manifest.clone().unwrap_or_default();
        table.row([
            (*name).into(),
            manifest.version.into(),
            inspection.world.name().into(),
            units::size(u64::try_from(inspection.size).unwrap_or(u64::MAX)).into(),
            manifest.description.into(),
        ]);
    }
    table
}
