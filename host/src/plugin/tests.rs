//! Promises of the host, kept with real components.

use super::*;
use crate::object::{Object, ResourceTypes, Schemas, guess_object};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

pub(super) static HOST: LazyLock<PluginHost> = LazyLock::new(|| PluginHost::new(None).unwrap());

static MISBEHAVING: LazyLock<Arc<Plugin>> = LazyLock::new(|| {
    HOST.load(
        "misbehaving",
        include_bytes!("../../../tests/fixtures/dist/misbehaving.wasm"),
    )
    .unwrap()
});

pub(super) fn operation() -> Arc<Operation> {
    Arc::new(Operation {
        kind: "test".to_owned(),
        now: jiff::Timestamp::UNIX_EPOCH,
        backup: "nightly".to_owned(),
        namespace_mappings: BTreeMap::new(),
        seed: [7; 32],
        schemas: Arc::new(Schemas::default()),
        look_ups: LookUps::none(),
    })
}

pub(super) fn pod() -> Object {
    let json = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "example.com/web:1"}]},
    });
    guess_object(json, &ResourceTypes::built_in()).unwrap()
}

fn limits() -> Limits {
    Limits {
        deadline: Duration::from_millis(100),
        memory: 32 << 20,
        output: 1 << 20,
        ..Limits::default()
    }
}

fn configure(config: Value) -> Result<Arc<Configured>, PluginError> {
    HOST.configure(
        &MISBEHAVING,
        Settings {
            limits: limits(),
            ..Settings::new(config)
        },
        &operation(),
    )
}

/// What becomes of a pod in the hands of a plugin with this configuration.
fn modify(config: Value) -> (Object, Result<Modified, PluginErrorKind>) {
    let plugin = configure(config).unwrap();
    let mut object = pod();
    let result = HOST.batch(&operation()).modify(&plugin, &mut object);
    (object, result.map_err(|error| error.kind))
}

#[test]
fn a_decision_is_carried_out() {
    let (object, result) = modify(json!({"do": "label"}));
    assert!(result.unwrap().changed);
    assert_eq!(
        object.json["metadata"]["labels"],
        json!({"app": "web", "label": "true"})
    );
}

#[rstest]
#[case::deadline("loop", "ran longer than 100ms")]
#[case::memory("grow", "wanted more than 32 MiB of memory")]
#[case::stack("recurse", "crashed: wasm trap: out of bounds memory access")]
#[case::broken("broken-patch", "returned something that cannot be used: no JSON patch")]
#[case::useless(
    "useless-patch",
    "returned something that cannot be used: operation '/0' failed"
)]
#[case::error("patch-and-fail", "it failed after it had decided (as-told)")]
#[case::verdict("refuse", "it cannot be restored (refused)")]
fn what_fails_is_named_and_leaves_the_object_as_it_was(#[case] what: &str, #[case] message: &str) {
    let (object, result) = modify(json!({"do": what}));
    let error = result.unwrap_err().to_string();
    assert!(error.starts_with(message), "{error}");
    assert_eq!(object, pod());
}

#[test]
fn a_panic_says_where_it_happened() {
    let error = modify(json!({"do": "panic"})).1.unwrap_err().to_string();
    assert!(
        error.contains("src/lib.rs:") && error.contains("as it was told"),
        "{error}"
    );
}

#[test]
fn five_kinds_of_failure_have_five_codes() {
    let code = |config| modify(config).1.unwrap_err().code().name();
    let refused = configure(json!({"do": "lable"}))
        .err()
        .unwrap()
        .kind
        .code()
        .name();
    assert_eq!(code(json!({"do": "loop"})), "PluginDeadline");
    assert_eq!(code(json!({"do": "grow"})), "PluginMemory");
    assert_eq!(code(json!({"do": "panic"})), "PluginTrap");
    assert_eq!(code(json!({"do": "broken-patch"})), "PluginOutput");
    assert_eq!(refused, "PluginConfiguration");
}

#[test]
fn output_is_bounded() {
    let error = modify(json!({"do": "huge-patch", "bytes": 2 << 20}))
        .1
        .unwrap_err();
    assert!(
        matches!(error, PluginErrorKind::Output(_) | PluginErrorKind::Trap(_)),
        "{error}"
    );
}

#[test]
fn a_refused_configuration_names_the_field() {
    let error = configure(json!({"do": "huge-patch", "bytes": "many"}))
        .err()
        .unwrap();
    assert!(
        error
            .to_string()
            .starts_with("plugin misbehaving: configuration refused"),
        "{error}"
    );
}

#[test]
fn an_endless_configure_ends() {
    let error = configure(json!({"do": "loop-in-configure"})).err().unwrap();
    assert!(matches!(error.kind, PluginErrorKind::Deadline(_)), "{error}");
}

