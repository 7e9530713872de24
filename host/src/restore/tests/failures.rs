//! What happens when something is not as it should be.

use super::*;
use crate::archive::ArchiveError;
use crate::report::{Code, Problem};
use futures::StreamExt;
use rstest::rstest;
use std::os::unix::fs::FileExt;

fn shop() -> Vec<Value> {
    vec![
        namespace("shop"),
        config_map("shop", "flags", json!({"mode": "fast"})),
        config_map("shop", "texts", json!({"hello": "world"})),
    ]
}

/// A backup of [`shop`] with a byte changed in the middle of its objects.
async fn damaged() -> World {
    let world = World::new(&shop()).await;
    let path = world.folder.path().join("store/backups/nightly/nightly.tar.gz");
    let file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .unwrap();
    let middle = file.metadata().unwrap().len() / 2;
    let mut byte = [0];
    file.read_exact_at(&mut byte, middle).unwrap();
    file.write_all_at(&[byte[0] ^ 0x55], middle).unwrap();
    world
}

#[tokio::test]
async fn a_damaged_backup_is_refused_before_anything_is_changed() {
    let world = damaged().await;
    for planned in [true, false] {
        let problem = Problem::from(world.run(everything(), planned).await.unwrap_err());
        assert_eq!(problem.code, Code::DamagedBackup);
        assert!(problem.message.contains("damaged: "), "{problem}");
    }
    assert!(world.names().await.is_empty());
}

#[tokio::test]
async fn what_is_whole_is_restored_when_asked_to() {
    let world = damaged().await;
    let report = world
        .restore(RestoreRequest {
            skip_damaged: true,
            ..everything()
        })
        .await;
    let (damaged, whole): (Vec<_>, Vec<_>) =
        report.objects.iter().partition(|object| object.problem.is_some());
    assert!(!damaged.is_empty());
    assert!(
        damaged
            .iter()
            .all(|object| object.problem.as_ref().unwrap().code == Code::DamagedBackup)
    );
    assert_eq!(
        world.names().await.len(),
        whole.iter().filter(|object| object.is_done()).count()
    );
    assert_ne!(report.outcome, Outcome::Completed);
}

/// A backup of [`shop`] in which nothing but the Namespace is damaged.
async fn with_damaged_namespace() -> World {
    let world = World::new(&shop()).await;
    let path = world.folder.path().join("store/backups/nightly/nightly.tar.gz");
    let whole = std::fs::read(&path).unwrap();
    for (position, bit) in (0..whole.len())
        .rev()
        .flat_map(|at| (0..8).map(move |bit| (at, bit)))
    {
        let mut bytes = whole.clone();
        bytes[position] ^= 1 << bit;
        std::fs::write(&path, bytes).unwrap();
        let objects: Vec<_> = world.backup.objects(|_| true).collect().await;
        let damaged = objects.iter().filter_map(|object| match object {
            Err(ArchiveError::DamagedObject { id, .. }) => Some(id.to_string()),
            _ => None,
        });
        if damaged.eq(["namespaces shop"]) {
            return world;
        }
    }
    panic!("no change damages the Namespace alone")
}

#[rstest]
#[case::all_is_asked_for(&[])]
#[case::only_others_need_it(&["configmaps"])]
#[tokio::test]
async fn a_damaged_namespace_does_not_keep_from_restoring_what_is_in_it(#[case] include_resources: &[&str]) {
    let world = with_damaged_namespace().await;
    let mut request = everything();
    request.filter.include_resources = include_resources.iter().map(|&of| of.to_owned()).collect();
    let problem = Problem::from(world.run(request.clone(), false).await.unwrap_err());
    assert!(problem.message.contains("namespaces shop"), "{problem}");
    request.skip_damaged = true;
    let plan = world.plan(request.clone()).await;
    let report = world.restore(request).await;
    assert_eq!(actions(&plan), actions(&report));
    assert_eq!(
        report.totals,
        Totals {
            created: 3,
            failed: 1,
            ..Totals::default()
        },
        "{report:#?}"
    );
    assert_eq!(
        world.names().await,
        [
            "configmaps shop/flags",
            "configmaps shop/texts",
            "namespaces shop"
        ]
    );
}

