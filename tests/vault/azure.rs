//! A repository in a container of Azurite, and one whose store fails for a while.

use crate::commands::with_key;
use crate::harness::Workplace;
use crate::volume::{describe, make};
use lazarette_tests::azurite::{Access, Azurite, Container};
use lazarette_tests::proxy::{Fault, Place, Proxy, Upstream};
use std::fs;

/// A place whose configuration names the store at `address`.
fn place(container: &Container<'_>, address: &str) -> Workplace {
    let workplace = Workplace::empty();
    fs::create_dir(workplace.path("data")).unwrap();
    make(&workplace.path("data"));
    let signature = container.signature_file(&Access::default());
    workplace.write("vault.key", "a key");
    workplace.write(
        "config/lazarette/config.toml",
        &format!("store-credential = 'sas-file:{}'\n", signature.display()),
    );
    workplace.write("store", address);
    workplace
}

fn done(workplace: &Workplace, words: &[&str]) -> String {
    let store = workplace.read("store");
    workplace.done(&with_key(&[words, &["--store", &store]].concat()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_goes_to_azure_and_comes_back() {
    let container = Azurite::shared().container().await;
    let workplace = place(&container, &container.address());
    done(&workplace, &["init"]);
    done(&workplace, &["copy", "data"]);
    done(&workplace, &["check", "--read-data"]);
    done(&workplace, &["restore", "latest", "--target", "restored"]);
    assert_eq!(
        describe(&workplace.path("restored")),
        describe(&workplace.path("data"))
    );
    done(&workplace, &["prune"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_now_and_then_loses_nothing() {
    let azurite = Azurite::shared();
    let container = azurite.container().await;
    let proxy = Proxy::start(Upstream::plain(azurite.address()), |request| {
        match request.number % 7 {
            3 => Fault::status(503, "ServerBusy", &[]),
            5 => Fault::CutAnswer(Place::Body(100)),
            _ => Fault::None,
        }
    });
    let workplace = place(&container, &container.address_at(&proxy.url()));
    done(&workplace, &["init"]);
    done(&workplace, &["copy", "data"]);
    done(&workplace, &["restore", "latest", "--target", "restored"]);
    assert!(proxy.happened() > 5);
    assert_eq!(
        describe(&workplace.path("restored")),
        describe(&workplace.path("data"))
    );
    fs::write(workplace.path("store"), container.address()).unwrap();
    done(&workplace, &["check", "--read-data"]);
}
