//! What a plain scalar means, by the rules of YAML 1.1 as Kubernetes' own reader applies them.

use super::ScalarValue;
use serde_json::Number;

/// Whole numbers up to here are exact in a float; JSON writers of Go switch to exponents at the same bound.
const LARGEST_WHOLE_FLOAT: f64 = 1e21;

/// The meaning of the plain scalar `text`, or why JSON cannot hold it.
pub(super) fn resolve(text: &str) -> Result<ScalarValue, String> {
    if let Some(value) = word(text) {
        return Ok(value);
    }
    match text.as_bytes().first() {
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => number(text),
        _ => Ok(ScalarValue::String),
    }
}

/// The meaning of the scalar `text` that carries the tag `!!tag` of YAML, or why it cannot carry it.
pub(super) fn resolve_as(tag: &str, text: &str) -> Result<ScalarValue, String> {
    let value = match tag {
        "bool" | "int" | "float" | "null" => resolve(text)?,
        // Timestamps stay text in JSON, and Kubernetes reads other tags as if they were not there.
        _ => return Ok(ScalarValue::String),
    };
    let fits = match (tag, &value) {
        ("bool", ScalarValue::Bool(_)) | ("null", ScalarValue::Null) | ("float", ScalarValue::Number(_)) => {
            true
        }
        ("int", ScalarValue::Number(number)) => !number.is_f64(),
        _ => false,
    };
    if fits {
        Ok(value)
    } else {
        Err(format!(
            "'{text}' is not of the type !!{tag}; correct it or remove the tag"
        ))
    }
}

/// The words that mean something else than themselves.
fn word(text: &str) -> Option<ScalarValue> {
    let value = match text {
        "" | "~" | "null" | "Null" | "NULL" => ScalarValue::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            ScalarValue::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            ScalarValue::Bool(false)
        }
        _ => return None,
    };
    Some(value)
}

/// A number, or text that only begins like one.
fn number(text: &str) -> Result<ScalarValue, String> {
    if matches!(
        text.trim_start_matches(['+', '-']),
        ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN"
    ) {
        return Err(format!("JSON has no number '{text}'; quote it if it is a text"));
    }
    // After a point, an underscore must stand between two digits; elsewhere it may stand anywhere after the first one.
    if text.starts_with('.') && !underscores_divide_digits(text) {
        return Ok(ScalarValue::String);
    }
    let digits = text.replace('_', "");
    let parsed = integer(&digits).or_else(|| float(&digits));
    Ok(parsed.map_or(ScalarValue::String, ScalarValue::Number))
}

/// Whether each underscore of `text`, which begins with a point, stands between two digits.
fn underscores_divide_digits(text: &str) -> bool {
    let misplaced = |three: &[u8]| matches!(three, [before, b'_', after] if !before.is_ascii_digit() || !after.is_ascii_digit());
    !text.ends_with('_') && !text.as_bytes().windows(3).any(misplaced)
}

/// A whole number of 64 bits in base 10, 2 (`0b`), 8 (`0o` or just `0`) or 16 (`0x`).
fn integer(text: &str) -> Option<Number> {
    let (negative, magnitude) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (base, digits) = match magnitude.get(..2) {
        Some("0x" | "0X") => (16, magnitude.get(2..)?),
        Some("0b" | "0B") => (2, magnitude.get(2..)?),
        Some("0o" | "0O") => (8, magnitude.get(2..)?),
        Some(start) if start.starts_with('0') => (8, magnitude.get(1..)?),
        _ => (10, magnitude),
    };
    // The parser of the standard library would take a second sign.
    if !digits.starts_with(|c: char| c.is_ascii_hexdigit()) {
        return None;
    }
    let value = u64::from_str_radix(digits, base).ok()?;
    if negative {
        0i64.checked_sub_unsigned(value).map(Number::from)
    } else {
        Some(Number::from(value))
    }
}

