//! How operators configure plugins that they do not trust: what is wrong is an error before anything happens.

use crate::harness::Workplace;
use lazarette_tests::servers;
use rstest::rstest;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sdk/rust/examples/dist");

const RULES: &str = "{version: v1, resourceModifierRules: [{conditions: {groupResource: configmaps}, \
                     plugin: {name: mine, config: {rules: [{pattern: prod, replacement: staging}]}}}]}";

const MODIFY: [&str; 5] = ["modify", "--rules", "rules.yaml", "--input", "in.yaml"];

/// The key pair of RFC 8410.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\n\
                       MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                       -----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
                      MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
                      -----END PUBLIC KEY-----\n";

fn workplace() -> Workplace {
    let workplace = Workplace::empty();
    for example in ["regex-replace", "recreate-immutable"] {
        std::fs::copy(
            format!("{EXAMPLES}/{example}.wasm"),
            workplace.path(&format!("{example}.wasm")),
        )
        .unwrap();
    }
    workplace.write("rules.yaml", RULES);
    workplace.write(
        "in.yaml",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: prod}}\n---\n\
         {apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {x: prod}}\n",
    );
    workplace
}

#[rstest]
#[case::unknown_grant(
    "source = 'regex-replace.wasm'\ngrants = ['everything']",
    "there is no grant `everything`"
)]
#[case::missing_grant(
    "source = 'recreate-immutable.wasm'",
    "it asks for the grant `objects.delete`"
)]
#[case::digest("source = 'regex-replace.wasm'\ndigest = 'sha256:00'", "error[PluginDigest]")]
#[case::world(
    "source = 'regex-replace.wasm'\nworld = 'pod-hook'",
    "and not a pod-hook as its configuration says"
)]
#[case::no_file("source = 'gone.wasm'", "error[NotFound]")]
#[case::applies_to("source = 'regex-replace.wasm'\napplies-to = ['[']", "what it applies to")]
#[case::two_of_one_name("source = 'regex-replace.wasm'\n[plugins.mine]", "plugins.toml:3")]
fn what_is_wrong_with_a_plugin_is_told_before_anything_happens(#[case] entry: &str, #[case] message: &str) {
    let workplace = workplace();
    workplace.write("plugins.toml", &format!("[plugins.mine]\n{entry}\n"));
    let ran = workplace.run(&[&MODIFY[..], &["--plugins", "plugins.toml"]].concat());
    assert!(ran.code == 1 || ran.code == 2, "{ran:#?}");
    assert!(ran.stderr.contains(message) && ran.stdout.is_empty(), "{ran:#?}");
}

#[test]
fn two_plugins_of_one_name_are_a_mistake() {
    let workplace = workplace();
    let plugin = ["--plugin", "mine=regex-replace.wasm"];
    workplace.fails(
        &[&MODIFY[..], &plugin, &plugin].concat(),
        2,
        "there are two plugins 'mine'",
    );
    workplace.fails(
        &[&MODIFY[..], &["--plugin", "json-patch=regex-replace.wasm"]].concat(),
        2,
        "there are two plugins 'json-patch': one of them is built in",
    );
}

#[test]
fn a_third_party_sees_no_secrets_unless_they_are_named() {
    let workplace = workplace();
    workplace.write("rules.yaml", &RULES.replace("configmaps", "\"*\""));
    let entry = "[plugins.mine]\nsource = 'regex-replace.wasm'\n";
    workplace.write("plugins.toml", entry);
    let modify = [&MODIFY[..], &["--plugins", "plugins.toml"]].concat();
    let unseen = workplace.done(&modify);
    assert!(
        unseen.contains("x: staging") && unseen.contains("x: prod"),
        "{unseen}"
    );
    workplace.write("plugins.toml", &format!("{entry}applies-to = ['*', 'secrets']\n"));
    assert!(!workplace.done(&modify).contains("x: prod"));
}

#[test]
fn a_modifier_is_applied_without_a_rule_to_what_its_configuration_says() {
    let workplace = workplace();
    workplace.write(
        "rules.yaml",
        &RULES.replace("configmaps", "pods").replace(
            "plugin: {name: mine, config: {rules: [{pattern: prod, replacement: staging}]}}",
            "mergePatches: [{patchData: '{}'}]",
        ),
    );
    workplace.write(
        "plugins.toml",
        "[plugins.mine]\nsource = '.'\napplies-to = ['configmaps']\n\
         config = { rules = [{ pattern = 'prod', replacement = 'staging' }] }\n",
    );
    std::fs::rename(workplace.path("regex-replace.wasm"), workplace.path("mine.wasm")).unwrap();
    let modified = workplace.done(&[&MODIFY[..], &["--plugins", "plugins.toml"]].concat());
    assert!(
        modified.contains("x: staging") && modified.contains("x: prod"),
        "{modified}"
    );
}

