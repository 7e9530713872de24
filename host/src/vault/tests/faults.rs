use super::tree::content;
use super::{Place, copy_of, describe, request};
use crate::report::{Cancellation, Code, Problem, Progress};
use crate::store::faults::{Fault, FaultyStore};
use crate::vault::{
    CheckRequest, CopyRequest, RestoreRequest, Target, Vault, VaultError, check, copy, restore,
};
use rstest::rstest;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

async fn volume() -> Place {
    let place = Place::new().await;
    for number in 0_u8..12 {
        place.write(
            &format!("{}/{number}", number % 3),
            content(400_000, number, false),
        );
    }
    place
}

/// The repository as it is, and nothing in it is damaged.
async fn assert_sound(place: &Place, snapshots: usize) {
    let request = CheckRequest::Data(None);
    let checked = check(
        &place.vault,
        request,
        &Progress::default(),
        &Cancellation::default(),
    )
    .await
    .unwrap();
    assert!(checked.errors.is_empty(), "{checked:?}");
    assert_eq!(place.vault.snapshots().await.unwrap().len(), snapshots);
}

/// Open the repository over a store that fails at call `at`.
async fn faulty(place: &Place, at: u64, fault: Fault) -> (FaultyStore, Result<Vault, VaultError>) {
    let store = FaultyStore::new(Arc::clone(&place.store), at, fault);
    (store.clone(), Vault::open(Arc::new(store), &place.key).await)
}

#[rstest]
#[case::fails(Fault::Fails)]
#[case::loses_its_answer(Fault::LosesItsAnswer)]
#[case::ends(Fault::Ends)]
#[tokio::test]
async fn a_copy_over_a_store_that_fails_is_whole_or_absent(#[case] fault: Fault) {
    let place = volume().await;
    let (counting, vault) = faulty(&place, u64::MAX, Fault::Fails).await;
    copy_of(&vault.unwrap(), &place.path("volume")).await.unwrap();
    let calls = counting.calls();
    let mut snapshots = place.vault.snapshots().await.unwrap().len();
    for at in (0..calls).step_by(3) {
        let (_, vault) = faulty(&place, at, fault).await;
        // Each time there is something new to be stored.
        place.write(
            "changing",
            content(900_000, u8::try_from(at % 251).unwrap(), false),
        );
        let copied = match vault {
            Ok(vault) => copy_of(&vault, &place.path("volume")).await,
            Err(error) => Err(error),
        };
        let found = place.vault.snapshots().await.unwrap();
        match copied {
            Ok(_) => assert_eq!(found.len(), snapshots + 1, "at call {at}"),
            // Its own answer may be what was lost.
            Err(_) => assert!(found.len() <= snapshots + 1, "at call {at}"),
        }
        snapshots = found.len();
    }
    assert_sound(&place, snapshots).await;
}

#[tokio::test]
async fn a_restore_over_a_store_that_fails_says_so() {
    let place = volume().await;
    let copied = place.copy().await.unwrap();
    let (counting, vault) = faulty(&place, u64::MAX, Fault::Fails).await;
    let request = |number: u64| RestoreRequest {
        snapshot: copied.snapshot.id,
        path: None,
        target: Target::Folder(place.path(&format!("restored-{number}"))),
    };
    let (progress, cancellation) = (Progress::default(), Cancellation::default());
    restore(&vault.unwrap(), request(u64::MAX), &progress, &cancellation)
        .await
        .unwrap();
    for at in 0..counting.calls() {
        let (_, vault) = faulty(&place, at, Fault::Ends).await;
        let restored = match vault {
            Ok(vault) => restore(&vault, request(at), &progress, &cancellation).await,
            Err(error) => Err(error),
        };
        assert!(
            matches!(restored, Err(VaultError::Store(_))),
            "at call {at}: {restored:?}"
        );
    }
}

