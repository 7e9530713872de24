//! How fast files get into a store, beside plain parallel uploads of the same bytes to the same place in the same run.
//!
//! `cargo bench -p lazarette-tests --bench store`. Ends with an error where a store reaches less than 80 % of the plain
//! upload, or needs 150 MiB of memory or more.

use bytes::Bytes;
use futures::stream::{StreamExt, TryStreamExt};
use lazarette::store::{Credential, Store, StoreOptions, open};
use lazarette_tests::azurite::{Access, Azurite, Container, signature};
use lazarette_tests::counts::Chance;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

const MIB: usize = 1024 * 1024;
/// Size of the file.
const SIZE: usize = 256 * MIB;
/// Size of a block of the plain upload, as `azcopy` chooses it for a file of this size.
const BLOCK: usize = 8 * MIB;
/// How many blocks are on their way at a time.
const PARALLEL: usize = 4;
/// What the archive's writer hands to a store at once.
const PORTION: usize = 256 * 1024;
/// Best of so many.
const ROUNDS: usize = 4;

#[tokio::main]
async fn main() {
    let mut chance = Chance::new(1);
    let block: Vec<u8> = (0..BLOCK / 8)
        .flat_map(|_| chance.below(u64::MAX).to_le_bytes())
        .collect();
    let block = Bytes::from(block);
    println!(
        "{} MiB in blocks of 8 MiB, {PARALLEL} at a time; best of {ROUNDS}",
        SIZE / MIB
    );
    let azurite = Azurite::shared();
    let container = azurite.container().await;
    let options = StoreOptions {
        credential: Credential::SasFile(container.signature_file(&Access::default())),
        ..StoreOptions::default()
    };
    let azure = open(&container.address(), &options).expect("a store");
    let folder = tempfile::tempdir().expect("a folder");
    let local = format!("file:{}", folder.path().join("store").display());
    let local = open(&local, &StoreOptions::default()).expect("a store");

    let (mut plain, mut ours) = ([Duration::MAX; 2], [Duration::MAX; 2]);
    let mut peak = 0;
    for round in 0..ROUNDS {
        plain[0] = plain[0].min(time(plain_to_azurite(azurite, &container, round, &block)).await);
        let file = folder.path().join("plain");
        plain[1] = plain[1].min(time(plain_to_folder(file, block.clone())).await);
        for (store, best) in [(&azure, 0), (&local, 1)] {
            fs::write("/proc/self/clear_refs", "5").expect("the peak of memory is set back");
            ours[best] = ours[best].min(time(upload(store, &format!("file-{round}"), &block)).await);
            peak = peak.max(peak_memory());
            store.delete(&format!("file-{round}")).await.expect("deleted");
        }
    }
    let mut enough = peak < 150 * MIB;
    for (name, of) in [("Azurite", 0), ("folder", 1)] {
        let share = plain[of].as_secs_f64() / ours[of].as_secs_f64();
        println!(
            "{name}: plain {:.0} MiB/s, ours {:.0} MiB/s: {:.0} %",
            speed(plain[of]),
            speed(ours[of]),
            share * 100.0
        );
        enough &= share >= 0.8;
    }
    println!("memory: {} MiB at most", peak / MIB);
    std::process::exit(i32::from(!enough));
}

async fn time(work: impl Future<Output = ()>) -> Duration {
    let begun = Instant::now();
    work.await;
    begun.elapsed()
}

fn speed(time: Duration) -> f64 {
    (SIZE / MIB) as f64 / time.as_secs_f64()
}

async fn upload(store: &Arc<dyn Store>, key: &str, block: &Bytes) {
    let mut upload = store.upload(key).await.expect("an upload");
    for position in (0..SIZE).step_by(PORTION) {
        let from = position % BLOCK;
        upload
            .write(block.slice(from..from + PORTION))
            .await
            .expect("written");
    }
    upload.commit().await.expect("committed");
}

/// Blocks with PUT, and their list.
async fn plain_to_azurite(azurite: &Azurite, container: &Container<'_>, round: usize, block: &Bytes) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!(
        "{}/plain-{round}?{}",
        container.url(azurite),
        signature(&Access::default())
    );
    let ids: Vec<String> = (0..SIZE / BLOCK).map(|number| format!("{number:08}")).collect();
    futures::stream::iter(&ids)
        .map(|id| {
            let put = client
                .put(format!("{url}&comp=block&blockid={id}"))
                .body(block.clone());
            async move { put.send().await?.error_for_status() }
        })
        .buffer_unordered(PARALLEL)
        .try_for_each(|_| async { Ok(()) })
        .await
        .expect("blocks");
    let list: String = ids.iter().map(|id| format!("<Latest>{id}</Latest>")).collect();
    let list = client
        .put(format!("{url}&comp=blocklist"))
        .body(format!("<BlockList>{list}</BlockList>"));
    list.send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .expect("a blob");
    client.delete(&url).send().await.expect("deleted");
}

/// Blocks to their places in a file, which is then made durable.
async fn plain_to_folder(path: std::path::PathBuf, block: Bytes) {
    let file = Arc::new(File::create(&path).expect("a file"));
    futures::stream::iter(0..SIZE / BLOCK)
        .map(|number| {
            let (file, block) = (Arc::clone(&file), block.clone());
            tokio::task::spawn_blocking(move || file.write_all_at(&block, (number * BLOCK) as u64))
        })
        .buffer_unordered(PARALLEL)
        .for_each(|written| async move { written.expect("a thread").expect("written") })
        .await;
    let synced = tokio::task::spawn_blocking(move || file.sync_all().and_then(|()| fs::remove_file(path)));
    synced.await.expect("a thread").expect("durable");
}

/// The most memory that this process had in use since it was set back, in bytes.
fn peak_memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("the state of the process");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("the peak");
    let kibibytes: usize = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kibibytes * 1024
}
