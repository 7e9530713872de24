//! What a hook is called for, and what it leaves behind.

use super::pods::Pod;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Facts of one plugin about one pod.
const FACTS: usize = 64;

/// Bytes of the name of a fact.
const FACT_KEY: usize = 256;

/// Bytes of a fact.
const FACT_VALUE: usize = 64 << 10;

/// One moment around one pod.
#[derive(Clone)]
pub struct Moment {
    /// `before-backup`, `after-backup`, `before-restore`, `after-restore`.
    pub phase: String,
    /// Why it is called in another way than usual.
    pub cause: Option<String>,
    /// What is kept about the pod. Changes are there at once, also when the call fails later.
    pub facts: Arc<Facts>,
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

#[cfg(test)]
mod tests {
    use super::*;

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