fn widget(name: &str) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name, "namespace": "shop"}})
}

fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}],
        },
    })
}

#[rstest]
#[case::planned(true)]
#[case::done(false)]
#[tokio::test]
async fn a_type_that_is_not_served_is_one_problem(#[case] planned: bool) {
    let mut objects = shop();
    objects.extend([definition(), widget("one"), widget("two")]);
    let world = World::new(&objects).await;
    let mut request = everything();
    request.filter.exclude_resources = vec!["customresourcedefinitions".to_owned()];
    let report = world.run(request, planned).await.unwrap();
    assert_eq!(report.problems.len(), 1, "{report:#?}");
    assert_eq!(report.problems[0].code, Code::UnknownResourceType);
    assert_eq!(
        report.problems[0].to_string(),
        "widgets.example.com: the cluster does not serve this type: 2 objects are left out"
    );
    assert_eq!(
        on(&report, "widgets.example.com shop/one").action,
        ActionName::LeaveOut
    );
    assert_eq!(
        report.totals,
        Totals {
            created: 3,
            left_out: 2,
            ..Totals::default()
        }
    );
    assert_eq!(report.outcome, Outcome::PartiallyFailed);
}

/// Rules that fail on objects of a type: there is nothing to replace.
fn failing_on(resource: &str) -> RestoreRequest {
    modified(&format!(
        "{{version: v1, resourceModifierRules: [{{conditions: {{groupResource: {resource}}}, \
         patches: [{{operation: replace, path: /spec/no/such/place, value: '1'}}]}}]}}"
    ))
}

#[rstest]
#[case::namespace(
    "namespaces",
    "configmaps shop/flags",
    "namespaces shop could not be restored"
)]
#[case::definition(
    "customresourcedefinitions.apiextensions.k8s.io",
    "widgets.example.com shop/one",
    "customresourcedefinitions.apiextensions.k8s.io widgets.example.com could not be restored"
)]
#[tokio::test]
async fn what_needs_something_that_failed_names_it(
    #[case] failing: &str,
    #[case] dependent: &str,
    #[case] reason: &str,
    #[values(true, false)] planned: bool,
) {
    let mut objects = shop();
    objects.extend([definition(), widget("one")]);
    let report = World::new(&objects)
        .await
        .run(failing_on(failing), planned)
        .await
        .unwrap();
    let left_out = on(&report, dependent);
    assert_eq!(
        (left_out.action, left_out.reason.as_deref()),
        (ActionName::LeaveOut, Some(reason))
    );
    assert_eq!(report.totals.failed, 1, "one error, and its cause: {report:#?}");
    assert!(report.problems.is_empty(), "{:#?}", report.problems);
}

#[tokio::test]
async fn an_object_that_a_modifier_fails_on_is_not_restored() {
    let world = World::new(&shop()).await;
    let report = world.restore(failing_on("configmaps")).await;
    assert_eq!(
        report.totals,
        Totals {
            created: 1,
            failed: 2,
            ..Totals::default()
        },
        "{report:#?}"
    );
    let flags = on(&report, "configmaps shop/flags");
    assert_eq!(flags.problem.as_ref().unwrap().code, Code::ModifierFailed);
    assert!(flags.rules[0].failed.is_some());
    assert_eq!(world.names().await, ["namespaces shop"]);
}

