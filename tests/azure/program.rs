//! The program, run with a container of Azurite as its store.

use lazarette_tests::azurite::{Access, Azurite, Container, signature};
use rstest::rstest;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

/// The example application.
const CLUSTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/cluster");

/// A folder to work in, and a store.
pub struct Workplace {
    pub folder: TempDir,
    pub store: String,
    variables: Vec<(String, String)>,
}

/// What the program did.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Workplace {
    /// With all that a signature can allow.
    pub fn new(container: &Container<'_>) -> Workplace {
        Workplace::with(container.address(), vec![sas(&Access::default())])
    }

    pub fn with(store: String, variables: Vec<(String, String)>) -> Workplace {
        Workplace {
            folder: tempfile::tempdir().unwrap(),
            store,
            variables,
        }
    }

    /// Set an environment variable of the program.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_lazarette"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path())
            .env("LAZARETTE_STORE", &self.store)
            .env("LAZARETTE_CLUSTER", format!("dir:{CLUSTER}"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        Ran::from(output)
    }

    /// Run a command that must end well.
    pub fn done(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.stdout
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// The variable with a signature.
pub fn sas(access: &Access<'_>) -> (String, String) {
    ("AZURE_STORAGE_SAS_TOKEN".to_owned(), signature(access))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_listed_checked_restored_and_deleted() {
    let container = Azurite::shared().container().await;
    let workplace = Workplace::new(&container);
    workplace.done(&["backup", "create", "nightly", "--access-tier", "cool"]);
    assert!(
        workplace
            .done(&["backup", "list"])
            .contains("nightly   Completed")
    );
    assert!(
        workplace
            .done(&["backup", "verify", "nightly"])
            .contains("is whole")
    );
    let restored = workplace.done(&["restore", "create", "nightly", "--cluster", "dir:restored"]);
    assert!(restored.contains("Completed"), "{restored}");
    assert!(workplace.path("restored").is_dir());
    workplace.done(&["backup", "delete", "nightly", "--yes"]);
    assert!(!workplace.done(&["backup", "list"]).contains("nightly"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_and_signed_backup_is_copied_and_read_by_who_has_the_keys() {
    let container = Azurite::shared().container().await;
    let workplace = Workplace::new(&container);
    let recipient = workplace.done(&["key", "generate", "identity.txt"]);
    workplace.done(&["key", "generate", "--signing", "signing.pem"]);
    workplace.done(&[
        "backup",
        "create",
        "nightly",
        "--encrypt-to",
        recipient.trim(),
        "--signing-key",
        "signing.pem",
    ]);
    let copied = workplace.done(&["backup", "copy", "nightly", "--to", "file:copies"]);
    assert!(copied.contains("each read back and compared"), "{copied}");

    assert!(workplace.done(&["backup", "list"]).contains("Encrypted"));
    let locked = workplace.run(&["backup", "verify", "nightly"]);
    assert!(
        locked.code == 1 && locked.stderr.contains("error[EncryptedBackup]"),
        "{locked:?}"
    );
    for store in [workplace.store.as_str(), "file:copies"] {
        let keys = [
            "--identity",
            "identity.txt",
            "--trusted-key",
            "signing.pem.pub",
            "--store",
            store,
        ];
        let verified = workplace.done(&[&["backup", "verify", "nightly"], &keys[..]].concat());
        assert!(verified.contains("is whole"), "{verified}");
        let plan = ["restore", "plan", "nightly", "--cluster", "dir:empty"];
        assert!(
            workplace
                .done(&[&plan[..], &keys[..]].concat())
                .contains("create")
        );
    }
    workplace.done(&["backup", "create", "unsigned"]);
    let refused = workplace.run(&[
        "restore",
        "plan",
        "unsigned",
        "--cluster",
        "dir:empty",
        "--trusted-key",
        "signing.pem.pub",
    ]);
    assert!(
        refused.code == 1 && refused.stderr.contains("error[UntrustedBackup]"),
        "{refused:?}"
    );
    let refused = workplace.run(&["backup", "verify", "unsigned", "--trusted-key", "signing.pem.pub"]);
    assert!(
        refused.code == 1
            && refused.stdout.contains("not signed")
            && refused.stdout.contains("is not trusted"),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_says_who_one_is_and_what_is_missing() {
    let container = Azurite::shared().container().await;
    let checked = Workplace::new(&container).done(&["store", "check"]);
    assert!(
        checked.contains("sas: a shared access signature that allows rw"),
        "{checked}"
    );
    assert!(!checked.contains("failed"), "{checked}");

    let add_only = Access {
        permissions: "rcwl",
        ..Access::default()
    };
    let workplace = Workplace::with(container.address(), vec![sas(&add_only)]);
    let checked = workplace.run(&["store", "check"]);
    assert_eq!(checked.code, 3, "{checked:?}");
    assert!(
        checked.stdout.contains("the permission d (delete)"),
        "{checked:?}"
    );
    workplace.done(&["backup", "create", "nightly"]);
    assert!(
        workplace
            .done(&["backup", "verify", "nightly"])
            .contains("is whole")
    );
    let refused = workplace.run(&["backup", "delete", "nightly", "--yes"]);
    assert!(refused.stderr.contains("error[StoreRoleMissing]"), "{refused:?}");
    assert!(
        workplace
            .done(&["backup", "verify", "nightly"])
            .contains("is whole")
    );
}

#[rstest]
#[case::as_the_user_wants(true)]
#[case::as_the_store_requires(false)]
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_waits_and_can_be_taken_back(#[case] by_the_user: bool) {
    let container = Azurite::shared().container().await;
    let mut workplace = Workplace::new(&container);
    match by_the_user {
        true => {
            std::fs::write(workplace.path("lazarette.toml"), "deletion-delay = '7d'\n").unwrap();
            workplace.set("LAZARETTE_CONFIG", "lazarette.toml");
        }
        false => {
            let required = workplace.done(&["store", "protect", "--deletion-delay", "7d"]);
            assert!(required.contains("take effect after 7d"), "{required}");
        }
    }
    workplace.done(&["backup", "create", "nightly"]);
    let deleted = workplace.done(&["backup", "delete", "nightly", "--yes"]);
    assert!(
        deleted.contains("until then `lazarette backup undelete nightly` keeps it"),
        "{deleted}"
    );
    assert!(workplace.done(&["backup", "list"]).contains("To be deleted"));
    assert!(
        workplace
            .done(&["backup", "undelete", "nightly"])
            .contains("stays")
    );
    assert!(workplace.done(&["backup", "list"]).contains("Completed"));
    assert!(
        workplace
            .done(&["backup", "verify", "nightly"])
            .contains("is whole")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_store_requires_of_deletions_is_not_ended_at_once() {
    let container = Azurite::shared().container().await;
    let workplace = Workplace::new(&container);
    let shown = workplace.done(&["store", "protect"]);
    assert!(shown.contains("take effect at once"), "{shown}");
    workplace.done(&["store", "protect", "--deletion-delay", "7d"]);
    let ran = workplace.run(&["store", "protect", "--no-deletion-delay"]);
    assert!(
        ran.stdout.contains("take effect after 7d") && ran.stderr.contains("until it has passed"),
        "{ran:?}"
    );
    workplace.done(&["backup", "create", "nightly"]);
    workplace.done(&["backup", "create", "second"]);
    let pruned = workplace.done(&["backup", "prune", "--keep-last", "1"]);
    assert!(pruned.contains("to be deleted after"), "{pruned}");
    assert!(workplace.done(&["backup", "list"]).contains("nightly"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_said_at_any_level() {
    let container = Azurite::shared().container().await;
    let secret = sas(&Access::default());
    let signature = secret.1.rsplit("sig=").next().unwrap().to_owned();
    let plain = signature
        .replace("%2B", "+")
        .replace("%2F", "/")
        .replace("%3D", "=");
    let (host, rest) = container
        .address()
        .split_once("/devstoreaccount1")
        .map(|(host, rest)| (host.to_owned(), rest.to_owned()))
        .unwrap();
    let stores = [
        container.address(),
        format!("{host}/devstoreaccount1{rest}-not-there"),
    ];
    for store in stores {
        let level = ("RUST_LOG".to_owned(), "trace".to_owned());
        let workplace = Workplace::with(store, vec![secret.clone(), level]);
        for arguments in [
            &["backup", "create", "nightly", "-vvv"][..],
            &["backup", "list", "-vvv"],
            &["store", "check", "-vvv", "-o", "json"],
        ] {
            let ran = workplace.run(arguments);
            let said = format!("{}{}", ran.stdout, ran.stderr);
            assert!(!said.is_empty());
            assert!(
                !said.contains(&signature) && !said.contains(&plain),
                "{arguments:?}: {said}"
            );
        }
    }
}

#[test]
fn a_broken_connection_says_no_secret() {
    let secret = sas(&Access::default());
    let signature = secret.1.rsplit("sig=").next().unwrap().to_owned();
    let store = "azblob+http://127.0.0.1:1/devstoreaccount1/backups".to_owned();
    let ran = Workplace::with(store, vec![secret]).run(&["store", "check", "-vvv", "-o", "json"]);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(
        said.contains("StoreUnreachable") && !said.contains(&signature),
        "{said}"
    );
}
