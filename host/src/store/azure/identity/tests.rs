//! Which credential fits which place.

use super::*;
use rstest::rstest;

fn variables(set: &[(&str, &str)]) -> Variables {
    set.iter().copied().collect()
}

#[rstest]
#[case::signature_before_all(
    &[("AZURE_STORAGE_SAS_TOKEN", "s"), ("AZURE_FEDERATED_TOKEN_FILE", "f")],
    "sas"
)]
#[case::pod(
    &[("AZURE_FEDERATED_TOKEN_FILE", "f"), ("KUBERNETES_SERVICE_HOST", "h")],
    "workload-identity"
)]
#[case::application(&[("AZURE_CLIENT_SECRET", "s"), ("AZURE_CLIENT_ID", "id")], "client-secret")]
#[case::certificate(&[("AZURE_CLIENT_CERTIFICATE_PATH", "p")], "client-certificate")]
#[case::node(&[("KUBERNETES_SERVICE_HOST", "h")], "managed-identity")]
#[case::node_of_many_identities(
    &[("KUBERNETES_SERVICE_HOST", "h"), ("AZURE_CLIENT_ID", "id")],
    "managed-identity:id"
)]
#[case::platform(&[("IDENTITY_ENDPOINT", "http://localhost")], "managed-identity")]
#[case::bare_machine(&[("PATH", "/nowhere")], "managed-identity")]
fn auto_is_what_fits_the_place(#[case] set: &[(&str, &str)], #[case] expected: &str) {
    assert_eq!(resolve(&Credential::Auto, &variables(set)).to_string(), expected);
}

#[test]
fn where_the_azure_cli_is_installed_it_says_who_one_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("az"), "").unwrap();
    let path = folder.path().to_str().unwrap();
    assert_eq!(
        resolve(&Credential::Auto, &variables(&[("PATH", path)])),
        Credential::AzureCli
    );
}

#[test]
fn what_was_chosen_is_taken_whatever_the_place() {
    let set = [("AZURE_STORAGE_SAS_TOKEN", "s")];
    assert_eq!(
        resolve(&Credential::AzureCli, &variables(&set)),
        Credential::AzureCli
    );
}

#[rstest]
#[case::query("sv=2024-08-04&sp=rwl&sig=abc%3D")]
#[case::question_mark("?sv=2024-08-04&sp=rwl&sig=abc%3D\n")]
#[case::url("https://shop.blob.core.windows.net/backups?sv=2024-08-04&sp=rwl&sig=abc%3D")]
fn a_signature_is_taken_from_what_portals_show(#[case] text: &str) {
    assert!(
        matches!(signature(text), Ok(Identity::Signature(query)) if query == "sv=2024-08-04&sp=rwl&sig=abc%3D")
    );
}

#[rstest]
#[case::empty("")]
#[case::no_signature("sv=2024-08-04&sp=rwl")]
#[case::a_key("c2VjcmV0c2VjcmV0==")]
fn what_is_no_signature_is_refused_without_being_shown(#[case] text: &str) {
    let message = signature(text).err().unwrap().to_string();
    assert!(!message.contains("c2VjcmV0"), "{message}");
}

#[test]
fn a_variable_that_is_missing_is_named() {
    crate::store::install_tls();
    let client = reqwest::Client::new();
    let builder = Builder {
        variables: &variables(&[("AZURE_TENANT_ID", "t")]),
        client: &client,
        cloud: None,
    };
    let message = builder
        .build(&Credential::ClientSecret)
        .err()
        .unwrap()
        .to_string();
    assert!(message.contains("AZURE_CLIENT_ID"), "{message}");
}
