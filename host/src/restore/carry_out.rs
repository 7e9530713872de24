//! Carrying out what was decided.

use super::decide::Action;
use super::immutable::put_back;
use super::item::{Item, Slot};
use super::live::Live;
use super::report::Note;
use super::requests::{Requests, Written};
use crate::cluster::{ClusterError, Write};

/// How often fields that cannot be changed are put back: a server may name one after the other.
const PUT_BACK: usize = 3;

/// Carry out what was decided about an object. It comes back open, and with nothing decided, where the cluster has
/// changed since it was looked at: then it has to be looked at again.
pub(super) async fn carry_out(requests: &Requests<'_>, mut item: Box<Item>, how: Write) -> Slot {
    let renamed = matches!(item.action, Some(Action::Rename { .. }));
    match write(requests, &mut item, how).await {
        Ok(()) => Slot::Closed(Box::new(item.report)),
        // What is looked at again is the object of the old name, and that has not changed.
        Err(error @ ClusterError::Exists(_)) if renamed => item.fail(error),
        Err(ClusterError::Exists(_) | ClusterError::Conflict(_) | ClusterError::NotFound(_)) => {
            item.action = None;
            item.live = Live::Unread;
            item.obstacle = None;
            Slot::Open(item)
        }
        Err(error) if is_early(&error) => {
            item.action = None;
            item.live = Live::Absent;
            item.obstacle = Some(error.into());
            Slot::Open(item)
        }
        Err(ClusterError::GivenUp { .. }) if !item.doubtful => item.leave_out(),
        Err(error) => item.fail(error),
    }
}

/// Whether the cluster lacks something that it is about to have: not every part of it knows of a new definition at once,
/// and a new namespace gets its service account in a moment.
fn is_early(error: &ClusterError) -> bool {
    match error {
        ClusterError::UnknownType(_) => true,
        ClusterError::Rejected { message, .. } => message.contains("error looking up service account"),
        _ => false,
    }
}

async fn write(requests: &Requests<'_>, item: &mut Item, how: Write) -> Result<(), ClusterError> {
    match item.action.take() {
        None | Some(Action::Skip { .. }) => Ok(()),
        action @ Some(Action::Create | Action::Rename { .. }) => {
            item.action = action;
            create(requests, item, how).await
        }
        Some(Action::Replace { replacement }) => {
            let written = requests.replace(&item.of, &replacement, how).await;
            settle(item, written)
        }
        Some(Action::Patch { patched }) => patch(requests, item, patched, how).await,
        Some(Action::Recreate) => recreate(requests, item, how).await,
    }
}

async fn create(requests: &Requests<'_>, item: &mut Item, how: Write) -> Result<(), ClusterError> {
    let written = requests.create(&item.of, &item.new_object(), how).await;
    settle(item, written)
}

/// Write a patched object, without the fields that the server does not let change.
async fn patch(
    requests: &Requests<'_>,
    item: &mut Item,
    mut patched: serde_json::Value,
    how: Write,
) -> Result<(), ClusterError> {
    for _ in 0..PUT_BACK {
        let written = requests.replace(&item.of, &patched, how).await;
        let fields = match &written.result {
            Err(ClusterError::Invalid { fields, .. }) => fields.clone(),
            _ => return settle(item, written),
        };
        let kept = item
            .live()
            .map(|live| put_back(&mut patched, live, &item.of.resource, &fields))
            .unwrap_or_default();
        if kept.is_empty() {
            return settle(item, written);
        }
        item.report.notes.extend(kept.into_iter().map(|pointer| {
            Note::new(
                "immutable-field",
                "the cluster does not let this field change: it stays as it is",
                pointer,
            )
        }));
    }
    let written = requests.replace(&item.of, &patched, how).await;
    settle(item, written)
}

/// Delete the live object that was seen, and no other, and create the wanted one.
async fn recreate(requests: &Requests<'_>, item: &mut Item, how: Write) -> Result<(), ClusterError> {
    if how.dry_run {
        return Ok(());
    }
    let target = item.report.target.clone();
    let uid = item
        .live()
        .and_then(|live| live.pointer("/metadata/uid"))
        .and_then(serde_json::Value::as_str)
        .map(str::to_owned);
    requests
        .delete(
            &item.of,
            target.namespace.as_deref(),
            &target.name,
            uid.as_deref(),
        )
        .await?;
    let created = create(requests, item, how).await;
    if created.is_err() {
        item.report.notes.push(Note {
            plugin: None,
            code: "deleted".into(),
            message: "the live object was deleted to be created anew, and that failed".into(),
            pointer: None,
        });
    }
    created
}

