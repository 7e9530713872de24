//! From JSON to YAML, in the layout of `kubectl get -o yaml`.

use super::{ScalarValue, scalar};
use serde_json::{Number, Value};

/// From here on a key is written in the explicit form `? key`: readers accept only 1024 characters otherwise.
const LONG_KEY: usize = 256;

/// `value` as a document of YAML, with its keys in their order and a line feed at the end.
///
/// Every reader of YAML 1.1 or 1.2 gets the same value back; only a float without a fraction comes back as the whole
/// number that it is.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0, After::Nothing);
    out
}

/// What stands on the line already.
#[derive(Clone, Copy, PartialEq)]
enum After {
    Nothing,
    Key,
    Dash,
}

/// Write `value`, whose parent's line is indented by `indent`, to the end of its line.
fn write_value(out: &mut String, value: &Value, indent: usize, after: After) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            let inner = if after == After::Nothing {
                indent
            } else {
                indent + 2
            };
            begin_collection(out, after);
            for (position, (key, value)) in entries.iter().enumerate() {
                begin_line(out, inner, position == 0 && after == After::Dash);
                write_key(out, key, inner);
                write_value(out, value, inner, After::Key);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let inner = if after == After::Dash { indent + 2 } else { indent };
            begin_collection(out, after);
            for (position, item) in items.iter().enumerate() {
                begin_line(out, inner, position == 0 && after == After::Dash);
                out.push('-');
                write_value(out, item, inner, After::Dash);
            }
        }
        scalar => {
            if after != After::Nothing {
                out.push(' ');
            }
            match scalar {
                Value::String(text) if after != After::Nothing && fits_block(text) => {
                    write_block(out, text, indent + 2);
                }
                Value::String(text) => write_string(out, text),
                Value::Number(number) => out.push_str(&spell(number)),
                // What is left is written as in JSON: null, truth values and empty collections.
                other => out.push_str(&other.to_string()),
            }
            out.push('\n');
        }
    }
}

fn begin_collection(out: &mut String, after: After) {
    match after {
        After::Nothing => {}
        After::Key => out.push('\n'),
        After::Dash => out.push(' '),
    }
}

fn begin_line(out: &mut String, indent: usize, goes_on: bool) {
    if !goes_on {
        out.extend(std::iter::repeat_n(' ', indent));
    }
}

fn write_key(out: &mut String, key: &str, indent: usize) {
    if key.len() > LONG_KEY {
        out.push_str("? ");
        write_string(out, key);
        out.push('\n');
        begin_line(out, indent, false);
    } else {
        write_string(out, key);
    }
    out.push(':');
}

/// A number as every reader takes it: PyYAML wants a point and a sign in a float with an exponent.
fn spell(number: &Number) -> String {
    let text = number.to_string();
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return text;
    };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['+', '-']) { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// A string on one line, in the plainest form that no reader takes for something else.
fn write_string(out: &mut String, text: &str) {
    if is_plain(text) {
        out.push_str(text);
    } else if text.contains(['\\', '"']) && text.chars().all(is_printable) {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    } else {
        write_double_quoted(out, text);
    }
}

fn write_double_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c => match u32::from(c) {
                code @ 0..=0xff => out.push_str(&format!("\\x{code:02X}")),
                code @ 0x100..=0xffff => out.push_str(&format!("\\u{code:04X}")),
                code => out.push_str(&format!("\\U{code:08X}")),
            },
        }
    }
    out.push('"');
}

/// Whether `c` may stand in a text of YAML as it is, and is neither a break of any YAML version nor a tab.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}'
        | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

/// Whether `text` means itself without quotes, to every reader.
fn is_plain(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_graphic() || c == ' ' || (!c.is_ascii() && c.is_alphanumeric());
    let starts_well = text
        .starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '.' | '+' | '(' | '$'))
        || text
            .trim_start_matches('-')
            .starts_with(|c: char| c.is_ascii_alphabetic());
    starts_well
        && text.chars().all(|c| legal(c) && is_printable(c))
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("---")
        && !is_word(text)
        && !looks_like_number(text)
}

/// Whether some reader takes `text` for a truth value or null.
fn is_word(text: &str) -> bool {
    let words = ["y", "n", "yes", "no", "true", "false", "on", "off", "null"];
    words.iter().any(|word| word.eq_ignore_ascii_case(text))
        || scalar::resolve(text) != Ok(ScalarValue::String)
}

