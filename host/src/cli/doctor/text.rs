//! A diagnosis, shown.

use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::doctor::{Diagnosis, Subject, Verdict, roles};
use crate::object::yaml;
use crate::report::Outcome;
use anstyle::AnsiColor;
use serde::Serialize;
use serde_json::Value;

/// Who gets the roles where the cluster does not say who the user is.
const UNKNOWN_USER: &str = "CHANGE-ME";

/// A diagnosis, with what would mend it.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    diagnosis: &'a Diagnosis,
    roles: Vec<Value>,
}

/// Show a diagnosis; with `roles_only`, the roles called `name` that it calls for.
pub(super) fn show(session: &Session, diagnosis: &Diagnosis, name: &str, roles_only: bool) -> Ended<Outcome> {
    let unknown = Subject::User {
        name: UNKNOWN_USER.to_owned(),
    };
    let roles = roles(
        &diagnosis.missing_rights,
        diagnosis.subject.as_ref().unwrap_or(&unknown),
        name,
    );
    if roles_only {
        session.output.write(&manifest(&roles))?;
        return Ok(diagnosis.outcome());
    }
    let shown = Shown { diagnosis, roles };
    session.output.show(&shown, |shown, _| text(shown))?;
    Ok(diagnosis.outcome())
}

fn text(shown: &Shown<'_>) -> String {
    let mut text = String::new();
    for check in &shown.diagnosis.checks {
        let (word, color) = match check.verdict {
            Verdict::Good => ("good", AnsiColor::Green),
            Verdict::Warning => ("warning", AnsiColor::Yellow),
            Verdict::Bad => ("bad", AnsiColor::Red),
        };
        let style = color.on_default().bold();
        text.push_str(&format!(
            "{style}{word:<8}{style:#}{}: {}\n",
            check.name, check.message
        ));
        if let Some(problem) = &check.problem {
            text.push_str(&format!("        {}\n", problem.code.action()));
        }
    }
    if !shown.roles.is_empty() {
        text.push_str("\n# What is missing, for `kubectl apply -f -`\n");
        text.push_str(&manifest(&shown.roles));
    }
    text
}

fn manifest(roles: &[Value]) -> String {
    roles.iter().map(yaml::write).collect::<Vec<_>>().join("---\n")
}
