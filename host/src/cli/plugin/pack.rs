//! `lazarette plugin pack`

use crate::authoring::{AuthoringError, componentize, with_manifest};
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::files;
use crate::cli::session::Session;
use crate::report::{Outcome, units};
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Make a component ready to be used: put its manifest into it
///
/// For languages whose tools cannot do it. A core module that was built for a target without WASI becomes a component on
/// the way.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("In its place, with ./manifest.json", "lazarette plugin pack plugin.wasm"),
    ("A core module of Rust", "lazarette plugin pack target/wasm32-unknown-unknown/release/label.wasm --to plugin.wasm"),
]))]
pub(super) struct Pack {
    /// A component, or a core module that carries the types of its world
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    component: PathBuf,

    /// The manifest
    #[arg(long, value_name = "FILE", default_value = "manifest.json", value_hint = ValueHint::FilePath)]
    manifest: PathBuf,

    /// Where it goes [default: in the place of FILE]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    to: Option<PathBuf>,
}

impl Pack {
    pub fn run(self, session: &Session) -> Ended<Outcome> {
        let manifest = files::read(&self.manifest)?;
        let read = std::fs::read(&self.component);
        let bytes = read.map_err(|error| files::unreadable(&error).about(self.component.display()))?;
        let packed = with_manifest(&componentize(bytes)?, manifest.as_bytes())?;
        let to = self.to.unwrap_or(self.component);
        let inspection = super::inspect::look_at(&to.display().to_string(), &packed)?;
        std::fs::write(&to, &packed).map_err(|cause| AuthoringError::File {
            file: to.display().to_string(),
            cause,
        })?;
        session.output.show(&inspection, |inspection, _| {
            let size = units::size(u64::try_from(inspection.size).unwrap_or(u64::MAX));
            format!(
                "{}: {}, {size}, sha256:{}\n",
                to.display(),
                inspection.world.name(),
                inspection.digest
            )
        })?;
        Ok(Outcome::Completed)
    }
}
