//! Objects one by one: read, create, replace, delete.

use super::connection::{Answer, Connection, JSON, Request};
use super::failure::Call;
use super::path;
use crate::cluster::{ClusterError, Write};
use crate::object::{ObjectId, ResourceType};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Who writes, in `metadata.managedFields`.
const FIELD_MANAGER: &str = "lazarette";

/// Longer answers about one object are not read: a server refuses objects of a twentieth of this.
const LONGEST: usize = 64 << 20;

/// How long to wait between two looks at whether an object is gone: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// An object's place in the API.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) of: &'a ResourceType,
    pub(super) namespace: Option<&'a str>,
    pub(super) name: &'a str,
}

impl<'a> Target<'a> {
    /// Where `object` belongs.
    fn of_object(of: &'a ResourceType, object: &'a Value) -> Self {
        let text = |pointer| object.pointer(pointer).and_then(Value::as_str);
        Target {
            of,
            namespace: text("/metadata/namespace").filter(|namespace| of.namespaced && !namespace.is_empty()),
            name: text("/metadata/name").unwrap_or_default(),
        }
    }

    fn call(self, verb: &'static str) -> Call<'a> {
        Call {
            verb,
            of: self.of,
            namespace: self.namespace,
            name: Some(self.name),
        }
    }

    fn path(self) -> String {
        path::object(self.of, self.namespace, self.name)
    }

    fn id(self) -> ObjectId {
        ObjectId {
            resource: self.of.resource.clone(),
            namespace: self.namespace.map(str::to_owned),
            name: self.name.to_owned(),
        }
    }
}

/// The object as it is now, or none.
pub(super) async fn get(connection: &Connection, target: Target<'_>) -> Result<Option<Value>, ClusterError> {
    let request = Request::get(target.path());
    let answer = connection
        .read(target.call("get"), &request, LONGEST, |answer| answer.code == 404)
        .await?;
    if answer.code != 404 {
        return object(connection, answer).map(Some);
    }
    let refusal = answer.into_refusal();
    match refusal.says_no_such_object() {
        true => Ok(None),
        false => Err(refusal.into_error(target.call("get"), &connection.server)),
    }
}

/// Create an object.
pub(super) async fn create(
    connection: &Connection,
    of: &ResourceType,
    wanted: &Value,
    how: Write,
) -> Result<Value, ClusterError> {
    let target = Target::of_object(of, wanted);
    let path = path::collection(of, target.namespace);
    write(
        connection,
        target.call("create"),
        Method::POST,
        &path,
        wanted,
        how,
    )
    .await
}

/// Put an object in the place of the one of its name.
pub(super) async fn replace(
    connection: &Connection,
    of: &ResourceType,
    wanted: &Value,
    how: Write,
) -> Result<Value, ClusterError> {
    let target = Target::of_object(of, wanted);
    write(
        connection,
        target.call("update"),
        Method::PUT,
        &target.path(),
        wanted,
        how,
    )
    .await
}

async fn write(
    connection: &Connection,
    call: Call<'_>,
    method: Method,
    path: &str,
    wanted: &Value,
    how: Write,
) -> Result<Value, ClusterError> {
    let mut query = vec![("fieldManager", FIELD_MANAGER)];
    if how.dry_run {
        query.push(("dryRun", "All"));
    }
    let body = Some(wanted.to_string().into_bytes());
    let request = Request {
        method,
        path: path::with_query(path, &query),
        accept: JSON,
        body,
    };
    let answer = connection.send(&request, LONGEST).await?;
    match answer.code {
        200..300 => object(connection, answer),
        _ => Err(answer.into_refusal().into_error(call, &connection.server)),
    }
}

/// Delete an object and wait until it is gone.
pub(super) async fn delete(
    connection: &Connection,
    target: Target<'_>,
    uid: Option<&str>,
) -> Result<(), ClusterError> {
    let mut options =
        json!({ "kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background" });
    if let (Some(uid), Some(options)) = (uid, options.as_object_mut()) {
        options.insert("preconditions".to_owned(), json!({ "uid": uid }));
    }
    let body = Some(options.to_string().into_bytes());
    let request = Request {
        method: Method::DELETE,
        path: target.path(),
        accept: JSON,
        body,
    };
    let answer = connection.send(&request, LONGEST).await?;
    if !(200..300).contains(&answer.code) {
        let refusal = answer.into_refusal();
        return match refusal.says_no_such_object() {
            true => Ok(()),
            false => Err(refusal.into_error(target.call("delete"), &connection.server)),
        };
    }
    let answer = object(connection, answer)?;
    let deleted = uid_of(&answer)
        .or(answer.pointer("/details/uid").and_then(Value::as_str))
        .or(uid);
    wait_until_gone(connection, target, deleted).await
}

/// Wait until there is no object of this name, or another one.
async fn wait_until_gone(
    connection: &Connection,
    target: Target<'_>,
    uid: Option<&str>,
) -> Result<(), ClusterError> {
    let begun = Instant::now();
    let (mut pause, longest) = PAUSES;
    loop {
        let Some(live) = get(connection, target).await? else {
            return Ok(());
        };
        if uid.is_some() && uid_of(&live) != uid {
            return Ok(());
        }
        if begun.elapsed() >= connection.patience.deletion {
            let (id, waited) = (Box::new(target.id()), begun.elapsed());
            return Err(ClusterError::NotGone {
                id,
                waited,
                finalizers: finalizers(&live),
            });
        }
        sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}

fn uid_of(object: &Value) -> Option<&str> {
    object.pointer("/metadata/uid").and_then(Value::as_str)
}

fn finalizers(object: &Value) -> String {
    // Namespaces have their own list.
    let lists = ["/metadata/finalizers", "/spec/finalizers"].map(|pointer| object.pointer(pointer));
    let names: Vec<&str> = lists
        .into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    match names.as_slice() {
        [] => "it has no finalizers any more".to_owned(),
        names => format!("it waits for its finalizers {}", names.join(", ")),
    }
}

fn object(connection: &Connection, answer: Answer) -> Result<Value, ClusterError> {
    let wrong = |message: String| ClusterError::Answer {
        cluster: connection.server.clone(),
        message,
    };
    if answer.is_cut {
        return Err(wrong("an object that is longer than any server keeps".to_owned()));
    }
    serde_json::from_slice(&answer.body).map_err(|error| wrong(error.to_string()))
}
