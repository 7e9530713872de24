//! Look-ups of plugins in the cluster: the first answer is kept for the operation, so that a plan and its application
//! decide by the same facts.

mod given;
mod of_cluster;

pub use given::GivenObjects;
pub use of_cluster::ClusterSource;

use crate::object::{GroupResource, Object, ObjectId};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, btree_map};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;

/// Look-ups that one operation may make. 10,000: one for each object of a middling restore.
const QUESTIONS: usize = 10_000;

/// Bytes of JSON of all answers of an operation. 64 MiB: the objects of a type, in most clusters.
const BYTES: usize = 64 << 20;

/// Objects of a page.
const PAGE: usize = 100;

/// How long one look-up may take. 30 s: after that an API server that is alive has answered or refused.
const LONGEST: Duration = Duration::from_secs(30);

/// Where look-ups are answered from.
#[async_trait]
pub trait LookUpSource: Send + Sync {
    /// One object, or none.
    async fn get(
        &self,
        resource: &GroupResource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Object>, LookUpError>;

    /// The objects of a type that the selector fits, in the order of namespace and name. An error `limit` once they have
    /// more than `bytes` of JSON.
    async fn list(
        &self,
        resource: &GroupResource,
        namespace: Option<&str>,
        label_selector: &str,
        bytes: usize,
    ) -> Result<Vec<Object>, LookUpError>;
}

/// Why a look-up has no answer; in the words of the contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookUpError {
    /// The plugin may not look there.
    #[error("{0}")]
    NotGranted(String),
    /// The cluster has no such type.
    #[error("the cluster has no resource type '{0}'")]
    UnknownResource(String),
    /// Too many look-ups, or too much in the answers.
    #[error("{0}")]
    Limit(String),
    /// The cluster did not answer.
    #[error("{0}")]
    Unavailable(String),
    /// A selector or a place in a list that is none.
    #[error("{0}")]
    Invalid(String),
}

impl LookUpError {
    /// The code that plugins see.
    pub fn code(&self) -> &'static str {
        match self {
            LookUpError::NotGranted(_) => "not-granted",
            LookUpError::UnknownResource(_) => "unknown-resource",
            LookUpError::Limit(_) => "limit",
            LookUpError::Unavailable(_) => "unavailable",
            LookUpError::Invalid(_) => "invalid",
        }
    }
}

/// What a plugin asks. In the order of questions a record of them is the same whenever it is made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "ask")]
pub enum LookUp {
    /// For one object.
    Get {
        /// Its type, namespace and name.
        id: ObjectId,
    },
    /// For the objects of a type.
    List {
        /// The type.
        resource: GroupResource,
        /// Only of this namespace.
        namespace: Option<String>,
        /// Only those that it fits.
        label_selector: String,
    },
}

/// A question that was asked, and a digest of its answer: what a plan keeps, without a value of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answered {
    /// The question.
    pub question: LookUp,
    /// SHA-256 of the answer, in hexadecimal.
    pub digest: String,
}

type Answer = Result<Arc<[Arc<Object>]>, LookUpError>;

/// The look-ups of one operation. Shared by its workers.
pub struct LookUps {
    source: Box<dyn LookUpSource>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    answers: BTreeMap<LookUp, Arc<OnceCell<Answer>>>,
    /// Objects as they were when they were first read, by one question or another.
    seen: HashMap<ObjectId, Arc<Object>>,
    bytes: usize,
}

impl std::fmt::Debug for LookUps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LookUps")
    }
}

impl LookUps {
    /// Nothing asked yet; `source` answers.
    pub fn new(source: impl LookUpSource + 'static) -> Arc<Self> {
        Arc::new(LookUps {
            source: Box::new(source),
            kept: Mutex::default(),
        })
    }

    /// Where there is no cluster to look at: every look-up is `unavailable`.
    pub fn none() -> Arc<Self> {
        LookUps::new(Nowhere)
    }

