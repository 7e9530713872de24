//! Label selectors.

mod structured;
mod text;

/// Which objects are meant, by their labels: those that fulfil all requirements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

/// What a label must be like.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operator {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
    GreaterThan(i64),
    LessThan(i64),
}

/// A label selector that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("label selector{}: {message}", text.as_ref().map(|text| format!(" '{text}'")).unwrap_or_default())]
pub struct SelectorError {
    /// The selector, where it was given as a text.
    pub text: Option<String>,
    /// What is wrong, and what is expected.
    pub message: String,
}

impl LabelSelector {
    /// Whether it has no requirement, so that it fits everything.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether an object with these labels is meant. As in Kubernetes, `!=` and `notin` also fit an object that does
    /// not have the label at all.
    pub fn matches<'l, L>(&self, labels: L) -> bool
    where
        L: IntoIterator<Item = (&'l str, &'l str), IntoIter: Clone>,
    {
        let labels = labels.into_iter();
        self.requirements.iter().all(|requirement| {
            let value = labels
                .clone()
                .find(|(key, _)| *key == requirement.key)
                .map(|(_, value)| value);
            requirement.operator.fits(value)
        })
    }
}

impl Operator {
    fn fits(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match self {
            Operator::In(values) => value.is_some_and(|value| values.iter().any(|one| one == value)),
            Operator::NotIn(values) => !value.is_some_and(|value| values.iter().any(|one| one == value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan(bound) => number().is_some_and(|number| number > *bound),
            Operator::LessThan(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}

/// Whether `key` can be the key of a label: an optional `prefix/`, and a name of at most 63 characters.
fn check_key(key: &str) -> Result<(), String> {
    let (prefix, name) = key
        .split_once('/')
        .map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let legal_prefix = prefix.is_none_or(|prefix| {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        !prefix.is_empty() && prefix.len() <= 253 && prefix.chars().all(legal)
    });
    if legal_prefix && !name.is_empty() && is_label_text(name) {
        Ok(())
    } else {
        Err(format!(
            "'{key}' is not the key of a label; expected a form such as 'app' or 'example.com/app'"
        ))
    }
}

/// Whether `value` can be the value of the label `key`.
fn check_value(key: &str, value: &str) -> Result<(), String> {
    if is_label_text(value) {
        Ok(())
    } else {
        Err(format!(
            "'{value}' is not a value for the label '{key}'; expected at most 63 letters, digits, '-', '_' and '.', with \
             a letter or digit at both ends"
        ))
    }
}

/// What names and values of labels may be made of. The empty text is a value, not a name.
fn is_label_text(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let ends = |c: char| c.is_ascii_alphanumeric();
    text.is_empty()
        || (text.len() <= 63 && text.chars().all(legal) && text.starts_with(ends) && text.ends_with(ends))
}
