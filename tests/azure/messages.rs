//! What goes wrong has a message of its own, which says what to do.

use crate::program::{Workplace, sas};
use lazarette_tests::azurite::{Access, Azurite};
use lazarette_tests::proxy::{Fault, Proxy, Upstream};
use rstest::rstest;

#[rstest]
#[case::expired(Access { end: "2026-01-01T00:00:00Z", ..Access::default() }, "StoreCredentialExpired", "expired at 2026-01-01T00:00:00Z")]
#[case::not_yet(Access { start: "2998-01-01T00:00:00Z", ..Access::default() }, "StoreCredentialExpired", "does not hold before 2998-01-01T00:00:00Z")]
#[case::no_list(Access { permissions: "rw", ..Access::default() }, "StoreRoleMissing", "the permission l (list)")]
#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_is_not_enough(
    #[case] access: Access<'_>,
    #[case] code: &str,
    #[case] message: &str,
) {
    let container = Azurite::shared().container().await;
    let workplace = Workplace::with(container.address(), vec![sas(&access)]);
    let ran = workplace.run(&["backup", "list"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains(&format!("error[{code}]")) && ran.stderr.contains(message),
        "{ran:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_is_not_there() {
    let container = Azurite::shared().container().await;
    let store = format!("{}-not-there", container.address());
    let ran = Workplace::with(store, vec![sas(&Access::default())]).run(&["backup", "list"]);
    assert!(ran.stderr.contains("error[StoreContainerMissing]"), "{ran:?}");
    assert!(ran.stderr.contains("-not-there"), "{ran:?}");
}

/// An answer of the service with this error, after `minutes` on its clock.
fn refusal(code: &str, minutes: i64) -> Fault {
    let date = jiff::Timestamp::now()
        .checked_add(jiff::SignedDuration::from_mins(minutes))
        .unwrap()
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string();
    Fault::Answer {
        status: 403,
        headers: vec![("x-ms-error-code".into(), code.into()), ("Date".into(), date)],
        body: format!("<Error><Code>{code}</Code><Message>No.</Message></Error>"),
    }
}

#[rstest]
#[case::clock("AuthenticationFailed", 90, "ClockSkew", "behind the store's")]
#[case::firewall("AuthorizationFailure", 0, "StoreNetworkRules", "refuses this machine")]
#[case::role(
    "AuthorizationPermissionMismatch",
    0,
    "StoreRoleMissing",
    "Storage Blob Data Reader"
)]
#[case::another_account(
    "AuthenticationFailed",
    0,
    "StoreCredentialRefused",
    "the credential was refused"
)]
#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_service_itself_says(
    #[case] said: &'static str,
    #[case] minutes: i64,
    #[case] code: &str,
    #[case] message: &str,
) {
    let azurite = Azurite::shared();
    let container = azurite.container().await;
    let proxy = Proxy::start(Upstream::plain(azurite.address()), move |_| {
        refusal(said, minutes)
    });
    let store = container.address_at(&proxy.url());
    let ran = Workplace::with(store, vec![sas(&Access::default())]).run(&["backup", "list"]);
    assert!(
        ran.stderr.contains(&format!("error[{code}]")) && ran.stderr.contains(message),
        "{ran:?}"
    );
}

#[test]
fn no_network() {
    let store = "azblob+http://127.0.0.1:1/devstoreaccount1/backups".to_owned();
    let ran = Workplace::with(store, vec![sas(&Access::default())]).run(&["backup", "list"]);
    assert!(
        ran.stderr.contains("error[StoreUnreachable]") && ran.stderr.contains("refused"),
        "{ran:?}"
    );
}

#[test]
fn no_credential() {
    let store = "azblob://account/backups".to_owned();
    let ran =
        Workplace::with(store, Vec::new()).run(&["backup", "list", "--store-credential", "client-secret"]);
    assert!(ran.stderr.contains("AZURE_TENANT_ID"), "{ran:?}");
}