/// A decimal fraction. A whole one becomes a whole number, as on its way through the JSON of `kubectl`.
fn float(text: &str) -> Option<Number> {
    let digit_or_point = |c: char| c.is_ascii_digit() || c == '.';
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let legal_exponent = exponent
        .strip_prefix(['+', '-'])
        .unwrap_or(exponent)
        .chars()
        .all(|c| c.is_ascii_digit());
    if !mantissa.starts_with(digit_or_point) || !mantissa.chars().all(digit_or_point) || !legal_exponent {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    if value.fract() == 0.0 && value.abs() < LARGEST_WHOLE_FLOAT {
        // `{:.0}` prints a whole float exactly; those beyond 64 bits stay floats. The addition makes -0 a 0.
        return integer_in_base_10(&format!("{:.0}", value + 0.0)).or_else(|| Number::from_f64(value));
    }
    Number::from_f64(value)
}

/// The whole number that `text` spells, when it has 64 bits.
fn integer_in_base_10(text: &str) -> Option<Number> {
    text.parse::<i64>()
        .map(Number::from)
        .or_else(|_| text.parse::<u64>().map(Number::from))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::{Value, json};

    fn json_of(text: &str) -> Value {
        match resolve(text).unwrap() {
            ScalarValue::Null => Value::Null,
            ScalarValue::Bool(value) => Value::Bool(value),
            ScalarValue::Number(value) => Value::Number(value),
            ScalarValue::String => Value::String(text.to_owned()),
        }
    }

    #[rstest]
    #[case::nothing("", json!(null))]
    #[case::tilde("~", json!(null))]
    #[case::null("Null", json!(null))]
    #[case::odd_null("nULL", json!("nULL"))]
    #[case::yes("yes", json!(true))]
    #[case::letter("y", json!(true))]
    #[case::odd_yes("yEs", json!("yEs"))]
    #[case::no("NO", json!(false))]
    #[case::on("On", json!(true))]
    #[case::off("off", json!(false))]
    #[case::int("12", json!(12))]
    #[case::plus("+1", json!(1))]
    #[case::negative("-17", json!(-17))]
    #[case::underscores("1_000__0_", json!(10000))]
    #[case::leading_underscore("_1", json!("_1"))]
    #[case::octal("0777", json!(511))]
    #[case::octal_with_o("0o17", json!(15))]
    #[case::no_octal("08", json!(8))]
    #[case::version("1.30", json!(1.3))]
    #[case::hex("0x_1F", json!(31))]
    #[case::negative_hex("-0x1f", json!(-31))]
    #[case::hex_float("0x1p-2", json!("0x1p-2"))]
    #[case::bare_hex("0x", json!("0x"))]
    #[case::two_signs("+-1", json!("+-1"))]
    #[case::sign_in_hex("0x-1", json!("0x-1"))]
    #[case::binary("0b101", json!(5))]
    #[case::negative_binary("-0b101", json!(-5))]
    #[case::smallest("-9223372036854775808", json!(i64::MIN))]
    #[case::largest("18446744073709551615", json!(u64::MAX))]
    #[case::too_large("123456789012345678901234567890", json!(123456789012345678901234567890.0))]
    #[case::float("1.23456789012", json!(1.23456789012))]
    #[case::point_first(".5", json!(0.5))]
    #[case::point_last("5.", json!(5))]
    #[case::point_and_underscore(".5_0", json!(0.5))]
    #[case::point_and_two_underscores(".5__0", json!(".5__0"))]
    #[case::underscore_at_the_end(".5_", json!(".5_"))]
    #[case::whole_float("3.0", json!(3))]
    #[case::minus_zero("-0.0", json!(0))]
    #[case::exponent("1e3", json!(1000))]
    #[case::large_exponent("1e21", json!(1e21))]
    #[case::beyond_floats("1e400", json!("1e400"))]
    #[case::half_exponent("1e", json!("1e"))]
    #[case::infinity_word("+infinity", json!("+infinity"))]
    #[case::sexagesimal("1:30", json!("1:30"))]
    #[case::date("2001-01-01", json!("2001-01-01"))]
    #[case::ip("10.0.0.1", json!("10.0.0.1"))]
    #[case::minus("-", json!("-"))]
    #[case::point(".", json!("."))]
    #[case::merge("<<", json!("<<"))]
    fn a_plain_scalar_means_what_it_means_to_kubectl(#[case] text: &str, #[case] expected: Value) {
        assert_eq!(json_of(text), expected);
    }

    #[rstest]
    #[case(".inf")]
    #[case("-.Inf")]
    #[case(".NaN")]
    fn what_json_cannot_hold_is_an_error(#[case] text: &str) {
        assert!(resolve(text).unwrap_err().contains("quote it"));
    }

    #[rstest]
    #[case("int", "3", Ok(json!(3)))]
    #[case("float", "3", Ok(json!(3)))]
    #[case("str", "3", Ok(json!("3")))]
    #[case("timestamp", "2001-01-01", Ok(json!("2001-01-01")))]
    #[case("int", "x", Err(()))]
    #[case("int", "1.5", Err(()))]
    #[case("bool", "1", Err(()))]
    fn a_tag_decides_or_is_refused(
        #[case] tag: &str,
        #[case] text: &str,
        #[case] expected: Result<Value, ()>,
    ) {
        let value = resolve_as(tag, text).map(|value| {
            super::super::Scalar {
                text: text.to_owned(),
                plain: true,
                value,
            }
            .into_json()
        });
        assert_eq!(value.map_err(|_| ()), expected);
    }
}
