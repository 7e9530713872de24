//! How a backup ends: whole, or without a trace.

use super::*;
use crate::store::faults::{Fault, FaultyStore};
use rstest::rstest;
use std::time::Duration;

fn cluster() -> Given {
    Given::new(
        (0..9)
            .map(|number| object("ConfigMap", &format!("shop/{number}")))
            .collect(),
    )
}

#[tokio::test]
async fn the_summary_is_what_the_manifest_says() {
    let (_root, store) = folder();
    let progress = Progress::default();
    let request = BackupRequest {
        labels: [("team".to_owned(), "a".to_owned())].into(),
        ..request("b")
    };
    let cluster = cluster();
    let summary = create(
        &request,
        &cluster,
        store.as_ref(),
        &progress,
        &Cancellation::default(),
    )
    .await
    .unwrap();
    assert_eq!(
        archive::read_manifest(store.as_ref(), &request.name)
            .await
            .unwrap(),
        summary.manifest
    );
    assert_eq!(
        (summary.manifest.source.cluster.as_str(), summary.manifest.labels),
        ("given", request.labels)
    );
    assert_eq!(progress.now().done, 9);
}

#[tokio::test]
async fn a_backup_can_be_handed_to_a_task() {
    let (_root, store) = folder();
    let backup =
        tokio::spawn(async move { back_up(&request("b"), &cluster(), store.as_ref()).await.map(drop) });
    backup.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_list_that_breaks_off_leaves_no_backup() {
    let (_root, store) = folder();
    let cluster = Given {
        fails_on: Some((GroupResource::new("", "configmaps"), || {
            ClusterError::Unusable("the list broke off".to_owned())
        })),
        ..cluster()
    };
    let error = back_up(&request("b"), &cluster, store.as_ref())
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "the list broke off");
    assert_eq!(store.list("").await.unwrap(), []);
}

#[rstest]
#[case::at_the_start("", "configmaps")]
#[case::later("storage.k8s.io", "storageclasses")]
#[tokio::test]
async fn a_cancelled_backup_leaves_nothing(#[case] group: &str, #[case] resource: &str) {
    let (_root, store) = folder();
    let cancellation = Cancellation::default();
    let cancels_on = Some((GroupResource::new(group, resource), cancellation.clone()));
    let cluster = Given {
        cancels_on,
        ..cluster()
    };
    let ended = create(
        &request("b"),
        &cluster,
        store.as_ref(),
        &Progress::default(),
        &cancellation,
    )
    .await;
    assert!(matches!(ended, Err(BackupError::Cancelled)));
    assert_eq!(store.list("").await.unwrap(), []);
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_touches_nothing() {
    let (root, store) = folder();
    let mut request = request("b");
    request.filter.selectors = vec!["a in".to_owned()];
    let error = back_up(&request, &cluster(), store.as_ref()).await.unwrap_err();
    assert!(matches!(error, BackupError::Filter(_)), "{error}");
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
}

#[rstest]
#[tokio::test]
async fn whatever_call_fails_there_is_no_backup_or_a_whole_one(
    #[values(Fault::Fails, Fault::LosesItsAnswer, Fault::Ends, Fault::EndsAfterwards)] fault: Fault,
) {
    for at in 0.. {
        let (_root, store) = folder();
        let faulty = FaultyStore::new(Arc::clone(&store), at, fault);
        let ended = back_up(&request("b"), &cluster(), &faulty).await;
        let there = archive::list(store.as_ref())
            .await
            .map_or(0, |listing| listing.backups.len());
        if there > 0 {
            let verified = archive::verify(store.as_ref(), &request("b").name, &Progress::default())
                .await
                .unwrap();
            assert!(
                verified.is_whole(),
                "{fault:?} at call {at}: {:?}",
                verified.findings
            );
        } else {
            assert!(ended.is_err(), "{fault:?} at call {at}");
            let _ = archive::cleanup(store.as_ref(), Duration::ZERO).await;
            back_up(&request("b"), &cluster(), store.as_ref()).await.unwrap();
        }
        if faulty.calls() <= at {
            return;
        }
    }
}