/// A registry on loopback that asks for a password, until it is dropped.
struct Registry {
    process: Child,
    address: String,
}

impl Registry {
    /// Start the one that the distribution's package `docker-registry` has installed, or the one that Go builds; none
    /// where there is neither.
    fn start(workplace: &Workplace) -> Option<Self> {
        let is_installed = |program: &Path| {
            let version = Command::new(program)
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            version.is_ok()
        };
        let installed = ["docker-registry", "registry"].map(PathBuf::from);
        let installed = installed.into_iter().find(|program| is_installed(program));
        let built = || servers::can_be_built().then(|| servers::program("registry"));
        let Some(program) = installed.or_else(built) else {
            eprintln!("skipped: install the package docker-registry, or Go, to run this test");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let address = format!("127.0.0.1:{port}");
        // The password is `U*U`.
        workplace.write(
            "htpasswd",
            "ci:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n",
        );
        workplace.write(
            "registry.yaml",
            &format!(
                "{{version: 0.1, storage: {{filesystem: {{rootdirectory: {0}/registry}}}}, http: {{addr: \"{address}\"}}, \
                 auth: {{htpasswd: {{realm: test, path: {0}/htpasswd}}}}}}",
                workplace.path("").display()
            ),
        );
        let config = workplace.path("registry.yaml");
        let process = Command::new(program)
            .args(["serve".as_ref(), config.as_os_str()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let registry = Registry { process, address };
        let is_up = (0..600).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            TcpStream::connect(&registry.address).is_ok()
        });
        assert!(is_up, "the registry does not answer");
        Some(registry)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_plugin_goes_to_a_registry_and_comes_back() {
    let workplace = workplace();
    let Some(registry) = Registry::start(&workplace) else {
        return;
    };
    let address = format!("oci://{}/plugins/mine:1.0", registry.address);
    let push = ["plugin", "push", "regex-replace.wasm", &address];
    workplace.fails(&push, 1, "error[Registry]");

    let credentials = format!(
        r#"{{"auths": {{"{}": {{"auth": "Y2k6VSpV"}}}}}}"#,
        registry.address
    );
    workplace.write(".docker/config.json", &credentials);
    workplace.write("private.pem", PRIVATE);
    workplace.write("public.pem", PUBLIC);
    let pushed = workplace.done(&[&push[..], &["--sign", "private.pem"]].concat());
    let pinned = pushed.trim();
    assert!(
        pinned.starts_with(&address) && pinned.contains("@sha256:"),
        "{pinned}"
    );

    workplace.done(&["plugin", "pull", pinned, "--to", "back.wasm"]);
    let (sent, back) = (workplace.path("regex-replace.wasm"), workplace.path("back.wasm"));
    assert_eq!(std::fs::read(sent).unwrap(), std::fs::read(back).unwrap());

    let plugin = format!("mine={pinned}");
    let signed = ["--plugin", &plugin, "--require-signature", "public.pem"];
    let mut modify = workplace.command(&[&MODIFY[..], &signed].concat());
    // A cache of its own, so that what was pulled by an earlier run is not there.
    modify.env("XDG_CACHE_HOME", workplace.path("cache"));
    assert!(modify.output().unwrap().status.success());
    drop(registry);
    let output = modify.output().unwrap();
    assert!(
        output.status.success(),
        "what was pulled by digest is kept: {output:?}"
    );
    assert!(String::from_utf8(output.stdout).unwrap().contains("x: staging"));
}

#[test]
fn a_plugin_that_is_not_signed_is_refused_where_signatures_are_required() {
    let workplace = workplace();
    workplace.write("public.pem", PUBLIC);
    let modify = [
        &MODIFY[..],
        &[
            "--plugin",
            "mine=regex-replace.wasm",
            "--require-signature",
            "public.pem",
        ],
    ]
    .concat();
    workplace.fails(
        &modify,
        1,
        "error[PluginSignature]: plugin mine: it is not signed",
    );
    workplace.write("regex-replace.wasm.sig", &"x".repeat(64));
    workplace.fails(&modify, 1, "by none of the keys that are required");
}
