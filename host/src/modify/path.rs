//! Paths into objects, as Velero reads them: JSON pointers, in which an index may count from the end.

use serde_json::Value;

/// Where a path leads in an object.
#[derive(Debug, PartialEq)]
pub(super) enum Found<'a> {
    /// To this value.
    Value(&'a Value),
    /// Nowhere, but to a member that could be added.
    NoMember,
    /// Nowhere: a value on the way to it is missing, or has no members.
    NoParent,
    /// To an element of a list that has fewer.
    OutOfRange,
    /// Into a list, with something that is no index.
    NotAnIndex(&'a str),
}

/// A path, split and unescaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    text: String,
    segments: Vec<String>,
}

impl Path {
    /// The path `text`. None without a `/`: it leads nowhere. What stands before the first `/` is dropped, as in Velero.
    pub(super) fn parse(text: &str) -> Option<Path> {
        let (_, rest) = text.split_once('/')?;
        let segments = rest
            .split('/')
            .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
            .collect();
        Some(Path {
            text: text.to_owned(),
            segments,
        })
    }

    /// As it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where it leads in `json`.
    pub(super) fn find<'a>(&'a self, json: &'a Value) -> Found<'a> {
        let Some((last, parents)) = self.segments.split_last() else {
            return Found::NoParent;
        };
        let mut at = json;
        for segment in parents {
            match step(at, segment) {
                Found::Value(value) => at = value,
                _ => return Found::NoParent,
            }
        }
        step(at, last)
    }
}

fn step<'a>(at: &'a Value, segment: &'a str) -> Found<'a> {
    match at {
        Value::Object(members) => members.get(segment).map_or(Found::NoMember, Found::Value),
        Value::Array(elements) => match segment.parse::<i64>() {
            Ok(index) => element(elements, index).map_or(Found::OutOfRange, Found::Value),
            Err(_) => Found::NotAnIndex(segment),
        },
        _ => Found::NoParent,
    }
}

/// The element at `index`, which counts from the end where it is negative.
fn element(elements: &[Value], index: i64) -> Option<&Value> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    let index = if index < 0 {
        elements.len().checked_sub(distance)?
    } else {
        distance
    };
    elements.get(index)
}

/// Whether `actual`, of an object, is `expected`, of a rule: members in any order, numbers by how they are written, so
/// that `1.0` in a rule is not the number 1.
pub(super) fn is_same(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Number(actual), Value::Number(expected)) => {
            // Kubernetes writes a whole number without a point, whatever way it got it.
            let whole = actual
                .as_f64()
                .filter(|_| actual.is_f64())
                .filter(|number| number.fract() == 0.0);
            actual == expected || whole.is_some_and(|whole| expected.to_string() == format!("{whole}"))
        }
        (Value::Array(actual), Value::Array(expected)) => {
            actual.len() == expected.len()
                && actual
                    .iter()
                    .zip(expected)
                    .all(|(actual, expected)| is_same(actual, expected))
        }
        (Value::Object(actual), Value::Object(expected)) => {
            actual.len() == expected.len()
                && actual
                    .iter()
                    .all(|(key, value)| expected.get(key).is_some_and(|other| is_same(value, other)))
        }
        _ => actual == expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::member("/spec/size", Found::Value(&json!(3)))]
    #[case::escaped("/metadata/a~1b~0c", Found::Value(&json!("x")))]
    #[case::element("/spec/list/1", Found::Value(&json!("b")))]
    #[case::from_the_end("/spec/list/-1", Found::Value(&json!("b")))]
    #[case::plus_and_zeros("/spec/list/+00", Found::Value(&json!("a")))]
    #[case::first_segment_dropped("junk/kind", Found::Value(&json!("Pod")))]
    #[case::no_member("/spec/other", Found::NoMember)]
    #[case::no_parent("/status/phase", Found::NoParent)]
    #[case::through_a_scalar("/kind/x", Found::NoParent)]
    #[case::past_the_end("/spec/list/2", Found::OutOfRange)]
    #[case::before_the_start("/spec/list/-3", Found::OutOfRange)]
    #[case::dash("/spec/list/-", Found::NotAnIndex("-"))]
    #[case::name_in_a_list("/spec/list/a", Found::NotAnIndex("a"))]
    #[case::through_a_missing_element("/spec/list/7/x", Found::NoParent)]
    fn a_path_leads(#[case] path: &str, #[case] expected: Found<'_>) {
        let object = json!({
            "kind": "Pod", "metadata": {"a/b~c": "x"}, "spec": {"size": 3, "list": ["a", "b"]},
        });
        let path = Path::parse(path).unwrap();
        assert_eq!(path.find(&object), expected);
    }

    #[rstest]
    #[case::equal(json!(1), json!(1), true)]
    #[case::fraction_in_the_rule(json!(1), json!(1.0), false)]
    #[case::fraction_in_the_object(json!(1.0), json!(1), true)]
    #[case::text(json!("1"), json!(1), false)]
    #[case::order_of_members(json!({"a": 1, "b": null}), json!({"b": null, "a": 1}), true)]
    #[case::other_member(json!({"a": null}), json!({"b": null}), false)]
    #[case::order_of_elements(json!([1, 2]), json!([2, 1]), false)]
    fn values_are_compared(#[case] actual: Value, #[case] expected: Value, #[case] same: bool) {
        assert_eq!(is_same(&actual, &expected), same);
    }
}
