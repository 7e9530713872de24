//! Tokens that end in the middle of a run.

use super::*;
use crate::harness::PROGRAM;
use lazarette_tests::cluster::Cluster;
use lazarette_tests::proxy::{Fault, Proxy, Request, Upstream};
use lazarette_tests::wait;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A service account that may do everything, with tokens that end when their Secret is deleted.
struct Account {
    cluster: &'static Cluster,
    namespace: String,
}

impl Account {
    fn new(cluster: &'static Cluster) -> Self {
        let namespace = cluster.namespace("account");
        cluster.kubectl(&["-n", &namespace, "create", "serviceaccount", "backup"]);
        let account = format!("--serviceaccount={namespace}:backup");
        cluster.kubectl(&[
            "create",
            "clusterrolebinding",
            &namespace,
            "--clusterrole=cluster-admin",
            &account,
        ]);
        Account { cluster, namespace }
    }

    /// A token that holds as long as the Secret `secret`.
    fn token(&self, secret: &str) -> String {
        let namespace = ["-n", self.namespace.as_str()];
        self.cluster
            .kubectl(&[&namespace[..], &["create", "secret", "generic", secret]].concat());
        let bound = [
            "create",
            "token",
            "backup",
            "--bound-object-kind=Secret",
            "--bound-object-name",
            secret,
        ];
        self.cluster
            .kubectl(&[&namespace[..], &bound].concat())
            .trim()
            .to_owned()
    }

    /// End the token of a Secret, and wait until the API server, which remembers for ten seconds, refuses it.
    fn end(&self, secret: &str, token: &str) {
        self.cluster
            .kubectl(&["-n", &self.namespace, "delete", "secret", secret]);
        let review = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "metadata": {"name": "it"},
            "spec": {"token": token},
        });
        wait::until("the token is refused", || {
            let review = self
                .cluster
                .kubectl_with(&["create", "-f", "-", "-o", "json"], &review.to_string());
            let review: Value = serde_json::from_str(&review).unwrap();
            (review["status"]["authenticated"] != true).then_some(())
        });
    }
}

/// Prints what is in the file `token` beside it.
const READER: &str = "#!/bin/sh\nTOKEN=$(cat \"$(dirname \"$0\")/token\")\n\
    echo \"{\\\"kind\\\":\\\"ExecCredential\\\",\\\"status\\\":{\\\"token\\\":\\\"$TOKEN\\\"}}\"\n";

/// What a container of a pod has: a folder with the token of its service account, at a place that is always the same.
const POD: &str = "mount -t tmpfs tmpfs /var/run && mkdir -p /var/run/secrets/kubernetes.io/serviceaccount && \
    mount --bind account /var/run/secrets/kubernetes.io/serviceaccount && exec \"$0\" \"$@\"";

/// Who reads the token.
#[derive(Clone, Copy, PartialEq)]
enum Reader {
    /// The program, from a file that the kubeconfig names.
    Kubeconfig,
    /// A program that the kubeconfig names.
    Program,
    /// The program, in a container of a pod.
    Pod,
}

impl Reader {
    /// A command that finds its token in `account/token`, and the API server at `url`.
    fn command(self, workplace: &mut Workplace, url: &str, words: &[&str]) -> Command {
        let account = workplace.path("account");
        let user = match self {
            Reader::Kubeconfig => json!({"tokenFile": account.join("token")}),
            Reader::Program => json!({"exec": {
                "apiVersion": "client.authentication.k8s.io/v1", "command": account.join("login"),
                "interactiveMode": "Never",
            }}),
            Reader::Pod => {
                let mut command = Command::new("unshare");
                command.args(["--map-root-user", "--mount", "sh", "-c", POD, PROGRAM]);
                command.args(words);
                workplace.prepare(&mut command);
                let port = url.rsplit(':').next().unwrap();
                command
                    .env("LAZARETTE_CLUSTER", "kubeconfig")
                    .env("KUBERNETES_SERVICE_HOST", "127.0.0.1")
                    .env("KUBERNETES_SERVICE_PORT", port);
                return command;
            }
        };
        let kubeconfig = changed(workplace, |config| {
            config["clusters"][0]["cluster"]["server"] = json!(url);
            config["users"][0]["user"] = user;
        });
        workplace.go_to(&kubeconfig);
        workplace.command(words)
    }
}

#[rstest]
#[case::read_from_a_file(Reader::Kubeconfig)]
#[case::given_by_a_program(Reader::Program)]
#[case::of_a_pod(Reader::Pod)]
fn a_token_that_ends_in_the_middle_of_a_run_is_renewed(#[case] reader: Reader) {
    let account = Account::new(cluster::first());
    let tokens = ["first", "second"].map(|secret| account.token(secret));
    let namespace = account.namespace.clone();
    let mut workplace = Workplace::empty();
    workplace.write("account/token", &tokens[0]);
    workplace.write("account/ca.crt", &cluster::first().authority().certificate());
    workplace.write("account/namespace", &namespace);
    workplace.write("account/login", READER);
    fs::set_permissions(workplace.path("account/login"), fs::Permissions::from_mode(0o700)).unwrap();
    let file = workplace.path("account/token");
    let is_ended = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&is_ended);
    // A namespace has some sixty lists.
    let proxy = Proxy::start(Upstream::cluster(account.cluster), move |request: &Request| {
        if request.number > 20 && !ended.swap(true, Ordering::Relaxed) {
            fs::write(&file, &tokens[1]).unwrap();
            account.end("first", &tokens[0]);
        }
        Fault::None
    });
    let words = ["backup", "create", "b", "--include-namespaces", &namespace];
    let output = reader.command(&mut workplace, &proxy.url(), &words).output();
    let ran = Ran::from(output.unwrap());
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(is_ended.load(Ordering::Relaxed), "it was over before");
}
