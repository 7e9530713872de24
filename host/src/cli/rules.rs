//! Files of resource modifiers.

use super::failure::{Ended, Failure};
use super::files;
use super::plugins::Loaded;
use super::session::Session;
use crate::modify::Rules;
use crate::report::{Problem, ResultOf};
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

/// Add the modifiers that their configuration applies to some types, and that no rule names.
pub(super) fn add_applied(rules: &mut Option<Rules>, plugins: &Loaded, session: &Session) -> ResultOf<()> {
    let named = rules
        .iter()
        .flat_map(|rules| rules.rules.iter().map(|rule| rule.patches.plugin.clone()));
    let Some(applied) = plugins.rules(&named.collect::<Vec<_>>(), session)? else {
        return Ok(());
    };
    match rules {
        Some(rules) => rules.rules.extend(applied.rules),
        None => *rules = Some(applied),
    }
    Ok(())
}
