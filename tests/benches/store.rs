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
/// Size of the file whose upload is timed.
const SIZE: usize = 256 * MIB;
/// Sizes of files whose uploads must not need more memory the larger they are.
const LARGE: [usize; 2] = [1024 * MIB, 3 * 1024 * MIB];
/// How much an upload may need of it.
const MEMORY: usize = 150 * MIB;
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
    let azurite = Azurite::shared();
    let container = azurite.container().await;
    let options = StoreOptions {
        credential: Credential::SasFile(container.signature_file(&Access::default())),
        ..StoreOptions::default()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let local = format!("file:{}", folder.path().join("store").display());
    let azure = open(&container.address(), &options).expect("a store");
    let local = open(&local, &StoreOptions::default()).expect("a store");

    println!(
        "{} MiB in blocks of 8 MiB, {PARALLEL} at a time; best of {ROUNDS}",
        SIZE / MIB
    );
    let (mut to_azurite, mut to_folder) = (Race::default(), Race::default());
    for round in 0..ROUNDS {
        let plain = plain_to_azurite(azurite, &container, round, &block);
        to_azurite.run(plain, &azure, &block).await;
        let plain = plain_to_folder(folder.path().join("plain"), block.clone());
        to_folder.run(plain, &local, &block).await;
    }
    let mut enough = to_azurite.judge("Azurite") & to_folder.judge("folder");
    for size in LARGE {
        for (name, store) in [("Azurite", &azure), ("folder", &local)] {
            fs::write("/proc/self/clear_refs", "5").expect("the peak of memory is set back");
            upload(store, size, &block).await;
            let peak = peak_memory();
            println!("{name}: {} MiB: {} MiB of memory at most", size / MIB, peak / MIB);
            enough &= peak < MEMORY;
        }
    }
    std::process::exit(i32::from(!enough));
}

/// The best times of the plain upload and of ours.
struct Race {
    plain: Duration,
    ours: Duration,
}

impl Default for Race {
    fn default() -> Race {
        Race {
            plain: Duration::MAX,
            ours: Duration::MAX,
        }
    }
}

impl Race {
    async fn run(&mut self, plain: impl Future<Output = ()>, store: &Arc<dyn Store>, block: &Bytes) {
        self.plain = self.plain.min(time(plain).await);
        self.ours = self.ours.min(time(upload(store, SIZE, block)).await);
    }

    /// Whether we are fast enough.
    fn judge(&self, name: &str) -> bool {
        let share = self.plain.as_secs_f64() / self.ours.as_secs_f64();
        println!(
            "{name}: plain {:.0} MiB/s, ours {:.0} MiB/s: {:.0} %",
            speed(self.plain),
            speed(self.ours),
            share * 100.0
        );
        share >= 0.8
    }
}

async fn time(work: impl Future<Output = ()>) -> Duration {
    let begun = Instant::now();
    work.await;
    begun.elapsed()
}

fn speed(time: Duration) -> f64 {
    (SIZE / MIB) as f64 / time.as_secs_f64()
}

/// Write a file of `size` bytes, which is removed again.
async fn upload(store: &Arc<dyn Store>, size: usize, block: &Bytes) {
    let mut upload = store.upload("file").await.expect("an upload");
    for position in (0..size).step_by(PORTION) {
        let from = position % BLOCK;
        upload
            .write(block.slice(from..from + PORTION))
            .await
            .expect("written");
    }
    upload.commit().await.expect("committed");
    store.delete("file").await.expect("deleted");
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
