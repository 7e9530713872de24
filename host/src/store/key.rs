//! What a key may be: what every kind of store can hold under the same name.

use super::StoreError;

/// Most object stores end here.
const LONGEST_KEY: usize = 1024;
/// Most file systems end here.
const LONGEST_SEGMENT: usize = 255;

/// Refuse what is no key. Names that begin with a dot are left to the stores themselves.
pub(super) fn check(key: &str) -> Result<(), StoreError> {
    if key.len() > LONGEST_KEY {
        return Err(StoreError::Invalid(format!(
            "a key has at most {LONGEST_KEY} bytes: {key:?}"
        )));
    }
    match key.split('/').find_map(fault) {
        Some(fault) => Err(StoreError::Invalid(format!(
            "a segment of a key {fault}: {key:?}"
        ))),
        None => Ok(()),
    }
}

/// What is wrong with a segment, if anything.
fn fault(segment: &str) -> Option<&'static str> {
    if segment.is_empty() {
        Some("must not be empty")
    } else if segment.starts_with('.') {
        Some("must not begin with a dot")
    } else if segment.len() > LONGEST_SEGMENT {
        Some("has at most 255 bytes")
    } else if segment.chars().any(|c| c.is_control() || c == '\\') {
        Some("must not hold a control character or a backslash")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("backups/nightly/nightly.tar.gz")]
    #[case("a")]
    #[case("with space/ümlaut/:colon")]
    fn keys(#[case] key: &str) {
        assert!(check(key).is_ok());
    }

    #[rstest]
    #[case::empty("")]
    #[case::absolute("/a")]
    #[case::folder("a/")]
    #[case::empty_segment("a//b")]
    #[case::dot("a/./b")]
    #[case::up("../a")]
    #[case::hidden("a/.b")]
    #[case::nul("a\0b")]
    #[case::newline("a\nb")]
    #[case::backslash("a\\b")]
    #[case::long_segment(&"a".repeat(256))]
    #[case::long(&"a/".repeat(600))]
    fn no_keys(#[case] key: &str) {
        assert!(matches!(check(key), Err(StoreError::Invalid(_))));
    }
}