/// Whether some reader may take `text` for a number, a date or a time: it begins like one, and nothing in it cannot
/// belong to one.
fn looks_like_number(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    let belongs = |c: char| c.is_ascii_hexdigit() || "+-.,:_ oOxXpPtTzZ".contains(c);
    begins && text.chars().all(belongs)
}

/// Whether the lines of `text` can be written below each other after a `|` and come back as they are.
fn fits_block(text: &str) -> bool {
    let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    text.contains('\n')
        // More than one line feed at the end would run into what follows in the file.
        && !text.ends_with("\n\n")
        && text.chars().all(|c| is_printable(c) || matches!(c, '\n' | '\t'))
        && lines.all(|line| line.is_empty() || !line.trim().is_empty())
        && !text.starts_with('\n')
}

fn write_block(out: &mut String, text: &str, indent: usize) {
    out.push('|');
    if text.starts_with([' ', '\t']) {
        out.push('2');
    }
    if !text.ends_with('\n') {
        out.push('-');
    }
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            begin_line(out, indent, false);
            out.push_str(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::parse, *};
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::word("hello", "hello")]
    #[case::sentence("hello, world", "hello, world")]
    #[case::path("/var/lib: x", "\"/var/lib: x\"")]
    #[case::flag("--config.file=/etc/x", "--config.file=/etc/x")]
    #[case::quantity("100m", "100m")]
    #[case::image("quay.io/a/b:v1.2", "quay.io/a/b:v1.2")]
    #[case::empty("", "\"\"")]
    #[case::norway("no", "\"no\"")]
    #[case::letter("y", "\"y\"")]
    #[case::octal("0777", "\"0777\"")]
    #[case::exponent("1e3", "\"1e3\"")]
    #[case::sexagesimal("22:22", "\"22:22\"")]
    #[case::date("2001-12-14", "\"2001-12-14\"")]
    #[case::ip("10.0.0.1", "\"10.0.0.1\"")]
    #[case::comment("a #b", "\"a #b\"")]
    #[case::merge("<<", "\"<<\"")]
    #[case::value("=", "\"=\"")]
    #[case::separator("---", "\"---\"")]
    #[case::separator_and_word("---a", "\"---a\"")]
    #[case::pattern("^\\d+$", "'^\\d+$'")]
    #[case::both_quotes("'\"'", "'''\"'''")]
    #[case::control("\u{1}\u{2028}", "\"\\x01\\u2028\"")]
    #[case::beyond_the_basic_plane("😀", "\"😀\"")]
    fn a_string_is_quoted_where_a_reader_could_err(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(write(&json!(text)), format!("{expected}\n"));
    }

    #[test]
    fn the_layout_is_that_of_kubectl() {
        let value = json!({"kind": "ConfigMap", "data": {"a": "x\ny\n", "b": "  x\ny", "c": "x\n\n"}, "list": [1, [2, 3],
            {"a": 1, "b": []}], "none": null, "empty": {}, "float": 1e-7});
        let expected = "kind: ConfigMap\ndata:\n  a: |\n    x\n    y\n  b: |2-\n      x\n    y\n  c: \"x\\n\\n\"\nlist:\n\
            - 1\n- - 2\n  - 3\n- a: 1\n  b: []\nnone: null\nempty: {}\nfloat: 1.0e-7\n";
        assert_eq!(write(&value), expected);
    }

    /// Strings that are made of what YAML gives a meaning to.
    fn tricky_string() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            proptest::collection::vec(
                prop_oneof![
                    Just("\n"),
                    Just(" "),
                    Just("\t"),
                    Just("- "),
                    Just(": "),
                    Just(" #"),
                    Just("---"),
                    Just("a"),
                    Just("|"),
                    Just("'"),
                    Just("\""),
                    Just("0x"),
                    Just("1"),
                    Just("e"),
                    Just("."),
                    Just("\u{85}"),
                    Just("\u{feff}"),
                    Just("\r"),
                    Just("é"),
                    Just("{"),
                    Just("%"),
                    Just("?")
                ],
                0..8
            )
            .prop_map(|parts| parts.concat()),
            "[a-z]{250,300}",
        ]
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>()
                .prop_filter("whole floats become whole numbers", |f| f.fract() != 0.0)
                .prop_map(Value::from),
            tricky_string().prop_map(Value::String),
        ];
        leaf.prop_recursive(6, 64, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                proptest::collection::vec((tricky_string(), inner), 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(value in any_json()) {
            let text = write(&value);
            prop_assert_eq!(parse(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?, value);
        }
    }
}
