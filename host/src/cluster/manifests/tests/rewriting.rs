//! Whatever a file looks like, one object of it changes and the others do not.

use super::*;
use crate::object::yaml;
use proptest::prelude::*;

/// A document in one of the styles that people write, with comments where they put them.
fn document(number: usize, style: usize) -> String {
    let name = format!("c{number}");
    match style {
        0 => {
            format!("# about {name}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name} # its name\n")
        }
        1 => format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n  a: |\n    x\n\n\n    # text\n"
        ),
        2 => format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {{\"name\": \"{name}\"}}}}\n"
        ),
        3 => format!("apiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: {name}\r\n    # odd\r\n"),
        4 => format!(
            "kind: ConfigMapList\napiVersion: v1\nitems:\n- metadata: {{name: {name}}}\n- metadata: {{name: {name}-2}}\n"
        ),
        _ => "# nothing here\n".to_owned(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_change_reaches_one_object_only(
        styles in proptest::collection::vec((0usize..6, prop_oneof![Just("---\n"), Just("--- # c\n"), Just("...\n---\n")]), 1..6),
        steps in proptest::collection::vec((any::<proptest::sample::Index>(), any::<bool>(), "[a#:\n -]{0,12}"), 1..6),
    ) {
        let documents = styles.iter().enumerate();
        let text: String = documents.map(|(number, (style, before))| format!("{before}{}", document(number, *style))).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (_folder, manifests) = open(&[("all.yaml", text.trim_start_matches("...\n"))]);
        runtime.block_on(async {
            let config = built_in_type("ConfigMap");
            let mut expected = copies::objects(&manifests).await;
            for (position, deletes, data) in steps {
                if expected.is_empty() {
                    break;
                }
                let position = position.index(expected.len());
                let object = &mut expected[position].1;
                if deletes {
                    let name = object["metadata"]["name"].as_str().unwrap().to_owned();
                    manifests.delete(&config, Some("default"), &name, None).await.unwrap();
                    expected.remove(position);
                } else {
                    object["data"] = json!({"changed": data});
                    manifests.replace(&config, object, KEEP).await.unwrap();
                }
                let again = Manifests::open(&manifests.path).unwrap();
                let found = copies::objects(&again).await;
                let on_disk = fs::read_to_string(manifests.path.join("all.yaml")).unwrap_or_default();
                prop_assert_eq!(&found, &expected, "{}", on_disk);
                prop_assert!(yaml::parse_all(&on_disk).is_ok());
            }
            Ok(())
        })?;
    }
}
