//! A PostgreSQL in a pod that is written to all the time, the copies of its volume that are made while hooks hold it, and
//! the servers that start from those copies.
//!
//! There are no snapshots of volumes yet. The volume is a folder of this machine, and the copy of it is cut by `cp` from
//! inside the pod, by a hook that runs after the one that holds the database and before the backup's after-hooks. Such a
//! copy is worse than a snapshot: it takes its time, and files change while it is made. So a server that starts from it
//! shows that the hooks held the database for as long as they said. The restored pod gets the copy as its volume by a
//! resource modifier.

use crate::harness::Workplace;
use crate::resources::{backup_hook, restore_hook, shell};
use lazarette_tests::counts::count;
use lazarette_tests::node::{self, Image, Node};
use lazarette_tests::wait;
use rstest::rstest;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

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
archive_mode = $ARCHIVE_MODE
archive_command = 'test ! -f /archive/%f && cp %p /archive/%f.part && mv /archive/%f.part /archive/%f'
END
fi
postgres -D /data/db &
trap 'kill -INT $!' TERM
wait
"#;

/// What a consistent database answers with one line of three zeros: pgbench changes an account, a teller and a branch and
/// writes history in one transaction, so their sums are the same whenever one looks.
const DIFFERENCES: &str = "SELECT a - h, t - h, b - h FROM (SELECT sum(abalance) a FROM pgbench_accounts) a, \
    (SELECT sum(tbalance) t FROM pgbench_tellers) t, (SELECT sum(bbalance) b FROM pgbench_branches) b, \
    (SELECT sum(delta) h FROM pgbench_history) h";

/// How the database is held during a backup.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// In backup mode, in a session that stays open.
    Session,
    /// All its processes stopped.
    Standstill,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Way::Session => "postgresql-session",
            Way::Standstill => "postgresql-standstill",
        }
    }

    /// As `--plugin` takes it.
    fn plugin(self) -> String {
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/dist");
        format!("{0}={fixtures}/{0}.wasm", self.name())
    }

    /// As `--grant` takes it.
    fn grant(self) -> String {
        format!("{}=pods.exec", self.name())
    }

    /// Only a backup in backup mode needs the archive of the log.
    fn archive_mode(self) -> &'static str {
        match self {
            Way::Session => "on",
            Way::Standstill => "off",
        }
    }

    fn entry(self) -> Value {
        let config = match self {
            Way::Session => json!({"data": "/data/db", "restoreCommand": "cp /archive/%f %p"}),
            Way::Standstill => json!({}),
        };
        let plugin = json!({"name": self.name(), "config": config, "onError": "Fail", "timeout": "60s"});
        json!({"name": "hold", "plugin": plugin})
    }
}

/// A pod with a server, and the folders that are its volumes.
struct Database<'n> {
    node: &'n Node,
    way: Way,
    namespace: String,
    folder: PathBuf,
}

impl<'n> Database<'n> {
    /// A server with some data.
    fn start(node: &'n Node, way: Way) -> Self {
        node.import(Image::PostgreSql);
        let namespace = node.namespace(way.name());
        let folder = node.folder().join(&namespace);
        for volume in ["data", "archive", "copies"] {
            fs::create_dir_all(folder.join(volume)).unwrap();
            chown(folder.join(volume), Some(USER), Some(USER)).unwrap();
        }
        let database = Database {
            node,
            way,
            namespace,
            folder,
        };
        node.apply(&database.pod().to_string());
        database.wait(&database.namespace);
        database.run(&[
            "pgbench",
            "--initialize",
            "--quiet",
            "--scale=1",
            "--username=postgres",
        ]);
        database
    }

