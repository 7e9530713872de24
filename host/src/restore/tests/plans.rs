//! Plans that are kept and applied.

use super::*;
use crate::report::{Code, Problem};
use crate::restore::{ObjectReports, PlanKey, SavedPlan, Specification};

fn shop() -> Vec<Value> {
    vec![
        namespace("shop"),
        config_map("shop", "flags", json!({"mode": "fast"})),
        config_map("shop", "texts", json!({"hello": "world"})),
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": "shop"},
            "stringData": {"key": "s3cret-value"},
        }),
    ]
}

fn specification() -> Specification {
    Specification {
        backup: "nightly".parse().unwrap(),
        filter: crate::object::FilterSpec::default(),
        namespace_mappings: BTreeMap::new(),
        modifiers: None,
        on_modifier_error: OnModifierError::default(),
        conflict_policies: "patch".into(),
        skip_damaged: false,
        volumes: VolumeMode::default(),
        preserve_node_ports: false,
        hooks: Vec::new(),
        hook_annotations: false,
    }
}

impl World {
    /// A plan that was written to a file and read again.
    async fn saved_plan(&self, specification: Specification) -> SavedPlan {
        let key = PlanKey::random();
        let request = RestoreRequest {
            plan_key: Some(key.clone()),
            ..specification
                .request("plan".into(), jiff::Timestamp::UNIX_EPOCH, Plugins::new())
                .unwrap()
        };
        let plan = SavedPlan::new(key, specification, self.plan(request).await);
        let file = self.folder.path().join("plan.json");
        plan.write(&file).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains("s3cret-value"), "no value of a Secret is kept");
        let read = SavedPlan::read(&text).unwrap();
        assert_eq!(read, plan);
        read
    }
}

#[tokio::test]
async fn what_was_planned_is_done() {
    let world = World::new(&shop()).await.with(&[
        namespace("shop"),
        config_map("shop", "flags", json!({"mode": "slow"})),
    ]);
    let plan = world.saved_plan(specification()).await;
    let report = world
        .restore(plan.request("r1".into(), Plugins::new()).unwrap())
        .await;
    assert_eq!(actions(&report), actions(&plan.report));
    assert_eq!(report.outcome, Outcome::Completed, "{report:#?}");
    assert_eq!(
        world.objects().await["configmaps shop/flags"]["data"]["mode"],
        "fast"
    );
    assert!(report.objects.iter().all(|object| object.commitment.is_none()));
}

#[tokio::test]
async fn what_has_changed_since_is_left_out_and_the_rest_is_done() {
    let world = World::new(&shop()).await.with(&[
        namespace("shop"),
        config_map("shop", "flags", json!({"mode": "slow"})),
    ]);
    let plan = world.saved_plan(specification()).await;
    let world = world.with(&[
        namespace("shop"),
        config_map("shop", "flags", json!({"mode": "edited"})),
        config_map("shop", "texts", json!({"hello": "there"})),
    ]);
    let request = plan.request("r1".into(), Plugins::new()).unwrap();

    let strict = RestoreRequest {
        strict: true,
        ..request.clone()
    };
    let before = world.objects().await;
    let problem = Problem::from(world.run(strict, false).await.unwrap_err());
    assert_eq!(problem.code, Code::OutdatedPlan);
    assert!(
        problem
            .message
            .contains("configmaps shop/flags, configmaps shop/texts"),
        "{problem}"
    );
    assert_eq!(world.objects().await, before);

    let report = world.restore(request).await;
    for changed in ["configmaps shop/flags", "configmaps shop/texts"] {
        let object = on(&report, changed);
        assert_eq!(object.action, ActionName::LeaveOut, "{object:#?}");
        assert_eq!(
            object.reason.as_deref(),
            Some("it has changed in the cluster since the plan was made")
        );
    }
    assert_eq!(report.outcome, Outcome::PartiallyFailed);
    let objects = world.objects().await;
    assert_eq!(objects["configmaps shop/flags"]["data"]["mode"], "edited");
    assert!(
        objects.contains_key("secrets shop/key"),
        "what still holds is done"
    );
}

#[tokio::test]
async fn what_was_not_planned_is_not_done() {
    let world = World::new(&shop()).await;
    let plan = world.saved_plan(specification()).await;
    let mut request = plan.request("r1".into(), Plugins::new()).unwrap();
    let only: ObjectReports = plan
        .report
        .objects
        .iter()
        .filter(|object| object.id.resource.is("", "namespaces"))
        .collect();
    request.agreed = Some(only);
    let report = world.restore(request).await;
    assert_eq!(report.totals.left_out, 3, "{report:#?}");
    assert_eq!(world.names().await, ["namespaces shop"]);
}

#[tokio::test]
async fn another_result_than_the_planned_is_not_written() {
    let world = World::new(&shop()).await;
    let rules = |value: &str| {
        format!(
            "{{version: v1, resourceModifierRules: [{{conditions: {{groupResource: configmaps}}, \
             patches: [{{operation: add, path: /data/by, value: {value}}}]}}]}}"
        )
    };
    let plan = world
        .saved_plan(Specification {
            modifiers: Some(rules("rule")),
            ..specification()
        })
        .await;
    let request = RestoreRequest {
        modifiers: modified(&rules("another")).modifiers,
        ..plan.request("r1".into(), Plugins::new()).unwrap()
    };
    let report = world.restore(request).await;
    let problem = on(&report, "configmaps shop/flags").problem.unwrap();
    assert_eq!(problem.code, Code::PluginInconsistent);
    assert_eq!(report.totals.failed, 2, "{report:#?}");
}

#[test]
fn what_is_no_plan_is_refused() {
    for (text, expected) in [
        ("hello", "it is no saved plan"),
        ("{\"format\": 1}", "it is no saved plan"),
        ("{\"format\": 7}", "a plan of form 7"),
    ] {
        let problem = SavedPlan::read(text).unwrap_err();
        assert_eq!(problem.code, Code::InvalidDocument);
        assert!(problem.message.contains(expected), "{problem}");
    }
}
