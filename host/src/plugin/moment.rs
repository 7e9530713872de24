//! What a hook is called for, and what it leaves behind.

use super::pods::Pod;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Facts of one plugin about one pod.
const FACTS: usize = 64;

/// Bytes of the name of a fact.
const FACT_KEY: usize = 256;

/// Bytes of a fact.
const FACT_VALUE: usize = 64 << 10;

/// Init containers that the hooks of a pod may give it.
const INIT_CONTAINERS: usize = 16;

/// Bytes of an init container.
const INIT_CONTAINER: usize = 64 << 10;

/// One moment around one pod.
#[derive(Clone)]
pub struct Moment {
    /// `before-backup`, `after-backup`, `before-restore`, `after-restore`.
    pub phase: String,
    /// Why it is called in another way than usual.
    pub cause: Option<String>,
    /// What is kept about the pod. Changes are there at once, also when the call fails later.
    pub facts: Arc<Facts>,
    /// What the hook gives the pod before it is created.
    pub init_containers: Arc<InitContainers>,
    /// The pod that commands run in.
    pub pod: Arc<dyn Pod>,
    /// How long the hook may take, with all its waiting.
    pub deadline: Duration,
}

/// What a plugin keeps with the backup about a pod.
#[derive(Debug, Default)]
pub struct Facts(Mutex<BTreeMap<String, String>>);

impl Facts {
    /// What was kept before.
    pub fn new(facts: BTreeMap<String, String>) -> Self {
        Facts(Mutex::new(facts))
    }

    /// All that is kept now.
    pub fn all(&self) -> BTreeMap<String, String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn get(&self, key: &str) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    /// Keep a fact. An error says which bound it goes over.
    pub(super) fn set(&self, key: String, value: String) -> Result<(), String> {
        let mut facts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if key.len() > FACT_KEY || value.len() > FACT_VALUE {
            return Err(format!(
                "a fact with more than {FACT_KEY} bytes of name or {FACT_VALUE} of value"
            ));
        }
        if facts.len() >= FACTS && !facts.contains_key(&key) {
            return Err(format!("more than {FACTS} facts about a pod"));
        }
        facts.insert(key, value);
        Ok(())
    }
}

/// Init containers that hooks give a pod before it is created.
#[derive(Debug, Default)]
pub struct InitContainers(Mutex<Vec<Value>>);

impl InitContainers {
    /// All of them, in the order in which they were added.
    pub fn all(&self) -> Vec<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Add one, as JSON. An error says what is wrong with it.
    pub(super) fn add(&self, json: &str) -> Result<(), String> {
        if json.len() > INIT_CONTAINER {
            return Err(format!("an init container of more than {INIT_CONTAINER} bytes"));
        }
        let container: Value = serde_json::from_str(json)
            .map_err(|error| format!("an init container that is no JSON: {error}"))?;
        for field in ["name", "image"] {
            let text = container.get(field).and_then(Value::as_str).unwrap_or_default();
            if text.is_empty() {
                return Err(format!("an init container without '{field}'"));
            }
        }
        let mut containers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if containers.len() >= INIT_CONTAINERS {
            return Err(format!("more than {INIT_CONTAINERS} init containers"));
        }
        containers.push(container);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::whole(json!({"name": "a", "image": "b"}).to_string(), Ok(()))]
    #[case::no_name(json!({"image": "b"}).to_string(), Err("without 'name'"))]
    #[case::no_image(json!({"name": "a", "image": ""}).to_string(), Err("without 'image'"))]
    #[case::a_list("[]".into(), Err("without 'name'"))]
    #[case::no_json("{".into(), Err("no JSON"))]
    #[case::too_long(json!({"name": "a".repeat(70_000), "image": "b"}).to_string(), Err("more than 65536 bytes"))]
    fn init_containers_are_checked(#[case] text: String, #[case] expected: Result<(), &str>) {
        let containers = InitContainers::default();
        match (containers.add(&text), expected) {
            (Ok(()), Ok(())) => assert_eq!(containers.all().len(), 1),
            (Err(error), Err(message)) => assert!(error.contains(message), "{error}"),
            (result, _) => panic!("{result:?}"),
        }
    }

    #[test]
    fn init_containers_are_bounded() {
        let containers = InitContainers::default();
        let one = json!({"name": "a", "image": "b"}).to_string();
        for _ in 0..INIT_CONTAINERS {
            containers.add(&one).unwrap();
        }
        assert!(containers.add(&one).is_err());
    }

    #[test]
    fn facts_are_bounded() {
        let facts = Facts::default();
        for n in 0..FACTS {
            facts.set(n.to_string(), String::new()).unwrap();
        }
        assert!(facts.set("one more".into(), String::new()).is_err());
        facts.set("0".into(), "again".into()).unwrap();
        assert_eq!(facts.get("0").as_deref(), Some("again"));
        assert!(facts.set("0".into(), "x".repeat(FACT_VALUE + 1)).is_err());
        assert!(facts.set("x".repeat(FACT_KEY + 1), String::new()).is_err());
    }
}
