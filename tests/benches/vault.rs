//! How fast volumes go into a vault and come back, beside `restic backup` and `restic restore` of the same folders on the
//! same disk in the same run.
//!
//! `cargo bench -p lazarette-tests --bench vault [-- SCALE]`: ten folders of 100,000 small files and a file of 2 GB, of which
//! SCALE is the part that is made (default 0.05). Ends with an error where a vault is slower than restic, or where a second
//! copy of what has not changed writes a hundredth of the bytes of the first or more.

use lazarette::report::{Cancellation, Progress};
use lazarette::store::{Store, StoreOptions, open};
use lazarette::vault::{
    Copied, CopyRequest, RepositoryKey, RestoreRequest, Source, Target, Vault, copy, restore,
};
use lazarette_tests::counts::Chance;
use lazarette_tests::restic::Restic;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Folders of small files.
const VOLUMES: usize = 10;
/// Small files in each, at full scale.
const FILES: f64 = 100_000.0;
/// Bytes of the large file, at full scale.
const LARGE: f64 = 2e9;
/// Files in one folder.
const IN_A_FOLDER: usize = 500;
/// The largest of the small files, in bytes.
const SMALL: u64 = 8_000;

#[tokio::main]
async fn main() {
    let scale = std::env::args()
        .find_map(|word| word.parse::<f64>().ok())
        .unwrap_or(0.05);
    let place = tempfile::tempdir().expect("a folder");
    let small: Vec<PathBuf> = (0..VOLUMES)
        .map(|number| {
            let folder = place.path().join(format!("small-{number}"));
            small_files(&folder, (FILES * scale) as usize, number as u64)
        })
        .collect();
    let large = vec![large_file(&place.path().join("large"), (LARGE * scale) as u64)];
    println!(
        "{VOLUMES} folders of {} small files, and a file of {} MB",
        FILES * scale,
        LARGE * scale / 1e6
    );
    let mut enough = true;
    for (name, folders) in [("small files", small), ("large file", large)] {
        let Some(race) = Race::new(place.path().join(name.replace(' ', "-")), folders).await else {
            return;
        };
        enough &= race.run(name).await;
    }
    std::process::exit(i32::from(!enough));
}

/// A vault and a repository of restic, for the same folders.
struct Race {
    place: PathBuf,
    folders: Vec<PathBuf>,
    vault: Vault,
    restic: Restic,
}

impl Race {
    /// None where restic cannot be had.
    async fn new(place: PathBuf, folders: Vec<PathBuf>) -> Option<Race> {
        let address = format!("file:{}", place.join("vault").display());
        let store: Arc<dyn Store> = open(&address, &StoreOptions::default()).expect("a store");
        let vault = Vault::create(store, &RepositoryKey::generate())
            .await
            .expect("a repository");
        let restic = Restic::new(&place.join("restic"), "key")?;
        restic.done(&["init"]);
        Some(Race {
            place,
            folders,
            vault,
            restic,
        })
    }

    /// Whether we are fast enough, and move little the second time.
    async fn run(&self, name: &str) -> bool {
        let (first, ours) = time(self.copy()).await;
        let theirs = self.restic_backup();
        let backup = judge(&format!("{name}: backup"), ours, theirs);
        let (second, again) = time(self.copy()).await;
        let their_second = self.restic_backup();
        judge(&format!("{name}: second backup"), again, their_second);
        let written = |copied: &[Copied]| copied.iter().map(|copied| copied.bytes_written).sum::<u64>();
        let share = written(&second) as f64 / written(&first) as f64 * 100.0;
        println!(
            "{name}: the second copy wrote {} of {} bytes: {share:.3} %",
            written(&second),
            written(&first)
        );
        let ((), ours) = time(self.restore(&second)).await;
        let theirs = self.restic_restore();
        let restored = judge(&format!("{name}: restore"), ours, theirs);
        backup && restored && share < 1.0
    }

    async fn copy(&self) -> Vec<Copied> {
        let mut all = Vec::new();
        for folder in &self.folders {
            let request = CopyRequest {
                source: Source::Folder(folder.clone()),
                path: folder.display().to_string(),
                host: "bench".to_owned(),
                tags: Vec::new(),
                skip_unreadable: false,
            };
            let copied = copy(
                &self.vault,
                request,
                &Progress::default(),
                &Cancellation::default(),
            )
            .await;
            all.push(copied.expect("a copy"));
        }
        all
    }

    async fn restore(&self, copied: &[Copied]) {
        for (number, copied) in copied.iter().enumerate() {
            let target = self.place.join(format!("restored-{number}"));
            let request = RestoreRequest {
                snapshot: copied.snapshot.id,
                path: None,
                target: Target::Folder(target.clone()),
            };
            let restored = restore(
                &self.vault,
                request,
                &Progress::default(),
                &Cancellation::default(),
            )
            .await;
            restored.expect("a restore");
            fs::remove_dir_all(target).expect("room");
        }
    }

    fn restic_backup(&self) -> Duration {
        let begun = Instant::now();
        for folder in &self.folders {
            self.restic.done(&[
                "backup",
                "--quiet",
                "--host",
                "bench",
                &folder.display().to_string(),
            ]);
        }
        begun.elapsed()
    }

    fn restic_restore(&self) -> Duration {
        let begun = Instant::now();
        for folder in &self.folders {
            let target = self.place.join("by-restic");
            let path = folder.display().to_string();
            self.restic.done(&[
                "restore",
                "latest",
                "--path",
                &path,
                "--target",
                &target.display().to_string(),
            ]);
            fs::remove_dir_all(target).expect("room");
        }
        begun.elapsed()
    }
}

async fn time<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    let done = work.await;
    (done, begun.elapsed())
}

/// Print both times, and say whether ours is the shorter one.
fn judge(what: &str, ours: Duration, restic: Duration) -> bool {
    let ratio = restic.as_secs_f64() / ours.as_secs_f64();
    println!(
        "{what}: vault {:.1} s, restic {:.1} s: {ratio:.2} times as fast",
        ours.as_secs_f64(),
        restic.as_secs_f64()
    );
    ratio >= 1.0
}

/// Other files for each `seed`: no folder holds what another one does.
fn small_files(folder: &Path, count: usize, seed: u64) -> PathBuf {
    let mut chance = Chance::new(seed);
    for number in 0..count {
        let below = folder.join(format!("{}", number / IN_A_FOLDER));
        if number % IN_A_FOLDER == 0 {
            fs::create_dir_all(&below).expect("a folder");
        }
        let size = chance.below(SMALL) as usize;
        fs::write(below.join(format!("file-{number}")), noise(&mut chance, size)).expect("a file");
    }
    folder.to_owned()
}

fn large_file(folder: &Path, size: u64) -> PathBuf {
    fs::create_dir_all(folder).expect("a folder");
    let mut file = File::create(folder.join("disk")).expect("a file");
    let mut chance = Chance::new(size);
    for _ in 0..size >> 20 {
        file.write_all(&noise(&mut chance, 1 << 20)).expect("room");
    }
    folder.to_owned()
}

/// Half of it compresses.
fn noise(chance: &mut Chance, size: usize) -> Vec<u8> {
    let words = std::iter::repeat_with(|| chance.below(u64::MAX).to_le_bytes());
    let mut bytes: Vec<u8> = words.flatten().take(size / 2).collect();
    bytes.resize(size, b'a');
    bytes
}
