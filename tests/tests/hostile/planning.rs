//! Plugins that decide otherwise when a plan is applied than when it was made.

use super::*;
use lazarette::archive::{Backup, BackupName};
use lazarette::backup::{self, BackupRequest};
use lazarette::cluster::Manifests;
use lazarette::modify::ThirdParty;
use lazarette::object::FilterSpec;
use lazarette::plugin::ClusterSource;
use lazarette::report::{Cancellation, Code, Progress};
use lazarette::restore::{
    self, ActionName, Environment, ObjectReport, OnModifierError, PlanKey, Plugins, RestoreReport,
    RestoreRequest, SavedPlan, Specification,
};
use lazarette::store::{LocalStore, Store};
use std::path::PathBuf;
use tempfile::TempDir;

/// A backup of two ConfigMaps, and a cluster to restore it into.
struct World {
    folder: TempDir,
    backup: Backup,
    plugins: Plugins,
}

fn config_map(name: &str, from: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "shop"}, "data": {"from": from},
    })
}

impl World {
    /// A world in which `component` is the plugin `hostile`, with these grants.
    async fn new(component: &[u8], grants: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["source", "target", "store"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let store = LocalStore::new(folder.path().join("store").to_str().unwrap()).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let objects = [config_map("a", "backup"), config_map("b", "backup")];
        write(&folder.path().join("source"), &objects);
        let source = Manifests::open(&folder.path().join("source")).unwrap();
        let name: BackupName = "nightly".parse().unwrap();
        let (progress, cancellation) = (Progress::default(), Cancellation::default());
        backup::create(
            &BackupRequest::new(name.clone()),
            &source,
            store.as_ref(),
            &progress,
            &cancellation,
        )
        .await
        .unwrap();
        let plugin = host().load("hostile", component).unwrap();
        let settings = settings(json!({}), grants);
        World {
            folder,
            backup: Backup::open(store, &name).await.unwrap(),
            plugins: Plugins::from([("hostile".to_owned(), ThirdParty { plugin, settings })]),
        }
    }

    fn target(&self) -> PathBuf {
        self.folder.path().join("target")
    }

    async fn run(&self, request: RestoreRequest, planned: bool) -> RestoreReport {
        let cluster = Arc::new(Manifests::open(&self.target()).unwrap());
        let source = ClusterSource::new(Arc::clone(&cluster) as _);
        let with = Environment {
            backup: &self.backup,
            cluster: cluster.as_ref(),
            plugins: host(),
            look_ups: LookUps::new(source),
            progress: &Progress::default(),
            cancellation: &Cancellation::default(),
        };
        match planned {
            true => restore::plan(request, &with).await.unwrap(),
            false => restore::apply(request, &with).await.unwrap(),
        }
    }

    /// A plan that is kept.
    async fn plan(&self, specification: Specification) -> SavedPlan {
        let key = PlanKey::random();
        let time = "2026-01-01T00:00:00Z".parse().unwrap();
        let request = specification.request("plan".into(), time, self.plugins.clone());
        let request = RestoreRequest {
            plan_key: Some(key.clone()),
            ..request.unwrap()
        };
        let report = self.run(request, true).await;
        SavedPlan::new(key, specification, report)
    }

    async fn apply(&self, plan: &SavedPlan) -> RestoreReport {
        self.run(plan.request("r1".into(), self.plugins.clone()).unwrap(), false)
            .await
    }
}

fn write(folder: &std::path::Path, objects: &[Value]) {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    std::fs::write(folder.join("objects.json"), list.to_string()).unwrap();
}

fn specification() -> Specification {
    Specification {
        backup: "nightly".parse().unwrap(),
        filter: FilterSpec::default(),
        namespace_mappings: BTreeMap::new(),
        modifiers: None,
        on_modifier_error: OnModifierError::default(),
        conflict_policies: "skip".into(),
        skip_damaged: false,
        volumes: restore::VolumeMode::default(),
        preserve_node_ports: false,
        hooks: Vec::new(),
        hook_annotations: false,
    }
}

/// The configuration of a rule that has the plugin look up `name` for each ConfigMap `a`.
fn looking_up(resource: &str, namespace: Option<&str>, name: &str) -> Specification {
    let config = json!({"do": "get", "resource": resource, "namespace": namespace, "name": name});
    let rule = json!({
        "conditions": {"groupResource": "configmaps", "resourceNameRegex": "^a$"},
        "plugin": {"name": "hostile", "config": config},
    });
    Specification {
        modifiers: Some(json!({"version": "v1", "resourceModifierRules": [rule]}).to_string()),
        ..specification()
    }
}

fn on(report: &RestoreReport, name: &str) -> ObjectReport {
    let of = |object: &ObjectReport| object.id.to_string() == format!("configmaps shop/{name}");
    report.objects.iter().find(of).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_about_which_a_plugin_decides_otherwise_is_refused_and_no_other() {
    let world = World::new(CAPRICIOUS, &[]).await;
    let live = [config_map("a", "live"), config_map("b", "live")];
    write(&world.target(), &live);
    let plan = world
        .plan(Specification {
            conflict_policies: "plugin:hostile".into(),
            ..specification()
        })
        .await;
    let planned = ["a", "b"].map(|name| on(&plan.report, name).action);
    assert_eq!(planned, [ActionName::Skip, ActionName::Replace]);
    // Without `a` it is called once only, and does not replace what it would have replaced.
    write(&world.target(), &live[1..]);
    let report = world.apply(&plan).await;
    assert_eq!(on(&report, "a").action, ActionName::LeaveOut);
    let problem = on(&report, "b").problem.unwrap();
    assert_eq!(problem.code, Code::PluginInconsistent, "{problem}");
    assert_eq!(problem.target.as_deref(), Some("configmaps shop/b"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_whose_plugin_looks_up_what_has_changed_since_is_refused_and_no_other() {
    let world = World::new(LOOKING, &["cluster.get:configmaps"]).await;
    write(&world.target(), &[config_map("flags", "then")]);
    let plan = world.plan(looking_up("configmaps", Some("shop"), "flags")).await;
    assert_eq!(on(&plan.report, "a").notes[0].code, "found");
    write(&world.target(), &[config_map("flags", "now")]);
    let report = world.apply(&plan).await;
    let problem = on(&report, "a").problem.unwrap();
    assert_eq!(problem.code, Code::OutdatedPlan, "{problem}");
    assert!(problem.message.contains("configmaps shop/flags"), "{problem}");
    assert!(on(&report, "b").problem.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_restore_has_made_itself_is_looked_up_as_it_was_before() {
    let world = World::new(LOOKING, &["cluster.get:namespaces"]).await;
    let plan = world.plan(looking_up("namespaces", None, "shop")).await;
    assert_eq!(on(&plan.report, "a").notes[0].code, "nothing");
    // The namespace is there by the time that the plugin looks.
    let report = world.apply(&plan).await;
    assert!(on(&report, "a").problem.is_none(), "{report:#?}");
    assert_eq!(on(&report, "a").notes[0].code, "nothing");
    assert_eq!(report.look_ups, plan.report.look_ups);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_component_than_that_of_the_plan_is_refused_before_anything_happens() {
    let mut world = World::new(LOOKING, &["cluster.get:namespaces"]).await;
    let plan = world.plan(looking_up("namespaces", None, "shop")).await;
    let plugin = host().load("hostile", MISBEHAVING).unwrap();
    let settings = settings(json!({}), &[]);
    world.plugins = Plugins::from([("hostile".to_owned(), ThirdParty { plugin, settings })]);
    let error = plan.request("r1".into(), world.plugins.clone()).err().unwrap();
    assert!(error.to_string().contains("the plan was made with"), "{error}");
}
