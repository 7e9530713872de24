//! Promises about look-ups.

use super::quota::QUESTIONS;
use super::*;
use crate::object::{ResourceTypes, guess_object};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

fn config_map(name: &str, size: usize) -> Object {
    let json = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "shop", "labels": {"name": name}},
        "data": {"text": "x".repeat(size)},
    });
    guess_object(json, &ResourceTypes::built_in()).unwrap()
}

fn config_maps() -> GroupResource {
    GroupResource::new("", "configmaps")
}

/// Gives another object at each question.
struct Restless(AtomicUsize);

#[async_trait]
impl LookUpSource for Restless {
    async fn get(
        &self,
        _: &GroupResource,
        _: Option<&str>,
        name: &str,
    ) -> Result<Option<Object>, LookUpError> {
        Ok(Some(config_map(name, self.0.fetch_add(1, Ordering::Relaxed))))
    }

    async fn list(
        &self,
        _: &GroupResource,
        _: Option<&str>,
        _: &str,
        _: usize,
    ) -> Result<Vec<Object>, LookUpError> {
        Ok(vec![config_map("a", self.0.fetch_add(1, Ordering::Relaxed))])
    }
}

#[tokio::test]
async fn the_first_answer_is_kept() {
    let look_ups = LookUps::new(Restless(AtomicUsize::new(0)));
    let first = look_ups
        .get(&config_maps(), Some("shop"), "a", &Quota::default())
        .await
        .unwrap();
    assert_eq!(
        look_ups
            .get(&config_maps(), Some("shop"), "a", &Quota::default())
            .await
            .unwrap(),
        first
    );
    let (listed, _) = look_ups
        .list(&config_maps(), None, "", None, &Quota::default())
        .await
        .unwrap();
    assert_eq!(
        listed.first(),
        first.as_ref(),
        "another question about the same object"
    );
    assert_ne!(
        look_ups
            .get(&config_maps(), Some("shop"), "b", &Quota::default())
            .await
            .unwrap(),
        first
    );
}

#[tokio::test]
async fn a_record_tells_whether_the_answers_were_the_same() {
    let record = async |size| {
        let look_ups = LookUps::new(GivenObjects::new(vec![config_map("a", size)]));
        look_ups
            .get(&config_maps(), Some("shop"), "a", &Quota::default())
            .await
            .unwrap();
        look_ups
            .get(&config_maps(), Some("shop"), "gone", &Quota::default())
            .await
            .unwrap();
        look_ups.record("secret")
    };
    assert_eq!(record(1).await, record(1).await);
    assert_ne!(record(1).await, record(2).await);
    assert_eq!(record(1).await.len(), 2);
}

