//! A client that makes pods and runs commands in them, and does nothing else.

use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::Api;
use kube::api::{AttachParams, Patch, PatchParams, PostParams};
use lazarette_tests::cluster::Cluster;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Requests in flight while pods are made.
const CONCURRENCY: usize = 32;

/// Create a namespace with pods. `claim_to_run`: say of them that their container runs, which no node will.
pub fn create(cluster: &Cluster, namespace: &str, pods: &[Value], claim_to_run: bool) {
    block_on(async {
        let client = cluster.client().await;
        let metadata = json!({"metadata": {"name": namespace}});
        let created: Namespace = serde_json::from_value(metadata).expect("a namespace");
        let namespaces: Api<Namespace> = Api::all(client.clone());
        namespaces
            .create(&PostParams::default(), &created)
            .await
            .expect("a namespace");
        let accounts = ["create", "serviceaccount", "-n", namespace, "default"];
        // Where controllers run they make it.
        let _ = cluster.try_kubectl(&accounts, "");
        let api: Api<Pod> = Api::namespaced(client, namespace);
        let requests = stream::iter(pods).map(|pod| {
            let api = &api;
            async move {
                let pod: Pod = serde_json::from_value(pod.clone()).expect("a pod");
                let created = api.create(&PostParams::default(), &pod).await?;
                if claim_to_run {
                    let name = created.metadata.name.unwrap_or_default();
                    let status = Patch::Merge(running());
                    api.patch_status(&name, &PatchParams::default(), &status).await?;
                }
                Ok::<(), kube::Error>(())
            }
        });
        let done = requests.buffer_unordered(CONCURRENCY).try_collect::<()>().await;
        done.expect("pods that can be created");
    });
}

fn running() -> Value {
    let state = json!({"running": {"startedAt": "2026-01-01T00:00:00Z"}});
    let container = json!({
        "name": "main", "state": state, "ready": true, "started": true, "restartCount": 0, "image": "", "imageID": "",
        "containerID": "containerd://0",
    });
    json!({"status": {"phase": "Running", "containerStatuses": [container]}})
}

/// Run a command `times` times in each of the pods, in order, in so many pods at a time, and give the time that it took.
pub fn exec(
    cluster: &Cluster,
    namespace: &str,
    pods: &[String],
    command: &[&str],
    times: usize,
    at_a_time: usize,
) -> Duration {
    block_on(async {
        let api: Api<Pod> = Api::namespaced(cluster.client().await, namespace);
        let begun = Instant::now();
        stream::iter(pods)
            .for_each_concurrent(at_a_time, |pod| {
                let api = &api;
                async move {
                    for _ in 0..times {
                        let parameters = AttachParams::default().stdout(true).stderr(true);
                        let mut process = api
                            .exec(pod, command.iter().copied(), &parameters)
                            .await
                            .expect("a command");
                        let status = process.take_status().expect("its status").await;
                        assert_eq!(
                            status.and_then(|status| status.status).as_deref(),
                            Some("Success")
                        );
                    }
                }
            })
            .await;
        begun.elapsed()
    })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(future)
}
