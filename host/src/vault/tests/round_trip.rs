use super::tree::{content, entries, make};
use super::{Place, describe, request};
use crate::report::{Cancellation, Progress, Unit};
use crate::vault::{RestoreRequest, Target, VaultError, copy, restore};
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::MetadataExt;

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn a_folder_comes_back_as_it_was(entries in entries()) {
        run(async {
            let place = Place::new().await;
            make(&place.path("volume"), &entries);
            let before = describe(&place.path("volume"));
            let copied = place.copy().await.unwrap();
            let restored = place.restore(&copied, "restored").await.unwrap();
            assert_eq!(restored.incomplete, Default::default());
            assert_eq!(describe(&place.path("restored")), before);
        });
    }
}

#[tokio::test]
async fn a_second_copy_of_a_copied_volume_reads_and_stores_nothing() {
    let place = Place::new().await;
    for number in 0_u8..200 {
        place.write(
            &format!("folder-{}/file-{number}", number % 10),
            content(5_000, number, false),
        );
    }
    let first = place.copy().await.unwrap();
    assert!(
        first.bytes_written > 1_000_000 && first.files_read == 200,
        "{first:?}"
    );

    // Another volume: files have other inodes and were changed now, but for their own time.
    let another = place.path("another");
    let status = std::process::Command::new("cp")
        .arg("-a")
        .arg(place.path("volume"))
        .arg(&another)
        .status();
    assert!(status.unwrap().success());
    let second = super::copy_of(&place.vault, &another).await.unwrap();
    assert_eq!((second.files_read, second.parent), (0, Some(first.snapshot.id)));
    assert!(second.bytes_written * 100 < first.bytes_written, "{second:?}");
}

#[tokio::test]
async fn a_changed_file_is_stored_and_the_others_are_not_read() {
    let place = Place::new().await;
    place.write("a", content(300_000, 1, false));
    place.write("b", content(300_000, 2, false));
    place.copy().await.unwrap();
    place.write("b", content(300_000, 3, false));
    let second = place.copy().await.unwrap();
    assert_eq!(second.files_read, 1);
    assert!((300_000..400_000).contains(&second.bytes_written), "{second:?}");
    place.restore(&second, "restored").await.unwrap();
    assert_eq!(
        fs::read(place.path("restored/b")).unwrap(),
        content(300_000, 3, false)
    );
}

#[tokio::test]
async fn a_large_file_with_holes_comes_back_with_holes() {
    let place = Place::new().await;
    let file = fs::File::create(place.path("volume/disk")).unwrap();
    file.set_len(64 << 20).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"in the middle", 40 << 20).unwrap();
    let copied = place.copy().await.unwrap();
    assert!(copied.bytes_written < 1 << 20, "{copied:?}");
    place.restore(&copied, "restored").await.unwrap();
    let restored = place.path("restored/disk");
    assert_eq!(
        fs::read(&restored).unwrap(),
        fs::read(place.path("volume/disk")).unwrap()
    );
    let allocated = restored.metadata().unwrap().blocks() * 512;
    assert!(allocated < 1 << 20, "{allocated} bytes are allocated");
}

#[tokio::test]
async fn a_disk_is_copied_as_one_file_and_restored_over_an_old_one() {
    let place = Place::new().await;
    let (disk, other) = (place.path("disk"), place.path("other"));
    fs::write(&disk, content(5_000_000, 7, true)).unwrap();
    fs::write(&other, content(6_000_000, 8, false)).unwrap();
    let copied = super::copy_of(&place.vault, &disk).await.unwrap();
    let request = RestoreRequest {
        snapshot: copied.snapshot.id,
        path: None,
        target: Target::Device(other.clone()),
    };
    let restored = restore(
        &place.vault,
        request,
        &Progress::default(),
        &Cancellation::default(),
    )
    .await;
    assert_eq!(restored.unwrap().bytes, 5_000_000);
    assert_eq!(fs::read(other).unwrap(), fs::read(disk).unwrap());
}

#[tokio::test]
async fn one_folder_of_a_snapshot_can_be_restored() {
    let place = Place::new().await;
    place.write("a/b/c", "text");
    place.write("d", "other");
    let copied = place.copy().await.unwrap();
    let request = |path: &str| RestoreRequest {
        snapshot: copied.snapshot.id,
        path: Some(path.into()),
        target: Target::Folder(place.path("restored")),
    };
    let (progress, cancellation) = (Progress::default(), Cancellation::default());
    restore(&place.vault, request("/shop/data/a"), &progress, &cancellation)
        .await
        .unwrap();
    assert_eq!(fs::read_to_string(place.path("restored/b/c")).unwrap(), "text");
    assert!(!place.path("restored/d").exists());
    let missing = restore(&place.vault, request("/shop/data/x"), &progress, &cancellation).await;
    assert!(matches!(missing, Err(VaultError::Invalid(_))), "{missing:?}");
}

#[tokio::test]
async fn a_folder_that_is_not_empty_is_not_restored_into() {
    let place = Place::new().await;
    place.write("a", "text");
    let copied = place.copy().await.unwrap();
    let again = place.restore(&copied, "volume").await;
    assert!(matches!(again, Err(VaultError::NotEmpty(_))), "{again:?}");
    fs::create_dir_all(place.path("restored/lost+found")).unwrap();
    place.restore(&copied, "restored").await.unwrap();
}

#[tokio::test]
async fn progress_is_told_in_bytes() {
    let place = Place::new().await;
    place.write("a", content(700_000, 1, false));
    let progress = Progress::default();
    let cancellation = Cancellation::default();
    let copied = copy(
        &place.vault,
        request(&place.path("volume")),
        &progress,
        &cancellation,
    );
    let copied = copied.await.unwrap();
    let now = progress.now();
    assert_eq!(
        (now.unit, now.total, now.done),
        (Unit::Bytes, Some(700_000), 700_000)
    );
    assert_eq!((copied.snapshot.files, copied.snapshot.bytes), (1, 700_000));
    assert_eq!(place.vault.snapshots().await.unwrap(), [copied.snapshot]);
}
