//! Whatever goes wrong between us and the store: a backup is whole or not there, doing it again succeeds, and a restore
//! gives right objects or a clear error.

mod plan;

use crate::store::{Store, StoreError, StoreOptions, open, quick, with_signature};
use futures::StreamExt;
use lazarette::archive::{
    self, ArchiveError, Backup, BackupName, DecryptingStore, Identities, Protection, Recipient,
    generate_identity,
};
use lazarette::backup::{self, BackupError, BackupRequest};
use lazarette::cluster;
use lazarette::report::{Cancellation, Code, Problem, Progress};
use lazarette_tests::azurite::{Access, Azurite, Container};
use lazarette_tests::counts::{Chance, count, seed};
use lazarette_tests::proxy::{Fault, Place, Proxy, Request, Upstream};
use plan::{Counts, Kind, Plan};
use rstest::rstest;
use std::collections::BTreeMap;
use std::sync::Arc;

/// So many objects of so many bytes.
#[derive(Clone, Copy)]
struct Size(usize, usize);

/// So many that the archive is sent in two blocks: they do not compress.
const LARGE: Size = Size(16, 700_000);
/// What is written with requests of one kind.
const SMALL: Size = Size(2, 100);

/// A key to encrypt to, and the one that decrypts.
type Keys = (Recipient, Identities);

fn keys() -> Keys {
    let (text, recipient) = generate_identity();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    (recipient, Identities::read(file.path()).unwrap())
}

/// All objects that can be read, by their names.
type Objects = BTreeMap<String, String>;

/// The objects that can be read, and why others cannot.
async fn read(store: Arc<dyn Store>, name: &BackupName) -> (Objects, Vec<Problem>) {
    let backup = match Backup::open(store, name).await {
        Ok(backup) => backup,
        Err(error) => return (Objects::new(), vec![error.into()]),
    };
    let (mut objects, mut problems) = (Objects::new(), Vec::new());
    for object in backup.objects(|_| true).collect::<Vec<_>>().await {
        match object {
            Ok(object) => drop(objects.insert(object.id.name, object.json)),
            Err(error) => problems.push(error.into()),
        }
    }
    (objects, problems)
}

/// A container, and a cluster to back up.
struct Setting {
    azurite: &'static Azurite,
    container: Container<'static>,
    options: StoreOptions,
    keys: Option<Keys>,
    cluster: tempfile::TempDir,
    direct: Arc<dyn Store>,
}

impl Setting {
    async fn new(chance: &mut Chance, size: Size, keys: Option<Keys>) -> Setting {
        let azurite = Azurite::shared();
        let container = azurite.container().await;
        let options = with_signature(&container, &Access::default());
        let direct = open(&container.address(), &options).unwrap();
        let setting = Setting {
            azurite,
            container,
            options,
            keys,
            cluster: tempfile::tempdir().unwrap(),
            direct,
        };
        setting.fill_cluster(chance, size);
        setting
    }