#[tokio::test]
async fn a_lost_file_of_the_repository_is_named() {
    let place = volume().await;
    let copied = place.copy().await.unwrap();
    let packs = place.store.list("restic/data/").await.unwrap();
    let largest = packs.iter().max_by_key(|entry| entry.size).unwrap();
    place.store.delete(&largest.key).await.unwrap();
    let lost = place.restore(&copied, "restored").await.unwrap_err();
    assert!(lost.to_string().contains(&largest.key), "{lost}");
    assert_eq!(Problem::from(lost).code, Code::DamagedVault);
    let structure = CheckRequest::Structure;
    let checked = check(
        &place.vault,
        structure,
        &Progress::default(),
        &Cancellation::default(),
    )
    .await
    .unwrap();
    assert!(!checked.errors.is_empty());
}

#[tokio::test]
async fn a_changed_byte_is_found_by_reading_the_data() {
    let place = volume().await;
    let copied = place.copy().await.unwrap();
    let packs = place.store.list("restic/data/").await.unwrap();
    let largest = packs.iter().max_by_key(|entry| entry.size).unwrap();
    let file = place.path("store").join(&largest.key);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[5_000] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (progress, cancellation) = (Progress::default(), Cancellation::default());
    let found = |request| check(&place.vault, request, &progress, &cancellation);
    assert!(found(CheckRequest::Structure).await.unwrap().errors.is_empty());
    assert!(!found(CheckRequest::Data(None)).await.unwrap().errors.is_empty());
    let lost = place.restore(&copied, "restored").await.unwrap_err();
    assert_eq!(Problem::from(lost).code, Code::DamagedVault);
}

#[tokio::test]
async fn a_copy_that_is_cancelled_leaves_no_snapshot() {
    let place = volume().await;
    let (progress, cancellation) = (Progress::default(), Cancellation::default());
    let stop = async {
        while progress.now().done == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        cancellation.cancel();
    };
    for number in 0_u8..40 {
        place.write(&format!("large-{number}"), content(1_000_000, number, false));
    }
    let copying = copy(
        &place.vault,
        request(&place.path("volume")),
        &progress,
        &cancellation,
    );
    let (copied, ()) = futures::join!(copying, stop);
    assert!(matches!(copied, Err(VaultError::Cancelled)), "{copied:?}");
    assert_sound(&place, 0).await;
    assert!(place.store.list("restic/locks/").await.unwrap().len() <= 1);
    // What was stored by then is of use.
    place.copy().await.unwrap();
    assert_sound(&place, 1).await;
}

#[tokio::test]
async fn what_cannot_be_read_is_never_left_out_silently() {
    let place = volume().await;
    // A folder whose name is longer than a path may be: nobody can read it, root neither.
    crate::store::faults::unreadable_folder(&place.path("volume"));
    let copied = place.copy().await;
    assert!(
        matches!(&copied, Err(VaultError::Unreadable { .. })),
        "{copied:?}"
    );
    assert_eq!(place.vault.snapshots().await.unwrap().len(), 0);
    let allowed = CopyRequest {
        skip_unreadable: true,
        ..request(&place.path("volume"))
    };
    let copied = copy(
        &place.vault,
        allowed,
        &Progress::default(),
        &Cancellation::default(),
    )
    .await
    .unwrap();
    assert!(copied.left_out.count > 0 && copied.snapshot.incomplete);
    assert!(place.vault.snapshots().await.unwrap()[0].incomplete);
}

#[tokio::test]
async fn a_full_disk_ends_a_restore_with_what_the_system_says() {
    let place = volume().await;
    let copied = place.copy().await.unwrap();
    let small = place.path("small");
    std::fs::create_dir(&small).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(&small)
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no small file system can be mounted here");
        return;
    }
    let restored = place.restore(&copied, "small").await;
    let unmounted = std::process::Command::new("umount").arg(&small).status().unwrap();
    assert!(unmounted.success());
    let Err(VaultError::File { source, .. }) = restored else {
        panic!("{restored:?}")
    };
    assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
    assert!(describe(&small).len() == 1 && small.metadata().unwrap().permissions().mode() & 0o700 != 0);
}
