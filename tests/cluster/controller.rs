//! The controller on a real API server: schedules, runs, recovery points, rights, and what an end of it leaves.

use crate::harness::Workplace;
use lazarette_tests::cluster::Cluster;
use lazarette_tests::wait;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::process::{Child, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// A cluster with the resources defined, and a controller that is at work in it. One test has it at a time.
struct Controlled {
    cluster: &'static Cluster,
    workplace: Workplace,
    namespace: String,
    controller: Child,
    /// Where the controller runs.
    home: Workplace,
    _turn: MutexGuard<'static, ()>,
}

/// As whom the controller works.
const USER: &str = "lazarette-controller";

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let cluster = Cluster::start();
        let workplace = Workplace::with_cluster(cluster.kubeconfig());
        let manifests = workplace.done(&["install", "--image", "registry.example.com/lazarette:1.0"]);
        cluster.apply(&manifests);
        cluster.kubectl(&["wait", "--for=condition=Established", "crd", "--all"]);
        let user = format!("--user={USER}");
        for role in ["lazarette-controller", "lazarette-controller-tokens"] {
            let (name, of) = (format!("{role}-test"), format!("--clusterrole={role}"));
            cluster.kubectl(&["create", "clusterrolebinding", &name, &of, &user]);
        }
        let of = "--role=lazarette-controller";
        cluster.kubectl(&["-n", "lazarette", "create", "rolebinding", "test", of, &user]);
        cluster
    })
}

