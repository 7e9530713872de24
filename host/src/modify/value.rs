//! From the text of a `value` to the JSON that it stands for.
//!
//! Velero pastes the text into a JSON patch, with or without quotes around it. Here the text is what Velero would paste
//! where that is JSON, and otherwise the text itself as a string.

use serde_json::Value;

/// The JSON that the text of a `value` stands for: text in quotes is a string, and so is whatever is no other JSON.
pub(super) fn value_of(text: &str) -> Value {
    unquoted(text).unwrap_or_else(|| Value::String(string_of(text)))
}

/// The value of a text that Velero pastes without adding quotes, where that is JSON.
fn unquoted(text: &str) -> Option<Value> {
    let number =
        text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) && !text.ends_with(char::is_whitespace);
    let json = matches!(text, "null" | "true" | "false") || text.starts_with(['{', '[']) || number;
    if json {
        serde_json::from_str(text).ok()
    } else {
        None
    }
}

/// The string that a text stands for: without the quotes around it, if any.
fn string_of(text: &str) -> String {
    match text.strip_prefix('"') {
        // A lone quote is a pair with nothing in it.
        Some("") => String::new(),
        Some(rest) => unescaped(rest.strip_suffix('"').unwrap_or(text)),
        None => unescaped(text),
    }
}

/// The text with its escapes read as in JSON, where all of them are ones of JSON; otherwise the text as it is.
pub(super) fn unescaped(text: &str) -> String {
    let escaped = text.contains('\\');
    let read = escaped
        .then(|| serde_json::from_str(&format!("\"{text}\"")).ok())
        .flatten();
    read.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::empty("", json!(""))]
    #[case::plain("premium", json!("premium"))]
    #[case::number("12", json!(12))]
    #[case::fraction("1.5", json!(1.5))]
    #[case::exponent("1e3", json!(1e3))]
    #[case::negative("-3", json!(-3))]
    #[case::quoted_number("\"12\"", json!("12"))]
    #[case::quoted_truth("\"true\"", json!("true"))]
    #[case::quoted_empty("\"\"", json!(""))]
    #[case::lone_quote("\"", json!(""))]
    #[case::null("null", json!(null))]
    #[case::truth("true", json!(true))]
    #[case::object("{\"a\": 1}", json!({"a": 1}))]
    #[case::list("[1, \"x\"]", json!([1, "x"]))]
    #[case::object_of_a_block("{\"a\": 1}\n", json!({"a": 1}))]
    #[case::escapes_are_read("a\\nb\\u0041", json!("a\nbA"))]
    #[case::dash("-", json!("-"))]
    fn what_velero_pastes_is_taken(#[case] text: &str, #[case] expected: Value) {
        assert_eq!(value_of(text), expected);
    }

    #[rstest]
    #[case::capital("True")]
    #[case::address("[::1]:80")]
    #[case::template("{{x}}")]
    #[case::not_a_number("NaN")]
    #[case::plus("+1")]
    #[case::leading_point(".5")]
    #[case::trailing_point("5.")]
    #[case::leading_zero("007")]
    #[case::hexadecimal("0x10")]
    #[case::too_large("1e400")]
    #[case::quantity("1Gi")]
    #[case::space_before_number(" 12")]
    #[case::space_after_number("12 ")]
    #[case::inner_quote("say \"hi\"")]
    #[case::windows_path("C:\\dir")]
    #[case::two_lines("a\nb")]
    #[case::injection("a\", \"path\": \"/kind")]
    #[case::injection_after_object("{}, \"path\": \"/kind\"")]
    fn other_text_is_the_string(#[case] text: &str) {
        assert_eq!(value_of(text), json!(text));
    }

    #[test]
    fn quotes_around_what_is_no_json_string_are_dropped() {
        assert_eq!(value_of("\"{\"a\":1}\""), json!("{\"a\":1}"));
    }
}
