//! A PostgreSQL that is written to while it is backed up with a hook comes back, from the snapshot of its volume, with every
//! transaction that was committed before the hook.

use crate::claims::{claim, delete};
use crate::harness::Workplace;
use lazarette_tests::counts::count;
use lazarette_tests::node::{self, Image, Node};
use lazarette_tests::wait;
use serde_json::{Value, json};

/// Who the server runs as in its image.
const USER: u32 = 999;

/// Starts the server on `/data`, which is made where it is empty. It is not the first process of its container, so that
/// signals can stop it.
const SERVER: &str = r#"
set -eu
if [ ! -e /data/db/PG_VERSION ]; then
    initdb --pgdata=/data/db --username=postgres --auth=trust --locale=C --encoding=UTF8 --data-checksums --no-sync
    cat >> /data/db/postgresql.conf <<END
listen_addresses = ''
unix_socket_directories = '/tmp'
shared_buffers = '32MB'
min_wal_size = '32MB'
max_wal_size = '64MB'
jit = off
END
fi
rm -f /data/db/postmaster.pid
postgres -D /data/db &
trap 'kill -INT $!' TERM
wait
"#;

/// What a consistent database answers with a line of three zeros: pgbench changes an account, a teller and a branch and
/// writes history in one transaction.
const DIFFERENCES: &str = "SELECT a - h, t - h, b - h FROM (SELECT sum(abalance) a FROM pgbench_accounts) a, \
    (SELECT sum(tbalance) t FROM pgbench_tellers) t, (SELECT sum(bbalance) b FROM pgbench_branches) b, \
    (SELECT sum(delta) h FROM pgbench_history) h";

const PLUGIN: &str = concat!(
    "postgresql-standstill=",
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/fixtures/dist/postgresql-standstill.wasm"
);

fn server(namespace: &str) -> Value {
    let container = json!({
        "name": "server", "image": Image::PostgreSql.reference(), "imagePullPolicy": "Never",
        "args": ["-c", SERVER],
        "env": [{"name": "PGHOST", "value": "/tmp"}],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    });
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db", "namespace": namespace},
        "spec": {
            "securityContext": {"runAsUser": USER, "runAsGroup": USER, "fsGroup": USER},
            "containers": [container],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
            "terminationGracePeriodSeconds": 2,
        },
    })
}

/// Wait until the server takes writes.
fn wait_for(node: &Node, namespace: &str) {
    let words = [
        "exec", "-n", namespace, "db", "--", "psql", "-XAtq", "-U", "postgres", "-c",
    ];
    let words = [&words[..], &["SELECT pg_is_in_recovery()"]].concat();
    wait::until("the server takes writes", || {
        (node.try_kubectl(&words, "").stdout == b"f\n").then_some(())
    });
}

fn ask(node: &Node, namespace: &str, statement: &str) -> String {
    let command = ["psql", "-XAtq", "-U", "postgres", "-c", statement];
    node.exec(namespace, "db", &command).trim().to_owned()
}

/// How many transactions are committed.
fn committed(node: &Node, namespace: &str) -> u64 {
    ask(node, namespace, "SELECT count(*) FROM pgbench_history")
        .parse()
        .unwrap()
}

fn hooks() -> String {
    let plugin = json!({"name": "postgresql-standstill", "config": {}, "onError": "Fail", "timeout": "60s"});
    json!({
        "apiVersion": "clusterbackup.dataprotection.microsoft.com/v1alpha1", "kind": "BackupHook",
        "metadata": {"name": "hooks", "namespace": "default"},
        "spec": {"backupHook": [{"name": "hold", "plugin": plugin}]},
    })
    .to_string()
}

#[test]
fn every_transaction_that_was_committed_before_the_hook_comes_back() {
    let Some(node) = node::shared() else { return };
    node.csi();
    node.import(Image::PostgreSql);
    let namespace = node.namespace("database");
    node.apply(&claim(&namespace, "data", "folders").to_string());
    node.apply(&server(&namespace).to_string());
    wait_for(node, &namespace);
    let words = [
        "pgbench",
        "--initialize",
        "--quiet",
        "--scale=1",
        "--username=postgres",
    ];
    node.exec(&namespace, "db", &words);
    let workplace = Workplace::with_cluster(node.kubeconfig());
    workplace.write("hooks.yaml", &hooks());
    for round in 1..=count(1, 10) {
        let line = "pgbench --client=4 --jobs=1 --time=100000 --rate=200 --username=postgres postgres \
                    > /tmp/pgbench.log 2>&1 &";
        node.exec(&namespace, "db", &["sh", "-c", line]);
        let begun = committed(node, &namespace);
        wait::until("the database is written to", || {
            (committed(node, &namespace) > begun).then_some(())
        });
        let before = committed(node, &namespace);
        let name = format!("round-{round}");
        workplace.done(&[
            "backup",
            "create",
            &name,
            "--include-namespaces",
            &namespace,
            "--hooks",
            "hooks.yaml",
            "--plugin",
            PLUGIN,
            "--grant",
            "postgresql-standstill=pods.exec",
        ]);
        delete(node, &namespace);
        workplace.done(&["restore", "create", &name]);
        wait_for(node, &namespace);
        assert_eq!(ask(node, &namespace, DIFFERENCES), "0|0|0");
        let after = committed(node, &namespace);
        println!("{name}: {before} committed before, {after} restored");
        assert!(after >= before, "{after} of {before}");
        workplace.done(&["backup", "delete", &name, "--yes"]);
    }
    delete(node, &namespace);
}
