//! When two values are the same.

use lazarette_sdk::Value;

/// Whether `actual`, of an object, is `expected`, of a rule: members in any order, numbers by how they are written, so
/// that `1.0` in a rule is not the number 1.
pub fn is_same(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Number(actual), Value::Number(expected)) => {
            // Kubernetes writes a whole number without a point, whatever way it got it.
            let whole = actual
                .as_f64()
                .filter(|number| actual.is_f64() && number.fract() == 0.0);
            actual == expected || whole.is_some_and(|whole| expected.to_string() == whole.to_string())
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