    fn pod(&self) -> Value {
        let volume = |name: &str| json!({"name": name, "hostPath": {"path": self.folder.join(name)}});
        let mount = |name: &str| json!({"name": name, "mountPath": format!("/{name}")});
        let container = json!({
            "name": "server", "image": Image::PostgreSql.reference(), "imagePullPolicy": "Never",
            "args": ["-c", SERVER],
            "env": [
                {"name": "PGHOST", "value": "/tmp"},
                {"name": "ARCHIVE_MODE", "value": self.way.archive_mode()},
            ],
            "volumeMounts": [mount("data"), mount("archive"), mount("copies")],
        });
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "db", "namespace": self.namespace},
            "spec": {
                "securityContext": {"runAsUser": USER, "runAsGroup": USER},
                "containers": [container],
                "volumes": [volume("data"), volume("archive"), volume("copies")],
                "terminationGracePeriodSeconds": 2,
            },
        })
    }

    /// Write to the database until the pod ends.
    fn write_for_ever(&self) {
        let line = "pgbench --client=4 --jobs=1 --time=100000 --rate=200 --username=postgres postgres \
                    > /tmp/pgbench.log 2>&1 &";
        self.run(&["sh", "-c", line]);
    }

    /// Where the copy of the volume for a backup is.
    fn copy(&self, name: &str) -> PathBuf {
        self.folder.join("copies").join(name)
    }

    fn run(&self, command: &[&str]) -> String {
        self.node.exec(&self.namespace, "db", command)
    }

    /// How many transactions are committed.
    fn committed(&self, namespace: &str) -> u64 {
        let count = self.ask(namespace, "SELECT count(*) FROM pgbench_history");
        count.parse().unwrap()
    }

    fn ask(&self, namespace: &str, statement: &str) -> String {
        let command = ["psql", "-XAtq", "-U", "postgres", "-c", statement];
        self.node.exec(namespace, "db", &command).trim().to_owned()
    }

    /// Wait until the server in a namespace takes writes.
    fn wait(&self, namespace: &str) {
        let words = [
            "exec", "-n", namespace, "db", "--", "psql", "-XAtq", "-U", "postgres", "-c",
        ];
        let words = [&words[..], &["SELECT pg_is_in_recovery()"]].concat();
        wait::until("the server takes writes", || {
            let answer = self.node.try_kubectl(&words, "");
            (answer.stdout == b"f\n").then_some(())
        });
    }
}

/// The hooks of the backup `name`: `way` holds the database, and the volume is copied meanwhile. `cp` fails for temporary
/// files that go away under its hands, so that it was all copied is told by the server that starts from it.
fn hooks(way: Way, name: &str) -> String {
    let copy = format!("cp -a /data /copies/{name}; test -s /copies/{name}/db/global/pg_control");
    let copy = shell(&copy, &json!({"onError": "Fail", "timeout": "60s"}));
    backup_hook(&json!([way.entry(), {"name": "copy", "preHooks": [copy]}]))
}

/// The rule that gives the restored pod the copy as its volume.
fn volume_of(copy: &Path) -> String {
    let patch = json!({"operation": "replace", "path": "/spec/volumes/0/hostPath/path", "value": copy});
    json!({
        "version": "v1",
        "resourceModifierRules": [{"conditions": {"groupResource": "pods"}, "patches": [patch]}],
    })
    .to_string()
}

#[rstest]
#[case::in_backup_mode(Way::Session)]
#[case::standing_still(Way::Standstill)]
fn a_database_that_is_written_to_comes_back_from_a_copy_of_its_volume(#[case] way: Way) {
    let Some(node) = node::shared() else { return };
    let database = Database::start(node, way);
    database.write_for_ever();
    let workplace = Workplace::with_cluster(node.kubeconfig());
    for round in 1..=count(2, 20) {
        let name = format!("round-{round}");
        let before = database.committed(&database.namespace);
        back_up(&workplace, &database, &name);
        let restored = restore(&workplace, &database, &name);
        database.wait(&restored);
        assert_eq!(database.ask(&restored, DIFFERENCES), "0|0|0");
        let after = database.committed(&restored);
        println!("{way:?} {name}: {before} committed before, {after} restored");
        assert!(after >= before, "{after} of {before}");
        database.node.exec(
            &restored,
            "db",
            &["pg_amcheck", "-U", "postgres", "--install-missing", "--all"],
        );
        node.kubectl(&["delete", "namespace", &restored]);
        fs::remove_dir_all(database.copy(&name)).unwrap();
        let goes_on = database.committed(&database.namespace);
        wait::until("the database is written to after the backup", || {
            (database.committed(&database.namespace) > goes_on).then_some(())
        });
    }
}

fn back_up(workplace: &Workplace, database: &Database<'_>, name: &str) {
    let way = database.way;
    workplace.write("backup.yaml", &hooks(way, name));
    workplace.done(&[
        "backup",
        "create",
        name,
        "--include-namespaces",
        &database.namespace,
        "--hooks",
        "backup.yaml",
        "--plugin",
        &way.plugin(),
        "--grant",
        &way.grant(),
    ]);
}

/// Restore the pod into a namespace of its own, which is told.
fn restore(workplace: &Workplace, database: &Database<'_>, name: &str) -> String {
    let way = database.way;
    let restored = format!("{}-{name}", database.namespace);
    let mapping = format!("{}:{restored}", database.namespace);
    workplace.write("rules.yaml", &volume_of(&database.copy(name)));
    workplace.write("restore.yaml", &restore_hook(&json!([way.entry()])));
    workplace.done(&[
        "restore",
        "create",
        name,
        "--namespace-mappings",
        &mapping,
        "--resource-modifiers",
        "rules.yaml",
        "--hooks",
        "restore.yaml",
        "--plugin",
        &way.plugin(),
        "--grant",
        &way.grant(),
    ]);
    restored
}