fn settle(item: &mut Item, written: Written) -> Result<(), ClusterError> {
    item.doubtful |= written.doubtful;
    written.result.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Cluster, Manifests};
    use crate::object::{Object, built_in_type};
    use crate::report::Code;
    use crate::restore::report::ObjectReport;
    use crate::restore::secrets::SecretValues;
    use rstest::rstest;
    use serde_json::{Value, json};

    fn config_map(namespace: &str, from: &str) -> Value {
        let metadata = json!({"name": "flags", "namespace": namespace});
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"from": from}})
    }

    fn live() -> Option<Value> {
        Some(config_map("default", "live"))
    }

    /// What comes of `action` for an object to restore into `namespace`, and where the values of `flags` and `other`
    /// are from in the cluster afterwards.
    async fn done(namespace: &str, live: Option<Value>, action: Action) -> (Slot, [Option<String>; 2]) {
        let folder = tempfile::tempdir().unwrap();
        let cluster = Manifests::open(folder.path()).unwrap();
        if let Some(live) = &live {
            cluster
                .create(&built_in_type("ConfigMap"), live, Write::default())
                .await
                .unwrap();
        }
        let wanted = Object::new(&built_in_type("ConfigMap"), config_map(namespace, "backup")).unwrap();
        let report = ObjectReport::of(wanted.id.clone());
        let mut item = Item {
            wanted,
            of: built_in_type("ConfigMap"),
            live: Live::Unread,
            action: None,
            doubtful: false,
            obstacle: None,
            owners: Vec::new(),
            secrets: SecretValues::default(),
            report,
        };
        item.decide(action);
        let slot = carry_out(&Requests::new(&cluster), Box::new(item), Write::default()).await;
        let from = async |name| {
            let found = cluster
                .get(&built_in_type("ConfigMap"), Some("default"), name)
                .await
                .unwrap();
            found.map(|found| found["data"]["from"].as_str().unwrap().to_owned())
        };
        (slot, [from("flags").await, from("other").await])
    }

    #[rstest]
    #[case::create(None, Action::Create, [Some("backup"), None])]
    #[case::patch(live(), Action::Patch { patched: config_map("default", "both") }, [Some("both"), None])]
    #[case::replace(live(), Action::Replace { replacement: config_map("default", "backup") }, [Some("backup"), None])]
    #[case::recreate(live(), Action::Recreate, [Some("backup"), None])]
    #[case::rename(live(), Action::Rename { name: "other".into() }, [Some("live"), Some("backup")])]
    #[case::skip(live(), Action::Skip { reason: "equal".into() }, [Some("live"), None])]
    #[tokio::test]
    async fn each_action_is_carried_out(
        #[case] live: Option<Value>,
        #[case] action: Action,
        #[case] expected: [Option<&str>; 2],
    ) {
        let (slot, from) = done("default", live, action).await;
        assert!(matches!(slot, Slot::Closed(report) if report.problem.is_none()));
        assert_eq!(from.each_ref().map(Option::as_deref), expected);
    }

    #[rstest]
    #[case::created_meanwhile(live(), Action::Create)]
    #[case::deleted_meanwhile(None, Action::Patch { patched: config_map("default", "both") })]
    #[tokio::test]
    async fn what_has_changed_meanwhile_is_looked_at_again(
        #[case] live: Option<Value>,
        #[case] action: Action,
    ) {
        let (slot, _) = done("default", live, action).await;
        assert!(matches!(slot, Slot::Open(item) if item.action.is_none()));
    }

    #[tokio::test]
    async fn a_new_name_that_is_taken_is_an_error() {
        let name = "flags".to_owned();
        let (slot, _) = done("default", live(), Action::Rename { name }).await;
        let Slot::Closed(report) = slot else {
            panic!("it is not over")
        };
        let problem = report.problem.unwrap();
        assert_eq!(problem.code, Code::AlreadyExists);
        assert!(problem.message.contains("default/flags"), "{problem}");
    }

    #[tokio::test]
    async fn an_object_that_was_deleted_and_not_created_anew_is_told() {
        let (slot, _) = done("missing", None, Action::Recreate).await;
        assert!(matches!(slot, Slot::Closed(report) if report.notes[0].code == "deleted"));
    }

    #[tokio::test]
    async fn what_the_cluster_refuses_is_reported() {
        let (slot, _) = done("missing", None, Action::Create).await;
        let Slot::Closed(report) = slot else {
            panic!("it is not over")
        };
        assert_eq!(
            report.problem.map(|problem| problem.code),
            Some(Code::NamespaceNotFound)
        );
    }
}
