//! Hooks in the pods of a folder, whose commands end as a test says.

use super::registry::HookedPod;
use super::workload::{Workload, template};
use super::*;
use crate::cluster::{Cluster, Manifests, Write};
use crate::hooks::{Ending, HookDocument, Phase};
use crate::object::{GroupResource, Object, ObjectId, Schemas};
use crate::plugin::{ExecOutput, LookUps, Operation, PluginHost, Pod, Scripted, ScriptedPod};
use crate::report::Code;
use crate::restore::report::ActionName;
use crate::restore::types::Types;
use rstest::rstest;
use serde_json::{Value, json};
use std::sync::LazyLock;
use tempfile::TempDir;

static HOST: LazyLock<PluginHost> = LazyLock::new(|| PluginHost::new(None).unwrap());

/// Two hooks, of which the first one must not fail.
const HOOKS: &str = "apiVersion: clusterbackup.dataprotection.microsoft.com/v1alpha1
kind: RestoreHook
metadata: {name: both, namespace: default}
spec:
  restoreHook:
  - name: first
    includedNamespaces: ['sh*']
    postHooks: [{exec: {command: [first], onError: Fail, waitTimeout: 2s}}]
  - name: second
    labelSelector: {matchLabels: {app: web}}
    postHooks: [{exec: {container: web, command: [second, $x], waitTimeout: 2s}}]
";
const FIRST: &str = "first (RestoreHook default/both)";
const SECOND: &str = "second (RestoreHook default/both)";

struct ScriptedPods(BTreeMap<String, Arc<ScriptedPod>>);

impl Pods for ScriptedPods {
    fn reach(&self, pod: &Object) -> Arc<dyn Pod> {
        let known = self.0.get(&pod.id.name);
        known.map_or_else(Arc::default, Arc::clone)
    }
}

/// A cluster with pods, and hooks for them.
struct World {
    _folder: TempDir,
    cluster: Manifests,
    hooks: RestoreHooks<'static>,
    scripts: BTreeMap<String, Arc<ScriptedPod>>,
}

fn of(resource: &str) -> ResourceType {
    let kinds = [
        ("pods", "Pod"),
        ("deployments.apps", "Deployment"),
        ("replicasets.apps", "ReplicaSet"),
    ];
    let kind = kinds.iter().find(|(known, _)| *known == resource).unwrap().1;
    ResourceType {
        resource: resource.parse().unwrap(),
        version: "v1".into(),
        kind: kind.into(),
        namespaced: true,
    }
}

fn id(resource: &str, name: &str) -> ObjectId {
    ObjectId {
        resource: resource.parse::<GroupResource>().unwrap(),
        namespace: Some("shop".into()),
        name: name.into(),
    }
}

fn operation() -> Arc<Operation> {
    Arc::new(Operation {
        kind: "restore".into(),
        now: jiff::Timestamp::UNIX_EPOCH,
        backup: "nightly".into(),
        namespace_mappings: BTreeMap::new(),
        seed: [0; 32],
        schemas: Arc::new(Schemas::default()),
        look_ups: LookUps::none(),
    })
}

/// A pod that runs, made by `maker`.
fn pod(name: &str, maker: Option<(&str, &str)>) -> Value {
    let owner = |(kind, name)| json!({"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "1", "controller": true});
    let owners: Vec<Value> = maker.map(owner).into_iter().collect();
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": "web"}, "ownerReferences": owners},
        "spec": {"containers": [{"name": "web"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "web", "ready": true, "state": {"running": {}}}]},
    })
}

impl World {
    async fn new(objects: &[(&str, Value)]) -> Self {
        let folder = TempDir::new().unwrap();
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
        std::fs::write(folder.path().join("shop.json"), namespace.to_string()).unwrap();
        let cluster = Manifests::open(folder.path()).unwrap();
        for (resource, object) in objects {
            cluster
                .create(&of(resource), object, Write::default())
                .await
                .unwrap();
        }
        let document = HookDocument {
            place: "hooks.yaml".into(),
            text: HOOKS.into(),
        };
        let hooks = document.hooks(Side::Restore).unwrap();
        World {
            _folder: folder,
            cluster,
            hooks: RestoreHooks {
                hooks: Hooks::prepare(hooks, None, &HOST, &BTreeMap::new(), operation()).unwrap(),
                access: None,
                record: HookRecord::default(),
                origins: BTreeMap::new(),
                restore: "r1".into(),
                retry: false,
                planned: false,
                rights: Rights::default(),
                registry: Mutex::default(),
            },
            scripts: BTreeMap::new(),
        }
    }

    /// The commands of both hooks end in `pod` with these exit codes.
    fn script(mut self, pod: &str, first: i32, second: i32) -> Self {
        let answer = |command: &[&str], exit_code| Scripted {
            container: None,
            command: command.iter().map(|&word| word.to_owned()).collect(),
            answer: Ok(ExecOutput {
                exit_code,
                stdout: b"said".to_vec(),
                ..ExecOutput::default()
            }),
        };
        let answers = vec![answer(&["first"], first), answer(&["second", "$x"], second)];
        self.scripts
            .insert(pod.into(), Arc::new(ScriptedPod::new(answers)));
        self
    }

