//! The nearest right spelling of a name that is wrong.

/// Similarity (Jaro) from which on a name is taken for a slip of the other: what clap takes for its own options.
const SIMILAR: f64 = 0.7;

/// The one of `known` that is most like `wrong`, if any is like it.
pub fn nearest<I, S>(wrong: &str, known: I) -> Option<String>
where
    I: IntoIterator<Item = S>,
    S: AsRef<str>,
{
    let wrong = wrong.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::jaro(&wrong, &name.as_ref().to_lowercase()), name))
        .filter(|(similarity, _)| *similarity > SIMILAR)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name.as_ref().to_owned())
}

/// What to append to a message about the unknown name `wrong`: `; did you mean 'nightly'?`, or nothing.
pub fn did_you_mean<I, S>(wrong: &str, known: I) -> String
where
    I: IntoIterator<Item = S>,
    S: AsRef<str>,
{
    nearest(wrong, known)
        .map(|name| format!("; did you mean '{name}'?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::letter_missing("nightl", Some("nightly"))]
    #[case::letters_swapped("ngihtly", Some("nightly"))]
    #[case::case_wrong("NIGHTLY", Some("nightly"))]
    #[case::singular("deployment.apps", Some("deployments.apps"))]
    #[case::another_word("xyz", None)]
    fn the_nearest_name(#[case] wrong: &str, #[case] expected: Option<&str>) {
        let known = ["nightly", "deployments.apps", "weekly"];
        assert_eq!(nearest(wrong, known).as_deref(), expected);
    }

    #[test]
    fn the_suggestion_ends_a_message() {
        assert_eq!(did_you_mean("wekly", ["weekly"]), "; did you mean 'weekly'?");
        assert_eq!(did_you_mean("wekly", [""; 0]), "");
    }
}
