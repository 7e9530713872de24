//! Promises about look-ups.

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
    let first = look_ups.get(&config_maps(), Some("shop"), "a").await.unwrap();
    assert_eq!(
        look_ups.get(&config_maps(), Some("shop"), "a").await.unwrap(),
        first
    );
    let (listed, _) = look_ups.list(&config_maps(), None, "", None).await.unwrap();
    assert_eq!(
        listed.first(),
        first.as_ref(),
        "another question about the same object"
    );
    assert_ne!(
        look_ups.get(&config_maps(), Some("shop"), "b").await.unwrap(),
        first
    );
}

#[tokio::test]
async fn a_record_tells_whether_the_answers_were_the_same() {
    let record = async |size| {
        let look_ups = LookUps::new(GivenObjects::new(vec![config_map("a", size)]));
        look_ups.get(&config_maps(), Some("shop"), "a").await.unwrap();
        look_ups.get(&config_maps(), Some("shop"), "gone").await.unwrap();
        look_ups.record()
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
            .list(&config_maps(), None, "", next.as_deref())
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
        .list(&config_maps(), Some("shop"), "name=007", None)
        .await
        .unwrap();
    assert_eq!(some.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_answered_is_said_by_a_code() {
    let look_ups = LookUps::new(GivenObjects::default());
    let code = |result: Result<_, LookUpError>| result.map(|_: (Vec<_>, _)| ()).unwrap_err().code();
    assert_eq!(
        code(look_ups.list(&config_maps(), None, "a in", None).await),
        "invalid"
    );
    assert_eq!(
        code(look_ups.list(&config_maps(), None, "", Some("x")).await),
        "invalid"
    );
    assert_eq!(
        code(LookUps::none().list(&config_maps(), None, "", None).await),
        "unavailable"
    );
}

#[tokio::test]
async fn number_and_bytes_are_bounded() {
    let large = LookUps::new(Restless(AtomicUsize::new(BYTES)));
    assert_eq!(
        large.get(&config_maps(), None, "a").await.unwrap_err().code(),
        "limit"
    );
    let many = LookUps::new(GivenObjects::default());
    for n in 0..QUESTIONS {
        many.get(&config_maps(), None, &n.to_string()).await.unwrap();
    }
    assert_eq!(
        many.get(&config_maps(), None, "one more")
            .await
            .unwrap_err()
            .code(),
        "limit"
    );
    assert!(
        many.get(&config_maps(), None, "0").await.is_ok(),
        "what is known is answered"
    );
}