    /// The restore has come upon the pod `name`, and `became` says what became of it.
    fn restored(self, name: &str, became: impl FnOnce(ObjectReport) -> ObjectReport) -> Self {
        let object = Object::new(&of("pods"), pod(name, None)).unwrap();
        let hooks = self.hooks.hooks.of_pod(&object).unwrap();
        let mut registry = lock(&self.hooks.registry);
        registry
            .placed
            .insert(object.id.clone(), HookedPod::new(&object, hooks));
        registry.enter(&became(ObjectReport::of(object.id)));
        drop(registry);
        self
    }

    async fn run(&mut self, cancellation: &Cancellation) -> HooksRun {
        self.hooks.access = Some(Box::new(ScriptedPods(self.scripts.clone())));
        let requests = Requests::new(&self.cluster);
        let types = Types::new(self.cluster.resource_types().await.unwrap());
        let around = Surroundings {
            requests: &requests,
            pods: &of("pods"),
            types: &types,
            progress: &Progress::default(),
            cancellation,
        };
        self.hooks.after(around).await
    }

    async fn live(&self, pod: &str) -> Value {
        self.cluster
            .get(&of("pods"), Some("shop"), pod)
            .await
            .unwrap()
            .unwrap()
    }

    fn commands(&self, pod: &str) -> Vec<String> {
        self.scripts[pod]
            .commands()
            .into_iter()
            .map(|command| command.join(" "))
            .collect()
    }
}

fn codes(run: &HooksRun) -> Vec<Code> {
    run.problems.iter().map(|problem| problem.code).collect()
}

fn created(report: ObjectReport) -> ObjectReport {
    report
}

#[rstest]
#[case::well(0, 0, &["first", "second $x"], &[])]
#[case::the_second_fails(0, 3, &["first", "second $x"], &[Code::HookFailed])]
#[case::the_first_must_not_fail(3, 0, &["first"], &[Code::HookFailed, Code::HookNotRun])]
#[tokio::test(flavor = "multi_thread")]
async fn hooks_run_in_order_and_one_pods_failure_touches_no_other(
    #[case] first: i32,
    #[case] second: i32,
    #[case] expected: &[&str],
    #[case] problems: &[Code],
) {
    let world = World::new(&[("pods", pod("web-0", None)), ("pods", pod("web-1", None))]).await;
    let world = world.script("web-0", first, second).script("web-1", 0, 0);
    let mut world = world.restored("web-0", created).restored("web-1", created);
    let run = world.run(&Cancellation::default()).await;
    assert_eq!(world.commands("web-0"), expected);
    assert_eq!(world.commands("web-1"), ["first", "second $x"]);
    assert_eq!(codes(&run), problems);
    let attempt = &run.attempts[0];
    assert_eq!(
        (attempt.pod.as_str(), attempt.phase),
        ("web-0", Phase::AfterRestore)
    );
    assert_eq!(
        (&attempt.end, attempt.stdout.as_str()),
        (&Ending::Exited { code: first }, "said")
    );
}