    fn fill_cluster(&self, chance: &mut Chance, Size(objects, bytes): Size) {
        for number in 0..objects {
            let noise: String = (0..bytes)
                .map(|_| char::from(b'!' + u8::try_from(chance.below(90)).unwrap()))
                .collect();
            let noise = serde_json::to_string(&noise).unwrap();
            let manifest = format!(
                r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"c-{number:02}","namespace":"shop"}},"data":{{"noise":{noise}}}}}"#
            );
            std::fs::write(self.cluster.path().join(format!("{number:02}.json")), manifest).unwrap();
        }
    }

    async fn back_up(&self, store: &dyn Store, name: &BackupName) -> Result<(), BackupError> {
        let address = format!("dir:{}", self.cluster.path().display());
        let cluster = cluster::open(&address, false).unwrap();
        let recipients = self.keys.iter().map(|(recipient, _)| recipient.clone()).collect();
        let request = BackupRequest {
            protection: Protection {
                recipients,
                signing_key: None,
            },
            ..BackupRequest::new(name.clone())
        };
        backup::create(
            &request,
            cluster.as_ref(),
            store,
            &Progress::default(),
            &Cancellation::default(),
        )
        .await
        .map(drop)
    }

    /// A store as who has the key sees it.
    fn view(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        match &self.keys {
            Some((_, identities)) => Arc::new(DecryptingStore::new(store, identities.clone())),
            None => store,
        }
    }

    /// The store behind a proxy.
    fn behind(&self, choose: impl Fn(&Request) -> Fault + Send + Sync + 'static) -> (Proxy, Arc<dyn Store>) {
        let proxy = Proxy::start(Upstream::plain(self.azurite.address()), choose);
        let options = StoreOptions {
            patience: quick(),
            ..self.options.clone()
        };
        let store = open(&self.container.address_at(&proxy.url()), &options).unwrap();
        (proxy, store)
    }

    /// Do `work` with a store behind a proxy that does what `plan` says: which must happen.
    async fn with<T, F: Future<Output = T>>(&self, plan: &Plan, work: impl FnOnce(Arc<dyn Store>) -> F) -> T {
        let chosen = plan.clone();
        let (proxy, store) = self.behind(move |request| chosen.fault(request));
        let done = work(store).await;
        assert!(
            proxy.happened() > 0,
            "the fault did not happen: {plan:?}: {:#?}",
            proxy.seen()
        );
        done
    }

    /// How many requests `work` takes where nothing goes wrong.
    async fn counts<T, F: Future<Output = T>>(&self, work: impl FnOnce(Arc<dyn Store>) -> F) -> Counts {
        let (proxy, store) = self.behind(|_| Fault::None);
        work(store).await;
        plan::counts(&proxy.seen())
    }

    /// Whether a backup is there, whole. If it is there it must be.
    async fn is_there(&self, name: &BackupName, context: &Plan) -> bool {
        match archive::verify(
            self.view(Arc::clone(&self.direct)).as_ref(),
            name,
            &Progress::default(),
        )
        .await
        {
            Ok(found) => {
                assert!(found.is_whole(), "{context:?}: {:?}", found.findings);
                true
            }
            Err(ArchiveError::NotFound { .. } | ArchiveError::Incomplete { .. }) => false,
            Err(error) => panic!("{context:?}: {error}"),
        }
    }

    /// Back up with a fault on the way, which may be too much or not, and then without one.
    async fn back_up_with(&self, plan: &Plan, name: &BackupName) {
        let made = self
            .with(
                plan,
                |store| async move { self.back_up(store.as_ref(), name).await },
            )
            .await;
        // What failed at the very end may be there all the same.
        let is_there = self.is_there(name, plan).await;
        match made {
            Ok(()) => assert!(is_there, "{plan:?}"),
            Err(error) => assert_is_of_the_store(&error.into(), plan),
        }
        archive::cleanup(self.direct.as_ref(), std::time::Duration::ZERO)
            .await
            .unwrap();
        let again = self.back_up(self.direct.as_ref(), name).await;
        assert_eq!(again.is_ok(), !is_there, "{plan:?}: {again:?}");
        assert!(self.is_there(name, plan).await, "{plan:?}");
        archive::delete(self.direct.as_ref(), name).await.unwrap();
    }

    /// Delete with a fault on the way, and then without one.
    async fn delete_with(&self, plan: &Plan, name: &BackupName) {
        self.back_up(self.direct.as_ref(), name).await.unwrap();
        let deleted = self
            .with(plan, |store| async move {
                archive::delete(store.as_ref(), name).await
            })
            .await;
        let is_there = self.is_there(name, plan).await;
        match deleted {
            Ok(()) => assert!(!is_there, "{plan:?}"),
            Err(error) => assert_is_of_the_store(&error.into(), plan),
        }
        let again = archive::delete(self.direct.as_ref(), name).await;
        assert_eq!(again.is_ok(), is_there, "{plan:?}: {again:?}");
        archive::cleanup(self.direct.as_ref(), std::time::Duration::ZERO)
            .await
            .unwrap();
        let left = self.direct.list("").await.unwrap();
        assert!(left.is_empty(), "{plan:?}: {left:?}");
    }
}

