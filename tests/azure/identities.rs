//! Every kind of identity that can be had here, through the program.

use crate::program::Workplace;
use azure_core::base64::decode_url_safe;
use lazarette_tests::azurite::{Azurite, CLIENT, Entra, SECRET, TENANT, token};
use lazarette_tests::pki::Authority;
use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use rstest::rstest;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use std::os::unix::fs::PermissionsExt;
use std::sync::LazyLock;

/// The key of an application and its certificate, made for these tests with
/// `openssl req -x509 -newkey rsa:2048 -nodes -days 36500`.
const APPLICATION: &str = include_str!("application.pem");

/// A world of its own: an Azurite over https, and where its tokens come from.
struct World {
    azurite: Azurite,
    entra: Entra,
    authority: Authority,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let authority = Authority::new("tests");
    World {
        azurite: Azurite::with_tokens(&authority),
        entra: Entra::start(&authority),
        authority,
    }
});

/// A folder with these files in which the program finds this world, its container and these variables.
async fn workplace(variables: &[(&str, &str)], files: &[(&str, String)]) -> Workplace {
    let container = WORLD.azurite.container().await;
    let mut workplace = Workplace::with(container.address(), Vec::new());
    let authority = workplace.path("authority.pem");
    std::fs::write(&authority, WORLD.authority.certificate()).unwrap();
    for (name, content) in files {
        std::fs::write(workplace.path(name), content).unwrap();
        std::fs::set_permissions(workplace.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!(
        "{}:{}",
        workplace.folder.path().display(),
        std::env::var("PATH").unwrap()
    );
    let common = [
        ("SSL_CERT_FILE", authority.display().to_string()),
        ("AZURE_AUTHORITY_HOST", WORLD.entra.endpoint.clone()),
        ("AZURE_TENANT_ID", TENANT.to_owned()),
        ("AZURE_CLIENT_ID", CLIENT.to_owned()),
        ("PATH", path),
    ];
    for (name, value) in common {
        workplace.set(name, &value);
    }
    for (name, value) in variables {
        workplace.set(name, value);
    }
    workplace
}

/// Run `store check` with a credential and these variables, in a folder with these files.
async fn check(credential: &str, variables: &[(&str, &str)], files: &[(&str, String)]) -> String {
    let workplace = workplace(variables, files).await;
    let ran = workplace.run(&["store", "check", "--store-credential", credential]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.stdout.contains(&token()), "{ran:?}");
    ran.stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_with_a_secret() {
    let shown = check("client-secret", &[("AZURE_CLIENT_SECRET", SECRET)], &[]).await;
    assert!(
        shown.contains(&format!("client-secret: application {CLIENT}")),
        "{shown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn auto_finds_the_secret_of_an_application() {
    let shown = check("auto", &[("AZURE_CLIENT_SECRET", SECRET)], &[]).await;
    assert!(shown.contains("client-secret: application"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_with_a_token_of_its_service_account() {
    let files = [("token", "ey.of.kubernetes".to_owned())];
    let shown = check(
        "workload-identity",
        &[("AZURE_FEDERATED_TOKEN_FILE", "token")],
        &files,
    )
    .await;
    assert!(shown.contains("workload-identity: application"), "{shown}");
    let proof = |request: &String| request.contains("client_assertion=ey.of.kubernetes");
    assert!(WORLD.entra.requests().iter().any(proof));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_with_a_managed_identity() {
    let endpoint = WORLD.entra.endpoint.clone();
    let variables = [
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", "platform"),
    ];
    let shown = check("managed-identity", &variables, &[]).await;
    assert!(shown.contains("managed-identity: application"), "{shown}");
    let user_assigned = format!("managed-identity:{CLIENT}");
    check(&user_assigned, &variables, &[]).await;
    let asked = |request: &String| request.starts_with("GET ") && request.contains(CLIENT);
    assert!(WORLD.entra.requests().iter().any(asked));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_logged_in_to_the_azure_cli() {
    let answer = format!(
        r#"{{"accessToken": "{}", "expires_on": 4102444800, "tokenType": "Bearer"}}"#,
        token()
    );
    let files = [("az", format!("#!/bin/sh\ncat <<'END'\n{answer}\nEND\n"))];
    let shown = check("azure-cli", &[], &files).await;
    assert!(shown.contains("azure-cli: application"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_with_a_certificate_proves_that_it_has_the_key() {
    let files = [("application.pem", APPLICATION.to_owned())];
    let shown = check("client-certificate:application.pem", &[], &files).await;
    assert!(
        shown.contains("client-certificate:application.pem: application"),
        "{shown}"
    );
    let requests = WORLD.entra.requests();
    let assertion = |request: &String| {
        Some(
            request
                .split_once("client_assertion=")?
                .1
                .split('&')
                .next()?
                .to_owned(),
        )
    };
    let mut assertions = requests
        .iter()
        .filter_map(assertion)
        .filter(|proof| !proof.starts_with("ey.of"));
    let proof = assertions.next().expect("a proof");
    let (signed, signature) = proof.rsplit_once('.').unwrap();
    let key = PrivatePkcs8KeyDer::from_pem_slice(APPLICATION.as_bytes()).unwrap();
    let key = ring::rsa::KeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.public().as_ref());
    let signature = decode_url_safe(signature).unwrap();
    public
        .verify(signed.as_bytes(), &signature)
        .expect("the signature of the application");
    let (header, claims) = signed.split_once('.').unwrap();
    let json = |part: &str| -> serde_json::Value {
        serde_json::from_slice(&decode_url_safe(part).unwrap()).unwrap()
    };
    assert_eq!(json(header)["alg"], "PS256");
    let (header, claims) = (json(header), json(claims));
    assert!(
        header["x5t#S256"]
            .as_str()
            .is_some_and(|thumbprint| thumbprint.len() == 43),
        "{header}"
    );
    assert_eq!(
        claims["aud"],
        format!("{}/{TENANT}/oauth2/v2.0/token", WORLD.entra.endpoint)
    );
    assert_eq!((&claims["iss"], &claims["sub"]), (&CLIENT.into(), &CLIENT.into()));
}

#[rstest]
#[case::secret("client-secret", SECRET)]
#[case::wrong_secret("client-secret", "another-secret-that-is-refused")]
#[case::certificate("client-certificate:application.pem", "")]
#[case::pod("workload-identity", "")]
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_an_identity_or_key_is_said_at_any_level(
    #[case] credential: &str,
    #[case] secret: &str,
) {
    let files = [
        ("application.pem", APPLICATION.to_owned()),
        ("token", "ey.of.kubernetes".to_owned()),
    ];
    let variables = [
        ("AZURE_CLIENT_SECRET", secret),
        ("AZURE_FEDERATED_TOKEN_FILE", "token"),
        ("RUST_LOG", "trace"),
        ("LAZARETTE_STORE_CREDENTIAL", credential),
    ];
    let workplace = workplace(&variables, &files).await;
    let recipient = workplace.done(&["key", "generate", "identity.txt", "-vvv"]);
    workplace.done(&["key", "generate", "--signing", "signing.pem", "-vvv"]);
    let mut said = recipient.clone();
    for arguments in [
        &["store", "check", "-vvv"][..],
        &[
            "backup",
            "create",
            "nightly",
            "-vvv",
            "--encrypt-to",
            recipient.trim(),
            "--signing-key",
            "signing.pem",
        ],
        &[
            "backup",
            "verify",
            "nightly",
            "-vvv",
            "--identity",
            "identity.txt",
        ],
        &["backup", "copy", "nightly", "-vvv", "--to", "file:copies"],
        // A private key in the place of the other kind, and of a public one.
        &["backup", "verify", "nightly", "-vvv", "--identity", "signing.pem"],
        &[
            "backup",
            "verify",
            "nightly",
            "-vvv",
            "--trusted-key",
            "identity.txt",
            "-o",
            "json",
        ],
        &[
            "backup",
            "create",
            "other",
            "-vvv",
            "--signing-key",
            "identity.txt",
        ],
    ] {
        let ran = workplace.run(arguments);
        said += &format!("{}{}", ran.stdout, ran.stderr);
    }
    let lines_of = |file: &str| -> Vec<String> {
        let text = std::fs::read_to_string(workplace.path(file)).unwrap();
        let is_secret = |line: &&str| line.len() > 20 && !line.starts_with(['#', '-']);
        text.lines().filter(is_secret).map(str::to_owned).collect()
    };
    let mut secrets = vec![
        SECRET.to_owned(),
        token(),
        "another-secret".to_owned(),
        "ey.of.".to_owned(),
    ];
    secrets.extend(
        ["identity.txt", "signing.pem", "application.pem"]
            .map(lines_of)
            .concat(),
    );
    assert!(secrets.len() > 20);
    for secret in secrets {
        assert!(!said.contains(&secret), "{secret} is in: {said}");
    }
    // Of tokens and proofs, whatever they hold.
    assert!(!said.contains("eyJ"), "{said}");
}