#[rstest]
#[case::left_alone(ActionName::Skip, "it exists")]
#[case::patched(ActionName::Patch, "it differs")]
// A restore that is run again must not take for its own what its first run only changed.
#[case::patched_before_an_interruption(ActionName::Skip, crate::restore::pipeline::CHANGED_BEFORE)]
#[tokio::test(flavor = "multi_thread")]
async fn pods_that_were_there_before_have_no_hooks_run_and_the_report_says_so(
    #[case] action: ActionName,
    #[case] reason: &str,
) {
    let world = World::new(&[("pods", pod("web-0", None))])
        .await
        .script("web-0", 0, 0);
    let skipped = |report: ObjectReport| report.ended(action, reason);
    let mut world = world.restored("web-0", skipped);
    let run = world.run(&Cancellation::default()).await;
    assert!(world.commands("web-0").is_empty());
    assert_eq!(
        run.warnings,
        ["hooks do not run in pods that were there before this restore: shop/web-0"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_is_gone_ends_its_hooks_with_that_reason() {
    let mut world = World::new(&[]).await.restored("web-0", created);
    let run = world.run(&Cancellation::default()).await;
    assert_eq!(codes(&run), [Code::HookNotRun]);
    let message = run.problems[0].to_string();
    assert!(
        message.contains("pods shop/web-0: ") && message.contains("not there any more"),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_restore_runs_no_more_hooks_and_says_so() {
    let world = World::new(&[("pods", pod("web-0", None))])
        .await
        .script("web-0", 0, 0);
    let mut world = world.restored("web-0", created);
    let cancellation = Cancellation::default();
    cancellation.cancel();
    let run = world.run(&cancellation).await;
    assert!(world.commands("web-0").is_empty());
    let message = format!("pods shop/web-0: {FIRST}, {SECOND} did not run: the restore was interrupted");
    assert_eq!(run.problems[0].to_string(), message);
}

/// A pod that an earlier run has marked.
fn marked(started: &[&str], done: &[&str]) -> Value {
    let mut pod = pod("web-0", None);
    let mark = json!({"restore": "r1", "started": started, "done": done}).to_string();
    pod["metadata"]["annotations"] = json!({"lazarette.io/restore-hooks": mark});
    pod
}

#[rstest]
#[case::not_begun(marked(&[], &[]), false, &["first", "second $x"], &[])]
#[case::begun(marked(&[FIRST], &[]), false, &["second $x"], &[Code::HookNotRun])]
#[case::begun_and_wanted_again(marked(&[FIRST], &[]), true, &["first", "second $x"], &[])]
#[case::done(marked(&[FIRST], &[FIRST]), true, &["second $x"], &[])]
#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_may_have_run_is_not_run_again(
    #[case] live: Value,
    #[case] retry: bool,
    #[case] expected: &[&str],
    #[case] problems: &[Code],
) {
    let world = World::new(&[("pods", live)]).await.script("web-0", 0, 0);
    let before = |report: ObjectReport| report.ended(ActionName::Skip, crate::restore::pipeline::DONE_BEFORE);
    let mut world = world.restored("web-0", before);
    world.hooks.retry = retry;
    let run = world.run(&Cancellation::default()).await;
    assert_eq!(world.commands("web-0"), expected);
    assert_eq!(codes(&run), problems, "{run:?}");
    let mark = mark::Mark::read(&world.live("web-0").await, "r1");
    assert_eq!(mark.progress(SECOND), mark::Progress::Done);
}

#[rstest]
#[case::created(true, &["first", "second $x"])]
#[case::there_before(false, &[])]
#[tokio::test(flavor = "multi_thread")]
async fn pods_of_a_controller_count_as_created_by_whoever_created_it(
    #[case] is_created: bool,
    #[case] expected: &[&str],
) {
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web"}]}}},
        "status": {"replicas": 1},
    });
    let mut set = pod("web-1a", Some(("Deployment", "web")));
    set["kind"] = "ReplicaSet".into();
    set["apiVersion"] = "apps/v1".into();
    let objects = [
        ("deployments.apps", deployment.clone()),
        ("replicasets.apps", set),
        ("pods", pod("web-1a-x", Some(("ReplicaSet", "web-1a")))),
        ("pods", pod("stranger", None)),
    ];
    let mut world = World::new(&objects)
        .await
        .script("web-1a-x", 0, 0)
        .script("stranger", 0, 0);
    let object = Object::new(&of("deployments.apps"), deployment).unwrap();
    let report = match is_created {
        true => ObjectReport::of(object.id.clone()),
        false => ObjectReport::of(object.id.clone()).ended(ActionName::Patch, "it differs"),
    };
    let template = template(&object).unwrap();
    let workload = Workload {
        target: object.id.clone(),
        of: of("deployments.apps"),
        hooks: world.hooks.hooks.of_pod(&template).unwrap(),
        template,
        object,
    };
    {
        let mut registry = lock(&world.hooks.registry);
        registry
            .placed_workloads
            .insert(workload.target.clone(), workload);
        registry.enter(&report);
    }
    let run = world.run(&Cancellation::default()).await;
    assert_eq!(world.commands("web-1a-x"), expected, "{run:?}");
    assert!(world.commands("stranger").is_empty());
    assert!(run.problems.is_empty(), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_makes_no_pods_in_time_is_told() {
    let mut world = World::new(&[]).await;
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web"}]}}},
    });
    world
        .cluster
        .create(&of("deployments.apps"), &deployment, Write::default())
        .await
        .unwrap();
    let object = Object::new(&of("deployments.apps"), deployment).unwrap();
    let template = template(&object).unwrap();
    lock(&world.hooks.registry).workloads.push(Workload {
        target: id("deployments.apps", "web"),
        of: of("deployments.apps"),
        hooks: world.hooks.hooks.of_pod(&template).unwrap(),
        template,
        object,
    });
    let run = world.run(&Cancellation::default()).await;
    assert_eq!(codes(&run), [Code::HookNotRun]);
    assert_eq!(
        run.problems[0].target.as_deref(),
        Some("deployments.apps shop/web")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_of_a_pod_are_found_under_its_namespace_in_the_backup() {
    let mut world = World::new(&[]).await;
    let kept = |namespace: &str| PodFacts {
        namespace: namespace.into(),
        pod: "web-0".into(),
        plugin: "exec-hooks".into(),
        facts: BTreeMap::from([("from".to_owned(), namespace.to_owned())]),
    };
    world.hooks.record.facts = vec![kept("shop"), kept("bank")];
    world.hooks.origins = BTreeMap::from([("shop".to_owned(), "bank".to_owned())]);
    assert_eq!(world.hooks.facts(&id("pods", "web-0")), [kept("bank")]);
    assert!(world.hooks.facts(&id("pods", "web-1")).is_empty());
}
