//! Whatever goes wrong between us and the store: a backup is whole or not there, doing it again succeeds, and a restore
//! gives right objects or a clear error.

mod plan;

use crate::store::{Store, StoreOptions, open, quick, with_signature};
use futures::StreamExt;
use lazarette::archive::{self, ArchiveError, Backup, BackupName};
use lazarette::backup::{self, BackupRequest};
use lazarette::cluster;
use lazarette::report::{Cancellation, Progress};
use lazarette_tests::azurite::{Access, Azurite, Container};
use lazarette_tests::counts::{Chance, count, seed};
use lazarette_tests::proxy::{Proxy, Upstream};
use plan::{Kind, Plan};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A cluster of a few hundred objects that do not compress, so that the archive is sent in several blocks.
struct Cluster {
    folder: tempfile::TempDir,
}

impl Cluster {
    fn new(chance: &mut Chance) -> Cluster {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..24 {
            let noise: String = (0..600_000)
                .map(|_| char::from(b'!' + u8::try_from(chance.below(90)).unwrap()))
                .collect();
            let noise = serde_json::to_string(&noise).unwrap();
            let manifest = format!(
                r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"c-{number:02}","namespace":"shop"}},"data":{{"noise":{noise}}}}}"#
            );
            std::fs::write(folder.path().join(format!("{number:02}.json")), manifest).unwrap();
        }
        Cluster { folder }
    }

    async fn back_up(&self, store: &dyn Store, name: &BackupName) -> Result<(), backup::BackupError> {
        let address = format!("dir:{}", self.folder.path().display());
        let cluster = cluster::open(&address, false).unwrap();
        backup::create(
            &BackupRequest::new(name.clone()),
            cluster.as_ref(),
            store,
            &Progress::default(),
            &Cancellation::default(),
        )
        .await
        .map(drop)
    }
}

/// All objects that can be read, and errors for the others.
async fn read(
    store: Arc<dyn Store>,
    name: &BackupName,
) -> Result<BTreeMap<String, Result<String, String>>, ArchiveError> {
    let backup = Backup::open(store, name).await?;
    let mut objects = BTreeMap::new();
    for (number, object) in backup
        .objects(|_| true)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .enumerate()
    {
        match object {
            Ok(object) => objects.insert(object.id.name, Ok(object.json)),
            Err(error) => objects.insert(format!("error {number}"), Err(error.to_string())),
        };
    }
    Ok(objects)
}

struct Setting<'a> {
    azurite: &'static Azurite,
    container: Container<'a>,
    cluster: Cluster,
    direct: Arc<dyn Store>,
    options: StoreOptions,
    whole: BTreeMap<String, Result<String, String>>,
}

impl Setting<'_> {
    async fn new(chance: &mut Chance) -> Setting<'static> {
        let azurite = Azurite::shared();
        let container = azurite.container().await;
        let options = with_signature(&container, &Access::default());
        let direct = open(&container.address(), &options).unwrap();
        let cluster = Cluster::new(chance);
        let name = "reference".parse().unwrap();
        cluster.back_up(direct.as_ref(), &name).await.unwrap();
        let whole = read(Arc::clone(&direct), &name).await.unwrap();
        assert_eq!(whole.values().filter(|object| object.is_ok()).count(), 24);
        Setting {
            azurite,
            container,
            cluster,
            direct,
            options,
            whole,
        }
    }

    /// The store behind a proxy that does what `plan` says.
    fn behind(&self, plan: &Plan) -> (Proxy, Arc<dyn Store>) {
        let chosen = plan.clone();
        let proxy = Proxy::start(Upstream::plain(self.azurite.address()), move |request| {
            chosen.fault(request)
        });
        let options = StoreOptions {
            patience: quick(),
            ..self.options.clone()
        };
        let store = open(&self.container.address_at(&proxy.url()), &options).unwrap();
        (proxy, store)
    }

    /// Back up with a fault on the way, which may be too much or not.
    async fn back_up_with(&self, plan: &Plan, name: &BackupName) {
        let (proxy, store) = self.behind(plan);
        let made = self.cluster.back_up(store.as_ref(), name).await;
        assert!(
            plan.happened(),
            "the fault did not happen: {plan:?}: {:#?}",
            proxy.seen()
        );
        let there = archive::verify(self.direct.as_ref(), name, &Progress::default()).await;
        match (made, there) {
            (Ok(()), Ok(found)) => assert!(found.is_whole(), "{plan:?}: {:?}", found.findings),
            // What failed at the very end may be there all the same: then it is whole.
            (Err(_), Ok(found)) => assert!(found.is_whole(), "{plan:?}: {:?}", found.findings),
            (Err(_), Err(ArchiveError::NotFound { .. } | ArchiveError::Incomplete { .. })) => {}
            (made, there) => panic!("{plan:?}: {made:?}, {there:?}"),
        }
        archive::cleanup(self.direct.as_ref(), std::time::Duration::ZERO)
            .await
            .unwrap();
        match self.cluster.back_up(self.direct.as_ref(), name).await {
            Ok(()) => {}
            Err(error) => assert!(
                archive::verify(self.direct.as_ref(), name, &Progress::default())
                    .await
                    .unwrap()
                    .is_whole(),
                "{plan:?}: again: {error}"
            ),
        }
        archive::delete(self.direct.as_ref(), name).await.unwrap();
    }

    /// Read with a fault on the way.
    async fn read_with(&self, plan: &Plan) {
        let (proxy, store) = self.behind(plan);
        let objects = read(store, &"reference".parse().unwrap()).await;
        assert!(
            plan.happened(),
            "the fault did not happen: {plan:?}: {:#?}",
            proxy.seen()
        );
        for (name, object) in objects.unwrap_or_default() {
            if object.is_ok() {
                assert_eq!(self.whole.get(&name), Some(&object), "{plan:?}: a wrong object");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_whole_or_not_there() {
    let mut chance = Chance::new(seed());
    let setting = Setting::new(&mut chance).await;
    for number in 0..count(8, 200) {
        let plan = Plan::new(&mut chance, &Kind::WRITING);
        setting
            .back_up_with(&plan, &format!("backup-{number}").parse().unwrap())
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_is_right_or_an_error() {
    let mut chance = Chance::new(seed());
    let setting = Setting::new(&mut chance).await;
    for _ in 0..count(8, 200) {
        setting.read_with(&Plan::new(&mut chance, &Kind::READING)).await;
    }
}
