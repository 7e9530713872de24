//! A client that does nothing with what it reads, and has ready what it writes.

use super::data::{Data, Prepared, TYPES};
use futures::{StreamExt, TryStreamExt, stream};
use kube::client::Body;
use lazarette_tests::cluster::Cluster;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The page size of `kubectl` and of most clients.
const PAGE: usize = 500;

/// A bare client of a cluster.
pub struct Bare<'c> {
    cluster: &'c Cluster,
    runtime: tokio::runtime::Runtime,
}

impl<'c> Bare<'c> {
    /// A client of `cluster`.
    pub fn of(cluster: &'c Cluster) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        Bare { cluster, runtime }
    }

    /// Create everything, the objects with `concurrency` requests in flight, and give the time that these took.
    pub fn create(&self, data: &Data, concurrency: usize) -> Duration {
        self.runtime.block_on(async {
            let client = self.cluster.client().await;
            for object in &data.ground {
                post(&client, object)
                    .await
                    .expect("what there must be before the objects");
            }
            while get(&client, "/apis/bench.example.com/v1").await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let begun = Instant::now();
            let requests = stream::iter(&data.objects).map(|object| post(&client, object));
            let done = requests.buffer_unordered(concurrency).try_collect::<()>().await;
            done.expect("objects that can be created");
            begun.elapsed()
        })
    }

    /// List all objects page by page over as many connections, and throw them away. They have `least` bytes at least.
    pub fn lists(&self, connections: usize, least: u64) -> Duration {
        self.runtime.block_on(async {
            let begun = Instant::now();
            let read = AtomicU64::new(0);
            let read = &read;
            let lists = stream::iter(TYPES).map(|(before, resource)| async move {
                // A client of its own, so that no connection does the work of two.
                let client = self.cluster.client().await;
                let mut token = Some(String::new());
                while let Some(at) = token {
                    let path = format!("{before}/{resource}?limit={PAGE}&continue={at}");
                    let page = get(&client, &path).await.expect("a page");
                    read.fetch_add(page.len() as u64, Ordering::Relaxed);
                    token = continuation(&page);
                }
            });
            lists.buffer_unordered(connections).collect::<()>().await;
            let time = begun.elapsed();
            assert!(read.load(Ordering::Relaxed) > least, "the lists are not whole");
            time
        })
    }
}

async fn post(client: &kube::Client, object: &Prepared) -> Result<(), kube::Error> {
    let request = http::Request::post(&object.path)
        .header("Content-Type", "application/json")
        .body(Body::from(object.json.clone()))
        .expect("a request");
    succeed(client, request).await.map(drop)
}

async fn get(client: &kube::Client, path: &str) -> Result<Vec<u8>, kube::Error> {
    succeed(
        client,
        http::Request::get(path).body(Body::empty()).expect("a request"),
    )
    .await
}

async fn succeed(client: &kube::Client, request: http::Request<Body>) -> Result<Vec<u8>, kube::Error> {
    let answer = client.send(request).await?;
    let status = answer.status();
    let body = answer.into_body().collect_bytes().await?.to_vec();
    if status.is_success() {
        return Ok(body);
    }
    let text = String::from_utf8_lossy(&body).into_owned();
    Err(kube::Error::Service(format!("{status}: {text}").into()))
}

/// The token for the page after this one, without reading the items: the list's metadata come before these, or behind
/// them where it is a list of custom resources.
fn continuation(page: &[u8]) -> Option<String> {
    let begin = String::from_utf8_lossy(page.get(..2000).unwrap_or(page));
    let end = String::from_utf8_lossy(page.get(page.len().saturating_sub(2000)..).unwrap_or(page));
    let token = |text: &str| {
        let (_, token) = text.split_once("\"continue\":\"")?;
        // The last page of custom resources has an empty one.
        let token = token.split('"').next()?;
        (!token.is_empty()).then(|| token.to_owned())
    };
    let before_items = token(begin.split("\"items\":").next()?);
    before_items.or_else(|| token(end.rsplit("\"metadata\":").next()?))
}
