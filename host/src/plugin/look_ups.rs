//! Look-ups of plugins in the cluster: the first answer is kept for the operation, so that a plan and its application
//! decide by the same facts.

mod before;
mod given;
mod of_cluster;
mod question;
mod quota;

pub use given::GivenObjects;
pub use of_cluster::ClusterSource;
pub use question::{Answered, LookUp};
pub use quota::Quota;
use quota::{BYTES, too_much};

use super::Grants;
use super::grants::Access;
use crate::object::{GroupResource, Object, ObjectId};
use async_trait::async_trait;
use before::Before;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;

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
    /// The answer is another one than in the plan that is applied. No plugin sees this: its call ends.
    #[error("{0} is not what it was when the plan was made, and the plugin looks it up")]
    Changed(LookUp),
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
            LookUpError::Changed(_) => "changed",
        }
    }
}

type Answer = Result<Arc<[Arc<Object>]>, LookUpError>;

/// The look-ups of one operation. Shared by its workers.
pub struct LookUps {
    source: Box<dyn LookUpSource>,
    kept: Mutex<Kept>,
    /// What a plan says that is applied.
    agreed: OnceLock<Agreed>,
}

/// The answers of a plan: their digests, and the secret that these are keyed by.
struct Agreed {
    secret: String,
    digests: BTreeMap<LookUp, String>,
}

#[derive(Default)]
struct Kept {
    answers: BTreeMap<LookUp, Arc<OnceCell<Answer>>>,
    /// Objects as they were when they were first read, by one question or another.
    seen: HashMap<ObjectId, Arc<Object>>,
    /// What may be looked up in this operation.
    granted: Vec<Grants>,
    /// What the operation has written itself, as it was before.
    before: Before,
    /// Bytes of the objects in `before`.
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
            agreed: OnceLock::new(),
        })
    }

    /// Expect the answers that were `planned`, whose digests are keyed by `secret`. One that is another ends the call of
    /// the plugin that asks.
    pub fn agree(&self, secret: &str, planned: &[Answered]) {
        let digests = planned
            .iter()
            .map(|answered| (answered.question.clone(), answered.digest.clone()));
        let _ = self.agreed.set(Agreed {
            secret: secret.to_owned(),
            digests: digests.collect(),
        });
    }

    /// Plugins may look up what these grants allow: such objects are remembered before they are written.
    pub(super) fn grant(&self, grants: &Grants) {
        self.kept().granted.push(grants.clone());
    }

    /// The operation is about to write `id`, and `live` is there now. Whoever looks it up from now on sees it as it was
    /// before. Nothing is kept of what no plugin may look up.
    pub fn before_write(&self, id: &ObjectId, live: Option<&Object>) {
        let mut kept = self.kept();
        let may = |access| {
            let allow = |grants: &Grants| grants.allow_look_up(access, &id.resource, id.namespace.as_deref());
            kept.granted.iter().any(allow)
        };
        if may(Access::Get) || may(Access::List) {
            let left = BYTES.saturating_sub(kept.bytes);
            kept.bytes += kept.before.keep(id, live, left);
        }
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
        quota: &Quota,
    ) -> Result<Option<Arc<Object>>, LookUpError> {
        let id = ObjectId {
            resource: resource.clone(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        };
        let asked = async {
            let found = self.source.get(resource, namespace, name).await?;
            Ok(self.kept().before.get(&id, found)?.into_iter().collect())
        };
        let question = LookUp::Get { id: id.clone() };
        Ok(self.answer(question, quota, asked).await?.first().cloned())
    }

    /// A page of the objects of a type, from `next` on, and where the following one begins.
    pub async fn list(
        &self,
        resource: &GroupResource,
        namespace: Option<&str>,
        label_selector: &str,
        next: Option<&str>,
        quota: &Quota,
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
        let asked = async {
            let left = quota.bytes_left();
            let found = self
                .source
                .list(resource, namespace, label_selector, left)
                .await?;
            self.kept()
                .before
                .list(resource, namespace, label_selector, found)
        };
        let found = self.answer(question, quota, asked).await?;
        let page: Vec<Arc<Object>> = found.iter().skip(start).take(PAGE).cloned().collect();
        let end = start.saturating_add(page.len());
        Ok((page, (end < found.len()).then(|| end.to_string())))
    }

    /// What was asked, and digests of the answers that are keyed by `secret`, in a fixed order.
    pub fn record(&self, secret: &str) -> Vec<Answered> {
        let kept = self.kept();
        let answered = |(question, cell): (&LookUp, &Arc<OnceCell<Answer>>)| {
            Some(Answered {
                question: question.clone(),
                digest: digest(secret, cell.get()?),
            })
        };
        kept.answers.iter().filter_map(answered).collect()
    }

    /// The answer to `question`: the one that is kept, or that of `ask`, which is kept from now on.
    async fn answer(
        &self,
        question: LookUp,
        quota: &Quota,
        ask: impl Future<Output = Result<Vec<Arc<Object>>, LookUpError>>,
    ) -> Answer {
        let known = self.kept().answers.get(&question).cloned();
        let cell = match known.filter(|cell| cell.initialized()) {
            Some(cell) => cell,
            None => {
                quota.ask()?;
                Arc::clone(self.kept().answers.entry(question.clone()).or_default())
            }
        };
        // That a plugin has used up its share is no answer that others get.
        let look = || async {
            let found = in_time(ask).await.and_then(|objects| self.keep(objects, quota));
            match found {
                Err(error @ LookUpError::Limit(_)) => Err(error),
                answer => Ok(answer),
            }
        };
        let answer = cell.get_or_try_init(look).await?;
        match self.is_agreed(&question, answer) {
            true => answer.clone(),
            false => Err(LookUpError::Changed(question)),
        }
    }

    /// Whether the answer is that of the plan that is applied, where one is and it asked the same.
    fn is_agreed(&self, question: &LookUp, answer: &Answer) -> bool {
        self.agreed.get().is_none_or(|agreed| {
            let planned = agreed.digests.get(question);
            planned.is_none_or(|planned| *planned == digest(&agreed.secret, answer))
        })
    }

    /// Count the bytes of an answer, and put objects that were seen before in the place of those that were read now.
    fn keep(&self, objects: Vec<Arc<Object>>, quota: &Quota) -> Answer {
        let mut kept = self.kept();
        let mut answer = Vec::with_capacity(objects.len());
        for object in objects {
            if let Some(known) = kept.seen.get(&object.id) {
                answer.push(Arc::clone(known));
                continue;
            }
            quota.take(object.json.to_string().len())?;
            kept.seen.insert(object.id.clone(), Arc::clone(&object));
            answer.push(object);
        }
        Ok(answer.into())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn in_time<T>(ask: impl Future<Output = Result<T, LookUpError>>) -> Result<T, LookUpError> {
    let late = |_| LookUpError::Unavailable(format!("no answer within {LONGEST:?}"));
    tokio::time::timeout(LONGEST, ask).await.map_err(late)?
}

fn digest(secret: &str, answer: &Answer) -> String {
    let mut digest = Sha256::new();
    digest.update(secret);
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