#[tokio::test]
async fn lists_come_in_pages_and_in_order() {
    let objects = (0..250)
        .rev()
        .map(|n| config_map(&format!("{n:03}"), 1))
        .collect();
    let look_ups = LookUps::new(GivenObjects::new(objects));
    let mut names = Vec::new();
    let mut next = None;
    let mut pages = 0;
    loop {
        let (page, following) = look_ups
            .list(&config_maps(), None, "", next.as_deref(), &Quota::default())
            .await
            .unwrap();
        names.extend(page.iter().map(|object| object.id.name.clone()));
        pages += 1;
        next = following;
        if next.is_none() {
            break;
        }
    }
    assert_eq!((pages, names.len()), (3, 250));
    assert!(names.is_sorted());
    let (some, _) = look_ups
        .list(&config_maps(), Some("shop"), "name=007", None, &Quota::default())
        .await
        .unwrap();
    assert_eq!(some.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_answered_is_said_by_a_code() {
    let look_ups = LookUps::new(GivenObjects::default());
    let code = |result: Result<_, LookUpError>| result.map(|_: (Vec<_>, _)| ()).unwrap_err().code();
    assert_eq!(
        code(
            look_ups
                .list(&config_maps(), None, "a in", None, &Quota::default())
                .await
        ),
        "invalid"
    );
    assert_eq!(
        code(
            look_ups
                .list(&config_maps(), None, "", Some("x"), &Quota::default())
                .await
        ),
        "invalid"
    );
    assert_eq!(
        code(
            LookUps::none()
                .list(&config_maps(), None, "", None, &Quota::default())
                .await
        ),
        "unavailable"
    );
}

#[tokio::test]
async fn number_and_bytes_are_bounded() {
    let quota = Quota::default();
    let large = LookUps::new(Restless(AtomicUsize::new(BYTES)));
    assert_eq!(
        large
            .get(&config_maps(), None, "a", &quota)
            .await
            .unwrap_err()
            .code(),
        "limit"
    );
    let quota = Quota::default();
    let many = LookUps::new(GivenObjects::default());
    for n in 0..QUESTIONS {
        many.get(&config_maps(), None, &n.to_string(), &quota)
            .await
            .unwrap();
    }
    assert_eq!(
        many.get(&config_maps(), None, "one more", &quota)
            .await
            .unwrap_err()
            .code(),
        "limit"
    );
    assert!(
        many.get(&config_maps(), None, "0", &quota).await.is_ok(),
        "what is known is answered"
    );
    let anothers = Quota::default();
    let answer = many.get(&config_maps(), None, "one more", &anothers).await;
    assert_eq!(
        answer,
        Ok(None),
        "what one plugin has used up is not lost to others"
    );
}

fn id(name: &str) -> ObjectId {
    config_map(name, 1).id
}

fn all() -> Grants {
    Grants(["cluster.get".to_owned()].into())
}

async fn size_of(look_ups: &LookUps, name: &str) -> Option<usize> {
    let found = look_ups
        .get(&config_maps(), Some("shop"), name, &Quota::default())
        .await
        .unwrap()?;
    Some(found.json["data"]["text"].as_str().unwrap().len())
}

async fn listed(look_ups: &LookUps, selector: &str) -> Vec<String> {
    let (page, _) = look_ups
        .list(&config_maps(), Some("shop"), selector, None, &Quota::default())
        .await
        .unwrap();
    page.iter().map(|object| object.id.name.clone()).collect()
}

#[tokio::test]
async fn what_the_operation_wrote_is_seen_as_it_was_before() {
    let now = ["changed", "created", "other"].map(|name| config_map(name, 2));
    let look_ups = LookUps::new(GivenObjects::new(now.to_vec()));
    look_ups.grant(&all());
    look_ups.before_write(&id("created"), None);
    look_ups.before_write(&id("changed"), Some(&config_map("changed", 1)));
    look_ups.before_write(&id("changed"), Some(&config_map("changed", 2)));
    look_ups.before_write(&id("deleted"), Some(&config_map("deleted", 1)));
    assert_eq!(size_of(&look_ups, "created").await, None);
    assert_eq!(size_of(&look_ups, "changed").await, Some(1));
    assert_eq!(size_of(&look_ups, "deleted").await, Some(1));
    assert_eq!(size_of(&look_ups, "other").await, Some(2));
    assert_eq!(listed(&look_ups, "").await, ["changed", "deleted", "other"]);
    assert_eq!(listed(&look_ups, "name=deleted").await, ["deleted"]);
}

#[tokio::test]
async fn nothing_is_kept_of_what_nobody_may_look_up() {
    let look_ups = LookUps::new(GivenObjects::new(vec![config_map("a", 2)]));
    look_ups.grant(&Grants(["cluster.get:secrets".to_owned()].into()));
    look_ups.before_write(&id("a"), Some(&config_map("a", 1)));
    assert_eq!(look_ups.kept().bytes, 0);
}

#[tokio::test]
async fn another_answer_than_in_the_plan_is_an_error() {
    let planned = LookUps::new(GivenObjects::new(vec![config_map("a", 1), config_map("b", 1)]));
    for name in ["a", "b", "c"] {
        size_of(&planned, name).await;
    }
    let applied = LookUps::new(GivenObjects::new(vec![config_map("a", 1), config_map("b", 2)]));
    applied.agree("secret", &planned.record("secret"));
    assert_eq!(size_of(&applied, "a").await, Some(1));
    let error = applied
        .get(&config_maps(), Some("shop"), "b", &Quota::default())
        .await
        .unwrap_err();
    assert_eq!(error, LookUpError::Changed(LookUp::Get { id: id("b") }));
    assert_eq!(size_of(&applied, "c").await, None, "absent as before");
    assert_eq!(size_of(&applied, "d").await, None, "the plan did not ask for it");
}
