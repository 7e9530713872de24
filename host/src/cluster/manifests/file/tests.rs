use super::*;
use rstest::rstest;
use serde_json::json;

fn id() -> ObjectId {
    ObjectId {
        resource: "pods".parse().unwrap(),
        namespace: None,
        name: "a".to_owned(),
    }
}

/// The text of a file after its document `document` was changed.
fn changed(text: &str, document: usize, value: Option<&Value>) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    fs::write(&path, text).unwrap();
    let (mut file, _) = ManifestFile::read(&path).unwrap();
    file.change(document, value, &id()).unwrap();
    fs::read_to_string(&path).ok()
}

const THREE: &str = "# head\na: 1 # one\n# tail\n---\n# two\nb: |\n  x\n   # indented\n\n---\n{\"c\": 1}\n";

#[rstest]
#[case::first(
    0,
    "# head\nz: |-\n  1\n  2\n# tail\n---\n# two\nb: |\n  x\n   # indented\n\n---\n{\"c\": 1}\n"
)]
#[case::middle(
    1,
    "# head\na: 1 # one\n# tail\n---\n# two\nz: |-\n  1\n  2\n\n---\n{\"c\": 1}\n"
)]
#[case::json(
    2,
    "# head\na: 1 # one\n# tail\n---\n# two\nb: |\n  x\n   # indented\n\n---\n{\n  \"z\": \"1\\n2\"\n}\n"
)]
fn only_the_document_that_changes_is_rewritten(#[case] document: usize, #[case] expected: &str) {
    assert_eq!(
        changed(THREE, document, Some(&json!({"z": "1\n2"}))).as_deref(),
        Some(expected)
    );
}

#[rstest]
#[case::first(0, "---\n# two\nb: |\n  x\n   # indented\n\n---\n{\"c\": 1}\n")]
#[case::middle(1, "# head\na: 1 # one\n# tail\n---\n{\"c\": 1}\n")]
#[case::last(2, "# head\na: 1 # one\n# tail\n---\n# two\nb: |\n  x\n   # indented\n\n")]
fn a_document_goes_with_its_comments(#[case] document: usize, #[case] expected: &str) {
    assert_eq!(changed(THREE, document, None).as_deref(), Some(expected));
}

#[rstest]
#[case::after_the_marker("--- {a: 1} # x\n# y\n", "--- {\n  \"z\": \"1\\n2\"\n}\n# y\n")]
#[case::comment_that_would_become_text("a: 1 # x\n    # y\n", "z: |-\n  1\n  2\n# y\n")]
#[case::no_line_feed("a: 1", "z: |-\n  1\n  2\n")]
#[case::end_marker("a: 1\n...\n", "z: |-\n  1\n  2\n...\n")]
#[case::byte_order_mark("\u{feff}a: 1\n", "\u{feff}\nz: |-\n  1\n  2\n")]
#[case::json_on_one_line("{\"a\": 1} {\"b\": 1}\n", "{\n  \"z\": \"1\\n2\"\n} {\"b\": 1}\n")]
fn odd_places_are_rewritten_well(#[case] text: &str, #[case] expected: &str) {
    let new = changed(text, 0, Some(&json!({"z": "1\n2"}))).unwrap();
    assert_eq!(new, expected);
    assert_eq!(yaml::parse_all(&new).unwrap()[0].value, json!({"z": "1\n2"}));
}

#[test]
fn changes_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    fs::write(&path, THREE).unwrap();
    let (mut file, _) = ManifestFile::read(&path).unwrap();
    file.change(1, Some(&json!({"long": "value"})), &id()).unwrap();
    file.change(0, None, &id()).unwrap();
    file.change(2, Some(&json!({"c": 2})), &id()).unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "---\n# two\nlong: value\n\n---\n{\n  \"c\": 2\n}\n"
    );
    assert_eq!(file.document(2).unwrap(), json!({"c": 2}));
}

#[rstest]
#[case("a: 1\n")]
#[case("---\n# only a comment\n---\na: 1\n---\n")]
fn a_file_without_objects_goes(#[case] text: &str) {
    let document = yaml::parse_all(text)
        .unwrap()
        .iter()
        .position(|document| !document.value.is_null())
        .unwrap();
    assert_eq!(changed(text, document, None), None);
}

#[test]
fn what_somebody_else_changed_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    fs::write(&path, "a: 1\n").unwrap();
    let (mut file, _) = ManifestFile::read(&path).unwrap();
    fs::write(&path, "a: 2\n").unwrap();
    assert!(matches!(
        file.change(0, Some(&json!({"a": 3})), &id()),
        Err(ClusterError::Conflict(_))
    ));
    assert_eq!(fs::read_to_string(&path).unwrap(), "a: 2\n");
}

#[test]
fn a_new_file_never_takes_the_place_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x/y/a.yaml");
    for number in 1..=3 {
        ManifestFile::create(&path, &json!({"number": number})).unwrap();
    }
    let read = |name: &str| fs::read_to_string(path.with_file_name(name)).unwrap();
    assert_eq!(
        [read("a.yaml"), read("a~2.yaml"), read("a~3.yaml")],
        ["number: 1\n", "number: 2\n", "number: 3\n"]
    );
    let names = fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(names, 3, "no temporary files stay");
}

#[rstest]
#[case(b"a: 1\nb: {{ .Values.x }}\n", Some(2), "render it first")]
#[case(b"a: b: c\n", Some(1), "column 5")]
#[case(b"\xff\xfe", None, "not text in UTF-8")]
fn a_file_that_cannot_be_read_says_where(
    #[case] bytes: &[u8],
    #[case] line: Option<usize>,
    #[case] message: &str,
) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    fs::write(&path, bytes).unwrap();
    match ManifestFile::read(&path).err().unwrap() {
        ClusterError::Manifest {
            file,
            line: found,
            message: text,
        } => {
            assert_eq!((file.as_str(), found), (path.to_str().unwrap(), line));
            assert!(text.contains(message), "{text}");
        }
        other => panic!("{other}"),
    }
}
