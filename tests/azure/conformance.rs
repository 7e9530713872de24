//! A container is a store like any other.

use crate::store::conformance::conforms;
use crate::store::{open, with_signature, with_tokens};
use lazarette_tests::azurite::{Access, Azurite, Entra};
use lazarette_tests::pki::Authority;

#[tokio::test(flavor = "multi_thread")]
async fn a_container_with_a_signature_conforms() {
    let container = Azurite::shared().container().await;
    let options = with_signature(&container, &Access::default());
    conforms(open(&container.address(), &options).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_in_a_container_conforms_beside_others() {
    let container = Azurite::shared().container().await;
    let options = with_signature(&container, &Access::default());
    let others = open(&container.address(), &options).unwrap();
    others.put_if_absent("a/beside", "1".into()).await.unwrap();
    others.put_if_absent("a b", "1".into()).await.unwrap();
    let address = format!("{}/a/p%20q", container.address());
    conforms(open(&address, &options).unwrap()).await;
    assert_eq!(others.list("").await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_over_https_with_a_token_conforms() {
    let authority = Authority::new("tests");
    let (azurite, entra) = (Azurite::with_tokens(&authority), Entra::start(&authority));
    let container = azurite.container().await;
    let options = with_tokens(&container, &entra);
    conforms(open(&container.address(), &options).unwrap()).await;
    assert_eq!(entra.requests().len(), 1, "one token serves for all requests");
}