/// Whoever reads it looks for what is wrong with the store or the way to it, and not for what is wrong with a backup.
fn assert_is_of_the_store(problem: &Problem, context: &Plan) {
    assert!(
        matches!(problem.code, Code::StoreUnavailable | Code::StoreUnreachable),
        "{context:?}: {problem:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_whole_or_not_there() {
    let mut chance = Chance::new(seed());
    let setting = Setting::new(&mut chance, LARGE, None).await;
    let name: BackupName = "reference".parse().unwrap();
    let setting = &setting;
    let counts = setting
        .counts(|store| async move { setting.back_up(store.as_ref(), &name).await.unwrap() })
        .await;
    assert_eq!(counts[&Kind::Block], 2);
    for (number, plan) in (0..).zip(Plan::many(&mut chance, &counts, count(8, 200))) {
        let name = format!("backup-{number}").parse().unwrap();
        setting.back_up_with(&plan, &name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_leaves_a_whole_backup_or_none() {
    let mut chance = Chance::new(seed());
    let setting = Setting::new(&mut chance, SMALL, None).await;
    let name: BackupName = "reference".parse().unwrap();
    setting.back_up(setting.direct.as_ref(), &name).await.unwrap();
    let counts = setting
        .counts(|store| async move { archive::delete(store.as_ref(), &name).await.unwrap() })
        .await;
    for (number, plan) in (0..).zip(Plan::many(&mut chance, &counts, count(8, 200))) {
        let name = format!("backup-{number}").parse().unwrap();
        setting.delete_with(&plan, &name).await;
    }
}

#[rstest]
#[case::plain(None)]
#[case::encrypted(Some(keys()))]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_is_right_or_an_error(#[case] keys: Option<Keys>) {
    let mut chance = Chance::new(seed());
    let setting = Setting::new(&mut chance, LARGE, keys).await;
    let name: BackupName = "reference".parse().unwrap();
    setting.back_up(setting.direct.as_ref(), &name).await.unwrap();
    let (whole, problems) = read(setting.view(Arc::clone(&setting.direct)), &name).await;
    assert!(whole.len() == LARGE.0 && problems.is_empty(), "{problems:?}");
    let (setting, name) = (&setting, &name);
    let work = |store| async move { read(setting.view(store), name).await };
    let counts = setting.counts(work).await;
    for plan in Plan::many(&mut chance, &counts, count(8, 200)) {
        let (objects, problems) = setting.with(&plan, work).await;
        for problem in &problems {
            assert_is_of_the_store(problem, &plan);
        }
        assert!(
            !problems.is_empty() || objects.len() == whole.len(),
            "{plan:?}: objects are missing"
        );
        for (name, json) in objects {
            assert!(
                whole.get(&name) == Some(&json),
                "{plan:?}: {name} is a wrong object"
            );
        }
    }
}

#[rstest]
#[case::plain(None)]
#[case::encrypted(Some(keys()))]
#[tokio::test(flavor = "multi_thread")]
async fn a_check_finds_no_damage_where_there_is_none(#[case] keys: Option<Keys>) {
    let mut chance = Chance::new(seed());
    let setting = Setting::new(&mut chance, SMALL, keys).await;
    let name: BackupName = "reference".parse().unwrap();
    setting.back_up(setting.direct.as_ref(), &name).await.unwrap();
    let (setting, name) = (&setting, &name);
    let work = |store| async move {
        archive::verify(setting.view(store).as_ref(), name, &Progress::default()).await
    };
    let counts = setting.counts(work).await;
    for plan in Plan::many(&mut chance, &counts, count(8, 200)) {
        match setting.with(&plan, work).await {
            Ok(found) => assert!(found.is_whole(), "{plan:?}: {:?}", found.findings),
            Err(error) => assert_is_of_the_store(&error.into(), &plan),
        }
    }
}

/// Whether a request is the one that makes a blob visible.
fn makes_a_blob(request: &Request) -> bool {
    request.method == "PUT" && (request.path.contains("comp=blocklist") || !request.path.contains("comp="))
}

#[rstest]
#[case::the_answer_is_lost(Fault::LoseAnswer)]
#[case::the_answer_is_cut(Fault::CutAnswer(Place::LastOfHead))]
#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_was_lost_is_known_as_ones_own(#[case] fault: Fault) {
    let setting = Setting::new(&mut Chance::new(1), SMALL, None).await;
    let (proxy, store) = setting.behind(
        move |request| match makes_a_blob(request) && request.repeat == 1 {
            true => fault.clone(),
            false => Fault::None,
        },
    );
    store.put_if_absent("small", "1".into()).await.unwrap();
    let mut upload = store.upload("large").await.unwrap();
    upload.write(vec![7; 9 << 20].into()).await.unwrap();
    upload.commit().await.unwrap();
    assert_eq!(proxy.happened(), 2);
    let repeated = proxy
        .seen()
        .into_iter()
        .filter(|request| makes_a_blob(request) && request.repeat == 2);
    assert_eq!(
        repeated.count(),
        2,
        "each was sent again, and told that the blob is there"
    );
    assert_eq!(setting.direct.size("large").await.unwrap(), Some(9 << 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_another_was_faster_with_is_not_taken_for_ones_own() {
    let setting = Setting::new(&mut Chance::new(1), SMALL, None).await;
    let (_proxy, store) = setting.behind(|request| match makes_a_blob(request) && request.repeat == 1 {
        // Before the other one writes, so that only the repetition meets what is there.
        true => Fault::CutRequest(Place::Head(0)),
        false => Fault::None,
    });
    let mut upload = store.upload("file").await.unwrap();
    upload.write(vec![7; 9 << 20].into()).await.unwrap();
    setting
        .direct
        .put_if_absent("file", "another's".into())
        .await
        .unwrap();
    assert!(matches!(upload.commit().await, Err(StoreError::Exists { .. })));
    let put = store.put_if_absent("file", "again".into()).await;
    assert!(matches!(put, Err(StoreError::Exists { .. })));
    assert_eq!(setting.direct.read("file", None).await.unwrap(), "another's");
}