impl Controlled {
    /// A namespace with a configmap, a service account that may do everything, and a store.
    fn new(prefix: &str) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let cluster = cluster();
        let namespace = cluster.namespace(prefix);
        let workplace = Workplace::with_cluster(cluster.kubeconfig());
        let (home, controller) = start();
        let controlled = Controlled {
            cluster,
            workplace,
            namespace,
            controller,
            home,
            _turn: turn,
        };
        controlled.kubectl(&["create", "configmap", "colours", "--from-literal=sky=blue"]);
        controlled.kubectl(&["create", "serviceaccount", "backup"]);
        let account = format!("--serviceaccount={}:backup", controlled.namespace);
        let binding = [
            "create",
            "clusterrolebinding",
            &controlled.namespace,
            "--clusterrole=cluster-admin",
            &account,
        ];
        cluster.kubectl(&binding);
        let store = format!("file:{}", controlled.workplace.path("backups").display());
        std::fs::create_dir_all(controlled.workplace.path("backups")).unwrap();
        controlled.apply("BackupLocation", &controlled.namespace, &json!({"store": store}));
        controlled
    }

    fn kubectl(&self, words: &[&str]) -> String {
        self.cluster
            .kubectl(&[&["-n", self.namespace.as_str()], words].concat())
    }

    fn apply(&self, kind: &str, name: &str, spec: &Value) {
        let metadata = json!({"name": name, "namespace": self.namespace});
        let object =
            json!({"apiVersion": "lazarette.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec});
        self.cluster.apply(&object.to_string());
    }

    /// An instance of the namespace, with a policy of its own.
    fn protect(&self, policy: &Value) {
        self.apply("BackupPolicy", &self.namespace, policy);
        let spec = json!({
            "policy": self.namespace, "location": self.namespace, "serviceAccountName": "backup",
            "selection": {"includedNamespaces": [self.namespace], "includedResources": ["configmaps"]},
        });
        self.apply("BackupInstance", "shop", &spec);
    }

    fn get(&self, words: &[&str]) -> Value {
        self.cluster
            .get(&[&["-n", self.namespace.as_str()], words].concat())
    }

    /// The status of a run when it is over.
    fn ended(&self, kind: &str, name: &str) -> Value {
        wait::until("the run is over", || {
            let status = self.get(&[kind, name])["status"].take();
            let phase = status["phase"].as_str().unwrap_or("Pending");
            (!matches!(phase, "Pending" | "Running")).then_some(status)
        })
    }

    fn points(&self) -> Vec<Value> {
        self.get(&["recoverypoints"])["items"].as_array().unwrap().clone()
    }
}

/// With the rights that are installed for the controller, and no others.
fn start() -> (Workplace, Child) {
    let workplace = Workplace::with_cluster(&cluster().user(USER));
    let mut command = workplace.command(&["controller", "--namespace", "lazarette", "--sync", "5s"]);
    command.env("LAZARETTE_CLUSTER", "kubeconfig");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().unwrap();
    (workplace, child)
}

/// It is asked to end, as a kubelet does it, so that the next one need not wait for its lease.
impl Drop for Controlled {
    fn drop(&mut self) {
        let words = [
            "-n",
            &self.namespace,
            "delete",
            "backupinstances,backups,restores",
            "--all",
        ];
        self.cluster.try_kubectl(&words, "");
        for kind in ["backuplocation", "backuppolicy"] {
            self.cluster.try_kubectl(&["delete", kind, &self.namespace], "");
        }
        let _ = kill_process(Pid::from_child(&self.controller), Signal::TERM);
        let _ = self.controller.wait();
    }
}

/// Every minute, kept for as long.
fn every_minute(keep: &str) -> Value {
    json!({
        "schedule": {"interval": "R/2026-01-04T09:00:00+00:00/PT1M"},
        "retention": [{"tag": "Default", "operational": keep}, {"tag": "Daily", "operational": "P7D"}],
    })
}

/// Only when somebody asks.
fn by_hand() -> Value {
    json!({"retention": [{"tag": "Default", "operational": "P7D"}, {"tag": "Yearly", "operational": "P1Y"}]})
}

#[test]
fn a_schedule_makes_points_that_expire_but_for_the_newest() {
    let controlled = Controlled::new("scheduled");
    controlled.protect(&every_minute("PT1S"));
    let two = wait::until("two runs of the schedule are over", || {
        let backups = controlled.get(&["backups"])["items"].as_array().unwrap().clone();
        let mut ended = backups
            .into_iter()
            .filter(|backup| backup["status"]["phase"] == "Completed");
        Some([ended.next()?, ended.next()?])
    });
    let time = |backup: &Value| backup["spec"]["scheduledFor"].as_str().unwrap().to_owned();
    assert_ne!(time(&two[0]), time(&two[1]), "one run for each time");
    // The first of the day is Daily and stays; of the others only the newest does.
    let points = wait::until("expired points are gone", || {
        let points = controlled.points();
        let tags: Vec<&str> = points
            .iter()
            .map(|point| point["spec"]["tag"].as_str().unwrap())
            .collect();
        (tags == ["Daily", "Default"] && points.len() == 2).then_some(points)
    });
    assert!(
        points.iter().all(|point| point["spec"]["state"] == "Whole"),
        "{points:?}"
    );
    let instance = controlled.get(&["backupinstance", "shop"]);
    assert_eq!(instance["status"]["conditions"][0]["type"], "Ready", "{instance}");
    assert_eq!(
        instance["status"]["conditions"][0]["status"], "True",
        "{instance}"
    );
}

#[test]
fn a_person_backs_up_with_a_tag_and_restores() {
    let controlled = Controlled::new("by-hand");
    controlled.protect(&by_hand());
    controlled.apply(
        "Backup",
        "now",
        &json!({"instance": "shop", "retentionTag": "Yearly"}),
    );
    let status = controlled.ended("backup.lazarette.dev", "now");
    assert_eq!(status["phase"], "Completed", "{status}");
    let name = status["recoveryPoint"].as_str().unwrap();
    let point = controlled.get(&["recoverypoint", name]);
    assert_eq!(point["spec"]["tag"], "Yearly", "{point}");

    // Who deletes the resource deletes no backup.
    controlled.kubectl(&["delete", "recoverypoint", name]);
    wait::until("the point is back", || {
        (controlled.points().len() == 1).then_some(())
    });

    controlled.kubectl(&["delete", "configmap", "colours"]);
    controlled.apply(
        "Restore",
        "back",
        &json!({"recoveryPoint": name, "serviceAccountName": "backup"}),
    );
    let status = controlled.ended("restore.lazarette.dev", "back");
    assert_eq!(status["phase"], "Completed", "{status}");
    assert_eq!(controlled.get(&["configmap", "colours"])["data"]["sky"], "blue");
}

#[test]
fn a_run_has_the_rights_of_its_account_and_no_others() {
    let controlled = Controlled::new("rights");
    controlled.protect(&by_hand());
    controlled.apply("Backup", "mine", &json!({"instance": "shop"}));
    let status = controlled.ended("backup.lazarette.dev", "mine");
    let name = status["recoveryPoint"].as_str().unwrap();
    controlled.kubectl(&["delete", "configmap", "colours"]);

    // An account without rights creates nothing.
    controlled.kubectl(&["create", "serviceaccount", "nobody"]);
    controlled.apply(
        "Restore",
        "refused",
        &json!({"recoveryPoint": name, "serviceAccountName": "nobody"}),
    );
    let status = controlled.ended("restore.lazarette.dev", "refused");
    assert_ne!(status["phase"], "Completed", "{status}");
    let found = controlled
        .cluster
        .try_kubectl(&["-n", &controlled.namespace, "get", "configmap", "colours"], "");
    assert!(!found.status.success());

    // Who writes a RecoveryPoint into another namespace gets nothing of the backup that it names.
    let other = controlled.cluster.namespace("thief");
    let mut point = controlled.get(&["recoverypoint", name]);
    point["metadata"] = json!({"name": "stolen", "namespace": other});
    controlled.cluster.apply(&point.to_string());
    let restore = json!({
        "apiVersion": "lazarette.dev/v1alpha1", "kind": "Restore",
        "metadata": {"name": "theft", "namespace": other},
        "spec": {"recoveryPoint": "stolen", "serviceAccountName": "default"},
    });
    controlled.cluster.apply(&restore.to_string());
    let status = wait::until("the theft is over", || {
        let status = controlled
            .cluster
            .get(&["-n", &other, "restore.lazarette.dev", "theft"])["status"]
            .take();
        (status["phase"] == "Failed").then_some(status)
    });
    let message = status["message"].as_str().unwrap();
    assert!(
        message.contains("not one of an instance of this namespace"),
        "{message}"
    );
}

#[test]
fn what_cannot_be_done_says_why() {
    let controlled = Controlled::new("unready");
    controlled.protect(
        &json!({"schedule": {"cron": "0 0 30 2 *"}, "retention": [{"tag": "Default", "operational": "P7D"}]}),
    );
    let message = |kind: &str, name: &str, part: &str| {
        wait::until(part, || {
            let conditions = controlled.get(&[kind, name])["status"]["conditions"].take();
            let message = conditions[0]["message"].as_str()?.to_owned();
            (conditions[0]["status"] == "False" && message.contains(part)).then_some(message)
        })
    };
    let policy = controlled.namespace.clone();
    message("backuppolicy", &policy, "names a day that never comes");
    message("backupinstance", "shop", "schedule.cron");
    controlled.apply("Backup", "now", &json!({"instance": "nothing"}));
    let status = controlled.ended("backup.lazarette.dev", "now");
    assert_eq!(status["phase"], "Failed", "{status}");
    assert!(
        status["message"]
            .as_str()
            .unwrap()
            .contains("there is no such instance"),
        "{status}"
    );
    // What waits for nobody can be cancelled, and stays so.
    controlled.apply("Backup", "never", &json!({"instance": "shop", "cancel": true}));
    assert_eq!(
        controlled.ended("backup.lazarette.dev", "never")["phase"],
        "Cancelled"
    );
}

#[test]
fn a_run_whose_controller_was_killed_says_what_to_do() {
    let mut controlled = Controlled::new("killed");
    controlled.protect(&by_hand());
    wait::until("the controller is at work", || {
        let status = controlled.get(&["backupinstance", "shop"])["status"].take();
        (status["conditions"][0]["status"] == "True").then_some(())
    });
    controlled.controller.kill().unwrap();
    controlled.controller.wait().unwrap();
    // A run that a controller had begun, and nothing of it in the store.
    controlled.apply("Backup", "orphan", &json!({"instance": "shop"}));
    let running = json!({"status": {"phase": "Running"}}).to_string();
    let words = [
        "patch",
        "backup.lazarette.dev",
        "orphan",
        "--subresource=status",
        "--type=merge",
        "-p",
        &running,
    ];
    controlled.kubectl(&words);
    (controlled.home, controlled.controller) = start();
    let status = controlled.ended("backup.lazarette.dev", "orphan");
    assert_eq!(status["phase"], "Failed", "{status}");
    assert!(
        status["message"]
            .as_str()
            .unwrap()
            .contains("make another Backup"),
        "{status}"
    );
}

#[test]
fn only_who_may_act_as_an_account_has_something_run_with_its_rights() {
    let namespace = cluster().namespace("admission");
    cluster().kubectl(&["-n", &namespace, "create", "serviceaccount", "powerful"]);
    let user = |name: &str, role: &str, resource: &str| {
        let (role, resource) = (format!("{name}-{role}"), format!("--resource={resource}"));
        cluster().kubectl(&[
            "-n",
            &namespace,
            "create",
            "role",
            &role,
            "--verb=create",
            &resource,
        ]);
        let (of_role, to_user) = (format!("--role={role}"), format!("--user={name}"));
        cluster().kubectl(&[
            "-n",
            &namespace,
            "create",
            "rolebinding",
            &role,
            &of_role,
            &to_user,
        ]);
    };
    user("ada", "restores", "restores.lazarette.dev");
    user("grace", "restores", "restores.lazarette.dev");
    user("grace", "tokens", "serviceaccounts/token");
    let restore = |name: &str| {
        let object = json!({
            "apiVersion": "lazarette.dev/v1alpha1", "kind": "Restore",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"recoveryPoint": "a", "serviceAccountName": "powerful"},
        });
        let words = ["--as", name, "create", "--validate=false", "-f", "-"];
        let output = cluster().try_kubectl(&words, &object.to_string());
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let said = wait::until("the policy of admission is in force", || {
        let said = restore("ada");
        cluster().try_kubectl(&["-n", &namespace, "delete", "restore.lazarette.dev", "ada"], "");
        (!said.contains("created")).then_some(said)
    });
    assert!(
        said.contains("you may not act as the service account powerful"),
        "{said}"
    );
    let said = restore("grace");
    assert!(said.contains("created"), "{said}");
}
