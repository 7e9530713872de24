//! `lazarette version`

use super::failure::Ended;
use super::session::Session;
use crate::plugin::CONTRACT_VERSION;
use crate::report::{Description, Outcome};
use serde::Serialize;

/// The versions that matter to users and authors of plugins.
#[derive(Serialize)]
struct Versions {
    /// Of the program.
    lazarette: &'static str,
    /// Of the contract that plugins are built for.
    contract: &'static str,
}

pub(super) fn run(session: &Session) -> Ended<Outcome> {
    let versions = Versions {
        lazarette: env!("CARGO_PKG_VERSION"),
        contract: CONTRACT_VERSION,
    };
    session.output.show(&versions, |versions, _| {
        let mut text = Description::default();
        text.field("lazarette", versions.lazarette)
            .field("contract", versions.contract);
        text.render()
    })?;
    Ok(Outcome::Completed)
}