#[tokio::test]
async fn an_object_that_a_modifier_fails_on_is_restored_unmodified_when_asked_to() {
    let world = World::new(&shop()).await;
    let request = RestoreRequest {
        on_modifier_error: OnModifierError::RestoreUnmodified,
        ..failing_on("configmaps")
    };
    let report = world.restore(request).await;
    assert_eq!(
        report.totals,
        Totals {
            created: 3,
            ..Totals::default()
        },
        "{report:#?}"
    );
    assert_eq!(
        on(&report, "configmaps shop/flags").notes[0].code,
        "modifier-failed"
    );
    assert_eq!(world.objects().await["configmaps shop/flags"], shop()[1]);
}

#[tokio::test]
async fn a_modifier_that_fails_can_stop_the_restore() {
    let world = World::new(&shop()).await;
    let request = RestoreRequest {
        on_modifier_error: OnModifierError::Abort,
        ..failing_on("namespaces")
    };
    let report = world.restore(request).await;
    assert_eq!(
        report.totals,
        Totals {
            failed: 1,
            left_out: 2,
            ..Totals::default()
        },
        "{report:#?}"
    );
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(world.names().await.is_empty());
}

#[tokio::test]
async fn a_restore_that_is_stopped_adds_no_namespaces() {
    let mut objects = shop();
    objects.push(definition());
    let world = World::new(&objects).await;
    let mut request = RestoreRequest {
        on_modifier_error: OnModifierError::Abort,
        ..failing_on("customresourcedefinitions.apiextensions.k8s.io")
    };
    request.filter.exclude_resources = vec!["namespaces".to_owned()];
    let report = world.restore(request).await;
    assert_eq!(on(&report, "namespaces shop").action, ActionName::LeaveOut);
    assert!(world.names().await.is_empty());
}

#[tokio::test]
async fn rules_that_fit_nothing_are_told() {
    let rules = "{version: v1, resourceModifierRules: [{conditions: {groupResource: ingresses.networking.k8s.io}, \
                 patches: [{operation: remove, path: /spec}]}]}";
    let report = World::new(&shop()).await.restore(modified(rules)).await;
    assert_eq!(
        report.warnings,
        ["rule 1 of the resource modifiers fits no object of this restore"]
    );
}

#[tokio::test]
async fn an_interrupted_restore_can_be_run_again() {
    let world = World::new(&shop()).await;
    let cluster = Manifests::open(&world.target()).unwrap();
    let cancellation = Cancellation::default();
    cancellation.cancel();
    let progress = Progress::default();
    let with = Environment {
        backup: &world.backup,
        cluster: &cluster,
        plugins: &HOST,
        look_ups: LookUps::none(),
        progress: &progress,
        cancellation: &cancellation,
    };
    let report = apply(everything(), &with).await.unwrap();
    assert_eq!(report.problems[0].code, Code::Cancelled);
    assert!(report.objects.is_empty(), "it began nothing more: {report:#?}");

    let report = world.restore(everything()).await;
    assert_eq!(report.outcome, Outcome::Completed);
    assert_eq!(world.names().await.len(), 3);
}

#[rstest]
#[case("shop", "Test")]
#[case("shop", "../test")]
#[case("", "test")]
#[tokio::test]
async fn namespaces_are_mapped_to_names_only(#[case] old: &str, #[case] new: &str) {
    let error = World::new(&shop())
        .await
        .run(mapped(&[(old, new)]), true)
        .await
        .unwrap_err();
    assert_eq!(Problem::from(error).code, Code::InvalidArgument);
}

#[tokio::test]
async fn a_conflict_policy_of_an_unknown_type_is_told() {
    let report = World::new(&shop())
        .await
        .plan(by_policy("secretss=patch,configmaps=patch"))
        .await;
    assert_eq!(report.warnings.len(), 1, "{:?}", report.warnings);
    assert!(report.warnings[0].contains("'secretss'"), "{:?}", report.warnings);
}

#[tokio::test]
async fn a_conflict_policy_of_an_unknown_plugin_is_refused() {
    let error = World::new(&shop())
        .await
        .run(by_policy("plugin:nobody"), true)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("nobody"), "{error}");
}
