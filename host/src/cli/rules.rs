//! Files of resource modifiers.

use super::failure::{Ended, Failure};
use super::files;
use super::session::Session;
use crate::modify::Rules;
use crate::report::Problem;
use std::path::Path;

/// Read the rules in `file`. All that is wrong with them is told at once; what their author should know is a warning.
pub(super) fn read(file: &Path, session: &Session) -> Ended<Rules> {
    let text = files::read(file)?;
    let name = file.display();
    let rules = Rules::parse(&text).map_err(|problems| {
        Failure(
            problems
                .into_iter()
                .map(|problem| Problem::from(problem).about(&name))
                .collect(),
        )
    })?;
    for warning in &rules.warnings {
        session.warn(format!("{name}: {warning}"));
    }
    Ok(rules)
}
