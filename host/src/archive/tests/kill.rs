//! A process that is killed while it writes leaves whole backups, and what is known as unfinished.

use super::*;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Where the child writes.
const STORE: &str = "LAZARETTE_TEST_STORE";
/// How many processes are killed.
const ROUNDS: u64 = 12;

/// Not a test by itself: the process that [`a_killed_process_leaves_no_half_backup`] starts and kills.
#[tokio::test]
#[ignore = "runs until it is killed"]
async fn writes_until_it_is_killed() {
    let Ok(root) = std::env::var(STORE) else { return };
    let store = LocalStore::new(&root).unwrap();
    let small = samples();
    let large = large_samples();
    for number in 0u64.. {
        let name = name(&format!("b-{}-{number}", std::process::id()));
        write(&store, &name, if number % 4 == 3 { &large } else { &small })
            .await
            .unwrap();
    }
}

fn start(root: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "archive::tests::kill::writes_until_it_is_killed",
            "--ignored",
            "--quiet",
        ])
        .env(STORE, root)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Files below the folder, temporary ones too.
fn files(root: &Path) -> usize {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            if entry.path().is_dir() {
                files(&entry.path())
            } else {
                1
            }
        })
        .sum()
}

#[tokio::test]
async fn a_killed_process_leaves_no_half_backup() {
    let folder = Folder::new();
    let store = folder.store.as_ref();
    let mut finished = 0;
    for round in 0..ROUNDS {
        // Waiting for files rather than for a time hits every stage of a backup on every machine.
        let wanted = 1 + usize::try_from(round * 5 % 20).unwrap();
        let mut child = start(folder.root.path());
        while files(folder.root.path()) < wanted {
            assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let listing = list(store).await.unwrap();
        for backup in &listing.backups {
            let verification = check(store, &backup.name).await;
            assert!(
                backup.manifest.is_ok() && verification.is_whole(),
                "{:?}",
                verification.findings
            );
        }
        finished += listing.backups.len();
        cleanup(store, Duration::ZERO).await.unwrap();
        let listing = list(store).await.unwrap();
        assert_eq!(listing.unfinished, []);
        assert_eq!(
            files(folder.root.path()),
            listing.backups.len() * BackupFile::ALL.len(),
            "no file is left over"
        );
        for backup in listing.backups {
            delete(store, &backup.name).await.unwrap();
        }
    }
    assert!(
        finished > 0,
        "some were killed only after they had finished a backup"
    );
}
