//! Removing what is no longer to be kept.

use super::*;
use jiff::{SignedDuration, Timestamp};

async fn names(store: &dyn Store) -> Vec<String> {
    archive::list(store)
        .await
        .unwrap()
        .backups
        .into_iter()
        .map(|backup| backup.name.to_string())
        .collect()
}

#[tokio::test]
async fn what_is_not_kept_is_removed_and_what_is_damaged_is_left_alone() {
    let (root, store) = folder();
    for (name, ttl) in [
        ("expired", Some(SignedDuration::ZERO)),
        ("for-ever", None),
        ("damaged", None),
    ] {
        back_up(
            &BackupRequest { ttl, ..request(name) },
            &Given::new(vec![]),
            store.as_ref(),
        )
        .await
        .unwrap();
    }
    std::fs::write(root.path().join("backups/damaged/lazarette-manifest.json"), "").unwrap();

    let pruning = plan_pruning(store.as_ref(), &Retention::default(), Timestamp::now())
        .await
        .unwrap();
    let kept: Vec<_> = pruning
        .decisions
        .iter()
        .map(|of| (of.name.as_str(), of.keeps()))
        .collect();
    assert_eq!(kept, [("for-ever", true), ("expired", false)]);
    assert_eq!(pruning.damaged[0].0.as_str(), "damaged");
    assert_eq!(names(store.as_ref()).await.len(), 3, "a plan removes nothing");

    prune(store.as_ref(), &pruning).await.unwrap();
    assert_eq!(names(store.as_ref()).await, ["damaged", "for-ever"]);
    prune(store.as_ref(), &pruning).await.unwrap();
}

#[tokio::test]
async fn what_somebody_else_is_removing_does_not_keep_from_removing_the_rest() {
    let (root, store) = folder();
    let ttl = Some(SignedDuration::ZERO);
    for name in ["first", "second"] {
        let request = BackupRequest { ttl, ..request(name) };
        back_up(&request, &Given::new(vec![]), store.as_ref())
            .await
            .unwrap();
    }
    let pruning = plan_pruning(store.as_ref(), &Retention::default(), Timestamp::now())
        .await
        .unwrap();
    std::fs::remove_file(root.path().join("backups/first/lazarette-manifest.json")).unwrap();
    prune(store.as_ref(), &pruning).await.unwrap();
    assert!(names(store.as_ref()).await.is_empty());
}