    /// One object as it was when it was first asked for.
    pub async fn get(
        &self,
        resource: &GroupResource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Arc<Object>>, LookUpError> {
        let id = ObjectId {
            resource: resource.clone(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        };
        let asked = async {
            let found = self.source.get(resource, namespace, name).await?;
            Ok(found.into_iter().collect())
        };
        Ok(self.answer(LookUp::Get { id }, asked).await?.first().cloned())
    }

    /// A page of the objects of a type, from `next` on, and where the following one begins.
    pub async fn list(
        &self,
        resource: &GroupResource,
        namespace: Option<&str>,
        label_selector: &str,
        next: Option<&str>,
    ) -> Result<(Vec<Arc<Object>>, Option<String>), LookUpError> {
        let start: usize = match next {
            None => 0,
            Some(next) => next
                .parse()
                .map_err(|_| LookUpError::Invalid("'next' is not from a page".to_owned()))?,
        };
        let question = LookUp::List {
            resource: resource.clone(),
            namespace: namespace.map(str::to_owned),
            label_selector: label_selector.to_owned(),
        };
        let asked = self
            .source
            .list(resource, namespace, label_selector, self.bytes_left());
        let found = self.answer(question, asked).await?;
        let page: Vec<Arc<Object>> = found.iter().skip(start).take(PAGE).cloned().collect();
        let end = start.saturating_add(page.len());
        Ok((page, (end < found.len()).then(|| end.to_string())))
    }

    /// What was asked, and digests of the answers, in a fixed order.
    pub fn record(&self) -> Vec<Answered> {
        let kept = self.kept();
        let answered = |(question, cell): (&LookUp, &Arc<OnceCell<Answer>>)| {
            Some(Answered {
                question: question.clone(),
                digest: digest(cell.get()?),
            })
        };
        kept.answers.iter().filter_map(answered).collect()
    }

    /// The answer to `question`: the one that is kept, or that of `ask`, which is kept from now on.
    async fn answer(
        &self,
        question: LookUp,
        ask: impl Future<Output = Result<Vec<Object>, LookUpError>>,
    ) -> Answer {
        let cell = {
            let mut kept = self.kept();
            let full = kept.answers.len() >= QUESTIONS;
            match kept.answers.entry(question) {
                btree_map::Entry::Occupied(known) => Arc::clone(known.get()),
                btree_map::Entry::Vacant(_) if full => {
                    return Err(LookUpError::Limit(format!(
                        "more than {QUESTIONS} look-ups in one operation"
                    )));
                }
                btree_map::Entry::Vacant(place) => Arc::clone(place.insert(Arc::default())),
            }
        };
        cell.get_or_init(|| async { self.keep(in_time(ask).await?) })
            .await
            .clone()
    }

    /// Count the bytes of an answer, and put objects that were seen before in the place of those that were read now.
    fn keep(&self, objects: Vec<Object>) -> Answer {
        let mut kept = self.kept();
        let mut answer = Vec::with_capacity(objects.len());
        for object in objects {
            if let Some(known) = kept.seen.get(&object.id) {
                answer.push(Arc::clone(known));
                continue;
            }
            kept.bytes = kept.bytes.saturating_add(object.json.to_string().len());
            if kept.bytes > BYTES {
                return Err(too_much());
            }
            let object = Arc::new(object);
            kept.seen.insert(object.id.clone(), Arc::clone(&object));
            answer.push(object);
        }
        Ok(answer.into())
    }

    fn bytes_left(&self) -> usize {
        BYTES.saturating_sub(self.kept().bytes)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// That the answers of an operation have grown too large.
fn too_much() -> LookUpError {
    LookUpError::Limit(format!(
        "more than {} MiB in the answers of one operation",
        BYTES >> 20
    ))
}

async fn in_time<T>(ask: impl Future<Output = Result<T, LookUpError>>) -> Result<T, LookUpError> {
    let late = |_| LookUpError::Unavailable(format!("no answer within {LONGEST:?}"));
    tokio::time::timeout(LONGEST, ask).await.map_err(late)?
}

fn digest(answer: &Answer) -> String {
    let mut digest = Sha256::new();
    match answer {
        Ok(objects) => {
            for object in objects.iter() {
                let json = object.json.to_string();
                digest.update(json.len().to_be_bytes());
                digest.update(json);
            }
        }
        Err(error) => digest.update(error.code()),
    }
    hex::encode(digest.finalize())
}

/// Where there is nothing to look at.
struct Nowhere;

#[async_trait]
impl LookUpSource for Nowhere {
    async fn get(&self, _: &GroupResource, _: Option<&str>, _: &str) -> Result<Option<Object>, LookUpError> {
        Err(no_cluster())
    }

    async fn list(
        &self,
        _: &GroupResource,
        _: Option<&str>,
        _: &str,
        _: usize,
    ) -> Result<Vec<Object>, LookUpError> {
        Err(no_cluster())
    }
}

fn no_cluster() -> LookUpError {
    LookUpError::Unavailable("this operation has no cluster to look at".to_owned())
}

#[cfg(test)]
mod tests;