#[test]
fn after_a_failure_the_run_goes_on_with_a_fresh_instance() {
    let plugin = configure(json!({"do": "panic-on-most"})).unwrap();
    let mut batch = HOST.batch(&operation());
    let results: Vec<bool> = (0..6)
        .map(|_| batch.modify(&plugin, &mut pod()).is_ok())
        .collect();
    assert_eq!(results, [false; 6], "a spent instance keeps no count");
    let label = configure(json!({"do": "label"})).unwrap();
    assert!(batch.modify(&label, &mut pod()).unwrap().changed);
}

#[test]
fn an_instance_serves_a_batch_and_no_more() {
    let plugin = configure(json!({"do": "count"})).unwrap();
    let mut batch = HOST.batch(&operation());
    let mut count = || {
        let mut object = pod();
        batch.modify(&plugin, &mut object).unwrap();
        object.json["metadata"]["labels"]["label"]
            .as_str()
            .unwrap()
            .parse::<u32>()
            .unwrap()
    };
    let counts: Vec<u32> = (0..258).map(|_| count()).collect();
    assert_eq!((counts[0], counts[255], counts[256], counts[257]), (1, 256, 1, 2));
}

#[test]
fn isolation_of_objects_keeps_nothing() {
    let settings = Settings {
        isolation: Isolation::Object,
        ..Settings::new(json!({"do": "count"}))
    };
    let plugin = HOST.configure(&MISBEHAVING, settings, &operation()).unwrap();
    let mut batch = HOST.batch(&operation());
    for _ in 0..3 {
        let mut object = pod();
        batch.modify(&plugin, &mut object).unwrap();
        assert_eq!(object.json["metadata"]["labels"]["label"], "1");
    }
}

#[test]
fn isolation_of_operations_keeps_one_instance_for_all_batches() {
    let settings = Settings {
        isolation: Isolation::Operation,
        ..Settings::new(json!({"do": "count"}))
    };
    let plugin = HOST.configure(&MISBEHAVING, settings, &operation()).unwrap();
    for expected in ["1", "2", "3"] {
        let mut object = pod();
        HOST.batch(&operation()).modify(&plugin, &mut object).unwrap();
        assert_eq!(object.json["metadata"]["labels"]["label"], expected);
    }
}

#[test]
fn more_plugins_than_a_batch_holds_take_turns() {
    let plugins: Vec<_> = (0..100)
        .map(|_| configure(json!({"do": "count"})).unwrap())
        .collect();
    let mut batch = HOST.batch(&operation());
    for plugin in plugins.iter().chain(&plugins) {
        let mut object = pod();
        batch.modify(plugin, &mut object).unwrap();
        assert_eq!(object.json["metadata"]["labels"]["label"], "1");
    }
}

#[test]
fn a_million_lines_are_cut_off() {
    let (_, result) = modify(json!({"do": "chatter"}));
    assert!(matches!(result, Ok(_) | Err(PluginErrorKind::Deadline(_))));
}

#[rstest]
fn every_built_in_is_of_this_contract_and_imports_no_wasi(
    #[values(
        "json-patch",
        "merge-patch",
        "strategic-merge-patch",
        "conflict-skip",
        "conflict-patch",
        "exec-hooks"
    )]
    name: &str,
) {
    let inspection = Inspection::of(built_in_component(name).unwrap()).unwrap();
    assert_eq!(inspection.contract, CONTRACT_VERSION);
    assert!(
        inspection
            .imports
            .iter()
            .all(|import| import.starts_with("lazarette:plugin/")),
        "{inspection:?}"
    );
    assert_eq!(inspection.manifest.unwrap().name, name);
}

#[test]
fn conflict_skip_skips() {
    let plugin = HOST.built_in("conflict-skip").unwrap();
    let plugin = HOST
        .configure(&plugin, Settings::new(json!({})), &operation())
        .unwrap();
    let resolution = HOST
        .batch(&operation())
        .resolve(&plugin, &mut pod(), &mut pod())
        .unwrap();
    assert_eq!(
        resolution.verdict,
        Verdict::Skip {
            reason: "exists already".to_owned()
        }
    );
}

#[test]
fn a_plugin_of_another_world_is_refused() {
    let plugin = HOST.built_in("conflict-skip").unwrap();
    let plugin = HOST
        .configure(&plugin, Settings::new(json!({})), &operation())
        .unwrap();
    let error = HOST.batch(&operation()).modify(&plugin, &mut pod()).unwrap_err();
    assert_eq!(
        error.kind,
        PluginErrorKind::Invalid("it is not a resource-modifier".to_owned())
    );
}
