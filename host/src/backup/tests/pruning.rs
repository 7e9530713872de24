//! Removing what is no longer to be kept.

use super::*;
use crate::archive::{Deletion, Undeletion};
use crate::policy::Retention;
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

    prune(store.as_ref(), &pruning, None, Timestamp::now())
        .await
        .unwrap();
    assert_eq!(names(store.as_ref()).await, ["damaged", "for-ever"]);
    prune(store.as_ref(), &pruning, None, Timestamp::now())
        .await
        .unwrap();
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
    prune(store.as_ref(), &pruning, None, Timestamp::now())
        .await
        .unwrap();
    assert!(names(store.as_ref()).await.is_empty());
}

#[tokio::test]
async fn a_deletion_that_takes_effect_later_can_be_taken_back_until_then() {
    let (_root, store) = folder();
    back_up(&request("nightly"), &Given::new(vec![]), store.as_ref())
        .await
        .unwrap();
    let (name, now) = (request("nightly").name, Timestamp::now());
    let delay = SignedDuration::from_hours(24);
    let due = now.checked_add(delay).unwrap();
    let delete = async |at: Timestamp| {
        archive::delete_after(store.as_ref(), &name, Some(delay), at)
            .await
            .unwrap()
    };
    assert_eq!(delete(now).await, Deletion::Due(due));
    assert_eq!(
        delete(now).await,
        Deletion::Due(due),
        "asking again changes nothing"
    );
    let listed = archive::list(store.as_ref()).await.unwrap().backups;
    assert_eq!(listed[0].deletion, Some(due));
    let verified = archive::verify(store.as_ref(), &name, &Progress::default())
        .await
        .unwrap();
    assert_eq!(verified.findings, [], "the request is part of the backup");

    let undeleted = archive::undelete(store.as_ref(), &name, now).await.unwrap();
    assert_eq!(undeleted, Undeletion::Withdrawn);
    let undeleted = archive::undelete(store.as_ref(), &name, now).await.unwrap();
    assert_eq!(undeleted, Undeletion::Unneeded);
    let pruning = plan_pruning(store.as_ref(), &Retention::default(), due)
        .await
        .unwrap();
    prune(store.as_ref(), &pruning, Some(delay), due).await.unwrap();
    assert_eq!(names(store.as_ref()).await, ["nightly"]);

    assert_eq!(delete(now).await, Deletion::Due(due));
    for (at, left) in [(now, 1), (due, 0)] {
        let pruning = plan_pruning(store.as_ref(), &Retention::default(), at)
            .await
            .unwrap();
        prune(store.as_ref(), &pruning, Some(delay), at).await.unwrap();
        assert_eq!(names(store.as_ref()).await.len(), left);
    }
}

#[tokio::test]
async fn what_is_pruned_waits_for_the_delay_too() {
    let (_root, store) = folder();
    let request = BackupRequest {
        ttl: Some(SignedDuration::ZERO),
        ..request("expired")
    };
    back_up(&request, &Given::new(vec![]), store.as_ref())
        .await
        .unwrap();
    let (now, delay) = (Timestamp::now(), SignedDuration::from_hours(1));
    for (at, left) in [(now, 1), (now, 1), (now.checked_add(delay).unwrap(), 0)] {
        let pruning = plan_pruning(store.as_ref(), &Retention::default(), at)
            .await
            .unwrap();
        prune(store.as_ref(), &pruning, Some(delay), at).await.unwrap();
        assert_eq!(names(store.as_ref()).await.len(), left);
    }
}
